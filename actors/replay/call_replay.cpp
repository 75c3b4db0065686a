#include "actors/replay/call_replay.hpp"

#include "actors/conversation/core.hpp"
#include "actors/conversation/instructions.hpp"
#include "runtime/journal/replay.hpp"
#include "runtime/journal/sealing.hpp"

namespace parley::replay {

using nlohmann::ordered_json;

namespace {

/// What a conversation knows of BANT, as "budget": "positive".
ordered_json known_bant(const json& mind) {
  auto out = ordered_json::object();
  const auto state = mind.value("state", json::object());
  if (!state.contains("bant"))
    return out;
  for (const auto& [key, item] : state.at("bant").items())
    if (item.is_object() && item.value("value", std::string{"unknown"}) != "unknown")
      out[key] = item.at("value");
  return out;
}

ordered_json changes(const json& before, const json& after) {
  auto out = ordered_json::object();
  for (const auto& [key, value] : after.items())
    if (!before.contains(key) || before.at(key) != value)
      out[key] = value;
  return out;
}

void add_words(ordered_json& step, const calls::core::event& event) {
  if (const auto* turn = std::get_if<calls::turn_spoken>(&event)) {
    const auto& said = turn->personal.said;
    step["said"] = {{"who", to_string(said.who)}, {"text", said.text}, {"interrupted", said.interrupted}};
  } else if (const auto* noted = std::get_if<calls::conversation_noted>(&event)) {
    step["noted"] = {{"kind", noted->personal.what.kind}, {"detail", ordered_json(noted->personal.what.detail)}};
  }
}

mind::turn turn_of(const calls::turn& said, uint32_t number) {
  mind::turn out;
  out.who = said.who == speaker::agent ? mind::party::agent : mind::party::callee;
  out.number = number;
  out.text = said.text;
  out.item = said.item;
  out.started = std::chrono::milliseconds{said.started_ms};
  out.ended = std::chrono::milliseconds{said.ended_ms};
  out.interrupted = said.interrupted;
  return out;
}

mind::input::any heard(const calls::turn& said) {
  const std::chrono::milliseconds started{said.started_ms}, ended{said.ended_ms};
  if (said.who == speaker::agent)
    return mind::input::agent_turn{said.text, said.item, started, ended, said.interrupted};
  return mind::input::callee_turn{said.text, said.item, started, ended};
}

std::vector<model_message> messages(const mind::directives& out) {
  std::vector<model_message> list;
  for (const auto& one : out) {
    if (const auto* x = std::get_if<mind::directive::update_instructions>(&one))
      list.push_back({"session.update", x->reason, x->text});
    else if (const auto* x = std::get_if<mind::directive::speak>(&one))
      list.push_back({"response.create", "", x->instructions});
  }
  return list;
}

/// The conversation's state right before an event, and what it needs for it.
class conversation_before {
public:
  conversation_before(const std::vector<stored_event>& events, uint64_t version,
                      const mind::conversation_policy& policy, mind::briefing about)
    : policy_{policy}, about{std::move(about)} {
    for (uint64_t i = 0; i < version; ++i) {
      const auto event = event_of<calls::core>(events[i]);
      at = events[i].at;
      if (i + 1 == version)
        here = event;
      if (const auto* media = std::get_if<calls::media_changed>(&event); media && media->up && media->generation > 1)
        this->about.resume = call.mind.value("summary", std::string{}); // taken up again by another conversation
      if (const auto* turn = std::get_if<calls::turn_spoken>(&event))
        turns_.push_back(turn->personal.said);
      if (i + 1 < version || !std::holds_alternative<calls::turn_spoken>(event))
        calls::core::apply(call, event);
      if (std::holds_alternative<calls::conversation_noted>(event) && i + 1 < version)
        issued_before_ = issued();
    }
  }

  /// Nothing has been heard or noted yet: the session is to be opened.
  bool untouched() const { return call.mind.empty() && !std::holds_alternative<calls::turn_spoken>(here); }

  /// The state up to the event, without a turn that the event is itself.
  mind::conversation_state state() const {
    mind::conversation_state out;
    if (call.mind.contains("state"))
      out = mind::state_from_json(call.mind.at("state"));
    else
      out = mind::step(std::move(out), mind::input::session_started{}, at, policy_, about).state;
    // A note's state has no words, and the turns after it are in no note.
    const bool is_turn = std::holds_alternative<calls::turn_spoken>(here);
    const auto end = turns_.size() - (is_turn ? 1 : 0);
    const auto known = std::min<size_t>(end, out.agent_turns + out.callee_turns);
    uint32_t agent = 0, callee = 0;
    for (size_t i = 0; i < known; ++i)
      out.turns.push_back(turn_of(turns_[i], turns_[i].who == speaker::agent ? ++agent : ++callee));
    for (size_t i = known; i < end; ++i)
      out = mind::step(std::move(out), heard(turns_[i]), at, policy_, about).state;
    return out;
  }

  /// The event's own note says that other instructions are in force than before.
  bool issued_here() const {
    return std::holds_alternative<calls::conversation_noted>(here) && issued() != issued_before_;
  }

private:
  std::string issued() const { return call.mind.value("state", json::object()).value("issued", std::string{}); }

  const mind::conversation_policy& policy_;
  std::vector<calls::turn> turns_;
  std::string issued_before_;

public:
  mind::briefing about;
  calls::state call;
  calls::core::event here;
  wall_time at{};
};

} // namespace

ordered_json steps(const std::vector<stored_event>& events) {
  auto out = ordered_json::array();
  calls::state now;
  json before = json::object();
  for (size_t i = 0; i < events.size(); ++i) {
    const auto event = event_of<calls::core>(events[i]);
    calls::core::apply(now, event);
    const auto open = calls::core::public_part(now);
    const auto mind = now.mind.value("state", json::object());
    const auto since = events[i].at - events.front().at;
    ordered_json step{{"version", i + 1},
                      {"type", events[i].type},
                      {"at", to_iso(events[i].at)},
                      {"seconds", std::chrono::duration<double>{since}.count()},
                      {"phase", to_string(now.phase)},
                      {"status", to_string(now.status)},
                      {"stage", now.stage},
                      {"sentiment", now.sentiment},
                      {"outcome", to_string(calls::outcome_of(now))},
                      {"score", mind.value("score", 0)},
                      {"bant", known_bant(now.mind)},
                      {"next_action", mind.value("next_action", std::string{})}};
    if (events[i].personal != erased_json)
      add_words(step, event);
    else
      step["erased"] = true;
    step["changed"] = changes(before, open);
    before = open;
    out.push_back(std::move(step));
  }
  return out;
}

call_brief brief_of(const std::vector<stored_event>& events) {
  if (events.empty())
    return {};
  const auto first = event_of<calls::core>(events.front());
  const auto* intended = std::get_if<calls::call_intended>(&first);
  return intended ? intended->personal.brief : call_brief{};
}

std::variant<what_if, std::string>
with_prompt(const std::vector<stored_event>& events, uint64_t version, const mind::conversation_policy& policy,
            const mind::briefing& about, const std::string& prompt) {
  if (version < 1 || version > events.size())
    return "from: the call has the events 1 to " + std::to_string(events.size());
  for (uint64_t i = 0; i < version; ++i)
    if (events[i].personal == erased_json)
      return std::string{"call: the person was erased; what was said and known is gone"};
  const conversation_before before{events, version, policy, about};
  auto changed = policy;
  changed.prompt = prompt;
  const auto state = before.state();
  // The core falls back on its own template where one cannot be used.
  const auto tried = mind::instructions(state, before.at, changed, before.about, prompt);
  if (const auto* error = std::get_if<mind::template_error>(&tried))
    return "prompt: " + error->what;

  what_if out;
  out.version = version;
  out.event = events[version - 1].type;
  const auto ask = [&](const mind::conversation_policy& with) {
    if (const auto* turn = std::get_if<calls::turn_spoken>(&before.here))
      return messages(mind::step(state, heard(turn->personal.said), before.at, with, before.about).out);
    if (before.untouched())
      return messages(mind::step({}, mind::input::session_started{}, before.at, with, before.about).out);
    return std::vector<model_message>{};
  };
  out.own = ask(policy);
  out.other = ask(changed);
  out.sent = !out.own.empty() || before.issued_here();
  if (!out.own.empty())
    return out;
  // Nothing is sent by the event itself: the instructions as they are in force.
  const auto in_force = [&](const mind::conversation_policy& with) -> model_message {
    const auto text = mind::instructions(state, before.at, with, before.about,
                                         with.prompt.empty() ? mind::conversation_template() : with.prompt);
    const auto* rendered = std::get_if<std::string>(&text);
    return {"session.update", out.sent ? "noted" : "in force", rendered ? *rendered : std::string{}};
  };
  out.own.push_back(in_force(policy));
  out.other.push_back(in_force(changed));
  return out;
}

} // namespace parley::replay
