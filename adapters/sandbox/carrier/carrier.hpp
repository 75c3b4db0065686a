#pragma once

#include "adapters/sandbox/carrier/phone_call.hpp"
#include "adapters/sandbox/http_server.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace parley::sandbox {

/// The practice carrier: Twilio's REST API for calls, its webhooks and Media
/// Streams, with people at the other end.
///
///     POST /2010-04-01/Accounts/{account}/Calls.json        create
///     GET  /2010-04-01/Accounts/{account}/Calls.json        list, by pages
///     GET  /2010-04-01/Accounts/{account}/Calls/{sid}.json  fetch
///     POST /2010-04-01/Accounts/{account}/Calls/{sid}.json  stop, redirect
///     POST …/Calls/{sid}/Recordings.json                    record
///     POST …/Calls/{sid}/Recordings/{recording}.json        stop recording
///     GET  /2010-04-01/Accounts/{account}/Recordings/{recording}.json, .wav
///     DELETE /2010-04-01/Accounts/{account}/Recordings/{recording}.json
///
/// Any account is taken as it comes, unless the scenario names one; webhooks
/// are signed with the token that the create came with.
class carrier {
public:
  /// Binds the port at once (0: any); throws when it is taken.
  carrier(world& around, uint16_t port);

  void start() { server_.start(); }
  void stop() { server_.stop(); }
  uint16_t port() const { return server_.port(); }
  std::string base_url() const { return server_.base_url(); }

private:
  using steady = std::chrono::steady_clock;

  struct entry {
    std::shared_ptr<phone_call> call;
    steady::time_point listed_from;
  };

  void create(const http_request& request, const respond& reply);
  /// "+12125550123 2" for the second call to a number: the same in every run.
  std::string name_of_call(const std::string& number);
  void list(const http_request& request, const respond& reply) const;
  void fetch(const http_request& request, const respond& reply) const;
  void update(const http_request& request, const respond& reply);
  void record(const http_request& request, const respond& reply);
  void update_recording(const http_request& request, const respond& reply);
  void show_recording(const http_request& request, const respond& reply) const;
  void play_recording(const http_request& request, const respond& reply) const;
  void delete_recording(const http_request& request, const respond& reply);
  std::shared_ptr<call_recording> find_recording(const http_request& request) const;
  bool refuse(const http_request& request, const respond& reply) const;
  std::shared_ptr<phone_call> find_call(const http_request& request) const;
  nanoseconds place_in_queue();

  world& world_;
  people people_;
  webhook_faults faults_;
  fault_gate lost_replies_;
  fault_gate too_many_;
  fault_gate server_errors_;

  mutable std::mutex mutex_; // guards the next five
  std::vector<entry> calls_; // oldest first
  std::map<std::string, std::shared_ptr<phone_call>> by_sid_;
  std::map<std::string, int> calls_to_; // by number
  std::map<std::string, std::shared_ptr<call_recording>> recordings_;
  steady::time_point next_start_{};

  http_server server_;
};

} // namespace parley::sandbox
