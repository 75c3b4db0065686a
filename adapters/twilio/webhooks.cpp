#include "adapters/twilio/webhooks.hpp"

#include <date/date.h>

#include <algorithm>
#include <charconv>
#include <sstream>

namespace parley::twilio {

std::optional<std::string> field(const http_fields& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [name](const auto& x) { return x.first == name; });
  return found == fields.end() ? std::nullopt : std::optional{found->second};
}

std::optional<wall_time> parse_rfc2822(const std::string& text) {
  std::istringstream in{text};
  date::sys_seconds seconds;
  in >> date::parse("%a, %d %b %Y %H:%M:%S %z", seconds);
  if (in.fail())
    return std::nullopt;
  return wall_time{seconds};
}

answered_by parse_answered_by(std::string_view text) {
  return text.empty() ? answered_by::not_asked : parse<answered_by>(text).value_or(answered_by::unknown);
}

static constexpr uint32_t sequence_max = 1'000'000;

static caf::error bad(std::string_view name) {
  return caf::make_error(ec::invalid_input, "parameter " + std::string{name} + " is missing or has no valid value");
}

// Nothing when the parameter is there but no number from 0 to `max`.
static std::optional<uint32_t> number(const http_fields& form, std::string_view name, uint32_t absent, uint32_t max) {
  const auto text = field(form, name);
  if (!text || text->empty())
    return absent;
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value > max)
    return std::nullopt;
  return value;
}

static caf::expected<carrier_event> event_of(const call_id& call, const http_fields& form, wall_time received) {
  carrier_event event;
  event.call = call;
  event.sid = field(form, "CallSid").value_or("");
  const bool plain = std::all_of(event.sid.begin(), event.sid.end(), [](unsigned char c) { return std::isalnum(c); });
  if (event.sid.empty() || event.sid.size() > 64 || !plain)
    return bad("CallSid");
  const auto stated = field(form, "Timestamp");
  const auto at = stated ? parse_rfc2822(*stated) : received;
  if (!at)
    return bad("Timestamp");
  event.at = *at;
  return event;
}

caf::expected<carrier_event> status_event(const call_id& call, const http_fields& form, wall_time received) {
  auto event = event_of(call, form, received);
  if (!event)
    return event;
  const auto word = field(form, "CallStatus");
  if (!word || word->empty())
    return bad("CallStatus");
  call_status_event what;
  what.status = parse<carrier_status>(*word).value_or(carrier_status::unknown);
  // Without a number each status still is an event of its own; ranks begin
  // where numbers end.
  const auto rank = sequence_max + 1 + static_cast<uint32_t>(what.status);
  const auto sequence = number(form, "SequenceNumber", rank, sequence_max);
  if (!sequence)
    return bad("SequenceNumber");
  const auto duration = number(form, "CallDuration", 0, 1'000'000);
  if (!duration)
    return bad("CallDuration");
  const auto sip = number(form, "SipResponseCode", 0, 999);
  if (!sip)
    return bad("SipResponseCode");
  what.duration = std::chrono::seconds{*duration};
  what.sip_code = static_cast<int32_t>(*sip);
  event->sequence = *sequence;
  event->what = what;
  return event;
}

caf::expected<carrier_event> machine_detection(const call_id& call, const http_fields& form, wall_time received) {
  auto event = event_of(call, form, received);
  if (!event)
    return event;
  const auto word = field(form, "AnsweredBy");
  if (!word || word->empty())
    return bad("AnsweredBy");
  const auto took = number(form, "MachineDetectionDuration", 0, 3'600'000);
  if (!took)
    return bad("MachineDetectionDuration");
  machine_detection_event what;
  what.who = parse_answered_by(*word);
  what.took = std::chrono::milliseconds{*took};
  event->what = what;
  return event;
}

caf::expected<carrier_event>
resume_requested(const call_id& call, const http_fields& form, uint32_t round, wall_time received) {
  auto event = event_of(call, form, received);
  if (!event)
    return event;
  resume_requested_event what;
  what.round = round;
  event->sequence = round;
  event->what = what;
  return event;
}

static bool is_sid(const std::string& text) {
  return !text.empty() && text.size() <= 64
         && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c); });
}

/// Neither callback has a number of its own; the SID of what it tells of stands
/// in for it (FNV-1a), so that each is kept once.
static uint32_t sequence_of(std::string_view sid) {
  uint32_t hash = 2'166'136'261u;
  for (const unsigned char c : sid)
    hash = (hash ^ c) * 16'777'619u;
  return hash & 0x7fff'ffffu;
}

caf::expected<carrier_event> transfer_ended(const call_id& call, const http_fields& form, wall_time received) {
  auto event = event_of(call, form, received);
  if (!event)
    return event;
  const auto word = field(form, "DialCallStatus");
  if (!word || word->empty())
    return bad("DialCallStatus");
  const auto duration = number(form, "DialCallDuration", 0, 1'000'000);
  if (!duration)
    return bad("DialCallDuration");
  const auto leg = field(form, "DialCallSid").value_or("");
  if (!leg.empty() && !is_sid(leg))
    return bad("DialCallSid");
  transfer_ended_event what;
  what.connected = field(form, "DialBridged") == "true";
  if (what.connected)
    what.duration = std::chrono::seconds{*duration};
  event->sequence = leg.empty() ? 0 : sequence_of(leg);
  event->what = what;
  return event;
}

http_fields hand_over_told(const http_fields& form) {
  http_fields told;
  for (const auto* name : {"DialCallStatus", "DialCallSid", "DialCallDuration", "DialBridged"})
    if (auto value = field(form, name))
      told.emplace_back(name, std::move(*value));
  return told;
}

std::vector<carrier_event> answer_told(const call_id& call, const http_fields& form, wall_time received) {
  std::vector<carrier_event> told;
  if (auto status = status_event(call, form, received))
    told.push_back(std::move(*status));
  if (auto verdict = machine_detection(call, form, received))
    told.push_back(std::move(*verdict));
  return told;
}

caf::expected<carrier_event> recording_told(const call_id& call, const http_fields& form, wall_time received) {
  auto event = event_of(call, form, received);
  if (!event)
    return event;
  recording_event what;
  what.recording_sid = field(form, "RecordingSid").value_or("");
  if (!is_sid(what.recording_sid))
    return bad("RecordingSid");
  const auto word = field(form, "RecordingStatus");
  if (!word || (*word != "completed" && *word != "absent" && *word != "failed"))
    return bad("RecordingStatus");
  const auto duration = number(form, "RecordingDuration", 0, 1'000'000);
  if (!duration)
    return bad("RecordingDuration");
  what.available = *word == "completed";
  what.duration = std::chrono::seconds{*duration};
  event->sequence = sequence_of(what.recording_sid);
  event->what = std::move(what);
  return event;
}

} // namespace parley::twilio
