// Goal: every calendar program reads the invitation as the meeting that was
// agreed upon. Method: libical reads back what we wrote.
#include "adapters/smtp/ics.hpp"
#include "runtime/clock.hpp"
#include "runtime/errors.hpp"

#include <catch2/catch.hpp>
#include <libical/ical.h>

#include <memory>

namespace ics_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::smtp::render_invite;

namespace {

using component = std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)>;

invite meeting() {
  invite x;
  x.uid = "meeting-7@example.com";
  x.sequence = 3;
  x.summary = "Demo; with, commas\nand lines";
  x.description = "What we prepared: " + std::string(200, 'x');
  x.location = "https://meet.example.com/7";
  x.organizer_email = "grace@example.com";
  x.organizer_name = "Grace \"Amazing\" Hopper: Admiral";
  x.attendee_email = "ada@example.org";
  x.attendee_name = "Ada Byron";
  x.when = {*parse_iso("2026-11-26T15:00:00Z"), *parse_iso("2026-11-26T15:30:00Z")};
  x.zone = "America/New_York";
  return x;
}

const wall_time now = *parse_iso("2026-11-24T09:30:00Z");

component parsed(const invite& x) {
  const auto text = render_invite(x, now);
  REQUIRE(text);
  component calendar{icalparser_parse_string(text->c_str()), icalcomponent_free};
  REQUIRE(calendar);
  CHECK(icalcomponent_count_errors(calendar.get()) == 0);
  CHECK(icalrestriction_check(calendar.get()) == 1);
  return calendar;
}

icalcomponent* event_of(const component& calendar) {
  auto* event = icalcomponent_get_first_component(calendar.get(), ICAL_VEVENT_COMPONENT);
  REQUIRE(event);
  return event;
}

/// The instant of a time, by the VTIMEZONE of the invitation itself.
int64_t instant(const component& calendar, icalproperty_kind kind) {
  auto* property = icalcomponent_get_first_property(event_of(calendar), kind);
  const auto time = icalvalue_get_datetime(icalproperty_get_value(property));
  auto* tzid = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER);
  if (!tzid) {
    CHECK(icaltime_is_utc(time));
    return icaltime_as_timet_with_zone(time, icaltimezone_get_utc_timezone());
  }
  CHECK_FALSE(icaltime_is_utc(time)); // a "Z" beside a TZID is read in two ways
  auto* zone = icalcomponent_get_timezone(calendar.get(), icalparameter_get_tzid(tzid));
  REQUIRE(zone);
  return icaltime_as_timet_with_zone(time, zone);
}

int64_t seconds(const char* iso) {
  return std::chrono::floor<std::chrono::seconds>(parse_iso(iso)->time_since_epoch()).count();
}

std::string text_of(const invite& x) {
  return *render_invite(x, now);
}

} // namespace

TEST_CASE("an invitation keeps the instant and shows the local time", "[ics]") {
  const auto calendar = parsed(meeting());
  CHECK(instant(calendar, ICAL_DTSTART_PROPERTY) == seconds("2026-11-26T15:00:00Z"));
  CHECK(instant(calendar, ICAL_DTEND_PROPERTY) == seconds("2026-11-26T15:30:00Z"));
  CHECK(text_of(meeting()).find("DTSTART;TZID=America/New_York:20261126T100000\r\n") != std::string::npos);

  auto summer = meeting();
  summer.when = {*parse_iso("2026-07-15T15:00:00Z"), *parse_iso("2026-07-15T15:30:00Z")};
  CHECK(instant(parsed(summer), ICAL_DTSTART_PROPERTY) == seconds("2026-07-15T15:00:00Z"));
  CHECK(text_of(summer).find("DTSTART;TZID=America/New_York:20260715T110000\r\n") != std::string::npos);
}

TEST_CASE("an invitation is in UTC when its zone says nothing better", "[ics]") {
  for (const auto* zone : {"", "UTC", "Mars/Olympus_Mons"}) {
    auto x = meeting();
    x.zone = zone;
    INFO("zone " << zone);
    CHECK(instant(parsed(x), ICAL_DTSTART_PROPERTY) == seconds("2026-11-26T15:00:00Z"));
    CHECK(text_of(x).find("VTIMEZONE") == std::string::npos);
  }
  auto overnight = meeting(); // clocks go back at 06:00 UTC
  overnight.when = {*parse_iso("2026-11-01T05:30:00Z"), *parse_iso("2026-11-01T06:30:00Z")};
  const auto calendar = parsed(overnight);
  CHECK(instant(calendar, ICAL_DTSTART_PROPERTY) == seconds("2026-11-01T05:30:00Z"));
  CHECK(instant(calendar, ICAL_DTEND_PROPERTY) == seconds("2026-11-01T06:30:00Z"));
}

TEST_CASE("an invitation names the meeting, its version and its people", "[ics]") {
  const auto calendar = parsed(meeting());
  auto* event = event_of(calendar);
  CHECK(icalcomponent_get_method(calendar.get()) == ICAL_METHOD_REQUEST);
  CHECK(std::string{icalcomponent_get_uid(event)} == "meeting-7@example.com");
  CHECK(icalcomponent_get_sequence(event) == 3);
  CHECK(std::string{icalcomponent_get_summary(event)} == meeting().summary);
  CHECK(std::string{icalcomponent_get_description(event)} == meeting().description);
  CHECK(std::string{icalcomponent_get_location(event)} == meeting().location);
  CHECK(icalcomponent_get_status(event) == ICAL_STATUS_CONFIRMED);
  CHECK(icaltime_as_timet(icalcomponent_get_dtstamp(event)) == seconds("2026-11-24T09:30:00Z"));

  auto* attendee = icalcomponent_get_first_property(event, ICAL_ATTENDEE_PROPERTY);
  CHECK(std::string{icalproperty_get_attendee(attendee)} == "mailto:ada@example.org");
  CHECK(std::string{icalproperty_get_parameter_as_string(attendee, "CN")} == "Ada Byron");
  CHECK(std::string{icalproperty_get_parameter_as_string(attendee, "RSVP")} == "TRUE");
  auto* organizer = icalcomponent_get_first_property(event, ICAL_ORGANIZER_PROPERTY);
  CHECK(std::string{icalproperty_get_organizer(organizer)} == "mailto:grace@example.com");
  CHECK(std::string{icalproperty_get_parameter_as_string(organizer, "CN")} == "Grace 'Amazing' Hopper: Admiral");
}

TEST_CASE("a moved meeting is the same request with a higher sequence", "[ics]") {
  auto x = meeting();
  const auto before = parsed(x);
  ++x.sequence;
  x.when = {*parse_iso("2026-12-03T19:00:00Z"), *parse_iso("2026-12-03T19:30:00Z")};
  const auto after = parsed(x);
  CHECK(icalcomponent_get_method(after.get()) == ICAL_METHOD_REQUEST);
  CHECK(icalcomponent_get_status(event_of(after)) == ICAL_STATUS_CONFIRMED);
  CHECK(std::string{icalcomponent_get_uid(event_of(after))} == icalcomponent_get_uid(event_of(before)));
  CHECK(icalcomponent_get_sequence(event_of(after)) == icalcomponent_get_sequence(event_of(before)) + 1);
  CHECK(instant(after, ICAL_DTSTART_PROPERTY) == seconds("2026-12-03T19:00:00Z"));
}

TEST_CASE("a cancellation says so twice and keeps the UID", "[ics]") {
  auto x = meeting();
  x.cancel = true;
  x.sequence = 4;
  const auto calendar = parsed(x);
  CHECK(icalcomponent_get_method(calendar.get()) == ICAL_METHOD_CANCEL);
  CHECK(icalcomponent_get_status(event_of(calendar)) == ICAL_STATUS_CANCELLED);
  CHECK(std::string{icalcomponent_get_uid(event_of(calendar))} == x.uid);
  CHECK(icalcomponent_get_sequence(event_of(calendar)) == 4);
}

TEST_CASE("an invitation is written in folded lines that end with CRLF", "[ics]") {
  const auto text = text_of(meeting());
  size_t begin = 0;
  for (size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    REQUIRE(end > begin);
    CHECK(text[end - 1] == '\r');
    CHECK(end - begin - 1 <= 75);
  }
  CHECK(begin == text.size());
}

TEST_CASE("an invitation that would forge lines or make no sense is refused", "[ics]") {
  const auto refused = [](auto change) {
    auto x = meeting();
    change(x);
    const auto text = render_invite(x, now);
    return !text && text.error() == ec::invalid_input;
  };
  CHECK(refused([](invite& x) { x.uid = ""; }));
  CHECK(refused([](invite& x) { x.uid = "a\r\nATTENDEE:mailto:eve@example.com"; }));
  CHECK(refused([](invite& x) { x.attendee_email = "ada@example.org\r\nX:1"; }));
  CHECK(refused([](invite& x) { x.attendee_email = "\"a b\"@example.org"; }));
  CHECK(refused([](invite& x) { x.organizer_email = ""; }));
  CHECK(refused([](invite& x) { x.attendee_name = "Ada\nBCC"; }));
  CHECK(refused([](invite& x) { x.when.until = x.when.from; }));
}

} // namespace ics_test
