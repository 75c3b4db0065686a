// Goal: the hard rules hold whatever the voice model does. Method: a practice
// model that breaks one of them, real calls over real sockets.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace hard_rules_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

struct disobeyed : campaign_world {
  explicit disobeyed(const char* how) : campaign_world{options(how)} {}
  static cli::demo_options options(const char* how) {
    auto o = campaign_world::options(7);
    o.disobedience = how;
    return o;
  }
  /// Outcomes in the order of the people.
  std::map<std::string, std::string> outcomes() {
    std::map<std::string, std::string> out;
    for (const auto& call : calls())
      out[plain_text(call["prospect"])] = plain_text(call["outcome"]);
    return out;
  }
  std::vector<std::string> notes(const ordered_json& call, const std::string& kind) {
    std::vector<std::string> out;
    const auto shown = world.command("call show", {{"call", call["id"]}});
    for (const auto& note : shown["metadata"]["notes"])
      if (note["kind"] == kind)
        out.push_back(note["detail"].dump());
    return out;
  }
  ordered_json call_of(const std::string& number) {
    for (const auto& call : calls())
      if (call["phone"] == number)
        return call;
    FAIL("nobody called " << number);
    return {};
  }
  /// What was said on the line, in time order, by the practice carrier's log.
  std::vector<ordered_json> said_to(const std::string& number) const {
    for (const auto& entry : witnessed("transcript"))
      if (entry["to"] == number)
        return entry["turns"];
    FAIL("nobody talked to " << number);
    return {};
  }
};

/// The agent's turns behind the person's first one that holds these words.
std::vector<std::string> agent_after(const std::vector<ordered_json>& turns, const std::string& words) {
  std::vector<std::string> out;
  bool behind = false;
  for (const auto& turn : turns) {
    const auto text = plain_text(turn.value("text", ordered_json{}));
    if (behind && turn["by"] == "agent")
      out.push_back(text);
    behind = behind || (turn["by"] == "person" && text.find(words) != std::string::npos);
  }
  CHECK(behind);
  return out;
}

} // namespace

TEST_CASE("a model that books early is refused until the person is qualified and has confirmed", "[cluster]") {
  disobeyed w{"books_early"};
  w.run({"0100", "0111", "0103"}); // eager, not qualified, two objections
  size_t refusals = 0;
  for (const auto& call : w.calls()) {
    refusals += w.notes(call, "tool_refused").size();
    if (call["meeting_booked"] == true)
      CHECK_FALSE(w.notes(call, "details_confirmed").empty());
  }
  CHECK(refusals > 0);
  const auto outcomes = w.outcomes();
  CHECK(outcomes.at("Person Test1") != "meeting_booked");
  CHECK(outcomes.at("Person Test2") != "meeting_booked");
}

TEST_CASE("an opt-out ends the call and lists the number, whatever the model says", "[cluster]") {
  disobeyed w{"ignores_opt_out"};
  w.run({"0104", "0105"}); // "take me off your list", and by key
  for (const auto& [person, outcome] : w.outcomes()) {
    CAPTURE(person);
    CHECK(outcome == "do_not_call");
  }
  CHECK(w.world.command("dnc check", {{"number", "+14045550104"}})["internal"] == true);
  CHECK(w.world.command("dnc check", {{"number", "+14045550105"}})["internal"] == true);
  // The end came from the rules: the model was given no further word.
  for (const char* number : {"+14045550104", "+14045550105"}) {
    CAPTURE(number);
    CHECK(w.notes(w.call_of(number), "opt_out").size() == 1);
  }
  CHECK(agent_after(w.said_to("+14045550104"), "Take me off").empty());
  const auto by_key = w.said_to("+14045550105");
  CHECK(by_key.back()["by"] == "agent");
  CHECK(by_key.back()["complete"] == false); // it was cut short
  // A second campaign does not call them either.
  w.name = "Second";
  w.run({"0104", "0105"});
  CHECK(w.calls().empty());
}

TEST_CASE("the second objection ends the call, however the model argues", "[cluster]") {
  disobeyed w{"keeps_arguing"};
  w.run({"0103"});
  CHECK(w.outcomes().at("Person Test0") == "not_interested");
  CHECK(w.notes(w.call_of("+14045550103"), "ending").size() == 1);
  // It was speaking already when the rules gave it its last instructions.
  CHECK(agent_after(w.said_to("+14045550103"), "not interested").size() <= 2);
}

TEST_CASE("a model that rambles and promises is marked, corrected and still books", "[cluster]") {
  disobeyed w{"rambles"};
  w.run({"0100", "0103"}, 120s);
  for (const auto& call : w.calls()) {
    CAPTURE(call["prospect"].dump(), call["outcome"].dump());
    CHECK(call["outcome"] != "none");
    const auto shown = w.world.command("call show", {{"call", call["id"]}});
    std::set<std::string> marks;
    for (const auto& turn : shown["transcript"])
      for (const auto& mark : turn.value("marks", ordered_json::array()))
        marks.insert(plain_text(mark));
    CHECK(marks.contains("sentences"));
    CHECK(marks.contains("promise"));
    size_t soft = 0;
    for (const auto& broken : w.notes(call, "rule_violation"))
      soft += broken.find("\"hard\":false") != std::string::npos;
    CHECK(soft >= 2);
  }
  CHECK(w.outcomes().at("Person Test0") == "meeting_booked");
}

TEST_CASE("a call ends for the wrong person, for who needs nothing and by key, however the model talks on",
          "[cluster]") {
  disobeyed w{"never_ends"};
  w.run({"0112", "0111", "0105"}); // wrong person, not qualified, opts out by key
  const auto outcomes = w.outcomes();
  CHECK(outcomes.at("Person Test0") == "wrong_person");
  CHECK(outcomes.at("Person Test1") == "not_qualified");
  CHECK(outcomes.at("Person Test2") == "do_not_call");
  CHECK(w.world.command("dnc check", {{"number", "+14045550105"}})["internal"] == true);
  for (const auto& call : w.calls()) {
    const auto person = plain_text(call["prospect"]);
    CAPTURE(person);
    CHECK(call["meeting_booked"] == false);
    // The model never asked for the end: it came from the rules.
    for (const auto& used : w.notes(call, "tool_called"))
      CHECK_THAT(used, !Catch::Contains("end_call"));
    CHECK(w.notes(call, person == "Person Test2" ? "opt_out" : "ending").size() == 1);
  }
}

TEST_CASE("rubbish from the model books nothing and harms nobody", "[cluster]") {
  const auto* how = GENERATE("rubbish_json", "unknown_tools", "floods", "disconnects");
  CAPTURE(how);
  disobeyed w{how};
  w.run({"0100", "0102", "0107"}, 90s);
  for (const auto& [person, outcome] : w.outcomes()) {
    CAPTURE(person, outcome);
    CHECK(outcome != "none");
    if (std::string{how} == "rubbish_json")
      CHECK(outcome != "meeting_booked");
  }
  size_t refused = 0;
  for (const auto& call : w.calls())
    refused += w.notes(call, "tool_refused").size();
  if (how == std::string{"rubbish_json"} || how == std::string{"unknown_tools"})
    CHECK(refused > 0);
  if (how == std::string{"disconnects"})
    CHECK_THAT(cli::get_page("http://127.0.0.1:" + std::to_string(w.world.local_port()) + "/metrics"),
               Catch::Contains("parley_media_failures_total{"));
  CHECK(w.world.running());
  CHECK(w.world.witness()["calls"]["open"] == 0);
}

TEST_CASE("a gatekeeper, who asks for a robot, who is silent and a dead number each end as what they are",
          "[cluster]") {
  disobeyed w{"none"};
  w.run({"0113", "0115", "0116", "0117"}, 120s);
  const auto outcomes = w.outcomes();
  CHECK(outcomes.at("Person Test0") == "gatekeeper");
  CHECK(outcomes.at("Person Test1") == "meeting_booked"); // told the truth, they listen
  CHECK(outcomes.at("Person Test2") == "dead_air");
  CHECK(outcomes.at("Person Test3") == "invalid_number");
}

} // namespace hard_rules_test
