#pragma once

#include "runtime/journal/aggregate.hpp"
#include "runtime/messages/json.hpp"

#include <map>

namespace parley::diaries {

/// A time that is promised to a conversation for a short while.
struct hold {
  time_range when;
  wall_time expires{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(hold, when, expires)

struct held {
  static constexpr auto type = "held";
  meeting_id meeting;
  hold what;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(held, meeting, what)

struct released {
  static constexpr auto type = "released";
  meeting_id meeting;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(released, meeting)

struct confirmed {
  static constexpr auto type = "confirmed";
  meeting_row meeting;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(confirmed, meeting)

/// The meeting as it is afterwards, with its next sequence.
struct moved {
  static constexpr auto type = "moved";
  meeting_row meeting;
  wall_time from{};   ///< when it was before
  std::string source; ///< command, call, calendar
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(moved, meeting, from, source)

struct cancelled {
  static constexpr auto type = "cancelled";
  meeting_row meeting;
  std::string source;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(cancelled, meeting, source)

struct state {
  manager_id id;
  std::map<meeting_id, hold> holds;
  std::map<meeting_id, meeting_row> meetings;
  /// Sequence of the last event that we wrote into the calendar, where it is
  /// not 0. It tells a change by hand from what was there before our write.
  std::map<meeting_id, int32_t> written;
};

/// A diary answers its askers itself, after the commit.
struct do_reply {
  uint64_t number = 0; ///< of the asker, kept by the shell
};

struct core {
  using state = diaries::state;
  using event = std::variant<held, released, confirmed, moved, cancelled>;
  using effect = std::variant<do_reply>;

  static void apply(state& s, const event& e);
  static std::vector<row> rows(const state& s);
  static prospect_id subject(const state&) { return {}; }
  static json public_part(const state& s);
  static json personal_part(const state&) { return json::object(); }
  static state restore(const json& open, const json& personal);
};

using decision = parley::decision<core>;

/// Is this time within working hours, in the future and not taken?
std::optional<std::string>
why_not(const state& s, const manager_row& manager, const time_range& when, meeting_id own, wall_time now);

/// Free slots on these local dates (ISO; empty: the next five working days),
/// at the half hours, spread over the day so that few are offered but well.
std::vector<wall_time>
free_slots(const state& s, const manager_row& manager, const std::vector<time_range>& busy,
           const std::vector<std::string>& dates, std::chrono::minutes length, uint32_t limit, wall_time now);

/// The instants between which a manager's busy times matter for these dates.
time_range span_of(const manager_row& manager, const std::vector<std::string>& dates, wall_time now);

/// Everything that goes out for a confirmed meeting: the calendar event and the
/// invitation, which the prospect reads, and for our own people alone the mail
/// that prepares the account manager (none without preparation) and the CRM
/// entry. What the call brought to light stands only in the latter two.
std::vector<row> confirmation_rows(const confirm_slot& order, const manager_row& manager, const number_hasher& hasher,
                                   const std::string& uid_domain, wall_time now);

/// "Thursday, December 03, 2026 at 02:00 PM (America/New_York)"
/// @param zone IANA name; empty means UTC.
std::string in_words(wall_time t, const std::string& zone);

/// What the deliveries of a meeting write as a whole: `outbox_row::object`.
std::string event_object(const meeting_row& meeting);
std::string crm_object(const meeting_row& meeting);

/// The event id that a calendar takes from us: base32hex of the meeting's id.
std::string event_id_of(meeting_id meeting);

/// Could this event be a meeting of ours, by its id?
bool may_be_ours(const std::string& event_id);

} // namespace parley::diaries
