#include "adapters/google_calendar/core.hpp"

#include "runtime/clock.hpp"

#include <date/tz.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <sstream>

namespace parley::google_calendar {

using nlohmann::json;

namespace {

/// Where an event keeps the sequence of our last write. Google counts the
/// event's own `sequence` itself, at changes of ours as at others'.
constexpr const char* sequence_property = "parleySequence";

/// Pages of one list of changes: 250 events each, far beyond any calendar.
constexpr int pages_max = 400;

std::string events_of(const std::string& calendar) {
  return "/calendar/v3/calendars/" + url_encode(calendar) + "/events";
}

// Base32hex digits (RFC 2938, 3.1.2), as Google's documentation demands.
bool is_event_id(const std::string& id) {
  return id.size() >= 5 && id.size() <= 1024
         && std::all_of(id.begin(), id.end(), [](char c) { return (c >= 'a' && c <= 'v') || (c >= '0' && c <= '9'); });
}

json moment(wall_time t, const std::string& zone) {
  json out{{"dateTime", to_iso(t)}};
  if (!zone.empty())
    out["timeZone"] = zone;
  return out;
}

/// Google lets a service account that acts as itself invite nobody: it answers
/// 403 forbiddenForServiceAccounts. Parley's own mail invites anyway.
bool may_invite(const google_calendar_settings& s) {
  return !s.account || !s.account->subject.empty();
}

json body_of(const put_event& x, bool with_guest) {
  json out{{"id", x.event_id},
           {"summary", x.title},
           {"description", x.description},
           {"location", x.location},
           {"start", moment(x.when.from, x.zone)},
           {"end", moment(x.when.until, x.zone)},
           {"status", "confirmed"},
           {"extendedProperties", {{"private", {{sequence_property, std::to_string(x.sequence)}}}}}};
  if (with_guest && !x.attendee_email.empty()) {
    json attendee{{"email", x.attendee_email}};
    if (!x.attendee_name.empty())
      attendee["displayName"] = x.attendee_name;
    out["attendees"] = json::array({attendee});
  }
  return out;
}

wall_time time_at(const json& period, const char* edge) {
  const auto parsed = parse_iso(period.at(edge).get<std::string>());
  if (!parsed)
    throw json::other_error::create(501, "no RFC 3339 time", &period);
  return *parsed;
}

/// The first error's reason, e.g. "rateLimitExceeded"; empty if there is none.
std::string reason_of(const http_response& response) {
  const auto body = parse_foreign(response.body);
  const json::json_pointer reason{"/error/errors/0/reason"};
  if (body.is_discarded() || !body.contains(reason) || !body.at(reason).is_string())
    return {};
  return body.at(reason).get<std::string>();
}

bool is_rate_limit(const std::string& reason) {
  return reason == "rateLimitExceeded" || reason == "userRateLimitExceeded";
}

bool has_status(const http_response& response, std::initializer_list<int> statuses) {
  return response.failure == http_failure::none
         && std::find(statuses.begin(), statuses.end(), response.status) != statuses.end();
}

std::optional<uint32_t> sequence_of(const json& event) {
  const auto place = json::json_pointer{"/extendedProperties/private"} / sequence_property;
  if (!event.contains(place) || !event.at(place).is_string())
    return std::nullopt;
  const auto& text = event.at(place).get_ref<const std::string&>();
  uint32_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{out} : std::nullopt;
}

/// Of the calendar whose events these are; UTC where it is not told or not
/// known here.
const date::time_zone* zone_of(const json& list) {
  const auto name = list.find("timeZone");
  if (name != list.end() && name->is_string())
    try {
      return date::locate_zone(name->get<std::string>());
    } catch (const std::runtime_error& e) {
      spdlog::warn("google calendar: its time zone is not known here, so its days count by UTC: {}", e.what());
    }
  return date::locate_zone("Etc/UTC");
}

/// The midnight at which a date begins by the calendar's clock.
wall_time begin_of_day(const json& event, const char* edge, const date::time_zone* zone) {
  std::istringstream in{event.at(edge).at("date").get<std::string>()};
  date::local_days day;
  in >> date::parse("%F", day);
  if (in.fail())
    throw json::other_error::create(501, "no date", &event);
  return wall_time{zone->to_sys(day, date::choose::earliest).time_since_epoch()};
}

/// Of a deleted event nothing but the id is certain. An all-day event has
/// dates instead of times: it lasts from midnight to midnight.
/// @param zone The calendar's.
std::optional<event_change> change_of(const json& event, const date::time_zone* zone) {
  event_change out;
  out.event_id = event.at("id").get<std::string>();
  out.sequence = sequence_of(event);
  out.cancelled = event.value("status", "") == "cancelled";
  if (out.cancelled)
    return out;
  const auto& start = event.at("start");
  const auto& end = event.at("end");
  if (start.contains("date") && end.contains("date")) {
    out.when = {begin_of_day(event, "start", zone), begin_of_day(event, "end", zone)};
    return out;
  }
  if (!start.contains("dateTime") || !end.contains("dateTime"))
    return std::nullopt;
  out.when = {time_at(start, "dateTime"), time_at(end, "dateTime")};
  return out;
}

dialogue<event_written> read_written(const http_response& response) {
  if (!response.ok())
    return error_of(response);
  const auto event = json_of(response);
  const auto link = event.find("htmlLink");
  return event_written{event.at("id").get<std::string>(),
                       link != event.end() && link->is_string() ? link->get<std::string>() : std::string{}};
}

} // namespace

std::optional<std::chrono::milliseconds> throttled(const http_response& response) {
  if (response.status == 403 && is_rate_limit(reason_of(response)))
    return std::chrono::milliseconds{1'000};
  return std::nullopt;
}

caf::error error_of(const http_response& response) {
  if (response.failure != http_failure::none)
    return http_error(response, "google calendar");
  const auto reason = reason_of(response);
  // "quotaExceeded" and "dailyLimitExceeded" pass as well, only later.
  const bool is_quota = is_rate_limit(reason) || reason.find("Exceeded") != std::string::npos;
  const auto code = response.ok()                        ? ec::vendor_answered_rubbish
                    : response.status == 403 && is_quota ? ec::vendor_unavailable
                                                         : error_code(response);
  return caf::make_error(code,
                         "google calendar " + std::to_string(response.status) + (reason.empty() ? "" : " " + reason));
}

http_request core::request(const std::string& method, const std::string& path, const json* body) const {
  auto out = body ? post_json(settings_.base_url + path, to_body(*body), method) : get(settings_.base_url + path);
  out.method = method;
  out.connect_timeout = settings_.connect_timeout;
  out.timeout = settings_.request_timeout;
  return out;
}

dialogue<busy_times> core::free_busy(const free_busy_query& query) const {
  if (query.range.from >= query.range.until)
    return caf::make_error(ec::invalid_input, "free/busy: the end must be after the start");
  const json calendar{{"id", query.calendar}};
  const json body{
    {"timeMin", to_iso(query.range.from)}, {"timeMax", to_iso(query.range.until)}, {"items", json::array({calendar})}};
  exchange<busy_times> x;
  x.operation = "free_busy";
  x.request = request("POST", "/calendar/v3/freeBusy", &body);
  x.then = [name = query.calendar](const http_response& response) -> dialogue<busy_times> {
    if (!response.ok())
      return error_of(response);
    const auto answer = json_of(response);
    // No silent "all free": a calendar that is not in the answer is rubbish.
    const auto& about = answer.at("calendars").at(name);
    if (const auto errors = about.find("errors"); errors != about.end() && !errors->empty()) {
      const auto reason = errors->at(0).at("reason").get<std::string>();
      const auto code = reason == "notFound" ? ec::not_found : ec::vendor_unavailable;
      return caf::make_error(code, "google calendar free/busy " + reason);
    }
    busy_times out;
    for (const auto& period : about.at("busy"))
      out.busy.push_back({time_at(period, "start"), time_at(period, "end")});
    return out;
  };
  return x;
}

dialogue<event_written> core::put(const put_event& event) const {
  if (!is_event_id(event.event_id))
    return caf::make_error(ec::invalid_input, "event id: 5 to 1024 of the letters a to v and digits are allowed");
  if (event.when.from >= event.when.until)
    return caf::make_error(ec::invalid_input, "event " + event.event_id + ": the end must be after the start");
  const auto body = body_of(event, may_invite(settings_));
  exchange<event_written> x;
  x.operation = "insert_event";
  x.request = request("POST", events_of(event.calendar) + "?sendUpdates=none", &body);
  x.then = [this, event](const http_response& response) -> dialogue<event_written> {
    return has_status(response, {409}) ? update(event) : read_written(response);
  };
  return x;
}

dialogue<event_written> core::update(const put_event& event) const {
  auto body = body_of(event, may_invite(settings_));
  // A PATCH merges: dates of an all-day event would stay beside the times, and
  // Google takes only one of them.
  for (const char* edge : {"start", "end"})
    body[edge]["date"] = nullptr;
  exchange<event_written> x;
  x.operation = "update_event";
  // Not PUT: Google reads its missing `sequence` as 0, and refuses that after
  // the first change of time, of whoever. A PATCH leaves the counting to Google.
  x.request = request("PATCH", events_of(event.calendar) + "/" + event.event_id + "?sendUpdates=none", &body);
  x.then = read_written;
  return x;
}

dialogue<event_cancelled> core::cancel(const cancel_event& event) const {
  if (!is_event_id(event.event_id))
    return caf::make_error(ec::invalid_input, "event id: 5 to 1024 of the letters a to v and digits are allowed");
  exchange<event_cancelled> x;
  x.operation = "cancel_event";
  x.request = request("DELETE", events_of(event.calendar) + "/" + event.event_id + "?sendUpdates=none");
  x.then = [id = event.event_id](const http_response& response) -> dialogue<event_cancelled> {
    if (response.ok() || has_status(response, {404, 410}))
      return event_cancelled{id};
    return error_of(response);
  };
  return x;
}

dialogue<event_changes> core::changes(const list_changes& query, wall_time now) const {
  return page(query, now, {}, {}, pages_max);
}

dialogue<event_changes> core::page(const list_changes& query, wall_time now, const std::string& page_token,
                                   event_changes so_far, int left) const {
  http_fields fields{{"showDeleted", "true"},
                     {"maxResults", "250"},
                     {"fields",
                      "timeZone,items(id,status,start,end,extendedProperties/private),nextPageToken,nextSyncToken"}};
  // A token stands for the time it began at; naming one with it is refused.
  if (query.token.empty())
    fields.emplace_back("timeMin", to_iso(now));
  else
    fields.emplace_back("syncToken", query.token);
  if (!page_token.empty())
    fields.emplace_back("pageToken", page_token);
  exchange<event_changes> x;
  x.operation = "list_events";
  x.request = get(settings_.base_url + events_of(query.calendar), fields);
  x.request.connect_timeout = settings_.connect_timeout;
  x.request.timeout = settings_.request_timeout;
  x.then = [this, query, now, left,
            so_far = std::move(so_far)](const http_response& response) mutable -> dialogue<event_changes> {
    if (has_status(response, {410}) && !query.token.empty())
      return changes({query.calendar, {}}, now);
    if (!response.ok())
      return error_of(response);
    const auto body = json_of(response);
    const auto* zone = zone_of(body);
    for (const auto& event : body.at("items"))
      if (auto change = change_of(event, zone))
        so_far.changes.push_back(std::move(*change));
    if (const auto next = body.find("nextPageToken"); next != body.end()) {
      if (left <= 1)
        return caf::make_error(ec::vendor_answered_rubbish, "google calendar: the list of changes does not end");
      return page(query, now, next->get<std::string>(), std::move(so_far), left - 1);
    }
    so_far.token = body.at("nextSyncToken").get<std::string>();
    return std::move(so_far);
  };
  return x;
}

} // namespace parley::google_calendar
