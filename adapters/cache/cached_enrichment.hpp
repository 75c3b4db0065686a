#pragma once

#include "adapters/cache/answer_cache.hpp"
#include "adapters/cache/cache_metrics.hpp"
#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <tuple>

namespace parley {

using cached_enrichment_actor = enrichment_port::extend<caf::replies_to<inspect_state>::with<inspected_state>>;

struct cached_enrichment_state {
  using question = std::tuple<std::string, std::string, std::string, std::string>; ///< name, e-mail, company, domain

  explicit cached_enrichment_state(cached_enrichment_actor::pointer self) : self{self} {}
  caf::result<enriched> find(const enrich& who);

  cached_enrichment_actor::pointer self;
  context_ptr context;
  enrichment_port vendor;
  std::unique_ptr<answer_cache<question, enriched>> answers;
  std::unique_ptr<cache_metrics> metrics;
  static inline constexpr const char* name = "cached_enrichment";
};

/// An ENRICHMENT in front of a vendor's that uses its answers again for a
/// while: each costs credits. Errors are not kept.
cached_enrichment_actor::behavior_type
cached_enrichment(cached_enrichment_actor::stateful_pointer<cached_enrichment_state> self, context_ptr context,
                  enrichment_port vendor, cache_settings settings);

} // namespace parley
