#include "actors/diary/core.hpp"

#include "actors/compliance/hours.hpp"
#include "actors/diary/changes.hpp"
#include "runtime/crm_identity.hpp"

#include <date/tz.h>

#include <algorithm>

namespace parley::diaries {

using namespace std::chrono_literals;

void core::apply(state& s, const event& e) {
  if (const auto* x = std::get_if<held>(&e)) {
    std::erase_if(s.holds, [&](const auto& entry) { return entry.second.expires < x->what.expires - 24h; });
    s.holds[x->meeting] = x->what;
  } else if (const auto* r = std::get_if<released>(&e)) {
    s.holds.erase(r->meeting);
  } else if (const auto* m = std::get_if<moved>(&e)) {
    s.meetings[m->meeting.id] = m->meeting;
    if (m->source != by_hand)
      s.written[m->meeting.id] = m->meeting.sequence;
  } else if (const auto* gone = std::get_if<cancelled>(&e)) {
    s.meetings[gone->meeting.id] = gone->meeting;
  } else {
    const auto& c = std::get<confirmed>(e);
    s.holds.erase(c.meeting.id);
    s.meetings[c.meeting.id] = c.meeting;
  }
}

std::vector<row> core::rows(const state&) {
  return {}; // a meeting's row goes with its confirmation or change
}

json core::public_part(const state& s) {
  json holds = json::object();
  for (const auto& [id, x] : s.holds)
    holds[to_string(id)] = x;
  json meetings = json::array();
  for (const auto& [id, x] : s.meetings)
    meetings.push_back(x);
  json written = json::object();
  for (const auto& [id, sequence] : s.written)
    written[to_string(id)] = sequence;
  return {{"id", s.id}, {"holds", holds}, {"meetings", meetings}, {"written", written}};
}

state core::restore(const json& open, const json&) {
  state s;
  s.id = open.at("id").get<manager_id>();
  for (const auto& [id, x] : open.at("holds").items())
    s.holds[meeting_id{*parse_uuid(id)}] = x.get<hold>();
  for (const auto& x : open.at("meetings")) {
    auto m = x.get<meeting_row>();
    s.meetings[m.id] = m;
  }
  if (const auto written = open.find("written"); written != open.end())
    for (const auto& [id, sequence] : written->items())
      s.written[meeting_id{*parse_uuid(id)}] = sequence.get<int32_t>();
  return s;
}

/// As the configuration writes them; checked when it is read.
static weekly_hours working_hours(const manager_row& manager) {
  return parse_weekly_hours(manager.working_hours.empty() ? "mon-fri 09:00-17:00" : manager.working_hours);
}

namespace {

const date::time_zone* zone_of(const manager_row& manager) {
  return date::locate_zone(manager.timezone.empty() ? "UTC" : manager.timezone);
}

/// Local wall time on a date to the instant; inside a clock change the later
/// reading, so that a meeting never starts before its stated time.
wall_time instant(const date::time_zone* zone, date::local_days day, std::chrono::minutes minutes) {
  const auto local = day + minutes;
  const auto at = zone->to_sys(local, date::choose::latest);
  return wall_time{std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch())};
}

date::local_days local_day(const date::time_zone* zone, wall_time t) {
  const auto local = zone->to_local(date::sys_time<std::chrono::milliseconds>{t.time_since_epoch()});
  return date::floor<date::days>(local);
}

std::vector<date::local_days>
days_of(const manager_row& manager, const std::vector<std::string>& dates, wall_time now) {
  const auto* zone = zone_of(manager);
  const auto today = local_day(zone, now);
  std::vector<date::local_days> out;
  for (const auto& text : dates) {
    std::istringstream in{text.substr(0, 10)};
    date::local_days day;
    in >> date::parse("%F", day);
    if (!in.fail() && day >= today && day <= today + date::days{60})
      out.push_back(day);
  }
  if (out.empty())
    for (int i = 1; i <= 7; ++i)
      out.push_back(today + date::days{i});
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool taken(const state& s, const time_range& when, meeting_id own, wall_time now) {
  for (const auto& [id, x] : s.holds)
    if (id != own && x.expires > now && x.when.overlaps(when))
      return true;
  for (const auto& [id, m] : s.meetings)
    if (id != own && m.status != "cancelled"
        && time_range{m.scheduled_at, m.scheduled_at + std::chrono::minutes{m.duration_minutes}}.overlaps(when))
      return true;
  return false;
}

} // namespace

std::optional<std::string>
why_not(const state& s, const manager_row& manager, const time_range& when, meeting_id own, wall_time now) {
  if (when.from <= now)
    return "that time is past";
  const auto* zone = zone_of(manager);
  const auto day = local_day(zone, when.from);
  const auto hours = working_hours(manager);
  const auto& windows = hours.days[date::weekday{day}.c_encoding()];
  const bool inside = std::any_of(windows.begin(), windows.end(), [&](const hours_span& w) {
    return instant(zone, day, w.open) <= when.from && when.until <= instant(zone, day, w.close);
  });
  if (!inside)
    return "that time is outside the account manager's working hours";
  if (taken(s, when, own, now))
    return "that time is taken";
  return std::nullopt;
}

time_range span_of(const manager_row& manager, const std::vector<std::string>& dates, wall_time now) {
  const auto days = days_of(manager, dates, now);
  const auto* zone = zone_of(manager);
  return {instant(zone, days.front(), 0min), instant(zone, days.back() + date::days{1}, 0min)};
}

std::vector<wall_time>
free_slots(const state& s, const manager_row& manager, const std::vector<time_range>& busy,
           const std::vector<std::string>& dates, std::chrono::minutes length, uint32_t limit, wall_time now) {
  const auto* zone = zone_of(manager);
  const auto hours = working_hours(manager);
  std::vector<std::vector<wall_time>> by_day;
  for (const auto& day : days_of(manager, dates, now)) {
    std::vector<wall_time> free;
    for (const auto& [open, close] : hours.days[date::weekday{day}.c_encoding()])
      for (auto minute = open; minute + length <= close; minute += 30min) {
        const auto at = instant(zone, day, minute);
        const time_range when{at, at + length};
        const bool is_busy = std::any_of(busy.begin(), busy.end(), [&](const auto& b) { return b.overlaps(when); });
        if (at > now + 2h && !is_busy && !taken(s, when, {}, now))
          free.push_back(at);
      }
    if (!free.empty())
      by_day.push_back(std::move(free));
  }
  // One early and one late time of each day in turn: a choice, not a list.
  std::vector<wall_time> out;
  for (size_t round = 0; out.size() < limit; ++round) {
    const auto before = out.size();
    for (const auto& free : by_day) {
      const auto index = round % 2 == 0 ? free.size() / 4 + round / 2 : free.size() / 2 + free.size() / 4 + round / 2;
      if (index < free.size() && out.size() < limit && std::find(out.begin(), out.end(), free[index]) == out.end())
        out.push_back(free[index]);
    }
    if (out.size() == before && round > 20)
      break;
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string in_words(wall_time t, const std::string& zone) {
  const auto* where = date::locate_zone(zone.empty() ? "UTC" : zone);
  const auto local = where->to_local(date::sys_time<std::chrono::milliseconds>{t.time_since_epoch()});
  return date::format("%A, %B %d, %Y at %I:%M %p", date::floor<std::chrono::minutes>(local)) + " (" + where->name()
         + ")";
}

std::string event_id_of(meeting_id meeting) {
  static constexpr char digits[] = "0123456789abcdefghijklmnopqrstuv"; // base32hex, as Google asks of client ids
  std::string out = "m";
  for (const auto word : {meeting.high, meeting.low})
    for (int shift = 60; shift >= 0; shift -= 5)
      out += digits[(word >> shift) & 31];
  return out;
}

bool may_be_ours(const std::string& event_id) {
  static const auto size = event_id_of({}).size();
  return event_id.size() == size && event_id.front() == 'm';
}

namespace {

/// What stands in the event and the invitation: the prospect is invited to both.
std::string public_description(const confirm_slot& order, const manager_row& manager) {
  const auto& policy = order.brief.policy;
  auto text = "Meeting with " + manager.name + " of " + policy.company + ".\n";
  if (!policy.offer.empty())
    text += "\nWhat we would like to talk about:\n" + policy.offer + "\n";
  text += "\nHow to reach us: " + manager.email;
  if (!policy.callback_number.empty())
    text += ", " + policy.callback_number;
  return text + "\n";
}

/// What the account manager should know beforehand. A mail of its own, to
/// nobody else: nothing in it is meant for the prospect.
outgoing_mail preparation_mail(const confirm_slot& order, const manager_row& manager, const std::string& title,
                               const std::string& place) {
  const auto& m = order.meeting;
  const auto& person = order.brief.person;
  outgoing_mail mail;
  mail.message_id = to_string(m.id) + ".preparation@parley";
  mail.to = manager.email;
  mail.to_name = manager.name;
  mail.subject = "Preparation: " + title + ": " + person.name;
  mail.text = "Hello " + manager.name + ",\n\nyou meet " + person.name + (person.role.empty() ? "" : ", " + person.role)
              + (person.company.empty() ? "" : " of " + person.company) + ", on "
              + in_words(m.scheduled_at, manager.timezone) + ".\n\n" + place + "\n\nWhat the call brought to light:\n\n"
              + order.preparation + "\n\nThis is for you alone; the invitation holds none of it.\n";
  return mail;
}

} // namespace

std::string event_object(const meeting_row& meeting) {
  return "event " + meeting.calendar_event_id;
}

std::string crm_object(const meeting_row& meeting) {
  return "crm meeting " + to_string(meeting.id);
}

std::vector<row> confirmation_rows(const confirm_slot& order, const manager_row& manager, const number_hasher& hasher,
                                   const std::string& uid_domain, wall_time now) {
  const auto& m = order.meeting;
  const auto& person = order.brief.person;
  const auto& policy = order.brief.policy;
  const time_range when{m.scheduled_at, m.scheduled_at + std::chrono::minutes{m.duration_minutes}};
  const auto title = policy.company + " and " + (person.company.empty() ? person.name : person.company);
  const auto place = m.meeting_type == "phone" ? "By phone: we call " + person.phone : m.zoom_link;

  put_event event;
  event.calendar = manager.calendar_id;
  event.event_id = m.calendar_event_id;
  event.title = title + ": " + person.name;
  event.description = public_description(order, manager);
  event.location = place;
  event.when = when;
  event.zone = manager.timezone;
  event.attendee_email = order.email;
  event.attendee_name = person.name;

  invite ics;
  ics.uid = m.calendar_event_id + "@" + uid_domain; // the invite and the calendar's event are one
  ics.summary = title;
  ics.description = event.description + "\n" + place;
  ics.location = place;
  ics.organizer_email = manager.email;
  ics.organizer_name = manager.name;
  ics.attendee_email = order.email;
  ics.attendee_name = person.name;
  ics.when = when;
  ics.zone = order.brief.zone.empty() ? manager.timezone : order.brief.zone;

  outgoing_mail mail;
  mail.message_id = to_string(m.id) + ".invite@parley";
  mail.to = order.email;
  mail.to_name = person.name;
  mail.copies = {manager.email};
  mail.subject = "Invitation: " + title;
  mail.text = "Hello " + person.name + ",\n\nthank you for the conversation. " + manager.name + " of " + policy.company
              + " looks forward to meeting you.\n\n" + place + "\n\n" + "What we would like to talk about:\n"
              + policy.offer + "\n\nYou are reading this because you agreed on the phone with " + policy.agent_name
              + ", our AI assistant.\n";
  mail.meeting = ics;

  crm_activity activity;
  activity.key = to_string(hasher.of("crm", to_string(m.id)));
  activity.kind = crm_activity_kind::meeting;
  activity.contact = identity_of(person);
  activity.contact_name = person.name;
  activity.contact_company = person.company;
  activity.contact_role = person.role;
  activity.at = when.from;
  activity.end = when.until;
  activity.title = title;
  activity.body = order.preparation;
  activity.location = place;

  auto stored = m;
  stored.papers = json(papers{event, mail, activity}).dump();
  const auto id = [&](const char* what) { return hasher.of(what, to_string(m.id)); };
  std::vector<row> rows{
    stored,
    outbox_row{id("event"), m.prospect, "put_event", json(event).dump(), now, event_object(m)},
    outbox_row{id("invite"), m.prospect, "mail", json(mail).dump(), now},
  };
  if (!order.preparation.empty())
    rows.push_back(outbox_row{id("preparation"), m.prospect, "mail",
                              json(preparation_mail(order, manager, title, place)).dump(), now});
  rows.push_back(outbox_row{id("crm"), m.prospect, "crm_activity", json(activity).dump(), now, crm_object(m)});
  return rows;
}

} // namespace parley::diaries
