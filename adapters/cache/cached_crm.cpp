#include "adapters/cache/cached_crm.hpp"

#include <nlohmann/json.hpp>

namespace parley {

caf::result<crm_contact> cached_crm_state::find(const find_contact& who) {
  const question asked{who.crm_id, who.email, who.phone, who.source, who.prospect};
  if (const auto* known = answers->find(asked, self->clock().now())) {
    metrics->hits.Increment();
    return *known;
  }
  metrics->misses.Increment();
  reply<crm_contact> done{self};
  self->request(vendor, context->settings.vendor_timeout, who)
    .then(
      [this, asked, done, mark = answers->asked()](const crm_contact& found) {
        answers->answered(asked, found, self->clock().now(), mark);
        done(found);
      },
      [this, done](caf::error& e) {
        answers->failed();
        done(std::move(e));
      });
  return done.later();
}

caf::result<crm_written> cached_crm_state::write(crm_activity x) {
  const auto who = x.contact;
  forget(who, {});
  reply<crm_written> done{self};
  self->request(vendor, context->settings.vendor_timeout, std::move(x))
    .then(
      [this, who, done](const crm_written& written) {
        forget(who, written.contact_id);
        done(written);
      },
      // Nobody knows what came of it, so what is known may be old.
      [this, who, done](caf::error& e) {
        forget(who, {});
        done(std::move(e));
      });
  return done.later();
}

/// Whoever shares an id, an address or a number with them, by the question or
/// by what was answered.
void cached_crm_state::forget(const find_contact& who, const std::string& crm_id) {
  const auto same = [](const std::string& a, const std::string& b) { return !a.empty() && a == b; };
  answers->forget_if([same, who, crm_id](const question& asked, const crm_contact& known) {
    const auto& [id, email, phone, source, prospect] = asked;
    return same(who.crm_id, id) || same(who.crm_id, known.crm_id) || same(crm_id, id) || same(crm_id, known.crm_id)
           || same(who.email, email) || same(who.email, known.email) || same(who.phone, phone)
           || same(who.phone, known.phone);
  });
}

cached_crm_actor::behavior_type cached_crm(cached_crm_actor::stateful_pointer<cached_crm_state> self,
                                           context_ptr context, crm_port vendor, cache_settings settings) {
  begin(self, context, context->root, "crm_cache", "");
  auto& state = self->state;
  state.answers = std::make_unique<answer_cache<cached_crm_state::question, crm_contact>>(settings.cache_for,
                                                                                          settings.cache_answers_max);
  state.metrics = std::make_unique<cache_metrics>(context->telemetry, "crm");
  state.context = std::move(context);
  state.vendor = std::move(vendor);
  return {
    [self](const find_contact& x) { return self->state.find(x); },
    [self](crm_activity& x) { return self->state.write(std::move(x)); },
    [self](search_contacts& x) { return self->delegate(self->state.vendor, std::move(x)); },
    [self](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{nlohmann::json{{"answers", self->state.answers->size()}}.dump()};
    },
  };
}

} // namespace parley
