#include "adapters/smtp/ics.hpp"

#include "adapters/smtp/address.hpp"
#include "runtime/errors.hpp"

#include <libical/ical.h>

#include <cstdlib>
#include <memory>
#include <optional>

namespace parley::smtp {

namespace {

using component = std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)>;

component make(icalcomponent_kind kind) {
  return {icalcomponent_new(kind), icalcomponent_free};
}

void adopt(const component& parent, component child) {
  icalcomponent_add_component(parent.get(), child.release());
}

icalproperty* add(const component& to, icalproperty* property) {
  icalcomponent_add_property(to.get(), property);
  return property;
}

icaltimetype utc_time(wall_time t) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
  return icaltime_from_timet_with_zone(static_cast<time_t>(seconds), 0, icaltimezone_get_utc_timezone());
}

int offset_at(icaltimezone* zone, wall_time t) {
  auto at = utc_time(t);
  int is_daylight = 0;
  return icaltimezone_get_utc_offset_of_utc_time(zone, &at, &is_daylight);
}

/// A zone with the one UTC offset that it has throughout the meeting.
struct local_zone {
  icaltimezone* zone;
  std::string name;
  int offset; ///< seconds east of UTC
};

/// None when the times have to be in UTC: no or an unknown zone, UTC itself,
/// or clocks that change during the meeting.
std::optional<local_zone> zone_of(const invite& x) {
  auto* zone = x.zone.empty() ? nullptr : icaltimezone_get_builtin_timezone(x.zone.c_str());
  if (!zone || zone == icaltimezone_get_utc_timezone())
    return std::nullopt;
  const auto offset = offset_at(zone, x.when.from);
  if (offset != offset_at(zone, x.when.until))
    return std::nullopt;
  return local_zone{zone, x.zone, offset};
}

// libical's own VTIMEZONE lists every change since 1883 under a TZID with a
// vendor's prefix; a single meeting needs one observance with its own offset.
component vtimezone(const local_zone& zone) {
  auto observance = make(ICAL_XSTANDARD_COMPONENT);
  add(observance, icalproperty_new_dtstart(icaltime_from_string("19700101T000000")));
  add(observance, icalproperty_new_tzoffsetfrom(zone.offset));
  add(observance, icalproperty_new_tzoffsetto(zone.offset));
  auto result = make(ICAL_VTIMEZONE_COMPONENT);
  add(result, icalproperty_new_tzid(zone.name.c_str()));
  adopt(result, std::move(observance));
  return result;
}

// Converted from UTC: icaltime_from_timet_with_zone with another zone prints
// local digits followed by "Z", and readers are off by the whole offset.
icaltimetype time_in(const std::optional<local_zone>& zone, wall_time t) {
  const auto at = utc_time(t);
  return zone ? icaltime_convert_to_zone(at, zone->zone) : at;
}

void add_time(const component& event, icalproperty* property, const std::optional<local_zone>& zone) {
  add(event, property);
  if (zone)
    icalproperty_add_parameter(property, icalparameter_new_tzid(zone->name.c_str()));
}

void name_person(icalproperty* person, const std::string& name) {
  // RFC 5545 has no way to write a double quote inside a parameter.
  std::string plain;
  for (const char c : name)
    plain += c == '"' ? '\'' : c;
  if (!plain.empty())
    icalproperty_add_parameter(person, icalparameter_new_cn(plain.c_str()));
}

component vevent(const invite& x, wall_time now, const std::optional<local_zone>& zone) {
  auto event = make(ICAL_VEVENT_COMPONENT);
  add(event, icalproperty_new_uid(x.uid.c_str()));
  add(event, icalproperty_new_sequence(static_cast<int>(x.sequence)));
  add(event, icalproperty_new_dtstamp(utc_time(now)));
  add_time(event, icalproperty_new_dtstart(time_in(zone, x.when.from)), zone);
  add_time(event, icalproperty_new_dtend(time_in(zone, x.when.until)), zone);
  add(event, icalproperty_new_summary(x.summary.c_str()));
  if (!x.description.empty())
    add(event, icalproperty_new_description(x.description.c_str()));
  if (!x.location.empty())
    add(event, icalproperty_new_location(x.location.c_str()));
  add(event, icalproperty_new_status(x.cancel ? ICAL_STATUS_CANCELLED : ICAL_STATUS_CONFIRMED));
  name_person(add(event, icalproperty_new_organizer(("mailto:" + x.organizer_email).c_str())), x.organizer_name);
  auto* attendee = add(event, icalproperty_new_attendee(("mailto:" + x.attendee_email).c_str()));
  name_person(attendee, x.attendee_name);
  icalproperty_add_parameter(attendee, icalparameter_new_role(ICAL_ROLE_REQPARTICIPANT));
  icalproperty_add_parameter(attendee, icalparameter_new_partstat(ICAL_PARTSTAT_NEEDSACTION));
  icalproperty_add_parameter(attendee, icalparameter_new_rsvp(x.cancel ? ICAL_RSVP_FALSE : ICAL_RSVP_TRUE));
  return event;
}

caf::error problem_of(const invite& x) {
  if (x.uid.empty() || !is_one_line(x.uid))
    return caf::make_error(ec::invalid_input, "invite: the UID is empty or has control characters");
  if (x.when.from >= x.when.until)
    return caf::make_error(ec::invalid_input, "invite: the end must be after the start");
  if (!is_address(x.organizer_email) || !is_address(x.attendee_email))
    return caf::make_error(ec::invalid_input, "invite: organizer or attendee has no usable mail address");
  if (!is_one_line(x.organizer_name) || !is_one_line(x.attendee_name))
    return caf::make_error(ec::invalid_input, "invite: a name has control characters");
  return caf::none;
}

} // namespace

caf::expected<std::string> render_invite(const invite& x, wall_time now) {
  if (auto problem = problem_of(x))
    return problem;
  icalerror_set_errors_are_fatal(0); // the default ends the process
  const auto zone = zone_of(x);
  auto calendar = make(ICAL_VCALENDAR_COMPONENT);
  add(calendar, icalproperty_new_version("2.0"));
  add(calendar, icalproperty_new_prodid("-//Parley//Meetings//EN"));
  add(calendar, icalproperty_new_method(x.cancel ? ICAL_METHOD_CANCEL : ICAL_METHOD_REQUEST));
  if (zone)
    adopt(calendar, vtimezone(*zone));
  adopt(calendar, vevent(x, now, zone));
  const std::unique_ptr<char, decltype(&std::free)> text{icalcomponent_as_ical_string_r(calendar.get()), std::free};
  return std::string{text.get()};
}

} // namespace parley::smtp
