#include "actors/diary/changes.hpp"

#include <date/tz.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace parley::diaries {
namespace {

time_range time_of(const meeting_row& m) {
  return {m.scheduled_at, m.scheduled_at + std::chrono::minutes{m.duration_minutes}};
}

int32_t minutes_of(const time_range& x) {
  return static_cast<int32_t>(std::chrono::ceil<std::chrono::minutes>(x.until - x.from).count());
}

/// Somebody made an all-day event of it: that names days and no time. The
/// shortest day, on which clocks go forward, has 23 hours.
bool is_all_day(const time_range& x) {
  return x.until - x.from >= std::chrono::hours{23};
}

/// The meeting's own time of day, by its account manager's clock, on the day
/// that begins at `day`.
wall_time same_time_on(wall_time day, const meeting_row& m, const manager_row& manager) {
  const auto* zone = date::locate_zone(manager.timezone.empty() ? "UTC" : manager.timezone);
  const auto local_of
    = [zone](wall_time t) { return zone->to_local(date::sys_time<std::chrono::milliseconds>{t.time_since_epoch()}); };
  const auto now = local_of(m.scheduled_at);
  const auto time_of_day = now - date::floor<date::days>(now);
  const auto at = zone->to_sys(date::floor<date::days>(local_of(day)) + time_of_day, date::choose::latest);
  return wall_time{at.time_since_epoch()};
}

const meeting_row* find(const state& s, meeting_id id) {
  const auto found = s.meetings.find(id);
  return found == s.meetings.end() ? nullptr : &found->second;
}

/// Then nobody is told any more: whoever changes its event tidies up.
bool is_over(const meeting_row& m, wall_time now) {
  return time_of(m).until <= now;
}

refusal unknown_meeting(meeting_id id) {
  return {ec::not_found, "no meeting " + to_string(id) + " in this diary; list them first"};
}

/// Is anything but the meeting itself in the calendar at its new time? Where
/// the old and the new time overlap, the calendar shows the meeting.
bool busy_otherwise(const std::vector<time_range>& busy, const time_range& own, const time_range& wanted) {
  std::vector<time_range> parts{wanted};
  if (own.overlaps(wanted)) {
    parts.clear();
    if (wanted.from < own.from)
      parts.push_back({wanted.from, own.from});
    if (own.until < wanted.until)
      parts.push_back({own.until, wanted.until});
  }
  return std::any_of(parts.begin(), parts.end(), [&](const time_range& part) {
    return std::any_of(busy.begin(), busy.end(), [&](const time_range& b) { return b.overlaps(part); });
  });
}

/// One kind of change with what goes out for it.
struct news {
  const meeting_row& before;
  meeting_row after;
  std::string source;
  std::string reason; ///< of a cancellation, may be empty
  const manager_row& manager;
  const std::optional<papers>& known;
  const number_hasher& hasher;
  wall_time now;

  bool cancels() const { return after.status == "cancelled"; }

  outbox_row entry(const char* what, const char* kind, const json& payload, std::string object = {}) const {
    const auto id = hasher.of(what, to_string(after.id) + "#" + std::to_string(after.sequence));
    return {id, after.prospect, kind, payload.dump(), now, std::move(object)};
  }

  void write_calendar(std::vector<row>& out) const {
    if (cancels()) {
      const auto& calendar = known ? known->event.calendar : manager.calendar_id;
      out.push_back(
        entry("event", "cancel_event", cancel_event{calendar, after.calendar_event_id}, event_object(after)));
    } else if (known) {
      auto event = known->event;
      event.when = time_of(after);
      event.sequence = static_cast<uint32_t>(after.sequence);
      // Papers of an earlier version put the preparation, which is not for the
      // person's eyes, into the event: its next write takes it out.
      if (!event.description.empty() && event.description == known->activity.body && known->mail.meeting)
        event.description = known->mail.meeting->description;
      out.push_back(entry("event", "put_event", event, event_object(after)));
    }
  }

  outgoing_mail mail() const {
    auto out = known->mail;
    auto& meeting = out.meeting.emplace(known->mail.meeting.value_or(invite{}));
    meeting.sequence = static_cast<uint32_t>(after.sequence);
    meeting.cancel = cancels();
    meeting.when = time_of(after);
    out.message_id = to_string(after.id) + ".invite." + std::to_string(after.sequence) + "@parley";
    const auto with = meeting.organizer_name.empty() ? manager.name : meeting.organizer_name;
    const auto hello = "Hello" + (out.to_name.empty() ? std::string{} : " " + out.to_name) + ",\n\n";
    if (cancels()) {
      out.subject = "Cancelled: " + meeting.summary;
      out.text = hello + "your meeting with " + with + " on " + in_words(before.scheduled_at, meeting.zone)
                 + " is cancelled." + (reason.empty() ? "" : "\n\n" + reason)
                 + "\n\nIf you would like another time, just answer this mail.\n";
    } else {
      out.subject = "Updated invitation: " + meeting.summary;
      out.text = hello + "your meeting with " + with + " has a new time:\n\n"
                 + in_words(after.scheduled_at, meeting.zone) + "\n\nIt takes the place of "
                 + in_words(before.scheduled_at, meeting.zone) + ".\n\n" + meeting.location
                 + "\n\nIf the new time does not suit you, just answer this mail.\n";
    }
    return out;
  }

  /// The same object of the CRM, changed.
  crm_activity activity() const {
    auto out = known->activity;
    const auto when = time_of(after);
    out.at = when.from;
    out.end = when.until;
    out.outcome = cancels() ? "cancelled" : "rescheduled";
    out.body += out.body.empty() ? "" : "\n\n";
    out.body += cancels() ? "Cancelled (" + source + ")" + (reason.empty() ? "." : ": " + reason)
                          : "Moved (" + source + ") from " + in_words(before.scheduled_at, manager.timezone) + ".";
    return out;
  }

  change made() const {
    change out;
    out.meeting = after;
    if (cancels())
      out.events.push_back(cancelled{after, source});
    else
      out.events.push_back(moved{after, before.scheduled_at, source});
    auto stored = after;
    if (known)
      stored.papers = json(*known).dump();
    out.rows.push_back(std::move(stored));
    if (source != by_hand)
      write_calendar(out.rows);
    if (known) {
      out.rows.push_back(entry("invite", "mail", mail()));
      out.rows.push_back(entry("crm", "crm_activity", activity(), crm_object(after)));
    }
    return out;
  }
};

meeting_row next_of(const meeting_row& m, const char* status) {
  auto out = m;
  ++out.sequence;
  out.status = status;
  return out;
}

} // namespace

std::optional<papers> read_papers(const meeting_row& stored) {
  if (stored.papers.empty())
    return std::nullopt;
  try {
    return json::parse(stored.papers).get<papers>();
  } catch (const json::exception&) { // written by another version: as good as gone
    return std::nullopt;
  } catch (const std::invalid_argument&) { // holds a word that is not known here
    return std::nullopt;
  }
}

std::optional<refusal>
why_not_move(const state& s, const manager_row& manager, const move_meeting& order, wall_time now) {
  const auto* m = find(s, order.meeting);
  if (!m)
    return unknown_meeting(order.meeting);
  if (m->status == "cancelled")
    return refusal{ec::wrong_state, "that meeting is cancelled; book another one"};
  if (is_over(*m, now))
    return refusal{ec::wrong_state, "that meeting is over, so it cannot be moved any more; book another one"};
  if (order.at == m->scheduled_at)
    return std::nullopt;
  const time_range wanted{order.at, order.at + std::chrono::minutes{m->duration_minutes}};
  if (auto reason = why_not(s, manager, wanted, order.meeting, now))
    return refusal{ec::conflict, std::move(*reason)};
  return std::nullopt;
}

std::variant<change, refusal>
move(const state& s, const manager_row& manager, const move_meeting& order, const std::vector<time_range>& busy,
     const std::optional<papers>& known, const number_hasher& hasher, wall_time now) {
  if (auto no = why_not_move(s, manager, order, now))
    return *no;
  const auto& m = *find(s, order.meeting);
  if (order.at == m.scheduled_at)
    return change{m, {}, {}};
  auto after = next_of(m, "moved");
  after.scheduled_at = order.at;
  if (busy_otherwise(busy, time_of(m), time_of(after)))
    return refusal{ec::conflict, "that time is taken"};
  if (!known)
    return refusal{ec::wrong_state, "what was sent for that meeting is not known any more, so no new invitation can go "
                                    "out; cancel it, or move it in the calendar"};
  return news{m, after, order.source, {}, manager, known, hasher, now}.made();
}

std::variant<change, refusal> cancel(const state& s, const manager_row& manager, const cancel_meeting& order,
                                     const std::optional<papers>& known, const number_hasher& hasher, wall_time now) {
  const auto* m = find(s, order.meeting);
  if (!m)
    return unknown_meeting(order.meeting);
  if (m->status == "cancelled")
    return change{*m, {}, {}};
  if (is_over(*m, now))
    return refusal{ec::wrong_state, "that meeting is over, so it cannot be cancelled any more"};
  return news{*m, next_of(*m, "cancelled"), order.source, order.reason, manager, known, hasher, now}.made();
}

std::optional<meeting_id> changed_by_hand(const state& s, const event_change& seen, wall_time now) {
  const auto found = std::find_if(s.meetings.begin(), s.meetings.end(),
                                  [&](const auto& x) { return x.second.calendar_event_id == seen.event_id; });
  if (found == s.meetings.end())
    return std::nullopt;
  const auto& [id, m] = *found;
  if (is_over(m, now))
    return std::nullopt;
  const auto written = s.written.find(id);
  const auto last = written == s.written.end() ? 0 : written->second;
  if (seen.sequence && static_cast<int32_t>(*seen.sequence) < last)
    return std::nullopt; // our later write is on its way and will replace this
  // A slip of the hand. Followed, the meeting would be over, and dragging it
  // back would change nothing any more.
  if (!seen.cancelled && seen.when.until <= now)
    return std::nullopt;
  if (m.status == "cancelled") {
    if (!seen.cancelled)
      spdlog::warn("diary {}: the event of meeting {} stands in the calendar although the person was told that it is "
                   "cancelled; unless its removal is still under way, delete it and book another meeting",
                   to_string(s.id), to_string(id));
    return std::nullopt;
  }
  if (seen.cancelled)
    return id;
  if (is_all_day(seen.when)) // on the same day it is where it was
    return time_of(m).overlaps(seen.when) ? std::nullopt : std::optional{id};
  const bool differs = seen.when.from != m.scheduled_at || minutes_of(seen.when) != m.duration_minutes;
  return differs && seen.when.from < seen.when.until ? std::optional{id} : std::nullopt;
}

change follow(const state& s, const manager_row& manager, const event_change& seen, const std::optional<papers>& known,
              const number_hasher& hasher, wall_time now) {
  const auto id = changed_by_hand(s, seen, now);
  if (!id)
    return {};
  const auto& m = s.meetings.at(*id);
  auto after = next_of(m, seen.cancelled ? "cancelled" : "moved");
  if (!seen.cancelled && is_all_day(seen.when)) {
    after.scheduled_at = same_time_on(seen.when.from, m, manager);
  } else if (!seen.cancelled) {
    after.scheduled_at = seen.when.from;
    after.duration_minutes = minutes_of(seen.when);
  }
  return news{m, after, std::string{by_hand}, {}, manager, known, hasher, now}.made();
}

} // namespace parley::diaries
