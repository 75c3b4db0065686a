#include "actors/campaign/core.hpp"

#include <algorithm>

namespace parley::campaigns {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(state, policy, target_filters, status, created_at, started_at,
                                                completed_at, reason, managers_taken)

void core::apply(state& s, const event& e) {
  if (const auto* created = std::get_if<campaign_created>(&e)) {
    s.policy = created->policy;
    s.target_filters = created->target_filters;
    s.created_at = created->at;
    return;
  }
  if (std::holds_alternative<manager_taken>(e)) {
    ++s.managers_taken;
    return;
  }
  const auto& changed = std::get<status_changed>(e);
  s.status = changed.status;
  s.reason = changed.reason;
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
  json settings = s.policy;
  if (!s.reason.empty()) // shown with its status, which has no column of its own for it
    settings["reason"] = s.reason;
  r.settings = settings.dump();
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

std::variant<decision, std::string> command(const state& s, campaign_action action, wall_time now, uint64_t asked) {
  using enum campaign_status;
  auto to = running;
  switch (action) {
    case campaign_action::launch:
    case campaign_action::resume:
      if (action == campaign_action::resume && s.status != paused)
        return "only a paused campaign can be resumed; this one is " + std::string{to_string(s.status)};
      if (s.status == running) // said twice is said once
        return decision{{}, {do_enforce{action, asked}}};
      to = running;
      break;
    case campaign_action::pause:
      if (s.status != running && s.status != paused)
        return "only a running campaign can be paused; this one is " + std::string{to_string(s.status)};
      to = paused;
      break;
    case campaign_action::look: return decision{};
    default:
      if (s.status == draft)
        return std::string{"a draft has nothing to stop; launch it first"};
      to = s.status == completed ? completed : stopped;
  }
  decision d;
  if (s.status != to)
    d.events.push_back(status_changed{to, std::string{to_string(action)}, now, {}});
  d.effects.push_back(do_enforce{action, asked});
  return d;
}

decision complete(const state& s, wall_time now) {
  decision d;
  if (s.status != campaign_status::running)
    return d;
  d.events.push_back(status_changed{campaign_status::completed, "all_done", now, {}});
  d.effects.push_back(do_orders{});
  return d;
}

/// Told again and again, it pauses once.
static decision pause_itself(const state& s, const char* action, const std::string& reason, wall_time now) {
  decision d;
  if (s.status != campaign_status::running)
    return d;
  d.events.push_back(status_changed{campaign_status::paused, action, now, reason});
  d.effects.push_back(do_enforce{campaign_action::pause});
  return d;
}

decision on_trouble(const state& s, const std::string& reason, wall_time now) {
  return pause_itself(s, "trouble", reason, now);
}

decision on_breaker(const state& s, const std::string& reason, wall_time now) {
  return pause_itself(s, "breaker", reason, now);
}

/// The campaign's account managers in the order of its policy, or by id when
/// that names none: the same order each time, so that turns are fair.
static std::vector<manager_row> managers_of(const state& s, const std::vector<manager_row>& all) {
  const auto& wanted = s.policy.managers;
  const auto place = [&](const manager_row& x) {
    const auto found
      = std::find_if(wanted.begin(), wanted.end(), [&](const auto& w) { return w == x.name || w == to_string(x.id); });
    return found - wanted.begin();
  };
  std::vector<manager_row> ours;
  for (const auto& x : all)
    if (wanted.empty() || place(x) < std::ssize(wanted))
      ours.push_back(x);
  std::sort(ours.begin(), ours.end(), [&](const auto& a, const auto& b) {
    return std::pair{place(a), a.id} < std::pair{place(b), b.id};
  });
  return ours;
}

std::optional<decision>
assign(const state& s, const std::vector<manager_row>& all, const std::string& owner, wall_time now, uint64_t asked) {
  const auto ours = managers_of(s, all);
  if (ours.empty())
    return std::nullopt;
  decision d;
  const auto own
    = std::find_if(ours.begin(), ours.end(), [&](const auto& x) { return !owner.empty() && x.crm_owner_id == owner; });
  if (own != ours.end()) { // nobody's turn is used up by it
    d.effects.push_back(do_assign{*own, asked});
    return d;
  }
  const auto& next = ours[s.managers_taken % ours.size()];
  d.events.push_back(manager_taken{next.id, now});
  d.effects.push_back(do_assign{next, asked});
  return d;
}

} // namespace parley::campaigns
