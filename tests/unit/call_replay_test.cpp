// Goal: a replayed call shows what was known after each event, and another
// prompt is asked exactly where the conversation asked its own. Method: a
// conversation's core and the call's events as the two store them; what the
// core sent while it lived is what the replay says that it sent.
#include "actors/conversation/core.hpp"
#include "actors/conversation/instructions.hpp"
#include "actors/conversation/setup.hpp"
#include "actors/replay/call_replay.hpp"
#include "actors/replay/line_diff.hpp"
#include "runtime/journal/sealing.hpp"

#include <catch2/catch.hpp>

namespace call_replay_test {

using namespace parley;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

/// A call whose conversation writes its journal.
struct journalled_talk {
  call_brief brief;
  mind::conversation_policy policy;
  mind::briefing about;
  mind::conversation_state state;
  std::vector<stored_event> events;
  wall_time now = *parse_iso("2026-11-24T15:00:00Z");
  /// What went to the model, by the event at which it did.
  std::vector<std::pair<size_t, std::string>> sent;
  int items = 0;

  journalled_talk() {
    brief.policy.agent_name = "Katie";
    brief.policy.company = "Northwind";
    brief.policy.offer = "A tool that reads invoices by itself.";
    brief.person.name = "Alex Johnson";
    brief.person.company = "Acme";
    brief.zone = "America/New_York";
    policy = mind::policy_of(brief, false);
    about = mind::briefing_of(brief);
    calls::call_intended born;
    born.personal.brief = brief;
    born.at = now;
    store(born);
    store(calls::call_submitted{"CA1", now});
    hear(mind::input::session_started{}, events.size());
  }

  template <class Event>
  void store(const Event& event) {
    events.push_back(to_stored(event, now));
  }
  void hear(const mind::input::any& in, size_t at) {
    auto reaction = mind::step(std::move(state), in, now, policy, about);
    state = std::move(reaction.state);
    for (const auto& directive : reaction.out) {
      if (const auto* x = std::get_if<mind::directive::update_instructions>(&directive))
        sent.emplace_back(at, x->text);
      if (const auto* x = std::get_if<mind::directive::record>(&directive)) {
        auto known = mind::to_json(state);
        known["turns"] = json::array();
        calls::conversation_noted noted;
        noted.stage = to_string(state.stage);
        noted.sentiment = state.sentiment;
        noted.personal.what = {x->kind, x->data, now};
        noted.personal.mind = {{"state", known}, {"summary", "so far"}};
        store(noted);
      }
    }
  }
  void say(speaker who, const std::string& text) {
    now += 4s;
    calls::turn said{who, text, items * 4000, items * 4000 + 3000, false, "", "item-" + std::to_string(items)};
    ++items;
    store(calls::turn_spoken{{said}});
    const std::chrono::milliseconds from{said.started_ms}, to{said.ended_ms};
    const auto at = events.size();
    if (who == speaker::agent)
      hear(mind::input::agent_turn{text, said.item, from, to, false}, at);
    else
      hear(mind::input::callee_turn{text, said.item, from, to}, at);
  }
  /// The model calls a tool; no event but the notes that follow tells of it.
  void use_tool(const std::string& name, const std::string& arguments) {
    now += 1s;
    hear(mind::input::tool_called{"tool-1", name, arguments}, events.size() + 1);
  }
  journalled_talk& whole() {
    say(speaker::agent,
        "Hello, this is Katie, an AI assistant calling for Northwind. If you want no more calls, say so "
        "or press 9. Am I speaking with Alex Johnson?");
    say(speaker::callee, "Yes, this is Alex.");
    say(speaker::agent, "We help finance teams with invoices. How do you handle this today?");
    say(speaker::callee, "We type them in by hand, and it takes us hours every week.");
    say(speaker::agent, "I see. Are you the one who decides on this?");
    say(speaker::callee, "Yes, that's my decision.");
    return *this;
  }
  std::vector<replay::what_if> from(uint64_t version, const std::string& prompt = "{{goal}}") const {
    auto out = replay::with_prompt(events, version, policy, about, prompt);
    if (const auto* why = std::get_if<std::string>(&out))
      FAIL(*why);
    return std::get<std::vector<replay::what_if>>(std::move(out));
  }
  replay::what_if at(uint64_t version, const std::string& prompt = "{{goal}}") const {
    return from(version, prompt).front();
  }
  std::string refused(uint64_t version, const std::string& prompt) const {
    const auto out = replay::with_prompt(events, version, policy, about, prompt);
    return std::holds_alternative<std::string>(out) ? std::get<std::string>(out) : "was not refused";
  }
};

} // namespace

TEST_CASE("what the core sent at an event is what the replay says that it sent", "[replay]") {
  journalled_talk talk;
  talk.whole();
  REQUIRE(talk.sent.size() >= 4);
  size_t turns_that_sent = 0;
  for (size_t version = 3; version <= talk.events.size(); ++version) {
    if (talk.events[version - 1].type != std::string{"turn_spoken"})
      continue;
    const auto it = std::find_if(talk.sent.begin(), talk.sent.end(), [&](const auto& x) { return x.first == version; });
    CAPTURE(version);
    const auto tried = talk.at(version);
    CHECK(tried.sent == (it != talk.sent.end()));
    if (it == talk.sent.end())
      continue;
    ++turns_that_sent;
    REQUIRE(tried.own.size() == 1);
    CHECK(tried.own.front().type == "session.update");
    CHECK(tried.own.front().text == it->second);
    CHECK(tried.other.front().text != tried.own.front().text);
  }
  CHECK(turns_that_sent >= 3);
}

TEST_CASE("from an event on, every point at which the core sent instructions is there once", "[replay]") {
  journalled_talk talk;
  talk.whole();
  // A tool of the model moves what is known: no turn tells of that, its note does.
  talk.use_tool("record_observation", R"({"budget": {"value": "weak", "quote": "it takes us hours every week"}})");
  REQUIRE(talk.sent.size() >= 5);
  talk.store(calls::hang_up_asked{"done"});

  const std::string other = "Only this: {{stage}}";
  const auto points = talk.from(2, other);
  REQUIRE(points.size() == talk.sent.size());
  for (size_t i = 0; i < points.size(); ++i) {
    CAPTURE(i, points[i].event);
    CHECK(points[i].version == talk.sent[i].first);
    CHECK(points[i].sent);
    REQUIRE(points[i].own.size() == 1);
    REQUIRE(points[i].other.size() == 1);
    CHECK(points[i].own.front().text == talk.sent[i].second);
    CHECK_THAT(points[i].other.front().text, Contains("Only this: "));
  }
  CHECK(points.back().event == "conversation_noted");
  // The stage moves on in the other prompt, too.
  CHECK_THAT(points.front().other.front().text, Contains("Only this: opening"));
  CHECK_THAT(points.back().other.front().text, !Contains("Only this: opening"));

  // Later beginnings: the same points, without those before.
  for (size_t i = 1; i < talk.sent.size(); ++i) {
    const auto rest = talk.from(talk.sent[i].first, other);
    CAPTURE(i);
    REQUIRE(rest.size() == talk.sent.size() - i);
    CHECK(rest.front().own.front().text == points[i].own.front().text);
    CHECK(rest.back().other.front().text == points.back().other.front().text);
  }
  // After the last of them nothing follows what is in force.
  const auto end = talk.from(talk.events.size(), other);
  REQUIRE(end.size() == 1);
  CHECK_FALSE(end.front().sent);
}

TEST_CASE("a call that was taken up again is told once more what to do, with what came before", "[replay]") {
  journalled_talk talk;
  talk.store(calls::media_changed{1, true, "MZ1"});
  talk.whole();
  talk.store(calls::media_changed{1, false, "closed"});
  talk.store(calls::media_changed{0, false, "taken up again"});
  const auto gap = talk.events.size();
  talk.store(calls::media_changed{1, true, "MZ2"});
  const auto points = talk.from(gap, "Only this: {{stage}}");
  REQUIRE(points.size() == 2);
  CHECK_FALSE(points[0].sent);
  CHECK(points[1].version == gap + 1);
  CHECK(points[1].sent);
  CHECK(points[1].own.front().reason == "start");
  CHECK_THAT(points[1].own.front().text, Contains("# Resume") && Contains("so far"));
  CHECK_THAT(points[1].other.front().text, Contains("Only this: "));
  // A stream of the same life that comes again changes nothing.
  talk.store(calls::media_changed{2, true, "MZ3"});
  CHECK(talk.from(gap, "Only this: {{stage}}").size() == 2);
}

TEST_CASE("before anything was said the session opens with the other prompt", "[replay]") {
  journalled_talk talk;
  const auto tried = talk.at(2, "Only this: {{stage}}");
  CHECK(tried.sent);
  REQUIRE(tried.own.size() == 1);
  CHECK(tried.own.front().reason == "start");
  CHECK(tried.own.front().text == talk.sent.front().second);
  CHECK_THAT(tried.other.front().text, Contains("Only this: opening"));
}

TEST_CASE("between turns the instructions in force are shown", "[replay]") {
  journalled_talk talk;
  talk.whole();
  talk.store(calls::hang_up_asked{"done"});
  const auto tried = talk.at(talk.events.size(), "{{stage}}");
  CHECK_FALSE(tried.sent);
  CHECK(tried.own.front().reason == "in force");
  CHECK_THAT(tried.other.front().text, Contains(std::string{to_string(talk.state.stage)}));
  // The time of day aside it is the text that was sent last.
  CHECK_THAT(tried.own.front().text, Contains("Northwind"));
}

TEST_CASE("a template that cannot be used is refused with its placeholder", "[replay]") {
  journalled_talk talk;
  talk.whole();
  CHECK_THAT(talk.refused(4, "Say {{nonsense}}"), Contains("nonsense") && Contains("prompt"));
  CHECK_THAT(talk.refused(99, "x"), Contains("from: the call has the events 1 to"));
  talk.events[2].personal = std::string{erased_json};
  CHECK_THAT(talk.refused(5, "x"), Contains("erased"));
}

TEST_CASE("the steps of a call say what was known after each", "[replay]") {
  journalled_talk talk;
  talk.whole();
  const auto steps = replay::steps(talk.events);
  REQUIRE(steps.size() == talk.events.size());
  CHECK(steps[0]["type"] == "call_intended");
  CHECK(steps[0]["phase"] == "intended");
  CHECK(steps[1]["phase"] == "submitted");
  CHECK(steps[1]["changed"]["sid"] == "CA1");
  CHECK(steps[2]["said"]["who"] == "agent");
  CHECK(steps[2]["seconds"] == 4);
  const auto& last = steps.back();
  CHECK(last["stage"] == std::string{to_string(talk.state.stage)});
  CHECK(last["bant"].contains("need"));
  CHECK(last["score"].get<int>() > 0);
  size_t said = 0;
  for (const auto& step : steps)
    said += step.contains("said") ? 1 : 0;
  CHECK(said == 6);

  for (auto& event : talk.events)
    if (!event.personal.empty())
      event.personal = std::string{erased_json};
  const auto erased = replay::steps(talk.events).dump();
  CHECK_THAT(erased, !Contains("invoices") && Contains("erased"));
}

TEST_CASE("lines that two texts share stay, the others are taken out and put in", "[replay]") {
  using lines = std::vector<std::string>;
  CHECK(replay::line_diff("a\nb\nc\n", "a\nx\nc\n") == lines{" a", "-b", "+x", " c"});
  CHECK(replay::line_diff("", "a") == lines{"+a"});
  CHECK(replay::line_diff("a", "") == lines{"-a"});
  CHECK(replay::line_diff("a\n\nb", "a\n\nb") == lines{" a", " ", " b"});
  CHECK(replay::line_diff("", "").empty());
}

} // namespace call_replay_test
