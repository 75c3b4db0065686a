#pragma once

#include "runtime/journal/aggregate.hpp"
#include "runtime/messages/json.hpp"

namespace parley::campaigns {

struct campaign_created {
  static constexpr auto type = "campaign_created";
  campaign_policy policy;
  json target_filters = json::object();
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(campaign_created, policy, target_filters, at)

/// launched, paused, resumed, stopped, completed: the status after it.
struct status_changed {
  static constexpr auto type = "status_changed";
  campaign_status status = campaign_status::draft;
  std::string action; ///< the command, or "all_done"
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(status_changed, status, action, at)

/// Opens or closes the pacer for this campaign, then tells its parts.
struct do_enforce {
  campaign_action action = campaign_action::launch;
};
struct do_orders {};

struct state {
  campaign_policy policy;
  json target_filters = json::object();
  campaign_status status = campaign_status::draft;
  wall_time created_at{};
  std::optional<wall_time> started_at;
  std::optional<wall_time> completed_at;
};

struct core {
  using state = campaigns::state;
  using event = std::variant<campaign_created, status_changed>;
  using effect = std::variant<do_enforce, do_orders>;

  static void apply(state& s, const event& e);
  static std::vector<row> rows(const state& s);
  static prospect_id subject(const state&) { return {}; }
  static json public_part(const state& s);
  static json personal_part(const state&) { return json::object(); }
  static state restore(const json& open, const json& personal);
};

using decision = parley::decision<core>;

/// A manager's command; the error says why it does not fit the status.
std::variant<decision, std::string> command(const state& s, campaign_action action, wall_time now);

/// Every part reports that nobody is left.
decision complete(const state& s, wall_time now);

} // namespace parley::campaigns
