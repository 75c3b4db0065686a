// Goal: in one campaign a machine gets its message, calls that are up are handed
// over to a human who is there or is not, and everything is recorded, brought
// home sealed and deleted at the carrier. Method: real processes. The account
// managers work at all hours: in an hour of practice time a second, a talk
// outlasts the usual ones.
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <set>

namespace live_calls_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

const std::string priya = "+12125550100"; ///< somebody takes her calls
const std::string tom = "+13125550109";   ///< nobody takes his
const std::string mia = "+12125550107";   ///< hers go to a mailbox
const std::string omar = "+13125550116";  ///< he picks up and presses no key

cli::demo_options with_managers() {
  auto o = campaign_world::options(7);
  for (const auto& [name, phone] :
       {std::pair{"Priya Raman", priya}, {"Tom Becker", tom}, {"Mia Stone", mia}, {"Omar Reed", omar}}) {
    const auto mail = std::string{name}.substr(0, 3) + "@acme-robotics.example";
    o.settings += std::string{"[[manager]]\nname = \""} + name + "\"\nemail = \"" + mail
                  + "\"\ntimezone = \"America/New_York\"\nworking_hours = \"mon-sun 00:00-24:00\"\n"
                    "meeting_link = \"https://meet.acme-robotics.example/m\"\nphone = \""
                  + phone + "\"\n";
  }
  return o;
}

struct live_calls : campaign_world {
  live_calls() : campaign_world{with_managers()} {}

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
  struct expected {
    const char* manager;
    std::string phone;
    const char* outcome;
    const char* status; ///< the carrier's
    bool bridged;
  };
  const std::string apology = "I am sorry, nobody can take your call right now.";
  for (const auto& [manager, phone, outcome, status, bridged] :
       {expected{"Priya Raman", priya, "transferred", "completed", true},
        expected{"Tom Becker", tom, "callback", "no-answer", false},
        expected{"Mia Stone", mia, "callback", "completed", false}, // a mailbox picks up
        expected{"Omar Reed", omar, "callback", "completed", false}}) {
    live_calls w;
    CAPTURE(manager);
    w.create(w.people({"0120"}), {{"min_probability", 0}, {"attempts_max", 2}, {"managers", {manager}}});
    w.ask("campaign launch");
    std::string came_to;
    REQUIRE(w.wait_for(
      [&] {
        came_to = w.outcome("Person Test0");
        return came_to != "none" && !came_to.empty();
      },
      90s));
    // The oldest: whoever is called back soon has two.
    const auto call = w.world.command("call show", {{"call", w.calls().back()["id"]}});
    CAPTURE(call.dump(1));
    CHECK(came_to == outcome);
    bool used = false;
    for (const auto& note : call["metadata"]["notes"])
      used = used || (note["kind"] == "tool_called" && note["detail"]["tool"] == "transfer_to_human");
    CHECK(used);
    const auto handed = w.witnessed("transfer");
    REQUIRE_FALSE(handed.empty());
    CHECK(plain_text(handed.front()["human"]) == phone);
    CHECK(plain_text(handed.front()["status"]) == status);
    CHECK(handed.front()["bridged"] == bridged);
    // Who was not put through hears why, and is called back, as agreed.
    REQUIRE(w.wait_for([&] { return !w.witnessed("transcript").empty(); }, 20s));
    CHECK((w.witnessed("transcript").front()["turns"].dump().find(apology) == std::string::npos) == bridged);
    if (!bridged)
      CHECK(w.wait_for([&] { return w.calls().size() == 2; }, 60s));
  }
}

TEST_CASE("a message to a machine, hand-overs and recordings in one campaign", "[cluster]") {
  live_calls w;
  // The last lives where everybody on the line must agree to a recording, the others do not.
  const auto people = w.people({"0107", "0100", "0102", "0110", "0111"});
  auto list = contents(people);
  const std::string georgian = "+14045550111";
  REQUIRE(list.find(georgian) != list.npos);
  list.replace(list.find(georgian), georgian.size(), "+13135550111"); // Michigan
  std::ofstream{people} << list;
  w.create(people, {{"min_probability", 0},
                    {"attempts_max", 1},
                    {"record_calls", true},
                    {"voicemail_message", "We wanted to show you how our robots count stock."},
                    {"opt_out_number", "+18005550132"}});
  w.ask("campaign launch");
  CHECK(w.hand_over("Person Test1", priya));
  CHECK(w.hand_over("Person Test2", tom));
  REQUIRE(w.wait_for([&] { return w.finished(); }, 120s));
  CHECK(w.outcome("Person Test0") == "machine_message");
  CHECK(w.outcome("Person Test1") == "transferred");
  CHECK(w.outcome("Person Test2") == "no_decision"); // nobody took it, and no attempt is left for a call-back
  // What the machine heard says who called first, and how to opt out.
  bool heard = false;
  std::set<std::string> told_of_recording;
  for (const auto& entry : w.witnessed("transcript")) {
    for (const auto& turn : entry["turns"])
      if (turn.value("by", "") == "agent" && turn.value("text", "").find("is recorded") != std::string::npos)
        told_of_recording.insert(plain_text(entry["to"]));
    const auto last = entry["turns"].empty() ? "" : plain_text(entry["turns"].back()["text"]);
    if (!plain_text(entry["to"]).ends_with("0107"))
      continue;
    heard = true;
    CHECK(last.starts_with("Hello, this is "));
    CHECK_THAT(last, Catch::Contains("Acme Robotics") && Catch::Contains("count stock")
                       && Catch::Contains("8 0 0, 5 5 5, 0 1 3 2"));
  }
  CHECK(heard);
  CHECK(told_of_recording == std::set<std::string>{"+13135550111"});
  std::map<std::string, std::string> handed;
  for (const auto& entry : w.witnessed("transfer"))
    handed[plain_text(entry["human"])] = plain_text(entry["status"]);
  CHECK(handed[priya] == "completed");
  CHECK(handed[tom] == "no-answer");
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
