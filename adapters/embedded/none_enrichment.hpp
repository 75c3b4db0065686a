#pragma once

#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"
#include "runtime/telemetry/port_book.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace parley {

using none_enrichment_actor = enrichment_port::extend<caf::replies_to<inspect_state>::with<inspected_state>>;

/// The ENRICHMENT port with `provider = "none"`: nothing is known of anybody,
/// and nobody is asked.
inline none_enrichment_actor::behavior_type
none_enrichment(none_enrichment_actor::pointer self, const context_ptr& context) {
  begin(self, context, context->root, "enrichment", "none");
  const auto book = std::make_shared<port_book>(context->telemetry, "enrichment", "none");
  return {
    [book](const enrich&) -> caf::result<enriched> {
      return counted(book, "enrich", [] { return caf::expected<enriched>{enriched{}}; });
    },
    [book](const inspect_state&) { return shown(book->shown()); },
  };
}

} // namespace parley
