#include "actors/conversation/setup.hpp"

#include "actors/call/core.hpp"
#include "actors/call/voicemail.hpp"

#include <algorithm>

namespace parley::mind {

conversation_policy policy_of(const call_brief& brief, bool side_analysis) {
  const auto& p = brief.policy;
  conversation_policy out;
  out.agent_name = p.agent_name;
  out.company_name = p.company;
  out.company_about = p.company_description;
  out.offer = p.offer;
  out.objective = p.objective;
  out.script = p.script;
  out.callback_number = p.callback_number;
  out.meeting_minutes = p.meeting_minutes;
  out.side_analysis = side_analysis;
  out.record = p.record_calls;
  out.last_attempt = brief.last_attempt;
  out.leaves_message = !calls::voicemail_for(p, brief.person.name).text.empty();
  return out;
}

briefing briefing_of(const call_brief& brief) {
  briefing out;
  out.person.name = brief.person.name;
  out.person.role = brief.person.role;
  out.person.company = brief.person.company;
  out.person.email = brief.person.email;
  out.person.extension = brief.person.extension;
  if (!brief.zone.empty())
    out.person.zone = brief.zone;
  if (const auto& m = brief.meeting)
    out.person.meeting = known_meeting{to_string(m->id), m->scheduled_at, m->duration_minutes, m->meeting_type};
  auto plan = parse_strategy(brief.strategy);
  if (auto* known = std::get_if<strategy>(&plan))
    out.plan = std::move(*known);
  out.history = brief.history;
  return out;
}

std::vector<manager_row> humans_of(const call_brief& brief, const std::vector<manager_row>& all, wall_time now) {
  std::vector<manager_row> out;
  if (!brief.policy.transfers)
    return out;
  const auto& wanted = brief.policy.managers;
  const auto names = [&wanted](const manager_row& x) {
    return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const auto& w) {
             return w == x.name || w == to_string(x.id);
           });
  };
  for (const auto& one : all)
    if (!one.phone.empty() && names(one) && calls::is_at_work(one, brief.zone, now)) {
      const bool own = !brief.owner_id.empty() && one.crm_owner_id == brief.owner_id;
      out.insert(own ? out.begin() : out.end(), one);
    }
  return out;
}

void name_humans(conversation_policy& policy, const std::vector<manager_row>& humans) {
  policy.may_transfer = !humans.empty();
  if (humans.size() == 1)
    policy.manager_name = humans.front().name;
}

} // namespace parley::mind
