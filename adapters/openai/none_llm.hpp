#pragma once

#include "runtime/node_context.hpp"
#include "runtime/telemetry/port_book.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace parley {

using none_llm_actor = llm_port::extend<caf::replies_to<inspect_state>::with<inspected_state>>;

/// The LLM port with `provider = "none"`: answers everything with
/// `ec::not_found`, so that the askers use their rules.
inline none_llm_actor::behavior_type none_llm(none_llm_actor::pointer self, const context_ptr& context) {
  begin(self, context, context->root, "llm", "none");
  const auto book = std::make_shared<port_book>(context->telemetry, "llm", "none");
  return {
    [book](const completion_request& x) -> caf::result<completion> {
      return counted(book, x.purpose, [] {
        return caf::expected<completion>{caf::make_error(ec::not_found, "no language model is configured")};
      });
    },
    [book](const inspect_state&) { return shown(book->shown()); },
  };
}

} // namespace parley
