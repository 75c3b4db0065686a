#pragma once

#include "runtime/errors.hpp"

#include <caf/scheduled_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <memory>

namespace parley {

/// Call first in every behaviour: in CAF 0.17 an error in answer to a plain
/// message ends its sender, and so does an unhandled message. Afterwards both
/// are logged and counted, and the actor lives on.
void guard(caf::scheduled_actor* self);

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
