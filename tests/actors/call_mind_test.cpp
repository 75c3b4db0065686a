// Goal: a call's mind hears the language model beside the rules and does without
// it, speaks as the campaign wants, and leaves behind what was talked about.
// Method: the real call and conversation in virtual time; carrier, voice model
// and language model are played by the test.
#include "tests/actors/call_scene.hpp"

namespace call_mind_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::call_scene;

namespace {

/// Words that the rules do not understand as an opt-out.
const std::string farewell = "Kindly forget that I exist.";

/// An answer of the language model that finds nothing but this.
std::string analysis_with(const json& opt_out) {
  const json nothing{{"value", "unknown"}, {"quote", ""}, {"confidence", 0}};
  return json{{"bant", {{"budget", nothing}, {"authority", nothing}, {"need", nothing}, {"timeline", nothing}}},
              {"objections", json::array()},
              {"opt_out", opt_out},
              {"wrong_person", false},
              {"identity_confirmed", false},
              {"sentiment", 0},
              {"key_points", json::array()},
              {"next_action", "go on"}}
    .dump();
}

struct analysed : call_scene {
  analysed() { context->has_llm = true; }
  void goes_on() {
    CHECK(p.ends.empty());
    CHECK(suppressions() == 0);
    turn(speaker::callee, "Take me off your list.");
    CHECK(p.ends.size() == 1);
  }
};

/// A person who wishes to be called another time.
struct busy : call_scene {
  explicit busy(bool last_attempt = false) : call_scene{nullptr, last_attempt} {}
  bool offers_callback() const {
    const auto& tools = p.sessions.front().tools;
    return std::any_of(tools.begin(), tools.end(), [](const auto& x) { return x.name == "schedule_callback"; });
  }
  void asks_for_callback() {
    talk();
    turn(speaker::callee, "I'm in a meeting. Call me back tomorrow at two.");
    tool_called tool;
    tool.call = id;
    tool.tool_call = "t1";
    tool.name = "schedule_callback";
    tool.arguments = R"({"datetime":"2026-12-02T19:00:00Z","reason":"in a meeting"})";
    tell(call, tool);
  }
  json answered() const { return p.tools.empty() ? json{} : json::parse(p.tools.back().output); }
};

struct busy_last : busy {
  busy_last() : busy{true} {}
};

struct set_up : call_scene {
  set_up()
    : call_scene{[](campaign_policy& p) {
        p.voice = "cedar";
        p.objective = "Find out who buys the robots.";
        p.script = "Mention the trade fair in Lyon.";
      }} {}
};

} // namespace

TEST_CASE_METHOD(analysed, "an opt-out that only the language model understands is honoured", "[call][analysis]") {
  completion_text = analysis_with(nullptr);
  talk();
  completion_text = analysis_with(farewell);
  turn(speaker::callee, farewell);
  REQUIRE_FALSE(completions.empty());
  CHECK(completions.back().purpose == "analysis");
  CHECK_THAT(completions.back().prompt, Catch::Contains(farewell));
  CHECK(json::parse(completions.back().schema).at("properties").contains("opt_out"));
  CHECK(p.ends.size() == 1);
  CHECK(suppressions() == 1);
  hangs_up();
  advance(5s);
  CHECK(outcome() == "do_not_call");
}

TEST_CASE_METHOD(call_scene, "without a language model nobody is asked, and the rules hear the rest",
                 "[call][analysis]") {
  completion_text = analysis_with(farewell);
  talk();
  turn(speaker::callee, farewell);
  CHECK(completions.empty());
  CHECK(p.ends.empty());
  CHECK(suppressions() == 0);
}

TEST_CASE_METHOD(analysed, "a call goes on by the rules when the language model is of no use", "[call][analysis]") {
  SECTION("it talks rubbish") {
    completion_text = "I think that they are happy.";
  }
  SECTION("it quotes what nobody said") {
    completion_text = analysis_with("Never call me again.");
  }
  SECTION("it is away") {
    completion_fails = true;
  }
  talk();
  turn(speaker::callee, farewell);
  CHECK(completions.size() == 2);
  goes_on();
}

TEST_CASE_METHOD(busy, "a call-back that is agreed on while attempts are left is one", "[call][callback]") {
  asks_for_callback();
  CHECK(offers_callback());
  CHECK(answered().value("ok", false));
  hangs_up();
  advance(5s);
  CHECK(outcome() == "callback");
  CHECK_FALSE(state_of(id).at("callback_at").is_null());
}

TEST_CASE_METHOD(busy_last, "in the last attempt no call-back is promised, and none is kept", "[call][callback]") {
  asks_for_callback();
  CHECK_FALSE(offers_callback());
  CHECK_THAT(p.sessions.front().instructions, Catch::Contains("never say that anybody calls again"));
  CHECK(answered().value("ok", true) == false);
  CHECK_THAT(answered().value("error", ""), Catch::Contains("an account manager writes"));
  hangs_up();
  advance(5s);
  CHECK(outcome() == "no_decision");
  CHECK(state_of(id).at("callback_at").is_null());
}

TEST_CASE_METHOD(set_up, "voice, objective and script are the campaign's", "[call]") {
  talk();
  REQUIRE(p.sessions.size() == 1);
  CHECK(p.sessions[0].voice == "cedar");
  CHECK_THAT(p.sessions[0].instructions,
             Catch::Contains("Find out who buys the robots.") && Catch::Contains("Mention the trade fair in Lyon."));
}

TEST_CASE_METHOD(call_scene, "what is remembered of a call names what it was about", "[call][memory]") {
  talk();
  turn(speaker::callee, "That is too expensive for us.");
  hangs_up();
  advance(5s);
  REQUIRE(store.contexts.size() == 2);
  for (const auto& remembered : store.contexts) {
    CAPTURE(remembered.context_type);
    const auto metadata = json::parse(remembered.metadata);
    const auto topics = metadata.at("topics").get<std::vector<std::string>>();
    CHECK(std::count(topics.begin(), topics.end(), "objection: price") == 1);
    CHECK(metadata.at("outcome") == outcome());
  }
}

} // namespace call_mind_test
