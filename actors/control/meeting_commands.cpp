#include "actors/compliance/zones.hpp"
#include "actors/control/commands.hpp"

#include <date/tz.h>

#include <sstream>

namespace parley::commands {

namespace {

/// A time as somebody writes it: an instant, or a wall-clock time whose zone is
/// still to be found.
using written_time = std::variant<wall_time, date::local_time<std::chrono::minutes>>;

written_time read_time(const args& a) {
  const auto text = needed_text(a, "to", "give the new time, as in \"2026-12-03 14:00\"");
  if (const auto instant = parse_iso(text))
    return *instant;
  for (const char* form : {"%F %H:%M", "%FT%H:%M"}) {
    std::istringstream in{text};
    date::local_time<std::chrono::minutes> local;
    in >> date::parse(form, local);
    if (!in.fail() && in.peek() == std::istringstream::traits_type::eof())
      return local;
  }
  throw std::invalid_argument{"to: \"" + text
                              + "\" is no time; write it as 2026-12-03 14:00, or with an offset as "
                                "2026-12-03T14:00:00-05:00"};
}

const date::time_zone* known_zone(const std::string& name) {
  const auto* zone = find_zone(name);
  if (!zone)
    throw std::invalid_argument{"zone: \"" + name + "\" is no time zone; use an IANA name such as America/New_York"};
  return zone;
}

/// Once in spring a local time does not exist, once in autumn it comes twice.
wall_time instant_of(const written_time& time, const date::time_zone* zone) {
  if (const auto* instant = std::get_if<wall_time>(&time))
    return *instant;
  const auto local = std::get<1>(time);
  const auto info = zone->get_info(local);
  const auto remedy = "; give the instant, with an offset as in 2026-12-03T14:00:00-05:00";
  if (info.result == date::local_info::nonexistent)
    throw std::invalid_argument{"to: the clocks of " + zone->name() + " skip that time on that day" + remedy};
  if (info.result == date::local_info::ambiguous)
    throw std::invalid_argument{"to: the clocks of " + zone->name() + " show that time twice on that day" + remedy};
  const auto at = zone->to_sys(local);
  return wall_time{std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch())};
}

/// A meeting with the zone that it is spoken about in: the person's, else the
/// account manager's.
void with_zoned(control_state& s, const answer& reply, meeting_id id,
                std::function<void(const meeting_row&, const std::string& zone)> then) {
  const auto timeout = s.ctx->settings.journal_timeout;
  load_meetings ask;
  ask.meeting = id;
  s.self->request(s.ctx->journal, timeout, std::move(ask))
    .then(
      [&s, reply, id, timeout, then = std::move(then)](const meeting_rows& found) {
        if (found.rows.empty())
          return reply(caf::make_error(ec::not_found, "meeting: there is no " + to_string(id)
                                                        + "; \"parley meeting list\" shows all"));
        const auto manager_zone = [&s, reply, timeout, then, m = found.rows.front()] {
          s.self->request(s.ctx->journal, timeout, load_managers{{m.account_manager}})
            .then(
              [m, then](const manager_rows& x) {
                then(m, x.rows.empty() || x.rows.front().timezone.empty() ? "UTC" : x.rows.front().timezone);
              },
              fails(reply));
        };
        s.self->request(s.ctx->journal, timeout, load_prospect{found.rows.front().prospect})
          .then(
            [m = found.rows.front(), then, manager_zone](const prospect_row& person) {
              if (find_zone(person.timezone))
                then(m, person.timezone);
              else
                manager_zone();
            },
            [reply, manager_zone](caf::error& e) {
              if (e == ec::not_found)
                manager_zone();
              else
                reply(std::move(e));
            });
      },
      fails(reply));
}

/// What a change came to.
void say_meeting(const answer& reply, const meeting_row& m, const std::string& zone,
                 std::optional<wall_time> was = std::nullopt) {
  args out{{"meeting", m.id},
           {"status", m.status},
           {"scheduled_at", m.scheduled_at},
           {"timezone", zone},
           {"sequence", m.sequence},
           {"duration_minutes", m.duration_minutes},
           {"prospect", m.prospect},
           {"account_manager", m.account_manager}};
  if (was)
    out["was"] = *was;
  say(reply, out);
}

/// For the diary, which asks the store and the calendar before it answers.
std::chrono::milliseconds order_limit(const control_state& s) {
  return s.ctx->settings.journal_timeout + s.ctx->settings.vendor_timeout;
}

void reschedule(control_state& s, const args& a, answer reply) {
  const auto time = read_time(a);
  const auto named = text_or(a, "zone", "");
  if (!named.empty())
    known_zone(named);
  with_meeting(s, a, reply, [&s, reply, time, named](meeting_id id) {
    with_zoned(s, reply, id, [&s, reply, time, named](const meeting_row& m, const std::string& own) {
      const auto zone = named.empty() ? own : named;
      move_meeting order{m.account_manager, m.id, {}, "command"};
      if (const auto problem = problem_of([&] { order.at = instant_of(time, known_zone(zone)); }))
        return refuse(reply, *problem);
      const auto limit = order_limit(s);
      s.self->request(s.ctx->door_of(m.account_manager), limit, std::move(order))
        .then([reply, zone,
               was = m.scheduled_at](const meeting_changed& x) { say_meeting(reply, x.meeting, zone, was); },
              fails(reply, "the move of the meeting", limit));
    });
  });
}

void cancel(control_state& s, const args& a, answer reply) {
  const auto reason = text_or(a, "reason", "");
  if (reason.size() > 500)
    throw std::invalid_argument{"reason: is longer than 500 characters; one sentence for the person is enough"};
  with_meeting(s, a, reply, [&s, reply, reason](meeting_id id) {
    with_zoned(s, reply, id, [&s, reply, reason](const meeting_row& m, const std::string& zone) {
      const auto limit = order_limit(s);
      s.self
        ->request(s.ctx->door_of(m.account_manager), limit, cancel_meeting{m.account_manager, m.id, reason, "command"})
        .then([reply, zone](const meeting_changed& x) { say_meeting(reply, x.meeting, zone); },
              fails(reply, "the end of the meeting", limit));
    });
  });
}

} // namespace

void add_meeting_commands(table& commands) {
  commands["meeting list"] = list_report(report_kind::meetings);
  commands["meeting reschedule"] = reschedule;
  commands["meeting cancel"] = cancel;
}

} // namespace parley::commands
