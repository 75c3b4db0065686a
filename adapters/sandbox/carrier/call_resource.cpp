#include "adapters/sandbox/carrier/call_resource.hpp"

#include <date/date.h>

namespace parley::sandbox {

using nlohmann::json;

std::string rfc2822(wall_time at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return date::format("%a, %d %b %Y %T +0000", date::sys_seconds{seconds.time_since_epoch()});
}

namespace {

json when(const std::optional<wall_time>& at) {
  return at ? json(rfc2822(*at)) : json(nullptr);
}

/// "(212) 555-0100" for North America, E.164 elsewhere.
std::string formatted(const std::string& number) {
  if (number.size() != 12 || !number.starts_with("+1"))
    return number;
  return "(" + number.substr(2, 3) + ") " + number.substr(5, 3) + "-" + number.substr(8);
}

} // namespace

json to_json(const call_resource& call) {
  const auto uri = "/2010-04-01/Accounts/" + call.account_sid + "/Calls/" + call.sid;
  const bool answered = call.duration.has_value();
  json duration = nullptr;
  if (call.ended)
    duration = std::to_string(answered ? std::chrono::ceil<std::chrono::seconds>(*call.duration).count() : 0);
  return {{"sid", call.sid},
          {"account_sid", call.account_sid},
          {"answered_by", call.answered_by.empty() ? json(nullptr) : json(call.answered_by)},
          {"api_version", "2010-04-01"},
          {"caller_name", nullptr},
          {"date_created", rfc2822(call.created)},
          {"date_updated", rfc2822(call.updated)},
          {"direction", "outbound-api"},
          {"duration", std::move(duration)},
          {"end_time", when(call.ended)},
          {"forwarded_from", nullptr},
          {"from", call.from},
          {"from_formatted", formatted(call.from)},
          {"group_sid", nullptr},
          {"parent_call_sid", nullptr},
          {"phone_number_sid", nullptr},
          {"price", nullptr},
          {"price_unit", "USD"},
          {"queue_time", std::to_string(call.queue_time.count())},
          {"start_time", when(call.started)},
          {"status", call.status},
          {"subresource_uris", {{"recordings", uri + "/Recordings.json"}, {"streams", uri + "/Streams.json"}}},
          {"to", call.to},
          {"to_formatted", formatted(call.to)},
          {"trunk_sid", nullptr},
          {"uri", uri + ".json"}};
}

} // namespace parley::sandbox
