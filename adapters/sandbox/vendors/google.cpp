#include "adapters/sandbox/vendors/google.hpp"

#include "adapters/sandbox/model/moments.hpp"
#include "adapters/sandbox/model/text.hpp"
#include "adapters/sandbox/vendors/google_list.hpp"
#include "adapters/sandbox/vendors/google_times.hpp"
#include "adapters/sandbox/vendors/google_tokens.hpp"
#include "adapters/sandbox/vendors/json_http.hpp"
#include "adapters/sandbox/vendors/vendor_faults.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <mutex>
#include <regex>

namespace parley::sandbox::vendors {
namespace {

using namespace std::chrono_literals;
using date::sys_seconds;
using nlohmann::json;

http_response google_unlucky(mishap what) {
  return what == mishap::rate_limit ? google_failure(403, "rateLimitExceeded", "Rate Limit Exceeded")
         : what == mishap::outage   ? google_failure(503, "backendError", "Service Unavailable")
                                    : google_failure(500, "backendError", "Backend Error");
}

http_response not_found() {
  return google_failure(404, "notFound", "Not Found");
}

bool is_event_id(const std::string& id) {
  return id.size() >= 5 && id.size() <= 1024 && id.find_first_not_of("abcdefghijklmnopqrstuv0123456789") == id.npos;
}

class google {
public:
  google(world& around, google_options options)
    : world_{around}, options_{std::move(options)}, zone_{date::locate_zone(options_.zone)},
      tokens_{options_.token_lifetime} {}

  void add_to(http_server& server, const std::shared_ptr<google>& self) {
    using handler = http_response (google::*)(const http_request&);
    const auto add = [&](const char* method, const std::string& path, handler handle) {
      server.route(method, "/calendar/v3" + path,
                   answering([self, handle](const http_request& request) { return self->admit(request, handle); },
                             google_failure(400, "badRequest", "Bad Request")));
    };
    add("POST", "/freeBusy", &google::free_busy);
    add("POST", "/calendars/{calendar}/events", &google::insert);
    add("GET", "/calendars/{calendar}/events", &google::list);
    add("GET", "/calendars/{calendar}/events/{event}", &google::get);
    add("PATCH", "/calendars/{calendar}/events/{event}", &google::patch);
    add("PUT", "/calendars/{calendar}/events/{event}", &google::update);
    add("DELETE", "/calendars/{calendar}/events/{event}", &google::remove);
    add("GET", "/users/me/calendarList", &google::calendars);
    add("GET", "/users/me/calendarList/{calendar}", &google::calendar);
    server.route("POST", "/token",
                 answering([self](const http_request& request) { return self->token(request); },
                           google_failure(400, "badRequest", "Bad Request")));
    let_fail(
      server, std::make_shared<vendor_gate>(world_, "calendar", world_.script().faults.calendar),
      [self](const http_request& request) { return self->occasion(request); }, google_unlucky);
  }

  /// What the calendars' owners do with a mouse: move, change, delete.
  void add_hands_to(http_server& server, const std::shared_ptr<google>& self) {
    using handler = http_response (google::*)(const http_request&);
    const auto add = [&](const char* method, handler handle) {
      server.route(method, "/calendars/{calendar}/events/{event}",
                   answering(
                     [self, handle](const http_request& request) {
                       std::lock_guard lock{self->mutex_};
                       return (self.get()->*handle)(request);
                     },
                     google_failure(400, "badRequest", "Bad Request")));
    };
    add("GET", &google::get);
    add("PATCH", &google::patch_by_hand);
    add("DELETE", &google::remove_by_hand);
  }

private:
  /// What a request does, in whose calendar, and who is invited.
  std::string occasion(const http_request& request) {
    if (request.path == "/token")
      return {};
    static const std::regex event{R"((/events)/([^/]+)$)"};
    const auto path = percent_decode(request.path);
    auto name = request.method + " " + std::regex_replace(path, event, "$1/#");
    const auto body = json::parse(request.body, nullptr, false);
    if (!body.is_object())
      return name + " " + invited(path);
    for (const char* list : {"attendees", "items"})
      if (body.contains(list))
        return name + " " + person_in(body[list].dump(-1, ' ', false, json::error_handler_t::replace));
    return name + " " + invited(path);
  }

  /// Who is invited to the event at that path.
  std::string invited(const std::string& path) {
    static const std::regex event{R"(/calendars/([^/]+)/events/([^/]+)$)"};
    std::smatch parts;
    if (!std::regex_search(path, parts, event))
      return {};
    std::lock_guard lock{mutex_};
    const auto& all = events_[parts[1].str()];
    const auto found = all.find(parts[2].str());
    return found != all.end() && found->second.contains("attendees") ? person_in(found->second["attendees"].dump())
                                                                     : std::string{};
  }

  http_response admit(const http_request& request, http_response (google::*handle)(const http_request&)) {
    std::lock_guard lock{mutex_};
    if (auto refused = tokens_.refusal(request))
      return *refused;
    return (this->*handle)(request);
  }

  http_response token(const http_request& request) {
    std::lock_guard lock{mutex_};
    return tokens_.grant(request);
  }

  // -- free/busy -----------------------------------------------------------

  http_response free_busy(const http_request& request) {
    const auto body = json::parse(request.body, nullptr, false);
    if (!body.is_object() || !body.contains("timeMin") || !body.contains("timeMax"))
      return google_failure(400, "required", "Missing timeMin or timeMax parameter.");
    const auto from = model::parse_instant(body["timeMin"].get<std::string>());
    const auto to = model::parse_instant(body["timeMax"].get<std::string>());
    if (!from || !to)
      return google_failure(400, "badRequest", "Bad Request");
    if (*from >= *to)
      return google_failure(400, "timeRangeEmpty", "The specified time range is empty.");
    json calendars = json::object();
    for (const auto& item : body.value("items", json::array())) {
      const auto id = item.at("id").get<std::string>();
      auto busy = json::array();
      for (const auto& [start, end] : busy_times(id, *from, *to))
        busy.push_back({{"start", model::to_iso(start)}, {"end", model::to_iso(end)}});
      calendars[id] = {{"busy", busy}};
    }
    return json_response(200, {{"kind", "calendar#freeBusy"},
                               {"timeMin", model::to_iso(*from)},
                               {"timeMax", model::to_iso(*to)},
                               {"calendars", calendars}});
  }

  /// Appointments and events, merged where they touch, cut at the range.
  std::vector<period> busy_times(const std::string& calendar, sys_seconds from, sys_seconds to) {
    auto all = appointments(world_.seed(), calendar, zone_, from, to);
    for (const auto& [id, event] : events_[calendar]) {
      const auto start = moment_of(event["start"], zone_);
      const auto end = moment_of(event["end"], zone_);
      const bool counts = event["status"] != "cancelled" && event.value("transparency", "opaque") != "transparent";
      if (counts && start && end && *start<to&& * end> from)
        all.emplace_back(*start, *end);
    }
    std::sort(all.begin(), all.end());
    std::vector<period> merged;
    for (auto [start, end] : all) {
      start = std::max(start, from);
      end = std::min(end, to);
      if (!merged.empty() && start <= merged.back().second)
        merged.back().second = std::max(merged.back().second, end);
      else
        merged.emplace_back(start, end);
    }
    return merged;
  }

  // -- events --------------------------------------------------------------

  std::string now() const { return parley::to_iso(world_.time().now()); }

  void testify(const char* operation, const std::string& calendar, const json& event, const http_request& request) {
    world_.log().record("event", {{"vendor", "google"},
                                  {"operation", operation},
                                  {"calendar", calendar},
                                  {"id", event["id"]},
                                  {"event", event},
                                  {"send_updates", value_or(request.query, "sendUpdates", "none")}});
  }

  /// Why an event cannot be as it is; nothing when it can.
  static std::optional<http_response> check(const json& event) {
    if (!event.is_object())
      return google_failure(400, "parseError", "Parse Error");
    if (!event.contains("start") || !event.contains("end"))
      return google_failure(400, "required", "Missing end time.");
    const auto twice = [](const json& x) { return x.contains("date") && x.contains("dateTime"); };
    const auto start = moment_of(event["start"]);
    const auto end = moment_of(event["end"]);
    if (!start || !end || twice(event["start"]) || twice(event["end"]))
      return google_failure(400, "invalid", "Invalid value for: start or end");
    if (*end < *start)
      return google_failure(400, "timeRangeEmpty", "The specified time range is empty.");
    for (const auto& attendee : event.value("attendees", json::array()))
      if (attendee.at("email").get<std::string>().find('@') == std::string::npos)
        return google_failure(400, "invalid", "Invalid attendee email.");
    return std::nullopt;
  }

  void finish(json& event, const std::string& calendar, const http_request& request) {
    event["kind"] = "calendar#event";
    event["etag"] = "\"" + std::to_string(++last_etag_) + "\"";
    event["updated"] = now();
    event["organizer"] = {{"email", calendar}, {"self", true}};
    const auto create = json::json_pointer{"/conferenceData/createRequest"};
    if (value_or(request.query, "conferenceDataVersion") == "1" && event.contains(create)
        && !event.contains("hangoutLink")) {
      event["hangoutLink"] = "https://meet.google.example/" + event["id"].get<std::string>();
      event["conferenceData"]["createRequest"]["status"] = {{"statusCode", "success"}};
    }
  }

  json* find(const http_request& request) {
    auto& all = events_[request.parts.at("calendar")];
    const auto found = all.find(request.parts.at("event"));
    return found != all.end() ? &found->second : nullptr;
  }

  http_response insert(const http_request& request) {
    const auto& calendar = request.parts.at("calendar");
    auto event = json::parse(request.body, nullptr, false);
    if (auto wrong = check(event))
      return *wrong;
    auto id = event.value("id", "");
    if (id.empty())
      id = "practice" + std::to_string(++last_id_);
    else if (!is_event_id(id))
      return google_failure(400, "invalid", "Invalid resource id value.");
    if (events_[calendar].contains(id)) // also those that were deleted
      return google_failure(409, "duplicate", "The requested identifier already exists.");
    event["id"] = id;
    event["status"] = event.value("status", "confirmed");
    event["created"] = now();
    event["iCalUID"] = event.value("iCalUID", id + "@google.com");
    event["sequence"] = event.value("sequence", 0);
    event["htmlLink"] = "https://calendar.google.example/event?eid=" + id;
    event["creator"] = {{"email", calendar}, {"self", true}};
    finish(event, calendar, request);
    events_[calendar][id] = event;
    testify("insert", calendar, event, request);
    return json_response(200, event);
  }

  http_response get(const http_request& request) {
    const auto* event = find(request);
    return event != nullptr ? json_response(200, *event) : not_found();
  }

  http_response patch(const http_request& request) { return merge(request, "patch"); }
  http_response patch_by_hand(const http_request& request) { return merge(request, "move_by_hand"); }

  http_response merge(const http_request& request, const char* operation) {
    const auto changes = json::parse(request.body, nullptr, false);
    if (!changes.is_object())
      return google_failure(400, "parseError", "Parse Error");
    return change(request, operation, [&](json event) {
      event.merge_patch(changes);
      return event;
    });
  }

  http_response update(const http_request& request) {
    const auto fresh = json::parse(request.body, nullptr, false);
    if (!fresh.is_object())
      return google_failure(400, "parseError", "Parse Error");
    // Google reads a missing sequence as 0, and lets none fall.
    if (const auto* event = find(request); event && fresh.value("sequence", 0) < event->value("sequence", 0))
      return google_failure(400, "invalid",
                            "Invalid sequence value. The specified sequence number is below the "
                            "current sequence number of the resource.");
    return change(request, "update", [&](const json& event) {
      auto next = fresh;
      next["sequence"] = fresh.value("sequence", 0);
      for (const char* kept : {"created", "iCalUID", "htmlLink", "creator", "hangoutLink"})
        if (event.contains(kept) && !next.contains(kept))
          next[kept] = event[kept];
      next["status"] = fresh.value("status", "confirmed");
      return next;
    });
  }

  http_response
  change(const http_request& request, const char* operation, const std::function<json(const json&)>& edit) {
    auto* event = find(request);
    if (event == nullptr)
      return not_found();
    auto next = edit(*event);
    if (auto wrong = check(next))
      return *wrong;
    next["id"] = (*event)["id"];
    if (next["start"] != (*event)["start"] || next["end"] != (*event)["end"])
      next["sequence"] = std::max(event->value("sequence", 0) + 1, next.value("sequence", 0));
    finish(next, request.parts.at("calendar"), request);
    *event = next;
    testify(operation, request.parts.at("calendar"), next, request);
    return json_response(200, next);
  }

  http_response remove(const http_request& request) { return take_out(request, "delete"); }
  http_response remove_by_hand(const http_request& request) { return take_out(request, "delete_by_hand"); }

  http_response take_out(const http_request& request, const char* operation) {
    auto* event = find(request);
    if (event == nullptr)
      return not_found();
    if ((*event)["status"] == "cancelled")
      return google_failure(410, "deleted", "Resource has been deleted");
    (*event)["status"] = "cancelled";
    (*event)["etag"] = "\"" + std::to_string(++last_etag_) + "\"";
    (*event)["updated"] = now();
    testify(operation, request.parts.at("calendar"), *event, request);
    return no_content();
  }

  http_response list(const http_request& request) {
    const auto& calendar = request.parts.at("calendar");
    return list_events(request, {calendar, options_.zone, now(), last_etag_, events_[calendar]});
  }

  json entry(const std::string& id) const {
    return {{"kind", "calendar#calendarListEntry"},
            {"id", id},
            {"summary", id},
            {"timeZone", options_.zone},
            {"accessRole", "owner"}};
  }

  http_response calendars(const http_request&) {
    auto items = json::array();
    for (const auto& [id, events] : events_)
      items.push_back(entry(id));
    return json_response(200, {{"kind", "calendar#calendarList"}, {"items", items}});
  }

  http_response calendar(const http_request& request) {
    return json_response(200, entry(request.parts.at("calendar")));
  }

  world& world_;
  google_options options_;
  const date::time_zone* zone_;
  std::mutex mutex_;
  std::map<std::string, std::map<std::string, json>> events_; // by calendar, id
  google_tokens tokens_;
  uint64_t last_id_ = 10000;
  uint64_t last_etag_ = 0;
};

} // namespace

google_hands serve_google(http_server& server, world& around, google_options options) {
  auto service = std::make_shared<google>(around, std::move(options));
  service->add_to(server, service);
  return [service](http_server& other) { service->add_hands_to(other, service); };
}

} // namespace parley::sandbox::vendors
