#include "adapters/sandbox/carrier/rest.hpp"

#include "adapters/sandbox/audio.hpp"

#include <date/date.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <sstream>

namespace parley::sandbox::rest {

using nlohmann::json;

namespace {

constexpr int parameter_error = 20001;
constexpr size_t twiml_characters_max = 4000;

bool is_e164(std::string_view number) {
  return number.size() >= 8 && number.size() <= 16 && number.front() == '+' && number[1] >= '1'
         && number.find_first_not_of("0123456789", 1) == number.npos;
}

void require_url(const std::string& name, const std::string& text, int code) {
  const auto where = parse_url(text);
  if (!where || (where->scheme != "http" && where->scheme != "https"))
    throw error{400, code, name + " is not a valid URL: " + text};
}

long long number(const fields& form, std::string_view name, long long fallback, long long least, long long most) {
  const auto text = find(form, name);
  if (!text)
    return fallback;
  long long value = 0;
  const auto end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end || value < least || value > most)
    throw error{400, parameter_error,
                std::string{name} + " must be a whole number from " + std::to_string(least) + " to "
                  + std::to_string(most)};
  return value;
}

std::string one_of(const fields& form, std::string_view name, std::string fallback,
                   std::initializer_list<std::string_view> allowed) {
  auto value = value_or(form, name, fallback);
  if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
    throw error{400, parameter_error, std::string{name} + " has no such value: " + value};
  return value;
}

std::string method_of(const fields& form, std::string_view name) {
  return one_of(form, name, "POST", {"GET", "POST"});
}

std::string optional_url(const fields& form, std::string_view name, int code) {
  auto value = value_or(form, name);
  if (!value.empty())
    require_url(std::string{name}, value, code);
  return value;
}

void read_instructions(const fields& form, std::string& url, std::string& method, std::string& twiml) {
  url = value_or(form, "Url");
  twiml = value_or(form, "Twiml");
  if (twiml.size() > twiml_characters_max)
    throw error{400, parameter_error, "Twiml is longer than 4000 characters"};
  if (!url.empty() && !twiml.empty())
    throw error{400, parameter_error, "Url and Twiml are mutually exclusive"};
  if (!url.empty())
    require_url("Url", url, 21205);
  method = method_of(form, "Method");
}

void read_machine_detection(const fields& form, call_request& out) {
  const auto mode = value_or(form, "MachineDetection");
  if (!mode.empty() && mode != "Enable" && mode != "DetectMessageEnd")
    throw error{400, parameter_error, "MachineDetection has no such value: " + mode};
  // Digits would be taken for the callee's greeting.
  if (!mode.empty() && !find(form, "SendDigits"))
    out.machine_detection = mode == "Enable" ? call_request::detection::enable : call_request::detection::message_end;
  out.async_amd = one_of(form, "AsyncAmd", "false", {"true", "false"}) == "true";
  out.amd_callback = optional_url(form, "AsyncAmdStatusCallback", parameter_error);
  out.amd_callback_method = method_of(form, "AsyncAmdStatusCallbackMethod");
  out.amd_timeout = std::chrono::seconds{number(form, "MachineDetectionTimeout", 30, 3, 60)};
  number(form, "MachineDetectionSpeechThreshold", 2400, 1000, 6000);
  number(form, "MachineDetectionSpeechEndThreshold", 1200, 500, 5000);
  number(form, "MachineDetectionSilenceTimeout", 5000, 2000, 10000);
}

/// The UTC day of a filter, "YYYY-MM-DD", also with a time after it.
date::sys_days day_of(const std::string& name, const std::string& text) {
  date::sys_days day;
  std::istringstream in{text.substr(0, 10)};
  in >> date::parse("%F", day);
  if (in.fail() || text.size() < 10)
    throw error{400, parameter_error, name + " must be a date such as 2026-08-04"};
  return day;
}

bool day_fits(const fields& filters, const std::string& name, const std::optional<wall_time>& at) {
  for (const auto& [suffix, keep] :
       std::initializer_list<std::pair<const char*, bool (*)(date::sys_days, date::sys_days)>>{
         {"", [](date::sys_days a, date::sys_days b) { return a == b; }},
         {"<", [](date::sys_days a, date::sys_days b) { return a < b; }},
         {">", [](date::sys_days a, date::sys_days b) { return a >= b; }}})
    if (const auto wanted = find(filters, name + suffix)) {
      // A call that is still queued has no start, so no day finds it.
      if (!at)
        return false;
      const auto day = date::floor<date::days>(date::sys_time<milliseconds>{at->time_since_epoch()});
      if (!keep(day, day_of(name, *wanted)))
        return false;
    }
  return true;
}

constexpr std::array<std::string_view, 8> statuses{"queued", "ringing", "in-progress", "completed",
                                                   "busy",   "failed",  "no-answer",   "canceled"};

} // namespace

http_response answer(unsigned status, const json& body) {
  http_response out;
  out.status = status;
  out.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return out;
}

http_response answer(const error& refused) {
  auto out
    = answer(refused.status, {{"code", refused.code},
                              {"message", refused.what()},
                              {"more_info", "https://www.twilio.com/docs/errors/" + std::to_string(refused.code)},
                              {"status", refused.status}});
  if (refused.status == 401)
    out.headers.emplace_back("WWW-Authenticate", "Basic realm=\"Twilio API\"");
  return out;
}

std::optional<credentials> read_credentials(const http_request& request) {
  const auto header = request.header("authorization");
  if (!header.starts_with("Basic "))
    return std::nullopt;
  const auto text = from_base64(std::string_view{header}.substr(6));
  if (!text)
    return std::nullopt;
  const auto colon = text->find(':');
  if (colon == 0 || colon == text->npos || colon + 1 == text->size())
    return std::nullopt;
  return credentials{text->substr(0, colon), text->substr(colon + 1)};
}

call_request read_create(const fields& form) {
  call_request out;
  out.to = value_or(form, "To");
  out.from = value_or(form, "From");
  if (out.to.empty())
    throw error{400, 21201, "No 'To' number is specified"};
  if (out.from.empty())
    throw error{400, 21213, "No 'From' number is specified"};
  if (!is_e164(out.to))
    throw error{400, 21211, "Invalid 'To' Phone Number: " + out.to};
  if (!is_e164(out.from))
    throw error{400, 21212, "Invalid 'From' Phone Number: " + out.from};
  read_instructions(form, out.url, out.method, out.twiml);
  if (out.url.empty() && out.twiml.empty())
    throw error{400, 21205, "Url parameter is required."};
  out.status_callback = optional_url(form, "StatusCallback", 21609);
  out.status_callback_method = method_of(form, "StatusCallbackMethod");
  std::set<std::string> events;
  for (const auto& [name, value] : form)
    if (name == "StatusCallbackEvent") {
      if (value != "initiated" && value != "ringing" && value != "answered" && value != "completed")
        throw error{400, 21626, "Invalid value for StatusCallbackEvents: " + value};
      events.insert(value);
    }
  if (!events.empty())
    out.status_events = std::move(events);
  out.timeout = std::chrono::seconds{number(form, "Timeout", 60, 1, 600)};
  out.time_limit = std::chrono::seconds{number(form, "TimeLimit", 14400, 1, 86400)};
  read_machine_detection(form, out);
  return out;
}

recording_request read_recording(const fields& form) {
  recording_request out;
  out.status_callback = optional_url(form, "RecordingStatusCallback", parameter_error);
  out.status_callback_method = method_of(form, "RecordingStatusCallbackMethod");
  out.dual = one_of(form, "RecordingChannels", "mono", {"mono", "dual"}) == "dual";
  one_of(form, "RecordingTrack", "both", {"inbound", "outbound", "both"});
  one_of(form, "Trim", "do-not-trim", {"trim-silence", "do-not-trim"});
  std::set<std::string> events;
  for (const auto& [name, value] : form)
    if (name == "RecordingStatusCallbackEvent") {
      if (value != "in-progress" && value != "completed" && value != "absent")
        throw error{400, parameter_error, "RecordingStatusCallbackEvent has no such value: " + value};
      events.insert(value);
    }
  if (!events.empty())
    out.status_events = std::move(events);
  return out;
}

update_request read_update(const fields& form) {
  update_request out;
  out.status = value_or(form, "Status");
  if (!out.status.empty() && out.status != "completed" && out.status != "canceled")
    throw error{400, parameter_error, "Status has no such value: " + out.status};
  read_instructions(form, out.url, out.method, out.twiml);
  if (find(form, "TimeLimit"))
    out.time_limit = std::chrono::seconds{number(form, "TimeLimit", 14400, 1, 86400)};
  if (out.status.empty() && out.url.empty() && out.twiml.empty())
    throw error{400, parameter_error, "One of Status, Url and Twiml is required"};
  return out;
}

list_request read_list(const fields& query) {
  list_request out;
  for (const auto& [name, value] : query) {
    const auto base = name.substr(0, name.find_first_of("<>"));
    if (base == "StartTime" || base == "EndTime")
      day_of(name, value); // refuses what is no date
    else if (name == "Status" && std::find(statuses.begin(), statuses.end(), value) == statuses.end())
      throw error{400, parameter_error, "Status has no such value: " + value};
    else if (name != "To" && name != "From" && name != "Status" && name != "ParentCallSid")
      continue;
    out.filters.emplace_back(name, value);
  }
  out.page_size = static_cast<size_t>(number(query, "PageSize", 50, 1, 1000));
  out.page = static_cast<size_t>(number(query, "Page", 0, 0, 1000000));
  out.page_token = value_or(query, "PageToken");
  return out;
}

bool list_request::accepts(const call_resource& call) const {
  const auto fits = [&](std::string_view name, const std::string& value) {
    const auto wanted = find(filters, name);
    return !wanted || *wanted == value;
  };
  return fits("To", call.to) && fits("From", call.from) && fits("Status", call.status) && fits("ParentCallSid", "")
         && day_fits(filters, "StartTime", call.started) && day_fits(filters, "EndTime", call.ended);
}

std::string list_request::query(size_t wanted, const std::string& token) const {
  auto all = filters;
  all.emplace_back("PageSize", std::to_string(page_size));
  all.emplace_back("Page", std::to_string(wanted));
  if (!token.empty())
    all.emplace_back("PageToken", token);
  return to_form(all);
}

} // namespace parley::sandbox::rest
