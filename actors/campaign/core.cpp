#include "actors/campaign/core.hpp"

namespace parley::campaigns {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(state, policy, target_filters, status, created_at, started_at,
                                                completed_at)

void core::apply(state& s, const event& e) {
  if (const auto* created = std::get_if<campaign_created>(&e)) {
    s.policy = created->policy;
    s.target_filters = created->target_filters;
    s.created_at = created->at;
    return;
  }
  const auto& changed = std::get<status_changed>(e);
  s.status = changed.status;
  if (changed.status == campaign_status::running && !s.started_at)
    s.started_at = changed.at;
  s.completed_at = changed.status == campaign_status::completed ? std::optional{changed.at} : std::nullopt;
}

std::vector<row> core::rows(const state& s) {
  campaign_row r;
  r.id = s.policy.campaign;
  r.name = s.policy.name;
  r.status = s.status;
  r.target_filters = s.target_filters.dump();
  r.min_probability_threshold = s.policy.min_probability;
  r.call_script_template = s.policy.script;
  r.settings = json(s.policy).dump();
  r.created_at = s.created_at;
  r.started_at = s.started_at;
  r.completed_at = s.completed_at;
  return {std::move(r)};
}

json core::public_part(const state& s) {
  return s;
}

state core::restore(const json& open, const json&) {
  return open.get<state>();
}

std::variant<decision, std::string> command(const state& s, campaign_action action, wall_time now) {
  using enum campaign_status;
  auto to = running;
  switch (action) {
    case campaign_action::launch:
    case campaign_action::resume:
      if (action == campaign_action::resume && s.status != paused)
        return "only a paused campaign can be resumed; this one is " + std::string{to_string(s.status)};
      if (s.status == running) // said twice is said once
        return decision{{}, {do_enforce{action}}};
      to = running;
      break;
    case campaign_action::pause:
      if (s.status != running && s.status != paused)
        return "only a running campaign can be paused; this one is " + std::string{to_string(s.status)};
      to = paused;
      break;
    default:
      if (s.status == draft)
        return std::string{"a draft has nothing to stop; launch it first"};
      to = s.status == completed ? completed : stopped;
  }
  decision d;
  if (s.status != to)
    d.events.push_back(status_changed{to, std::string{to_string(action)}, now});
  d.effects.push_back(do_enforce{action});
  return d;
}

decision complete(const state& s, wall_time now) {
  decision d;
  if (s.status != campaign_status::running)
    return d;
  d.events.push_back(status_changed{campaign_status::completed, "all_done", now});
  d.effects.push_back(do_orders{});
  return d;
}

} // namespace parley::campaigns
