#include "actors/conversation/state.hpp"

#include <stdexcept>

namespace parley::mind {
namespace {

using nlohmann::json;

json times_to_json(const std::vector<wall_time>& times) {
  auto out = json::array();
  for (const auto t : times)
    out.push_back(to_iso(t));
  return out;
}

wall_time time_from(const json& in) {
  const auto t = parse_iso(in.get<std::string>());
  if (!t)
    throw std::invalid_argument("not an ISO time");
  return *t;
}

std::vector<wall_time> times_from(const json& in) {
  std::vector<wall_time> out;
  for (const auto& one : in)
    out.push_back(time_from(one));
  return out;
}

json minutes_to_json(const std::map<wall_time, int>& minutes) {
  auto out = json::object();
  for (const auto& [slot, length] : minutes)
    out[to_iso(slot)] = length;
  return out;
}

std::map<wall_time, int> minutes_from(const json& in) {
  std::map<wall_time, int> out;
  for (const auto& [slot, length] : in.items())
    out[time_from(slot)] = length;
  return out;
}

json optional_time(const std::optional<wall_time>& t) {
  return t ? json(to_iso(*t)) : json();
}

std::optional<wall_time> optional_time_from(const json& in) {
  return in.is_null() ? std::nullopt : std::optional{time_from(in)};
}

template <class E>
E enum_from(const json& in) {
  const auto value = parse<E>(in.get<std::string>());
  if (!value)
    throw std::invalid_argument("unknown name: " + in.dump());
  return *value;
}

json turn_to_json(const turn& t) {
  return {{"who", to_string(t.who)},
          {"number", t.number},
          {"text", t.text},
          {"item", t.item},
          {"started_ms", t.started.count()},
          {"ended_ms", t.ended.count()},
          {"interrupted", t.interrupted},
          {"marks", t.marks}};
}

turn turn_from(const json& in) {
  return {enum_from<party>(in.at("who")),
          in.at("number"),
          in.at("text"),
          in.at("item"),
          std::chrono::milliseconds{in.at("started_ms").get<int64_t>()},
          std::chrono::milliseconds{in.at("ended_ms").get<int64_t>()},
          in.at("interrupted"),
          in.at("marks")};
}

json tool_to_json(const std::optional<tool_under_way>& t) {
  return t ? json{{"tool_call_id", t->tool_call_id}, {"name", t->name}, {"arguments", t->arguments}} : json();
}

std::optional<tool_under_way> tool_from(const json& in) {
  if (in.is_null())
    return std::nullopt;
  return tool_under_way{in.at("tool_call_id"), in.at("name"), in.at("arguments")};
}

json objection_to_json(const objection& o) {
  return {{"kind", to_string(o.kind)}, {"quote", o.quote}, {"turn", o.turn}, {"source", to_string(o.source)}};
}

} // namespace

json to_json(const conversation_state& x) {
  auto objections = json::array();
  for (const auto& one : x.objections)
    objections.push_back(objection_to_json(one));
  auto turns = json::array();
  for (const auto& one : x.turns)
    turns.push_back(turn_to_json(one));
  auto pending = json::array();
  for (const auto& one : x.pending)
    pending.push_back({{"key", to_string(one.what.key)}, {"item", one.what.item}, {"until_turn", one.until_turn}});
  auto open_tools = json::array();
  for (const auto& one : x.open_tools)
    open_tools.push_back(tool_to_json(one));
  json out{{"stage", to_string(x.stage)},
           {"bant", x.bant},
           {"score", score(x.bant)},
           {"qualified", qualified(x.bant)},
           {"objections", objections},
           {"objection_turns", x.objection_turns},
           {"key_points", x.key_points},
           {"sentiment", x.sentiment},
           {"next_action", x.next_action},
           {"disclosed", x.disclosed},
           {"opt_out_offered", x.opt_out_offered},
           {"identity_confirmed", x.identity_confirmed},
           {"value_heard", x.value_heard},
           {"gatekeeper", x.gatekeeper},
           {"gatekeeper_since", x.gatekeeper_since},
           {"asked_if_ai", x.asked_if_ai},
           {"slots", times_to_json(x.slots)},
           {"slot_minutes", minutes_to_json(x.slot_minutes)},
           {"accepted_slots", times_to_json(x.accepted_slots)},
           {"emails_read_back", x.emails_read_back},
           {"emails_confirmed", x.emails_confirmed},
           {"booking", tool_to_json(x.booking)},
           {"waiting", tool_to_json(x.waiting)},
           {"open_tools", open_tools},
           {"wants_move", x.wants_move},
           {"moving", x.moving},
           {"moved", optional_time(x.moved)},
           {"wants_cancel", x.wants_cancel},
           {"cancelling", x.cancelling},
           {"cancelled", x.cancelled},
           {"opted_out", x.opted_out},
           {"wrong_person", x.wrong_person},
           {"wants_human", x.wants_human},
           {"transfer_failed", x.transfer_failed},
           {"last_attempt", x.last_attempt},
           {"follow_up_asked", x.follow_up_asked},
           {"handing_over", x.handing_over},
           {"machine_heard", x.machine_heard},
           {"recording_announced", x.recording_announced},
           {"recording_allowed", x.recording_allowed},
           {"recording_objected", x.recording_objected},
           {"callback_wished", optional_time(x.callback_wished)},
           {"callback_asked", x.callback_asked},
           {"callback_set", optional_time(x.callback_set)},
           {"turns", turns},
           {"agent_turns", x.agent_turns},
           {"callee_turns", x.callee_turns},
           {"asking_turns", x.asking_turns},
           {"pending", pending},
           {"corrections", x.corrections},
           {"awaits_speech", x.awaits_speech},
           {"refused_ends", x.refused_ends},
           {"ended", x.ended},
           {"disposition", to_string(x.disposition)},
           {"issued", x.issued}};
  out["meeting"] = x.meeting ? json{{"id", x.meeting->id},
                                    {"at", to_iso(x.meeting->at)},
                                    {"type", x.meeting->type},
                                    {"email", x.meeting->email},
                                    {"minutes", x.meeting->minutes}}
                             : json();
  out["ending"]
    = x.ending ? json{{"how", to_string(x.ending->how)}, {"why", x.ending->why}, {"agent_turns", x.ending->agent_turns}}
               : json();
  return out;
}

conversation_state state_from_json(const json& in) {
  conversation_state x;
  x.stage = enum_from<stage>(in.at("stage"));
  in.at("bant").get_to(x.bant);
  for (const auto& one : in.at("objections"))
    x.objections.push_back({enum_from<objection_kind>(one.at("kind")), one.at("quote"), one.at("turn"),
                            enum_from<reader>(one.at("source"))});
  in.at("objection_turns").get_to(x.objection_turns);
  in.at("key_points").get_to(x.key_points);
  in.at("sentiment").get_to(x.sentiment);
  in.at("next_action").get_to(x.next_action);
  in.at("disclosed").get_to(x.disclosed);
  in.at("opt_out_offered").get_to(x.opt_out_offered);
  in.at("identity_confirmed").get_to(x.identity_confirmed);
  in.at("value_heard").get_to(x.value_heard);
  // Not in the states of earlier versions.
  x.gatekeeper = in.value("gatekeeper", false);
  x.gatekeeper_since = in.value("gatekeeper_since", uint32_t{0});
  x.asked_if_ai = in.value("asked_if_ai", false);
  x.slots = times_from(in.at("slots"));
  if (const auto minutes = in.find("slot_minutes"); minutes != in.end()) // not in earlier versions' either
    x.slot_minutes = minutes_from(*minutes);
  x.accepted_slots = times_from(in.at("accepted_slots"));
  in.at("emails_read_back").get_to(x.emails_read_back);
  in.at("emails_confirmed").get_to(x.emails_confirmed);
  x.booking = tool_from(in.at("booking"));
  x.waiting = tool_from(in.at("waiting"));
  for (const auto& one : in.value("open_tools", json::array())) // not in earlier versions' states
    if (auto tool = tool_from(one))
      x.open_tools.push_back(std::move(*tool));
  x.wants_move = in.value("wants_move", false);
  x.moving = in.value("moving", false);
  x.wants_cancel = in.value("wants_cancel", false);
  x.cancelling = in.value("cancelling", false);
  x.cancelled = in.value("cancelled", false);
  if (const auto moved = in.find("moved"); moved != in.end())
    x.moved = optional_time_from(*moved);
  in.at("opted_out").get_to(x.opted_out);
  in.at("wrong_person").get_to(x.wrong_person);
  in.at("wants_human").get_to(x.wants_human);
  x.follow_up_asked = in.value("follow_up_asked", "");
  x.transfer_failed = in.value("transfer_failed", false);
  x.last_attempt = in.value("last_attempt", false);
  x.handing_over = in.value("handing_over", false);
  x.machine_heard = in.value("machine_heard", false);
  x.recording_announced = in.value("recording_announced", false);
  x.recording_allowed = in.value("recording_allowed", false);
  x.recording_objected = in.value("recording_objected", false);
  x.callback_wished = optional_time_from(in.at("callback_wished"));
  in.at("callback_asked").get_to(x.callback_asked);
  x.callback_set = optional_time_from(in.at("callback_set"));
  for (const auto& one : in.at("turns"))
    x.turns.push_back(turn_from(one));
  in.at("agent_turns").get_to(x.agent_turns);
  in.at("callee_turns").get_to(x.callee_turns);
  in.at("asking_turns").get_to(x.asking_turns);
  for (const auto& one : in.at("pending"))
    x.pending.push_back({{enum_from<bant_key>(one.at("key")), one.at("item").get<bant_item>()}, one.at("until_turn")});
  in.at("corrections").get_to(x.corrections);
  in.at("awaits_speech").get_to(x.awaits_speech);
  in.at("refused_ends").get_to(x.refused_ends);
  in.at("ended").get_to(x.ended);
  x.disposition = enum_from<disposition>(in.at("disposition"));
  in.at("issued").get_to(x.issued);
  if (const auto& meeting = in.at("meeting"); !meeting.is_null())
    x.meeting = booked_meeting{meeting.at("id"), time_from(meeting.at("at")), meeting.at("type"), meeting.at("email"),
                               meeting.value("minutes", 30)};
  if (const auto& end = in.at("ending"); !end.is_null())
    x.ending = ending{enum_from<disposition>(end.at("how")), end.at("why"), end.at("agent_turns")};
  return x;
}

} // namespace parley::mind
