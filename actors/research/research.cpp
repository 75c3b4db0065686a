#include "actors/research/research.hpp"

#include "actors/memory/query.hpp"
#include "runtime/crm_identity.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

namespace parley {

/// Past calls that count: what is older tells little.
static constexpr uint32_t calls_max = 10;

bool research_state::asks_vendors() const {
  return !rehearsal || !ctx->has_llm;
}

caf::result<prospect_researched> research_state::research(const research_prospect& order) {
  reply<prospect_researched> answer{self};
  if (!asks_vendors()) {
    look_around(order, {}, answer);
    return answer.later();
  }
  step = "crm";
  self->request(ctx->crm, ctx->settings.vendor_timeout, identity_of(order.person))
    .then([this, order, answer](const crm_contact& contact) { look_around(order, contact, answer); },
          [this, order, answer](const caf::error& e) {
            spdlog::info("research {}: goes on without the CRM ({})", to_string(id), self->system().render(e));
            look_around(order, {}, answer);
          });
  return answer.later();
}

/// The public record is read and past calls are looked up while the person's
/// mails are summarised; this may take long and none needs the others.
void research_state::look_around(const research_prospect& order, const crm_contact& contact,
                                 const reply<prospect_researched>& answer) {
  step = "enrichment";
  const auto x = std::make_shared<findings>();
  x->contact = contact;
  x->open = 3;
  const auto done = [this, order, x, answer] {
    if (--x->open == 0)
      remember(order, x, answer);
  };
  ask_enrichment(order, x, done);
  look_up_calls(x, done);
  hand_over_mails(x, done);
}

void research_state::ask_enrichment(const research_prospect& order, const findings_ptr& x,
                                    const std::function<void()>& done) {
  const auto& known = x->contact;
  enrich ask;
  ask.name = order.person.name.empty() ? known.name : order.person.name;
  ask.email = order.person.email.empty() ? known.email : order.person.email;
  ask.company = order.person.company.empty() ? known.company : order.person.company;
  if (!asks_vendors() || !ctx->enrichment || (ask.email.empty() && (ask.name.empty() || ask.company.empty())))
    return done(); // nobody to ask, or too little to ask by
  self->request(ctx->enrichment, ctx->settings.vendor_timeout, std::move(ask))
    .then(
      [x, done](enriched& found) {
        x->record = std::move(found);
        done();
      },
      [this, done](const caf::error& e) {
        spdlog::info("research {}: goes on without the public record ({})", to_string(id), self->system().render(e));
        done();
      });
}

/// Ended calls out of the journal's answer, newest first.
static std::vector<mind::interaction> past_calls(const report& answer) {
  std::vector<mind::interaction> out;
  const auto word = [](const json& row, const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  for (const auto& row : json::parse(answer.json)) {
    const auto outcome = word(row, "outcome");
    if (!outcome.empty() && outcome != to_string(disposition::none))
      out.push_back({parse_iso(word(row, "initiated_at")).value_or(wall_time{}), "call", {}, outcome});
  }
  return out;
}

/// Memory tells what was said in them; how they ended, also those that nobody
/// answered, is in the journal.
void research_state::look_up_calls(const findings_ptr& x, const std::function<void()>& done) {
  report_query ask;
  ask.kind = report_kind::calls;
  ask.prospect = id;
  ask.limit = calls_max;
  self->request(ctx->journal, ctx->settings.journal_timeout, std::move(ask))
    .then(
      [x, done](const report& answer) {
        x->calls = past_calls(answer);
        done();
      },
      [this, done](const caf::error& e) {
        spdlog::info("research {}: goes on without the past calls ({})", to_string(id), self->system().render(e));
        done();
      });
}

void research_state::hand_over_mails(const findings_ptr& x, const std::function<void()>& done) {
  if (rehearsal || x->contact.emails.empty())
    return done();
  self
    ->request(ctx->memory, ctx->settings.vendor_timeout + 2 * ctx->settings.journal_timeout,
              remember_emails{id, std::move(x->contact.emails)})
    .then([done](const emails_remembered&) { done(); },
          [this, done](const caf::error& e) {
            spdlog::info("research {}: its mails are not remembered ({})", to_string(id), self->system().render(e));
            done();
          });
}

void research_state::remember(const research_prospect& order, const findings_ptr& x,
                              const reply<prospect_researched>& answer) {
  if (rehearsal)
    return think(order, *x, answer); // rules read none of the words that memory has
  step = "memory";
  self->request(ctx->memory, ctx->settings.request_timeout, recall{id, 5, memory_query(order.policy)})
    .then(
      [this, order, x, answer](const recollection& past) {
        found.history = past.interactions;
        think(order, *x, answer);
      },
      [this, order, x, answer](const caf::error& e) {
        spdlog::info("research {}: goes on without the memory ({})", to_string(id), self->system().render(e));
        think(order, *x, answer);
      });
}

/// What is known already counts more than what a vendor knows.
static void take_record(mind::research_subject& who, const enriched& record) {
  const auto fill = [](std::string& field, const std::string& value) {
    if (field.empty())
      field = value;
  };
  fill(who.role, record.role);
  fill(who.company, record.company);
  fill(who.industry, record.industry);
  if (record.employees > 0)
    fill(who.company_size, std::to_string(record.employees));
  who.linkedin = record.linkedin_url;
  who.revenue = record.revenue;
  who.funding = record.funding;
  who.technologies = record.technologies;
  who.news = record.news;
}

void research_state::think(const research_prospect& order, const findings& x,
                           const reply<prospect_researched>& answer) {
  step = "model";
  const auto& contact = x.contact;
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
  take_record(who, x.record);
  who.interactions = x.calls;
  for (const auto& text : found.history)
    who.interactions.push_back({{}, "past", text, {}});
  for (const auto& text : contact.interactions) {
    who.interactions.push_back({{}, "note", text, {}});
    found.history.push_back(text);
  }
  session.emplace(std::move(who), mind::research_campaign{order.policy.company, order.policy.company_description,
                                                          order.policy.offer, order.policy.objective});
  next(session->start(ctx->has_llm && !rehearsal), answer);
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
    if (rehearsal)
      self->quit(); // whoever asked may be gone
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

research_actor::behavior_type research_rehearsal(research_actor::stateful_pointer<research_state> self, context_ptr ctx,
                                                 caf::actor_id parent_id, prospect_id id) {
  self->state.rehearsal = true;
  return research(self, std::move(ctx), parent_id, id);
}

} // namespace parley
