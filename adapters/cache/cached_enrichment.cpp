#include "adapters/cache/cached_enrichment.hpp"

#include <nlohmann/json.hpp>

namespace parley {

caf::result<enriched> cached_enrichment_state::find(const enrich& who) {
  const question asked{who.name, who.email, who.company, who.domain};
  if (const auto* known = answers->find(asked, self->clock().now())) {
    metrics->hits.Increment();
    return *known;
  }
  metrics->misses.Increment();
  reply<enriched> done{self};
  self->request(vendor, context->settings.vendor_timeout, who)
    .then(
      [this, asked, done, mark = answers->asked()](const enriched& found) {
        answers->answered(asked, found, self->clock().now(), mark);
        done(found);
      },
      [this, done](caf::error& e) {
        answers->failed();
        done(std::move(e));
      });
  return done.later();
}

cached_enrichment_actor::behavior_type
cached_enrichment(cached_enrichment_actor::stateful_pointer<cached_enrichment_state> self, context_ptr context,
                  enrichment_port vendor, cache_settings settings) {
  begin(self, context, context->root, "enrichment_cache", "");
  auto& state = self->state;
  state.answers = std::make_unique<answer_cache<cached_enrichment_state::question, enriched>>(
    settings.cache_for, settings.cache_answers_max);
  state.metrics = std::make_unique<cache_metrics>(context->telemetry, "enrichment");
  state.context = std::move(context);
  state.vendor = std::move(vendor);
  return {
    [self](const enrich& x) { return self->state.find(x); },
    [self](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{nlohmann::json{{"answers", self->state.answers->size()}}.dump()};
    },
  };
}

} // namespace parley
