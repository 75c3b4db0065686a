#include "actors/compliance/numbers.hpp"
#include "actors/compliance/rules.hpp"
#include "actors/compliance/zones.hpp"
#include "actors/control/commands.hpp"
#include "actors/control/test_call.hpp"
#include "runtime/messages/json.hpp"

namespace parley::commands {

namespace {

/// Words that make a consent cover a call by artificial voice; `call test`
/// shows them, and what was agreed to is stored word for word.
constexpr const char* consent_question = "I own this number and agree to be called by an artificial voice now.";

/// What such calls say when no campaign is named whose words they shall try.
campaign_policy default_policy(const std::string& company) {
  campaign_policy p;
  p.company = company.empty() ? "Parley Test" : company;
  p.company_description = "This is a test of the telephone line and of the agent.";
  p.offer = "A test call: the person who answers wants to hear how the agent talks and whether it can book a meeting.";
  return p;
}

/// A campaign of test calls: at any lawful hour, whoever it is, once.
void make_test_policy(campaign_policy& p, const std::string& name, campaign_id id) {
  p.campaign = id;
  p.name = name;
  p.min_probability = 0;
  p.attempts_max = 1;
  p.best_times = {{{0, 1, 2, 3, 4, 5, 6}, std::chrono::hours{0}, std::chrono::hours{24}}};
  p.allowed_times.clear();
}

prospect_row person_of(control_state& s, const args& a, wall_time now) {
  const auto number = parse_number(needed_text(a, "number", "write it as +14155550132"), s.node.home_region, *s.rules);
  if (const auto* problem = std::get_if<number_problem>(&number))
    throw std::invalid_argument{"number: " + problem->sentence};
  if (!flag_or(a, "consent", false))
    throw std::invalid_argument{std::string{"consent: nobody is called without it; the owner of the number agrees to: "}
                                + consent_question};
  prospect_row r;
  r.phone = std::get<phone_number>(number).e164;
  r.id = s.ids.next<prospect_id>(now, s.ctx->hasher.line(r.phone).home());
  r.source = "call test";
  r.name = text_or(a, "name", "Test Person");
  r.company = text_or(a, "person_company", "");
  r.email = text_or(a, "email", "");
  r.state = text_or(a, "state", "");
  r.timezone = text_or(a, "timezone", "");
  r.consent_type = "express_written";
  r.consent_at = to_iso(now);
  r.consent_source = text_or(a, "consent_source", "parley call test");
  r.consent_text = text_or(a, "consent_text", consent_question);
  r.created_at = r.updated_at = now;
  if (!r.timezone.empty() && !find_zone(r.timezone))
    throw std::invalid_argument{"timezone: \"" + r.timezone + "\" is no time zone; use an IANA name such as "
                                + "America/New_York"};
  return r;
}

void begin_test(control_state& s, test_call_order order, const answer& reply) {
  const auto worker = s.self->spawn(test_call, s.ctx, s.self->id(), std::move(order));
  s.self->request(worker, std::chrono::seconds{55}, control_command{"call test"})
    .then([reply](control_answer& x) { reply(std::move(x)); }, fails(reply));
}

void call_test(control_state& s, const args& a, answer reply) {
  const auto now = s.ctx->clock.now();
  const auto company = text_or(a, "company", "");
  test_call_order order;
  order.person = person_of(s, a, now);
  order.policy = default_policy(company);
  const auto id = s.ids.next<campaign_id>(now);
  if (!a.contains("campaign")) {
    make_test_policy(order.policy, company.empty() ? "call test" : "call test for " + company, id);
    order.campaign = order.policy.name;
    return begin_test(s, std::move(order), reply);
  }
  if (!company.empty())
    throw std::invalid_argument{"company: the campaign says who calls; leave one of the two out"};
  s.with_campaign(a, reply, [&s, reply, order, id](const campaign_row& row) mutable {
    order.policy = json::parse(row.settings).get<campaign_policy>();
    make_test_policy(order.policy, "call test of " + row.name, id);
    order.campaign = order.policy.name;
    begin_test(s, std::move(order), reply);
  });
}

} // namespace

void add_test_call_commands(table& commands) {
  commands["call test"] = call_test;
}

} // namespace parley::commands
