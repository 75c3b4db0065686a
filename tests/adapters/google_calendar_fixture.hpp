#pragma once

#include "adapters/google_calendar/google_calendar.hpp"
#include "runtime/clock.hpp"
#include "tests/support/port_fixture.hpp"
#include "tests/support/stub_server.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <optional>

namespace parley::test {

using namespace std::chrono_literals;
using nlohmann::json;

/// The adapter against a small Google Calendar on a real socket that can be
/// told to misbehave.
struct google_fixture : port_fixture {
  std::function<std::optional<stub_answer>(const stub_server::request&)> meddle;
  std::mutex mutex;
  std::map<std::string, json> events;
  json busy = json::array();
  std::string token = "token-1";
  int issued = 0;
  google_calendar_settings settings;
  stub_server server{[this](const stub_server::request& x) {
    const auto other = meddle ? meddle(x) : std::nullopt;
    return other ? *other : answer(x);
  }};

  google_fixture() {
    settings.base_url = server.url();
    settings.token_url = server.url() + "/token";
    settings.client_id = "client";
    settings.client_secret = "secret";
    settings.refresh_token = "refresh";
    settings.attempts_max = 2;
    settings.request_timeout = 1s;
  }
  google_calendar_actor start() { return sys.spawn(google_calendar_adapter, ctx(), settings); }

  static stub_answer error(int status, const std::string& reason) {
    return {
      status,
      json{{"error", {{"code", status}, {"message", "no"}, {"errors", {{{"domain", "global"}, {"reason", reason}}}}}}}
        .dump()};
  }

  stub_answer answer(const stub_server::request& x) {
    const std::string target{x.target()};
    const auto method = x.method_string();
    std::lock_guard guard{mutex};
    if (target == "/token")
      return {
        200, json{{"access_token", "token-" + std::to_string(++issued)}, {"expires_in", 3600}, {"token_type", "Bearer"}}
               .dump()};
    if (x[boost::beast::http::field::authorization] != "Bearer " + token)
      return error(401, "authError");
    if (target == "/calendar/v3/freeBusy") {
      const auto name = json::parse(x.body()).at("items").at(0).at("id").get<std::string>();
      if (name == "unknown@example.com")
        return {
          200, json{{"calendars",
                     {{name, {{"errors", {{{"domain", "global"}, {"reason", "notFound"}}}}, {"busy", json::array()}}}}}}
                 .dump()};
      return {200, json{{"calendars", {{name, {{"busy", busy}}}}}}.dump()};
    }
    const std::string collection = "/calendar/v3/calendars/grace%40example.com/events";
    if (!target.starts_with(collection))
      return error(404, "notFound");
    if (target.find("?sendUpdates=none") == std::string::npos)
      return error(400, "invalid");
    const auto rest = target.substr(collection.size(), target.find('?') - collection.size());
    if (method == "POST") {
      auto event = json::parse(x.body());
      if (events.contains(event["id"]))
        return error(409, "duplicate");
      return written(events[event["id"]] = event);
    }
    const auto id = rest.substr(1);
    if ((method == "PUT" || method == "PATCH") && events.contains(id))
      return changed(events[id], json::parse(x.body()), method == "PATCH");
    if (method == "DELETE" && events.contains(id)) {
      if (events[id]["status"] == "cancelled")
        return error(410, "deleted");
      events[id]["status"] = "cancelled"; // Google keeps the id
      return {204, ""};
    }
    return error(404, "notFound");
  }

  /// Google counts the changes of time itself, and a PUT without `sequence`
  /// says 0.
  static stub_answer changed(json& event, const json& body, bool merge) {
    const auto count = event.value("sequence", 0);
    auto next = body;
    if (merge) {
      next = event;
      next.merge_patch(body);
    } else if (body.value("sequence", 0) < count) {
      return error(400, "invalid");
    }
    for (const char* edge : {"start", "end"})
      if (next[edge].contains("date") && next[edge].contains("dateTime"))
        return error(400, "invalid");
    if (next["start"] != event["start"] || next["end"] != event["end"])
      next["sequence"] = count + 1;
    return written(event = next);
  }

  static stub_answer written(json event) {
    event["htmlLink"] = "https://calendar.example.com/" + event["id"].get<std::string>();
    return {200, event.dump()};
  }
};

inline put_event demo() {
  put_event x;
  x.calendar = "grace@example.com";
  x.event_id = "0198f2c7meeting7";
  for (auto& c : x.event_id)
    c = c > 'v' ? 'v' : c;
  x.title = "Demo";
  x.description = "Prepared: prices";
  x.location = "https://meet.example.com/7";
  x.when = {*parse_iso("2026-11-26T15:00:00Z"), *parse_iso("2026-11-26T15:30:00Z")};
  x.zone = "America/New_York";
  x.attendee_email = "ada@example.org";
  x.attendee_name = "Ada Byron";
  return x;
}

} // namespace parley::test
