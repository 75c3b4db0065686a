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

/// Goes through a call's events as its conversation did, and asks the core at
/// each of them what it tells the model.
class conversation_walk {
public:
  conversation_walk(const mind::conversation_policy& policy, mind::briefing about)
    : policy_{policy}, about_{std::move(about)} {
    known_ = mind::step({}, mind::input::session_started{}, {}, policy_, about_).state.issued;
  }

  /// Goes on to the next event.
  void take(const stored_event& stored) {
    here_ = event_of<calls::core>(stored);
    at_ = stored.at;
    taken_up_ = false;
    if (const auto* media = std::get_if<calls::media_changed>(&here_)) {
      // Generation 0 stands for the death of a node. The next one opens a
      // session of its own, at the latest when the stream comes back.
      if (media->generation == 0 && !media->up)
        orphaned_ = true;
      else if (media->up)
        taken_up_ = std::exchange(orphaned_, false);
    }
    if (taken_up_)
      about_.resume = call_.mind.value("summary", std::string{});
    if (const auto* turn = std::get_if<calls::turn_spoken>(&here_))
      turns_.push_back(turn->personal.said);
    calls::core::apply(call_, here_);
  }

  /// Nothing has been heard or noted yet: the session is to be opened.
  bool untouched() const { return call_.mind.empty() && turns_.empty(); }

  /// What goes to the model at this event with a policy.
  /// @param opens The session opens here.
  std::vector<model_message> sent(const mind::conversation_policy& with, bool opens) const {
    return messages(reaction(with, opens).out);
  }

  /// Remembers what is in force after this event.
  /// @return Its note says that other instructions are than the walk knows of:
  /// a tool of the model led to them, which no event tells whole.
  bool settle(bool opens) {
    const auto before = known_;
    if (std::holds_alternative<calls::conversation_noted>(here_))
      known_ = call_.mind.value("state", json::object()).value("issued", known_);
    else if (const auto after = reaction(policy_, opens).state.issued; !after.empty())
      known_ = after;
    return std::holds_alternative<calls::conversation_noted>(here_) && known_ != before;
  }

  /// The instructions as the state asks for them.
  std::variant<std::string, mind::template_error> in_force(const mind::conversation_policy& with) const {
    return mind::instructions(state(), at_, with, about_,
                              with.prompt.empty() ? mind::conversation_template() : with.prompt);
  }

private:
  mind::reaction reaction(const mind::conversation_policy& with, bool opens) const {
    if (const auto* turn = std::get_if<calls::turn_spoken>(&here_))
      return mind::step(state(), heard(turn->personal.said), at_, with, about_);
    if (opens)
      return mind::step({}, mind::input::session_started{}, at_, with, about_);
    if (!taken_up_)
      return {};
    auto known = state();
    known.booking.reset(); // as the conversation does: whoever would have answered these is gone
    known.waiting.reset();
    known.moving = known.cancelling = false;
    return mind::step(std::move(known), mind::input::session_started{}, at_, with, about_);
  }

  /// The state up to the event, without a turn that the event is itself.
  mind::conversation_state state() const {
    mind::conversation_state out;
    if (call_.mind.contains("state"))
      out = mind::state_from_json(call_.mind.at("state"));
    else
      out = mind::step(std::move(out), mind::input::session_started{}, at_, policy_, about_).state;
    // A note's state has no words, and the turns after it are in no note.
    const bool is_turn = std::holds_alternative<calls::turn_spoken>(here_);
    const auto end = turns_.size() - (is_turn ? 1 : 0);
    const auto known = std::min<size_t>(end, out.agent_turns + out.callee_turns);
    uint32_t agent = 0, callee = 0;
    for (size_t i = 0; i < known; ++i)
      out.turns.push_back(turn_of(turns_[i], turns_[i].who == speaker::agent ? ++agent : ++callee));
    for (size_t i = known; i < end; ++i)
      out = mind::step(std::move(out), heard(turns_[i]), at_, policy_, about_).state;
    return out;
  }

  const mind::conversation_policy& policy_;
  mind::briefing about_;
  calls::state call_;
  calls::core::event here_;
  wall_time at_{};
  std::vector<calls::turn> turns_;
  std::string known_;     ///< what the instructions that were sent last depend on
  bool orphaned_ = false; ///< its node died, and nobody has the talk
  bool taken_up_ = false; ///< here, by another conversation
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

std::variant<std::vector<what_if>, std::string>
with_prompt(const std::vector<stored_event>& events, uint64_t from, const mind::conversation_policy& policy,
            const mind::briefing& about, const std::string& prompt) {
  if (from < 1 || from > events.size())
    return "from: the call has the events 1 to " + std::to_string(events.size());
  for (const auto& event : events)
    if (event.personal == erased_json)
      return std::string{"call: the person was erased; what was said and known is gone"};
  auto changed = policy;
  changed.prompt = prompt;
  conversation_walk walk{policy, about};
  std::vector<what_if> out;
  for (uint64_t version = 1; version <= events.size(); ++version) {
    walk.take(events[version - 1]);
    const bool opens = version == from && walk.untouched();
    what_if here;
    here.version = version;
    here.event = events[version - 1].type;
    if (version == from) // the core falls back on its own template where one cannot be used
      if (const auto tried = walk.in_force(changed); std::holds_alternative<mind::template_error>(tried))
        return "prompt: " + std::get<mind::template_error>(tried).what;
    if (version >= from) {
      here.own = walk.sent(policy, opens);
      here.other = walk.sent(changed, opens);
    }
    const bool noted = walk.settle(opens);
    here.sent = noted || !here.own.empty();
    if (version < from || (version > from && !here.sent))
      continue;
    if (here.own.empty()) { // not by the event itself: the instructions as they are in force
      const auto in_force = [&](const mind::conversation_policy& with) -> model_message {
        const auto text = walk.in_force(with);
        const auto* rendered = std::get_if<std::string>(&text);
        return {"session.update", noted ? "noted" : "in force", rendered ? *rendered : std::string{}};
      };
      here.own.push_back(in_force(policy));
      here.other.push_back(in_force(changed));
    }
    out.push_back(std::move(here));
  }
  return out;
}

} // namespace parley::replay
