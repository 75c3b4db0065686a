// Goal: the hard rules hold whatever the voice model does. Method: a practice
// model that breaks one of them, real calls over real sockets.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

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
};

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
  // A second campaign does not call them either.
  w.name = "Second";
  w.run({"0104", "0105"});
  CHECK(w.calls().empty());
}

TEST_CASE("the second objection ends the call, however the model argues", "[cluster]") {
  disobeyed w{"keeps_arguing"};
  w.run({"0103"});
  CHECK(w.outcomes().at("Person Test0") == "not_interested");
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
  CHECK(w.world.running());
  CHECK(w.world.witness()["calls"]["open"] == 0);
}
