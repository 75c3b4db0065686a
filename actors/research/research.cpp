#include "actors/research/research.hpp"

#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

namespace parley {

caf::result<prospect_researched> research_state::research(const research_prospect& order) {
  reply<prospect_researched> answer{self};
  step = "crm";
  const auto recalled = [this, order, answer](const crm_contact& contact) {
    step = "memory";
    self->request(ctx->memory, ctx->settings.request_timeout, recall{order.person.id, 5})
      .then(
        [this, order, answer, contact](const recollection& x) {
          found.history = x.interactions;
          think(order, contact, answer);
        },
        [this, order, answer, contact](const caf::error& e) {
          spdlog::info("research {}: goes on without the memory ({})", to_string(id), self->system().render(e));
          think(order, contact, answer);
        });
  };
  self
    ->request(ctx->crm, ctx->settings.vendor_timeout,
              find_contact{order.person.crm_id, order.person.email, order.person.phone})
    .then(recalled, [this, recalled](const caf::error& e) {
      spdlog::info("research {}: goes on without the CRM ({})", to_string(id), self->system().render(e));
      recalled({});
    });
  return answer.later();
}

void research_state::think(const research_prospect& order, const crm_contact& contact,
                           const reply<prospect_researched>& answer) {
  step = "model";
  found.owner_id = contact.owner_id;
  mind::research_subject who;
  who.name = order.person.name;
  who.role = order.person.role.empty() ? contact.role : order.person.role;
  who.company = order.person.company.empty() ? contact.company : order.person.company;
  who.notes = order.person.notes;
  who.crm = contact.properties;
  if (const auto industry = contact.properties.find("industry"); industry != contact.properties.end())
    who.industry = industry->second;
  const auto attributes = json::parse(order.person.attributes, nullptr, false);
  if (attributes.is_object()) {
    if (who.industry.empty() && attributes.contains("industry") && attributes["industry"].is_string())
      who.industry = attributes["industry"];
    if (attributes.contains("company_size") && attributes["company_size"].is_string())
      who.company_size = attributes["company_size"];
  }
  for (const auto& text : found.history)
    who.interactions.push_back({{}, "call", text, {}});
  for (const auto& text : contact.interactions) {
    who.interactions.push_back({{}, "note", text, {}});
    found.history.push_back(text);
  }
  session.emplace(std::move(who), mind::research_campaign{order.policy.company, order.policy.company_description,
                                                          order.policy.offer, order.policy.objective});
  next(session->start(ctx->has_llm), answer);
}

void research_state::next(const mind::research_session::next& what, const reply<prospect_researched>& answer) {
  if (const auto* strategy = std::get_if<mind::strategy>(&what)) {
    found.strategy = mind::to_json(*strategy).dump();
    found.probability = strategy->success_probability;
    // The troubles quote the model's words, and those the person's record.
    if (const auto& troubles = session->troubles(); !troubles.empty())
      spdlog::info("research {}: {} faults in the model's answers, {} bytes at last", to_string(id), troubles.size(),
                   answered_bytes);
    answer(found);
    return;
  }
  const auto& ask = std::get<mind::research_request>(what);
  completion_request request;
  request.purpose = "research";
  request.system = ask.system;
  request.prompt = ask.prompt;
  request.schema_name = ask.schema_name;
  request.schema = ask.schema;
  self->request(ctx->llm, ctx->settings.vendor_timeout, std::move(request))
    .then(
      [this, answer](const completion& x) {
        answered_bytes = x.text.size();
        next(session->answered(x.text), answer);
      },
      [this, answer](const caf::error& e) { next(session->failed(self->system().render(e)), answer); });
}

research_actor::behavior_type research(research_actor::stateful_pointer<research_state> self, context_ptr ctx,
                                       caf::actor_id parent_id, prospect_id id) {
  begin(self, ctx, parent_id, research_state::name, to_string(id));
  self->state.ctx = std::move(ctx);
  self->state.id = id;
  return {
    [self](const research_prospect& x) { return self->state.research(x); },
    [self](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{json{{"step", self->state.step}}.dump()};
    },
  };
}

} // namespace parley
