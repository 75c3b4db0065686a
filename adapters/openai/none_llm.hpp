#pragma once

#include "runtime/guard.hpp"
#include "runtime/ports/llm.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// The LLM port with `provider = "none"`: answers everything with
/// `ec::not_found`, so that the askers use their rules.
inline llm_port::behavior_type none_llm(llm_port::pointer self) {
  guard(self);
  return {[](const completion_request&) -> caf::result<completion> {
    return caf::make_error(ec::not_found, "no language model is configured");
  }};
}

} // namespace parley
