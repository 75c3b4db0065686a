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
  std::string action; ///< the command, "all_done", "trouble" or "breaker"
  wall_time at{};
  std::string reason; ///< a sentence, when it paused itself
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(status_changed, status, action, at, reason)

/// An account manager had their turn.
struct manager_taken {
  static constexpr auto type = "manager_taken";
  manager_id manager;
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(manager_taken, manager, at)

/// Opens or closes the pacer for this campaign, then tells its parts.
struct do_enforce {
  campaign_action action = campaign_action::launch;
  uint64_t asked = 0; ///< names whoever is answered when it is in force; 0: nobody
};
struct do_orders {};
/// The turn is stored.
struct do_assign {
  manager_row manager;
  uint64_t asked = 0;
};

struct state {
  campaign_policy policy;
  json target_filters = json::object();
  campaign_status status = campaign_status::draft;
  wall_time created_at{};
  std::optional<wall_time> started_at;
  std::optional<wall_time> completed_at;
  std::string reason;          ///< why it paused itself; empty otherwise
  uint64_t managers_taken = 0; ///< turns so far
};

struct core {
  using state = campaigns::state;
  using event = std::variant<campaign_created, status_changed, manager_taken>;
  using effect = std::variant<do_enforce, do_orders, do_assign>;

  static void apply(state& s, const event& e);
  static std::vector<row> rows(const state& s);
  static prospect_id subject(const state&) { return {}; }
  static json public_part(const state& s);
  static json personal_part(const state&) { return json::object(); }
  static state restore(const json& open, const json& personal);
};

using decision = parley::decision<core>;

/// A manager's command; the error says why it does not fit the status.
/// @param asked Comes back in the effect.
std::variant<decision, std::string> command(const state& s, campaign_action action, wall_time now, uint64_t asked = 0);

/// Every part reports that nobody is left.
decision complete(const state& s, wall_time now);

/// Every call would fail: a running campaign pauses itself.
decision on_trouble(const state& s, const std::string& reason, wall_time now);

/// Too many calls failed: a running campaign pauses itself. Only a command
/// resumes it.
decision on_breaker(const state& s, const std::string& reason, wall_time now);

/// The person's own account manager if `owner` names one of the campaign's,
/// else the next one in turn; nothing when the campaign has none. `all` are
/// the account managers that there are.
std::optional<decision> assign(const state& s, const std::vector<manager_row>& all, const std::string& owner,
                               wall_time now, uint64_t asked = 0);

} // namespace parley::campaigns
