#include "adapters/sandbox/vendors/google_list.hpp"

#include "adapters/sandbox/model/moments.hpp"
#include "adapters/sandbox/model/text.hpp"
#include "adapters/sandbox/vendors/google_times.hpp"
#include "adapters/sandbox/vendors/json_http.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace parley::sandbox::vendors {

using nlohmann::json;

namespace {

std::optional<uint64_t> number_behind(std::string_view prefix, std::string_view text) {
  uint64_t out = 0;
  if (!text.starts_with(prefix))
    return std::nullopt;
  text.remove_prefix(prefix.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{out} : std::nullopt;
}

/// Grows with each change of any event.
uint64_t change_number(const json& event) {
  const auto tag = event["etag"].get<std::string>();
  return number_behind("\"", tag.substr(0, tag.size() - 1)).value_or(0);
}

/// All that is certain of a deleted event, by Google's documentation.
json remains_of(const json& event) {
  return {{"kind", event["kind"]}, {"etag", event["etag"]}, {"id", event["id"]}, {"status", "cancelled"}};
}

bool has_property(const json& event, const std::string& wanted) {
  const auto equals = std::min(wanted.find('='), wanted.size());
  const auto pointer = json::json_pointer{"/extendedProperties/private"} / wanted.substr(0, equals);
  return event.contains(pointer) && event[pointer] == wanted.substr(std::min(equals + 1, wanted.size()));
}

} // namespace

http_response google_failure(unsigned status, const char* reason, const std::string& message) {
  return json_response(
    status, {{"error",
              {{"code", status},
               {"message", message},
               {"errors", json::array({{{"domain", "global"}, {"reason", reason}, {"message", message}}})}}}});
}

http_response list_events(const http_request& request, const event_list& all) {
  const auto bound = [&](const char* name) { return model::parse_instant(value_or(request.query, name)); };
  for (const char* name : {"timeMin", "timeMax", "updatedMin"})
    if (sandbox::find(request.query, name) && !bound(name))
      return google_failure(400, "badRequest", "Bad Request");
  std::optional<uint64_t> since; // of an incremental list
  if (sandbox::find(request.query, "syncToken")) {
    for (const char* name : {"iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin",
                             "timeMax", "updatedMin"})
      if (sandbox::find(request.query, name))
        return google_failure(400, "syncTokenWithRequestParams",
                              "Sync token cannot be used with other query restrictions.");
    since = number_behind("sync-", value_or(request.query, "syncToken"));
    if (!since || *since > all.last_change) // from before this world began
      return google_failure(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.");
  }
  const auto q = lower(value_or(request.query, "q"));
  const auto uid = value_or(request.query, "iCalUID");
  const auto property = value_or(request.query, "privateExtendedProperty"); // name=value
  std::vector<const json*> found;
  for (const auto& [id, event] : all.events) {
    const auto start = moment_of(event["start"]);
    const auto end = moment_of(event["end"]);
    const auto updated = bound("updatedMin");
    const bool deleted = event["status"] == "cancelled";
    if (deleted && !since && !updated && value_or(request.query, "showDeleted") != "true")
      continue;
    if ((since && change_number(event) <= *since)
        || (updated && model::parse_instant(event["updated"].get<std::string>()) < updated)
        || (bound("timeMin") && *end <= *bound("timeMin")) || (bound("timeMax") && *start >= *bound("timeMax"))
        || (!q.empty() && lower(event.dump()).find(q) == std::string::npos) || (!uid.empty() && event["iCalUID"] != uid)
        || (!property.empty() && !has_property(event, property)))
      continue;
    found.push_back(&event);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const json* a, const json* b) { return moment_of((*a)["start"]) < moment_of((*b)["start"]); });
  const auto number = [&](const char* name, size_t value) {
    const auto text = value_or(request.query, name);
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  // Where the list began goes with the page token, so that what changes while
  // it is read comes with the next one.
  const auto page = value_or(request.query, "pageToken");
  const auto begun
    = number_behind("at-", page.substr(std::min(page.find("at-"), page.size()))).value_or(all.last_change);
  const auto begin = std::min(number("pageToken", 0), found.size());
  const auto end = std::min(begin + std::clamp<size_t>(number("maxResults", 250), 1, 2500), found.size());
  json body{{"kind", "calendar#events"}, {"summary", all.calendar}, {"timeZone", all.zone},
            {"accessRole", "owner"},     {"updated", all.now},      {"items", json::array()}};
  for (auto i = begin; i < end; ++i)
    body["items"].push_back(since && (*found[i])["status"] == "cancelled" ? remains_of(*found[i]) : *found[i]);
  if (end < found.size())
    body["nextPageToken"] = std::to_string(end) + "at-" + std::to_string(begun);
  else
    body["nextSyncToken"] = "sync-" + std::to_string(begun);
  return json_response(200, body);
}

} // namespace parley::sandbox::vendors
