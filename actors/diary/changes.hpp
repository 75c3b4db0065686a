#pragma once

#include "actors/diary/core.hpp"
#include "runtime/errors.hpp"

/// What becomes of a meeting after it was booked: moved, cancelled, or changed
/// by hand in the calendar. Pure, as the core.
namespace parley::diaries {

/// The source of a change that was seen in the calendar: what stands there is
/// not written again.
inline constexpr std::string_view by_hand = "calendar";

/// What went out when a meeting was booked: a change sends it again.
struct papers {
  put_event event;
  outgoing_mail mail;
  crm_activity activity;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(papers, event, mail, activity)

/// Of a stored meeting; nothing when they were erased with the person's data
/// or cannot be read.
std::optional<papers> read_papers(const meeting_row& stored);

/// Why a change is not made, with a sentence for whoever wanted it.
struct refusal {
  ec code = ec::conflict;
  std::string sentence;
};

/// What a change comes to. Without events it changes nothing.
struct change {
  meeting_row meeting; ///< afterwards
  std::vector<core::event> events;
  std::vector<row> rows; ///< the meeting's own, and what goes out
};

/// What can be said before the calendar was asked: `ec::not_found`,
/// `ec::wrong_state` for a meeting that is cancelled or over, `ec::conflict`
/// for a time that does not suit. Nothing for the time that it has.
std::optional<refusal>
why_not_move(const state& s, const manager_row& manager, const move_meeting& order, wall_time now);

/// The meeting at its new time: same event, same UID, next sequence.
/// @param busy What the calendar says of the new time; the meeting itself is
///        part of it.
/// @param known Without them nothing can be sent, so the move is refused.
std::variant<change, refusal>
move(const state& s, const manager_row& manager, const move_meeting& order, const std::vector<time_range>& busy,
     const std::optional<papers>& known, const number_hasher& hasher, wall_time now);

/// Cancelling a cancelled meeting changes nothing; one that is over is refused
/// with `ec::wrong_state`. Without papers the event is still taken out of the
/// calendar and the time is free again.
std::variant<change, refusal> cancel(const state& s, const manager_row& manager, const cancel_meeting& order,
                                     const std::optional<papers>& known, const number_hasher& hasher, wall_time now);

/// The meeting that somebody changed by hand with this; nothing for events of
/// others, for what we wrote ourselves, for what our own write that is on its
/// way will replace, and for meetings that are over.
std::optional<meeting_id> changed_by_hand(const state& s, const event_change& seen, wall_time now);

/// Follows a change by hand, wherever it leads: its owner made it. Sends the
/// invitation and tells the CRM; the calendar knows.
change follow(const state& s, const manager_row& manager, const event_change& seen, const std::optional<papers>& known,
              const number_hasher& hasher, wall_time now);

} // namespace parley::diaries
