#pragma once

#include "adapters/http/http_message.hpp"

#include <caf/actor_cast.hpp>
#include <caf/atom.hpp>
#include <caf/local_actor.hpp>
#include <caf/send.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace parley {

/// INTERNAL to adapters: the answer with this ticket is there. An adapter's
/// own interface is its port plus `caf::reacts_to<http_answered, uint64_t>`.
using http_answered = caf::atom_constant<caf::atom("httpanswer")>;

/// Lets an actor send HTTP requests and get the answers as calls in its own
/// context, where it may use its state and answer promises. Keep it in the
/// actor's state; when the actor ends, open callbacks are dropped uncalled, so
/// let them hold a `reply`, which then answers `ec::abandoned`.
///
/// A request with a deadline is answered soon after it, whatever holds it up
/// (a token that others are fetching, say).
///
///     using crm_adapter = crm_port::extend<caf::reacts_to<http_answered, uint64_t>>;
///     …
///     [self](http_answered, uint64_t ticket) { self->state.http->answered(ticket); },
///     …
///     http->send(get(url), [=](http_response r) { … });
class actor_http {
public:
  /// @param sender For example `with_retries(client)` or `oauth.sender()`; it
  ///   must outlive the actor.
  actor_http(caf::local_actor* self, http_sender sender) : self_{self}, sender_{std::move(sender)} {}

  void send(http_request request, http_callback then) { send(sender_, std::move(request), std::move(then)); }

  /// The same through another sender, e.g. one without retries.
  void send(const http_sender& sender, http_request request, http_callback then) {
    const auto ticket = ++last_ticket_;
    const auto latest = request.deadline ? *request.deadline + grace : steady::time_point::max();
    open_.emplace(ticket, waiting{std::move(then), latest});
    if (request.deadline)
      caf::delayed_anon_send(caf::actor_cast<caf::actor>(self_),
                             std::max(steady::duration{0}, latest - steady::now()) + std::chrono::milliseconds{1},
                             http_answered::value, ticket);
    // The handle keeps the actor until its answer is there; requests end by
    // their timeout, so this is bounded.
    sender(std::move(request),
           [box = box_, actor = caf::actor_cast<caf::actor>(self_), ticket](http_response response) {
             {
               std::lock_guard guard{box->mutex};
               box->answers.emplace(ticket, std::move(response));
             }
             caf::anon_send(actor, http_answered::value, ticket);
           });
  }

  /// Runs the callback of a request that is answered or late. A ticket that is
  /// not open is ignored: whoever holds the actor's handle can forge one.
  void answered(uint64_t ticket) {
    std::unique_lock lock{box_->mutex};
    auto answer = box_->answers.extract(ticket);
    lock.unlock();
    const auto found = open_.find(ticket);
    if (found == open_.end() || (answer.empty() && steady::now() < found->second.latest))
      return;
    const auto then = std::move(found->second.then);
    open_.erase(found);
    then(answer.empty() ? late() : std::move(answer.mapped()));
  }

  /// Requests that wait for their answer.
  size_t open() const { return open_.size(); }

private:
  using steady = std::chrono::steady_clock;
  /// The transport keeps the deadline too, and knows better what came of it.
  static constexpr std::chrono::milliseconds grace{500};

  struct waiting {
    http_callback then;
    steady::time_point latest;
  };

  static http_response late() {
    http_response response;
    response.failure = http_failure::timeout;
    response.detail = "no answer by its deadline";
    return response;
  }

  struct box {
    std::mutex mutex;
    std::unordered_map<uint64_t, http_response> answers;
  };

  caf::local_actor* self_;
  http_sender sender_;
  uint64_t last_ticket_ = 0;
  std::unordered_map<uint64_t, waiting> open_;
  std::shared_ptr<box> box_ = std::make_shared<box>();
};

} // namespace parley
