#include "adapters/twilio/rest.hpp"

#include "adapters/twilio/twiml.hpp"
#include "adapters/twilio/webhooks.hpp"

#include <algorithm>
#include <charconv>

namespace parley::twilio {

using nlohmann::json;

static constexpr int32_t not_in_the_right_state = 21220;
static constexpr std::chrono::seconds ring_timeout_min{15}; // 47 CFR 64.1200(a)(6)
/// A call that a human took over is not cut off by the agent's own limit: the
/// carrier's longest.
static constexpr const char* time_limit_max = "14400";
/// What is longer is no call's duration; as in the callbacks.
static constexpr uint32_t call_seconds_max = 1'000'000;
/// An hour of WAV has 58 MB; the carrier lets no call last longer than four.
static constexpr size_t recording_bytes_max = 256u << 20;

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

static http_fields machine_detection_fields(const twilio_settings& settings, const call_id& call, bool wait_for_beep) {
  const auto ms = [](std::chrono::milliseconds x) { return std::to_string(x.count()); };
  return {{"MachineDetection",
           settings.machine_detection == "enable" && !wait_for_beep ? "Enable" : "DetectMessageEnd"},
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
    for (auto& pair : machine_detection_fields(settings, order.call, order.wait_for_beep))
      form.push_back(std::move(pair));
  auto request = prepared(settings, post_form(calls_url(settings), form));
  request.once = true;
  return request;
}

// A body that is no JSON object counts as an empty one.
static json object_of(const http_response& response) {
  auto body = parse_foreign(response.body);
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

/// Whatever else an answer says, without a SID it is of no use.
static std::string sid_of(const json& object) {
  auto sid = object.at("sid").get<std::string>();
  if (sid.empty())
    throw json::other_error::create(501, "an empty SID", &object);
  return sid;
}

static carrier_call call_of(const json& object, std::optional<wall_time> created_default) {
  carrier_call call;
  call.sid = sid_of(object);
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
  uint32_t duration = 0;
  std::from_chars(seconds.data(), seconds.data() + seconds.size(), duration);
  if (duration <= call_seconds_max)
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

static exchange<carrier_call> updating(const twilio_settings& settings, std::string operation, const std::string& sid,
                                       const http_fields& form, wall_time now) {
  auto request = prepared(settings, post_form(calls_url(settings, sid), form));
  request.repeatable = false; // done twice, the person hears it twice
  return asking_for_call(std::move(operation), std::move(request), now);
}

dialogue<carrier_call> transfer(const twilio_settings& settings, const transfer_call& order, wall_time now) {
  if (const auto& only = settings.only_numbers; only && std::find(only->begin(), only->end(), order.to) == only->end())
    return caf::make_error(ec::invalid_input,
                           std::string{"not_on_allow_list: the node is not set live yet and rings only its "
                                       "allow_numbers; add the number of whoever takes the call there"});
  return updating(settings, "transfer", order.sid,
                  {{"Twiml", transfer_twiml(settings, order)}, {"TimeLimit", time_limit_max}}, now);
}

dialogue<carrier_call>
leave_message(const twilio_settings& settings, const parley::leave_message& order, wall_time now) {
  return updating(settings, "leave_message", order.sid, {{"Twiml", say_twiml(order.text, order.language)}}, now);
}

static std::string recordings_of_call(const twilio_settings& settings, const std::string& call_sid,
                                      const std::string& recording_sid = {}) {
  return settings.base_url + "/2010-04-01/Accounts/" + settings.account_sid + "/Calls/" + url_encode(call_sid)
         + "/Recordings" + (recording_sid.empty() ? "" : "/" + url_encode(recording_sid)) + ".json";
}

static std::string
recording_url(const twilio_settings& settings, const std::string& recording_sid, const char* extension) {
  return settings.base_url + "/2010-04-01/Accounts/" + settings.account_sid + "/Recordings/" + url_encode(recording_sid)
         + extension;
}

dialogue<recording_started> record(const twilio_settings& settings, const start_recording& order) {
  const http_fields form{{"RecordingStatusCallback", settings.public_address(recording_path(order.call))},
                         {"RecordingStatusCallbackMethod", "POST"},
                         {"RecordingStatusCallbackEvent", "completed"},
                         {"RecordingStatusCallbackEvent", "absent"},
                         {"RecordingChannels", "mono"},
                         {"RecordingTrack", "both"}};
  exchange<recording_started> result;
  result.operation = "record";
  result.request = prepared(settings, post_form(recordings_of_call(settings, order.sid), form));
  result.request.repeatable = false; // a second one would run beside the first
  result.then = [](const http_response& response) -> dialogue<recording_started> {
    if (!response.ok())
      return error_of(response);
    return recording_started{sid_of(json_of(response))};
  };
  return result;
}

/// What is over or gone already is as it was wished.
static bool is_gone(const http_response& response) {
  return response.failure == http_failure::none
         && (response.status == 404 || code_of(object_of(response)) == not_in_the_right_state);
}

dialogue<recording_stopped> stop_recording(const twilio_settings& settings, const parley::stop_recording& order) {
  exchange<recording_stopped> result;
  result.operation = "stop_recording";
  result.request = prepared(settings, post_form(recordings_of_call(settings, order.sid, order.recording_sid),
                                                {{"Status", "stopped"}}));
  result.then = [sid = order.recording_sid](const http_response& response) -> dialogue<recording_stopped> {
    if (!response.ok() && !is_gone(response))
      return error_of(response);
    return recording_stopped{sid};
  };
  return result;
}

dialogue<recording_audio> fetch_recording(const twilio_settings& settings, const parley::fetch_recording& query) {
  exchange<recording_audio> result;
  result.operation = "fetch_recording";
  result.request = prepared(settings, get(recording_url(settings, query.recording_sid, ".wav")));
  for (auto& [name, value] : result.request.headers)
    if (name == "Accept")
      value = "audio/wav, audio/x-wav";
  result.request.response_bytes_max = recording_bytes_max;
  result.then = [](const http_response& response) -> dialogue<recording_audio> {
    if (response.failure == http_failure::too_large) // it will not get smaller
      return caf::make_error(ec::vendor_refused, std::string{"twilio, recording longer than can be kept"});
    if (!response.ok())
      return error_of(response);
    if (response.body.empty())
      return caf::make_error(ec::vendor_answered_rubbish, std::string{"twilio, recording without audio"});
    return recording_audio{response.body, std::string{response.header("content-type").value_or("audio/wav")}};
  };
  return result;
}

dialogue<recording_deleted> delete_recording(const twilio_settings& settings, const parley::delete_recording& order) {
  exchange<recording_deleted> result;
  result.operation = "delete_recording";
  result.request = prepared(settings, get(recording_url(settings, order.recording_sid, ".json")));
  result.request.method = "DELETE";
  result.then = [sid = order.recording_sid](const http_response& response) -> dialogue<recording_deleted> {
    if (!response.ok() && !is_gone(response))
      return error_of(response);
    return recording_deleted{sid};
  };
  return result;
}

} // namespace parley::twilio
