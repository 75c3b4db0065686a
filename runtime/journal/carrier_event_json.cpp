#include "runtime/journal/carrier_event_json.hpp"

#include "runtime/json.hpp"

namespace parley {

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

} // namespace

std::string_view kind_of(const carrier_event& event) {
  return std::visit(overloaded{[](const call_status_event&) { return "status"; },
                               [](const machine_detection_event&) { return "machine"; },
                               [](const resume_requested_event&) { return "resume"; },
                               [](const transfer_ended_event&) { return "transfer"; },
                               [](const recording_event&) { return "recording"; }},
                    event.what);
}

std::string to_json_text(const carrier_event& event) {
  json out{{"call", event.call}, {"sid", event.sid}, {"sequence", event.sequence}, {"at", event.at}};
  out["kind"] = kind_of(event);
  std::visit(overloaded{[&](const call_status_event& x) {
                          out["status"] = x.status;
                          out["duration_ms"] = x.duration;
                          out["sip_code"] = x.sip_code;
                        },
                        [&](const machine_detection_event& x) {
                          out["answered_by"] = x.who;
                          out["took_ms"] = x.took;
                        },
                        [&](const resume_requested_event& x) { out["round"] = x.round; },
                        [&](const transfer_ended_event& x) {
                          out["connected"] = x.connected;
                          out["duration_ms"] = x.duration;
                        },
                        [&](const recording_event& x) {
                          out["recording_sid"] = x.recording_sid;
                          out["available"] = x.available;
                          out["duration_ms"] = x.duration;
                        }},
             event.what);
  // A SID is foreign text; bytes that are no UTF-8 are replaced, not thrown.
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

carrier_event parse_carrier_event(std::string_view text) {
  const auto in = json::parse(text);
  carrier_event event;
  event.call = call_id{in.at("call").get<uuid>()};
  event.sid = in.at("sid");
  event.sequence = in.at("sequence");
  event.at = in.at("at").get<wall_time>();
  const std::string kind = in.at("kind");
  if (kind == "status")
    event.what = call_status_event{in.at("status").get<carrier_status>(),
                                   in.at("duration_ms").get<std::chrono::seconds>(), in.at("sip_code").get<int32_t>()};
  else if (kind == "machine")
    event.what = machine_detection_event{in.at("answered_by").get<answered_by>(),
                                         in.at("took_ms").get<std::chrono::milliseconds>()};
  else if (kind == "resume")
    event.what = resume_requested_event{in.at("round").get<uint32_t>()};
  else if (kind == "transfer")
    event.what = transfer_ended_event{in.at("connected").get<bool>(), in.at("duration_ms").get<std::chrono::seconds>()};
  else if (kind == "recording")
    event.what = recording_event{in.at("recording_sid").get<std::string>(), in.at("available").get<bool>(),
                                 in.at("duration_ms").get<std::chrono::seconds>()};
  else
    throw std::invalid_argument{"unknown kind of carrier event: " + kind};
  return event;
}

} // namespace parley
