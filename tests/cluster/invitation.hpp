#pragma once

#include "runtime/clock.hpp"
#include "tests/adapters/mime_parts.hpp"

#include <catch2/catch.hpp>
#include <libical/ical.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

namespace parley::test {

/// What a calendar program makes of a mail.
struct invitation {
  std::string uid;
  int sequence = 0;
  bool cancelled = false; ///< METHOD:CANCEL, and the event says so, too
  wall_time start{};
  wall_time end{};
  std::set<std::string> attendees;
  std::set<std::string> recipients; ///< of the mail that it came with
};

/// The text/calendar part of a mail, parsed by libical.
inline invitation invitation_in(const std::string& mail) {
  invitation out;
  const std::function<void(const mime_part&)> look = [&](const mime_part& part) {
    for (const auto& inner : part.parts)
      look(inner);
    if (!part.header("Content-Type").starts_with("text/calendar") || !out.uid.empty())
      return;
    const std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)> parsed{
      icalparser_parse_string(part.body.c_str()), icalcomponent_free};
    REQUIRE(parsed);
    CHECK(icalcomponent_count_errors(parsed.get()) == 0);
    CHECK(icalrestriction_check(parsed.get()) == 1);
    auto* event = icalcomponent_get_first_component(parsed.get(), ICAL_VEVENT_COMPONENT);
    REQUIRE(event);
    out.uid = icalcomponent_get_uid(event);
    out.sequence = icalcomponent_get_sequence(event);
    out.cancelled = icalcomponent_get_method(parsed.get()) == ICAL_METHOD_CANCEL;
    CHECK((icalcomponent_get_status(event) == ICAL_STATUS_CANCELLED) == out.cancelled);
    const auto instant = [](const icaltimetype& x) {
      return wall_time{
        std::chrono::seconds{icaltime_as_timet_with_zone(x, x.zone ? x.zone : icaltimezone_get_utc_timezone())}};
    };
    out.start = instant(icalcomponent_get_dtstart(event));
    out.end = instant(icalcomponent_get_dtend(event));
    for (auto* a = icalcomponent_get_first_property(event, ICAL_ATTENDEE_PROPERTY); a;
         a = icalcomponent_get_next_property(event, ICAL_ATTENDEE_PROPERTY))
      out.attendees.insert(icalproperty_get_attendee(a));
  };
  look(parse_mime(mail));
  return out;
}

} // namespace parley::test
