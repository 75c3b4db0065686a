// Goal: the practice model and the practice people, who know nothing of each
// other, get through a call together. Method: both in one thread and in audio
// time; the instructions move on as Parley's stages do.
#include "adapters/sandbox/audio.hpp"
#include "adapters/sandbox/model/brain.hpp"
#include "adapters/sandbox/people/person.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace practice_people_test {

using namespace parley::sandbox;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr auto step = 100ms;
constexpr auto call_max = 300s;
constexpr auto silence_of_a_turn = 500ms;

std::string script(const std::string& stage, const std::string& ask) {
  return "# Company\nName: Northwind\n# Offer\nWe count stock by drone.\n"
         "# Person\nName: Dana Fuller\nE-mail: dana@fuller.example\nLocal time: 2026-11-24T10:15:00-05:00 "
         "America/New_York\n"
         "# Disclosure\nSay first: Hello, this is Katie, an AI assistant calling for Northwind.\nConfirm: Am I "
         "speaking with Dana Fuller?\n"
         "Opt-out: Say stop or press 9 and I will take you off our list.\n"
         "# Strategy\nObjections:\n- price: It pays for itself where it saves hours every week.\n"
         "# Stage\nName: "
         + stage + "\nGoal: Go on.\nAsk about:\n" + ask;
}

std::vector<model::tool> all_tools() {
  const json text{{"type", "string"}};
  const auto tool = [](std::string name, json properties) {
    auto required = json::array();
    for (const auto& [key, value] : properties.items())
      required.push_back(key);
    return model::tool{
      std::move(name), "", {{"type", "object"}, {"properties", std::move(properties)}, {"required", required}}};
  };
  return {tool("check_calendar_availability", {{"preferred_dates", {{"type", "array"}, {"items", text}}},
                                               {"duration_minutes", {{"type", "integer"}}}}),
          tool("book_meeting", {{"datetime", text}, {"prospect_email", text}, {"meeting_type", text}}),
          tool("reschedule_meeting", {{"datetime", text}}),
          tool("cancel_meeting", {{"reason", text}}),
          tool("transfer_to_human", {{"reason", text}}),
          tool("schedule_callback", {{"datetime", text}}),
          tool("opt_out", {{"reason", text}}),
          tool("end_call", {{"reason", text}})};
}

/// A call in one thread: two ears, two mouths, one clock.
class practice_call {
public:
  practice_call(persona_kind kind, uint64_t seed) : person_{make_person(kind, seed, "dana", {})} {}

  /// The tools that the agent used, in order, with their arguments.
  std::vector<std::pair<std::string, json>> run() {
    for (now_ = 0ms; now_ < call_max && !over_; now_ += step) {
      auto heard_by_person = ear_of_person_.feed(next(voice_of_agent_));
      for (const auto& deed : person_->live(now_, heard_by_person, !voice_of_person_.empty()))
        take(deed);
      for (const auto& noticed : ear_of_agent_.feed(next(voice_of_person_)))
        if (noticed.kind == heard::speech_ended && !noticed.text.empty())
          heard_ += (heard_.empty() ? "" : " ") + noticed.text;
        else if (noticed.kind == heard::speech_started)
          interrupt();
      const bool answer_due
        = !heard_.empty() && !ear_of_agent_.in_speech() && ear_of_agent_.silent_for() >= silence_of_a_turn;
      if (now_ == 1000ms || answer_due)
        answer();
      if (ending_ && voice_of_agent_.empty())
        over_ = true; // Parley hangs up once the last words were played
    }
    return calls;
  }

  std::string transcript() const {
    std::string all;
    for (const auto& one : turns_)
      if (one.what == model::turn::kind::heard || one.what == model::turn::kind::said)
        all += (one.what == model::turn::kind::heard ? "person: " + one.words : "agent: " + model::words_in(one.lines))
               + "\n";
    return all;
  }

  std::vector<std::pair<std::string, json>> calls;

private:
  static std::string next(std::string& voice) {
    auto piece = voice.substr(0, bytes_of(step));
    voice.erase(0, piece.size());
    piece.resize(bytes_of(step), silence_byte);
    return piece;
  }

  void take(const deed& what) {
    if (what.kind == deed::say)
      voice_of_person_ += encode_utterance(what.text);
    else if (what.kind == deed::fall_silent)
      voice_of_person_.clear();
    else if (what.kind == deed::hang_up || what.kind == deed::press)
      over_ = true;
  }

  /// Barge-in: the rest of the agent's words is dropped and forgotten.
  void interrupt() {
    if (voice_of_agent_.empty())
      return;
    for (auto said = turns_.rbegin(); said != turns_.rend(); ++said)
      if (said->what == model::turn::kind::said) {
        const auto words = model::words_in(said->lines);
        said->cut(spoken_until(words, play_time(encode_utterance(words).size() - voice_of_agent_.size())));
        break;
      }
    voice_of_agent_.clear();
  }

  void answer() {
    if (!heard_.empty())
      turns_.push_back({model::turn::kind::heard, std::exchange(heard_, {}), {}, {}, {}, {}});
    for (int rounds = 0; rounds < 5; ++rounds) {
      const auto text = model::read_instructions(instructions());
      const auto tools = all_tools();
      const auto reply = model::decide({text, tools, turns_});
      if (!reply.lines.empty()) {
        turns_.push_back({model::turn::kind::said, {}, reply.lines, {}, {}, {}});
        voice_of_agent_ += encode_utterance(model::words_in(reply.lines));
      }
      for (const auto& call : reply.calls)
        use(call.tool, json::parse(call.arguments));
      if (reply.calls.empty() || ending_)
        return;
    }
  }

  void use(const std::string& tool, const json& arguments) {
    calls.emplace_back(tool, arguments);
    ending_ = ending_ || tool == "end_call" || tool == "opt_out";
    const auto id = "call_" + std::to_string(calls.size());
    json result{{"ok", true}};
    if (tool == "check_calendar_availability")
      result["slots"] = {"2026-11-25T15:00:00Z", "2026-11-26T20:00:00Z"};
    if (tool == "schedule_callback")
      result["datetime"] = arguments["datetime"];
    turns_.push_back({model::turn::kind::called, {}, {}, tool, id, arguments});
    turns_.push_back({model::turn::kind::result, {}, {}, tool, id, result});
  }

  /// The stage that the answers so far lead to, as Parley derives it.
  std::string instructions() const {
    std::set<std::string> known;
    std::string asked;
    for (const auto& one : turns_) {
      if (one.what == model::turn::kind::said)
        asked = model::words_in(one.lines);
      if (one.what != model::turn::kind::heard)
        continue;
      const auto topic = asked.find("budget") != asked.npos    ? model::topic::budget
                         : asked.find("decide") != asked.npos  ? model::topic::authority
                         : asked.find("problem") != asked.npos ? model::topic::need
                                                               : model::topic::none;
      for (const auto& [subject, value] : model::qualify(one.words, topic))
        if (value == "no")
          return replaced("closing", "Say goodbye; the reason is not_qualified.");
        else
          known.insert(subject);
    }
    if (turns_.empty() || !was_asked("speaking with"))
      return script("opening", "");
    if (!was_asked("drone"))
      return script("value_proposition", "- current process\n- need\n");
    if (!known.contains("need"))
      return script("discovery", "- need\n");
    std::string open;
    for (const char* subject : {"authority", "budget"})
      open += known.contains(subject) ? "" : "- " + std::string{subject} + "\n";
    return open.empty() ? script("booking", "- meeting time\n- e-mail\n") : script("qualification", open);
  }

  static std::string replaced(const std::string& stage, const std::string& goal) {
    auto text = script(stage, "");
    return text.replace(text.find("Go on."), 6, goal);
  }

  bool was_asked(const std::string& words) const {
    for (const auto& one : turns_)
      if (one.what == model::turn::kind::said && model::words_in(one.lines).find(words) != std::string::npos)
        return true;
    return false;
  }

  std::unique_ptr<person> person_;
  listener ear_of_person_;
  listener ear_of_agent_;
  std::string voice_of_agent_;
  std::string voice_of_person_;
  std::string heard_;
  std::vector<model::turn> turns_;
  milliseconds now_{};
  bool ending_ = false;
  bool over_ = false;
};

} // namespace

TEST_CASE("each persona's call comes to its own end", "[practice]") {
  const auto seed = GENERATE(range<uint64_t>(1, 9));
  const auto [kind, tool, reason] = GENERATE(table<persona_kind, std::string, std::string>({
    {persona_kind::eager, "book_meeting", "meeting_booked"},
    {persona_kind::talks_over, "book_meeting", "meeting_booked"},
    {persona_kind::price_objection_convinced, "book_meeting", "meeting_booked"},
    {persona_kind::busy_call_later, "schedule_callback", "callback_set"},
    {persona_kind::two_objections, "end_call", "not_interested"},
    {persona_kind::take_me_off, "opt_out", ""},
    {persona_kind::not_qualified, "end_call", "not_qualified"},
    {persona_kind::wrong_person, "end_call", "wrong_person"},
    {persona_kind::gatekeeper, "schedule_callback", "callback_set"},
    {persona_kind::not_interested, "end_call", "not_interested"},
    {persona_kind::asks_if_robot, "book_meeting", "meeting_booked"},
    {persona_kind::moves_meeting, "reschedule_meeting", "done"},
    {persona_kind::cancels_meeting, "cancel_meeting", "done"},
    {persona_kind::asks_for_human, "transfer_to_human", ""},
  }));
  practice_call call{kind, seed};
  const auto calls = call.run();
  INFO(to_string(kind) << ", seed " << seed << "\n" << call.transcript());
  const auto used = [&](const std::string& name) {
    for (const auto& [called, arguments] : calls)
      if (called == name)
        return true;
    return false;
  };
  CHECK(used(tool));
  if (!reason.empty()) {
    REQUIRE_FALSE(calls.empty());
    CHECK(calls.back().second.value("reason", "") == reason);
  }
  CHECK(used("book_meeting") == (tool == "book_meeting"));
}

TEST_CASE("who never talks gets the first words and no more", "[practice]") {
  const auto seed = GENERATE(range<uint64_t>(1, 5));
  const auto kind = GENERATE(persona_kind::silent, persona_kind::opt_out_key, persona_kind::voicemail);
  practice_call call{kind, seed};
  const auto calls = call.run();
  INFO(to_string(kind) << ", seed " << seed << "\n" << call.transcript());
  CHECK(call.transcript().find("AI assistant") != std::string::npos);
  CHECK(call.transcript().find("drone") == std::string::npos);
  if (kind == persona_kind::voicemail) { // nobody talks to a machine
    REQUIRE(calls.size() == 1);
    CHECK(calls.front().first == "end_call");
    CHECK(calls.front().second["reason"] == "done");
  } else {
    CHECK(calls.empty());
  }
}

TEST_CASE("whoever asks whether it is a robot hears that it is", "[practice]") {
  const auto seed = GENERATE(range<uint64_t>(1, 9));
  practice_call call{persona_kind::asks_if_robot, seed};
  call.run();
  const auto transcript = call.transcript();
  INFO(transcript);
  const auto asked = std::min({transcript.find("robot?"), transcript.find("machine?")});
  REQUIRE(asked != std::string::npos);
  const auto answer = transcript.find("agent: ", asked);
  CHECK(transcript.substr(answer, transcript.find('\n', answer) - answer).find("Yes, I am an AI assistant")
        != std::string::npos);
}

TEST_CASE("who hangs up in the middle of a sentence is not called back by the agent's own wish", "[practice]") {
  practice_call call{persona_kind::hangs_up_mid_sentence, GENERATE(range<uint64_t>(1, 5))};
  const auto calls = call.run();
  INFO(call.transcript());
  CHECK(calls.empty());
}

} // namespace practice_people_test
