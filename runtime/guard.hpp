#pragma once

#include "runtime/errors.hpp"

#include <caf/scheduled_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace parley {

/// What an actor counts of itself: written by it alone, read by anybody.
/// Debian's CAF has no profiler.
struct actor_tally {
  std::atomic<uint64_t> handled{0};  ///< messages of its behaviour; answers to its own requests are none
  std::atomic<uint64_t> troubles{0}; ///< errors that it survived: unanswered ones, messages it does not know
  /// Messages that wait in its mailbox. Sampled by the actor at every 32nd
  /// message, while some wait at each, and when it is asked for its state.
  std::atomic<uint32_t> backlog{0};
  /// Told the name of the code of each of the troubles, on the actor's thread.
  std::function<void(const std::string&)> failed;
};

/// Call first in every behaviour: in CAF 0.17 an error in answer to a plain
/// message ends its sender, and so does an unhandled message. Afterwards both
/// are logged and counted, and the actor lives on.
/// @param tally Where it counts; nowhere if there is none.
void guard(caf::scheduled_actor* self, std::shared_ptr<actor_tally> tally = nullptr);

/// The name of an error's code, without its context, which may hold words:
/// "append_refused", "request_timeout", "kill".
std::string failure_name(const caf::error& e);

/// A promise that fails with `ec::abandoned` when its last copy goes, where
/// CAF would leave the requester waiting. Keep it inside its actor.
template <class T>
class reply {
  struct box {
    caf::typed_response_promise<T> promise;
    ~box() {
      if (promise.pending())
        promise.deliver(caf::make_error(ec::abandoned));
    }
  };
  std::shared_ptr<box> box_ = std::make_shared<box>();

public:
  explicit reply(auto* self) { box_->promise = self->template make_response_promise<T>(); }
  caf::result<T> later() const { return box_->promise; }
  bool pending() const { return box_->promise.pending(); }
  void operator()(T value) const {
    if (box_->promise.pending())
      box_->promise.deliver(std::move(value));
  }
  void operator()(caf::error e) const {
    if (box_->promise.pending())
      box_->promise.deliver(std::move(e));
  }
};

} // namespace parley
