// Goal: in one campaign a machine gets its message, calls that are up are handed
// over to a human who is there or is not, and everything is recorded, brought
// home sealed and deleted at the carrier. Method: real processes.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

namespace live_calls_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

struct live_calls : campaign_world {
  const std::string priya = "+12125550100"; ///< somebody takes her calls
  const std::string tom = "+13125550109";   ///< nobody takes his

  /// Hands this person's call over as soon as it is up. False if it was missed.
  bool hand_over(const std::string& person, const std::string& to) {
    return wait_for(
      [&] {
        for (const auto& call : calls())
          if (plain_text(call["prospect"]) == person && plain_text(call["status"]) == "talking")
            try {
              world.command("call transfer", {{"call", call["id"]}, {"to", to}});
              return true;
            } catch (const cli::command_failed&) { // not yet
            }
        return false;
      },
      40s);
  }
  std::string outcome(const std::string& person) {
    for (const auto& call : calls())
      if (plain_text(call["prospect"]) == person)
        return plain_text(call["outcome"]);
    return "";
  }
};

std::string contents(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

} // namespace

TEST_CASE("who asks for a human is put through, or called back where nobody is there", "[cluster]") {
  // One account manager's phone is answered, the other's never.
  for (const auto& [manager, outcome] : {std::pair{"Priya Raman", "transferred"}, {"Tom Becker", "callback"}}) {
    live_calls w;
    CAPTURE(manager);
    w.create(w.people({"0120"}), {{"min_probability", 0}, {"attempts_max", 1}, {"managers", {manager}}});
    w.ask("campaign launch");
    REQUIRE(w.wait_for([&] { return w.outcome("Person Test0") != "none" && !w.outcome("Person Test0").empty(); }, 90s));
    const auto call = w.world.command("call show", {{"call", w.calls().front()["id"]}});
    CAPTURE(call.dump(1));
    CHECK(w.outcome("Person Test0") == outcome);
    bool used = false;
    for (const auto& note : call["metadata"]["notes"])
      used = used || (note["kind"] == "tool_called" && note["detail"]["tool"] == "transfer_to_human");
    CHECK(used);
    const auto handed = w.witnessed("transfer");
    REQUIRE(handed.size() == 1);
    CHECK(plain_text(handed.front()["human"]) == (outcome == std::string{"transferred"} ? w.priya : w.tom));
  }
}

TEST_CASE("a message to a machine, hand-overs and recordings in one campaign", "[cluster]") {
  live_calls w;
  w.create(w.people({"0107", "0100", "0102", "0110"}),
           {{"min_probability", 0},
            {"attempts_max", 1},
            {"record_calls", true},
            {"voicemail_message", "We wanted to show you how our robots count stock."},
            {"opt_out_number", "+18005550132"}});
  w.ask("campaign launch");
  CHECK(w.hand_over("Person Test1", w.priya));
  CHECK(w.hand_over("Person Test2", w.tom));
  REQUIRE(w.wait_for([&] { return w.finished(); }, 120s));
  CHECK(w.outcome("Person Test0") == "machine_message");
  CHECK(w.outcome("Person Test1") == "transferred");
  CHECK(w.outcome("Person Test2") == "callback");
  // What the machine heard says who called first, and how to opt out.
  bool heard = false;
  for (const auto& entry : w.witnessed("transcript")) {
    const auto last = entry["turns"].empty() ? "" : plain_text(entry["turns"].back()["text"]);
    if (!plain_text(entry["to"]).ends_with("0107"))
      continue;
    heard = true;
    CHECK(last.starts_with("Hello, this is "));
    CHECK_THAT(last, Catch::Contains("Acme Robotics") && Catch::Contains("count stock")
                       && Catch::Contains("8 0 0, 5 5 5, 0 1 3 2"));
  }
  CHECK(heard);
  std::map<std::string, std::string> handed;
  for (const auto& entry : w.witnessed("transfer"))
    handed[plain_text(entry["human"])] = plain_text(entry["status"]);
  CHECK(handed[w.priya] == "completed");
  CHECK(handed[w.tom] == "no-answer");
  CHECK(w.world.witness()["double_dials"] == 0);
  // Every recording came home, and none is left at the carrier.
  CHECK_FALSE(w.witnessed("recording_begun").empty());
  CHECK(w.witnessed("recording_fetched").size() == w.witnessed("recording_begun").size());
  CHECK(w.witnessed("recording_deleted").size() == w.witnessed("recording_begun").size());
  size_t written = 0;
  for (const auto& call : w.calls()) {
    const auto shown = w.world.command("call show", {{"call", call["id"]}});
    const auto file = (w.world.folder() / (plain_text(call["id"]) + ".wav")).string();
    if (plain_text(shown["recording_url"]).empty())
      continue;
    CHECK(plain_text(shown["recording_url"]) == "parley:recordings/" + plain_text(call["id"]));
    const auto answer = w.world.command("call recording", {{"call", call["id"]}, {"out", file}});
    ++written;
    const auto sound = contents(file);
    CHECK(sound.starts_with("RIFF"));
    CHECK(answer["bytes"] == sound.size());
    struct stat about {};
    REQUIRE(::stat(file.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    CHECK_THROWS_AS(w.world.command("call recording", {{"call", call["id"]}, {"out", file}}), cli::command_failed);
  }
  CHECK(written == w.witnessed("recording_begun").size());
}

} // namespace live_calls_test
