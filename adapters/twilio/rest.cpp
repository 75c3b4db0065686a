#include "adapters/twilio/rest.hpp"

#include "adapters/twilio/twiml.hpp"
#include "adapters/twilio/webhooks.hpp"

#include <charconv>

namespace parley::twilio {

using nlohmann::json;

static constexpr int32_t not_in_the_right_state = 21220;
static constexpr std::chrono::seconds ring_timeout_min{15}; // 47 CFR 64.1200(a)(6)

static std::string calls_url(const twilio_settings& settings, const std::string& sid = {}) {
  return settings.base_url + "/2010-04-01/Accounts/" + settings.account_sid + "/Calls"
         + (sid.empty() ? "" : "/" + url_encode(sid)) + ".json";
}

static http_request prepared(const twilio_settings& settings, http_request request) {
  request.headers.push_back(basic_auth(settings.account_sid, settings.auth_token));
  request.headers.emplace_back("Accept", "application/json");
  request.connect_timeout = settings.connect_timeout;
  request.timeout = settings.request_timeout;
  return request;
}

static http_fields machine_detection_fields(const twilio_settings& settings, const call_id& call) {
  const auto ms = [](std::chrono::milliseconds x) { return std::to_string(x.count()); };
  return {{"MachineDetection", settings.machine_detection == "enable" ? "Enable" : "DetectMessageEnd"},
          {"AsyncAmd", "true"}, // the person must not wait for the verdict
          {"AsyncAmdStatusCallback", settings.public_address(machine_detection_path(call))},
          {"AsyncAmdStatusCallbackMethod", "POST"},
          {"MachineDetectionTimeout", std::to_string(settings.machine_detection_timeout.count())},
          {"MachineDetectionSpeechThreshold", ms(settings.machine_speech_threshold)},
          {"MachineDetectionSpeechEndThreshold", ms(settings.machine_speech_end_threshold)},
          {"MachineDetectionSilenceTimeout", ms(settings.machine_silence_timeout)}};
}

http_request create_call(const twilio_settings& settings, const originate& order) {
  http_fields form{{"To", order.to},
                   {"From", order.from},
                   {"Url", settings.public_address(twiml_path(order.call))},
                   {"Method", "POST"},
                   {"StatusCallback", settings.public_address(status_path(order.call))},
                   {"StatusCallbackMethod", "POST"},
                   {"Timeout", std::to_string(std::max(order.ring_timeout, ring_timeout_min).count())},
                   {"TimeLimit", std::to_string(std::max(order.time_limit, std::chrono::seconds{1}).count())}};
  for (const auto* event : {"initiated", "ringing", "answered", "completed"})
    form.emplace_back("StatusCallbackEvent", event);
  if (order.detect_machine)
    for (auto& pair : machine_detection_fields(settings, order.call))
      form.push_back(std::move(pair));
  auto request = prepared(settings, post_form(calls_url(settings), form));
  request.once = true;
  return request;
}

// A body that is no JSON object counts as an empty one.
static json object_of(const http_response& response) {
  auto body = json::parse(response.body, nullptr, false);
  return body.is_object() ? body : json::object();
}

static int32_t code_of(const json& body) {
  const auto found = body.find("code");
  return found != body.end() && found->is_number_integer() ? found->get<int32_t>() : 0;
}

dial_reply read_reply(const http_response& response) {
  dial_reply reply;
  reply.held_back = response.failure == http_failure::held_back;
  reply.written = response.written;
  reply.retry_after = response.retry_after;
  if (response.failure != http_failure::none) {
    reply.failure = std::string{to_string(response.failure)} + ": " + response.detail;
    return reply;
  }
  reply.status = response.status;
  const auto body = object_of(response);
  reply.code = code_of(body);
  if (const auto sid = body.find("sid"); sid != body.end() && sid->is_string())
    reply.sid = sid->get<std::string>();
  return reply;
}

// Absent and null are the same to Twilio.
static std::string text(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? std::string{} : found->get<std::string>();
}

static std::optional<wall_time> time_of(const json& object, const char* name) {
  const auto written = text(object, name);
  return written.empty() ? std::nullopt : parse_rfc2822(written);
}

static carrier_call call_of(const json& object, std::optional<wall_time> created_default) {
  carrier_call call;
  call.sid = object.at("sid").get<std::string>();
  call.to = text(object, "to");
  call.from = text(object, "from");
  call.direction = text(object, "direction");
  call.status = parse<carrier_status>(object.at("status").get<std::string>()).value_or(carrier_status::unknown);
  call.who = parse_answered_by(text(object, "answered_by"));
  const auto created = time_of(object, "date_created");
  if (!created && !created_default)
    throw json::other_error::create(501, "no creation date", &object);
  call.created = created ? *created : *created_default;
  call.started = time_of(object, "start_time");
  call.ended = time_of(object, "end_time");
  const auto seconds = text(object, "duration");
  int64_t duration = 0;
  std::from_chars(seconds.data(), seconds.data() + seconds.size(), duration);
  call.duration = std::chrono::seconds{duration};
  return call;
}

static caf::error error_of(const http_response& response) {
  if (response.failure != http_failure::none)
    return http_error(response, "twilio");
  const auto code = code_of(object_of(response));
  const auto context = "twilio " + std::to_string(response.status) + (code ? ", code " + std::to_string(code) : "");
  return caf::make_error(code == not_in_the_right_state ? ec::wrong_state : error_code(response), context);
}

static exchange<carrier_call> asking_for_call(std::string operation, http_request request, wall_time now) {
  exchange<carrier_call> result;
  result.operation = std::move(operation);
  result.request = std::move(request);
  result.then = [now](const http_response& response) -> dialogue<carrier_call> {
    if (!response.ok())
      return error_of(response);
    return call_of(json_of(response), now);
  };
  return result;
}

dialogue<carrier_call> fetch(const twilio_settings& settings, const std::string& sid, wall_time now) {
  return asking_for_call("fetch", prepared(settings, get(calls_url(settings, sid))), now);
}

dialogue<carrier_call> end(const twilio_settings& settings, const end_carrier_call& order, wall_time now) {
  const auto form = http_fields{{"Status", order.cancel ? "canceled" : "completed"}};
  auto result = asking_for_call(order.cancel ? "cancel" : "end",
                                prepared(settings, post_form(calls_url(settings, order.sid), form)), now);
  result.then = [settings, sid = order.sid, now, otherwise = result.then](const http_response& response) {
    const bool over = response.failure == http_failure::none && response.status < 500
                      && code_of(object_of(response)) == not_in_the_right_state;
    return over ? fetch(settings, sid, now) : otherwise(response);
  };
  return result;
}

dialogue<carrier_call> redirect(const twilio_settings& settings, const redirect_call& order, wall_time now) {
  const http_fields form{{"Url", settings.public_address(order.path)}, {"Method", "POST"}};
  return asking_for_call("redirect", prepared(settings, post_form(calls_url(settings, order.sid), form)), now);
}

static exchange<carrier_calls>
page(const twilio_settings& settings, std::string url, carrier_calls before, int number) {
  exchange<carrier_calls> result;
  result.operation = "list";
  result.request = prepared(settings, get(std::move(url)));
  result.then
    = [settings, before = std::move(before), number](const http_response& response) -> dialogue<carrier_calls> {
    if (!response.ok())
      return error_of(response);
    auto all = before;
    const auto body = json_of(response);
    for (const auto& object : body.at("calls"))
      all.calls.push_back(call_of(object, std::nullopt));
    const auto next = text(body, "next_page_uri");
    if (next.empty())
      return all;
    // A path on the same host; our credentials go with it, so nothing else is followed.
    if (!next.starts_with('/') || next.starts_with("//"))
      return caf::make_error(ec::vendor_answered_rubbish, "twilio list, address of the next page");
    if (number >= settings.list_pages_max)
      return caf::make_error(ec::vendor_answered_rubbish, "twilio list, more pages than list_pages_max");
    return page(settings, settings.base_url + next, std::move(all), number + 1);
  };
  return result;
}

dialogue<carrier_calls> list(const twilio_settings& settings, const find_calls& query) {
  const http_fields filter{{"To", query.to}, {"From", query.from}, {"PageSize", "200"}};
  auto request = get(calls_url(settings), filter);
  return page(settings, std::move(request.url), {}, 1);
}

} // namespace parley::twilio
