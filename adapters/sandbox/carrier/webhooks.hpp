#pragma once

#include "adapters/sandbox/faults.hpp"
#include "adapters/sandbox/http_client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>
#include <string>
#include <utility>

namespace parley::sandbox {

/// One webhook: a signed form POST, or a GET with the form as its query.
struct webhook {
  std::string url;
  std::string method = "POST";
  fields parameters;
  /// What it tells of, "status" by default: faults count each kind apart.
  std::string kind = "status";
};

/// The faults of all webhooks of a carrier.
struct webhook_faults {
  explicit webhook_faults(const world& around);

  fault_gate doubles;
  fault_gate delays;
  fault_gate reorders;
  fault_gate losses;
};

/// The webhooks of one call, in order: the next one goes out once the one
/// before was answered, or failed a first time. A server that cannot be
/// reached or answers 5xx is asked again for a while, as it may be restarting.
class webhook_line : public std::enable_shared_from_this<webhook_line> {
public:
  /// @param call Names the call to the faults: the same in every run.
  webhook_line(world& around, webhook_faults& faults, boost::asio::any_io_executor strand, std::string auth_token,
               std::string call);

  /// Call it on the strand.
  void send(webhook hook);

private:
  void next();
  void deliver(webhook hook, int attempt, bool in_line);
  void later(milliseconds real, std::function<void()> then);

  world& world_;
  webhook_faults& faults_;
  boost::asio::any_io_executor strand_;
  std::string auth_token_;
  std::string call_;
  std::deque<webhook> waiting_;
  std::deque<webhook> held_back_; // go out after the one that follows
  bool busy_ = false;
};

/// A signed request in the name of an account.
http_outgoing signed_request(const webhook& hook, const std::string& auth_token);

} // namespace parley::sandbox
