// Goal: `parley talk` is a whole call but for the telephone: the conversation's
// core, the practice voice model and the tools together come to the end that
// the person's words deserve. Method: scripted persons, in text.
#include "cluster/talk_command.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace talk_test {

using namespace parley;
using Catch::Contains;

namespace {

talk_setup setup(uint64_t seed = 1) {
  auto s = sample_talk();
  s.seed = seed;
  s.now = *parse_iso("2026-12-01T15:00:00Z"); // Tuesday, 10 o'clock in New York
  return s;
}

/// A talk that keeps all that was said and done.
struct scripted {
  explicit scripted(talk_setup with = setup()) : talk{std::move(with)} {
    talk.begin();
    listen();
  }

  /// The person's words; gives the agent's answer.
  std::string say(const std::string& words) {
    talk.say(words);
    return listen();
  }
  std::string listen() {
    std::string answer;
    for (auto& event : talk.take()) {
      if (const auto* said = std::get_if<talk_event::said>(&event)) {
        text += std::string{to_string(said->who)} + ": " + said->text + "\n";
        if (said->who == mind::party::agent)
          answer += (answer.empty() ? "" : " ") + said->text;
      } else if (const auto* tool = std::get_if<talk_event::tool_used>(&event)) {
        text += "  " + tool->name + " " + tool->arguments.dump() + " -> " + tool->answer.dump() + "\n";
        tools.push_back(*tool);
      } else if (const auto* note = std::get_if<talk_event::noted>(&event)) {
        notes.push_back(*note);
      }
    }
    return answer;
  }
  bool used(const std::string& name) const {
    for (const auto& tool : tools)
      if (tool.name == name)
        return true;
    return false;
  }
  bool noted(const std::string& kind) const {
    for (const auto& note : notes)
      if (note.kind == kind)
        return true;
    return false;
  }
  /// Answers what is asked, as somebody who needs it and wants to meet.
  void be_eager() {
    std::string last = say("Yes, this is Alex.");
    for (int turns = 0; turns < 16 && !talk.over(); ++turns)
      last = say(answer_to(last));
  }

  static std::string answer_to(const std::string& agent) {
    const auto asks = [&](const char* word) { return agent.find(word) != std::string::npos; };
    if (asks("budget"))
      return "Yes, we have set aside twenty thousand dollars.";
    if (asks("decide") || asks("decision"))
      return "Yes, that's my decision.";
    if (asks("in place") || asks("timeline"))
      return "This quarter, as soon as possible.";
    if (asks("invitation") || asks("e-mail"))
      return "Yes, that's right.";
    if (asks("Which of these") || asks("your time"))
      return "The first one works for me.";
    if (asks("meeting"))
      return "Yes, let's do that.";
    if (asks("today") || asks("process"))
      return "We count by hand with spreadsheets, and it takes us hours every week.";
    if (asks("problem") || asks("improve"))
      return "It is a big problem, we waste hours on it every week.";
    if (asks("oodbye"))
      return "Goodbye.";
    return "Yes, that is interesting. We struggle with miscounts every week.";
  }

  practice_talk talk;
  std::string text;
  std::vector<talk_event::tool_used> tools;
  std::vector<talk_event::noted> notes;
};

/// Runs the command on these lines; gives what it prints.
std::string printed(const std::string& lines, talk_options options = {}) {
  std::istringstream in{lines};
  std::ostringstream out;
  options.zone = "America/New_York";
  CHECK(run_talk(options, in, out) == 0);
  return out.str();
}

} // namespace

TEST_CASE("the agent says who calls, that it is an AI and how to opt out, before all else", "[talk]") {
  scripted call;
  CHECK_THAT(call.text,
             Contains("AI assistant calling for Acme Robotics") && Contains("press 9") && Contains("Alex Morgan"));
  CHECK(call.talk.state().disclosed);
  CHECK(call.talk.state().opt_out_offered);
  CHECK_FALSE(call.noted("rule_violation"));
}

TEST_CASE("an eager person ends with a meeting in the diary", "[talk]") {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    scripted call{setup(seed)};
    call.be_eager();
    INFO("seed " << seed << "\n" << call.text);
    REQUIRE(call.talk.over());
    CHECK(call.talk.disposition() == disposition::meeting_booked);
    REQUIRE(call.talk.state().meeting);
    const auto& meeting = *call.talk.state().meeting;
    CHECK(meeting.at > call.talk.now());
    CHECK(meeting.email == "alex.morgan@example.com");
    CHECK(mind::qualified(call.talk.state().bant));
    CHECK(call.used("check_calendar_availability"));
    CHECK(call.used("book_meeting"));
    CHECK(end_as_json(call.talk)["meeting"]["minutes"] == 30);
  }
}

TEST_CASE("a talk books for as long as the campaign's meetings take", "[talk]") {
  auto of_an_hour = setup(1);
  read_campaign(of_an_hour, {{"company", "Acme Robotics"}, {"meeting_minutes", 60}});
  scripted call{of_an_hour};
  call.be_eager();
  INFO(call.text);
  REQUIRE(call.talk.state().meeting);
  CHECK(call.talk.state().meeting->minutes == 60);
  CHECK(end_as_json(call.talk)["meeting"]["minutes"] == 60);
  for (const auto& used : call.tools)
    if (used.answer.contains("duration_minutes"))
      CHECK(used.answer["duration_minutes"] == 60);
  talk_setup longest;
  read_campaign(longest, {{"company", "Acme Robotics"}, {"meeting_minutes", 240}}); // as a campaign may
  CHECK(longest.policy.meeting_minutes == 240);
}

TEST_CASE("a talk hands over to a human where the campaign's calls would", "[talk]") {
  const nlohmann::json seller{{"company", "Acme Robotics"}};
  struct row {
    nlohmann::json says;
    bool hands_over;
    std::string named;
  };
  for (const auto& x :
       {row{{{"offer", "Robots."}}, true, ""}, row{{{"managers", nlohmann::json::array()}}, true, ""},
        row{{{"managers", {"Ann"}}}, true, "Ann"}, row{{{"managers", {"Ann", "Ben"}}}, true, ""},
        row{{{"managers", {"Ann"}}, {"transfers", false}}, false, "Ann"}, row{{{"transfers", false}}, false, ""}}) {
    CAPTURE(x.says);
    auto with = setup();
    auto campaign = seller;
    campaign.update(x.says);
    read_campaign(with, campaign);
    CHECK(with.policy.manager_name == x.named);
    scripted call{with};
    call.say("Yes, this is Alex.");
    call.say("Can I talk to a human?");
    INFO(call.text);
    CHECK(call.used("transfer_to_human") == x.hands_over);
    CHECK((call.talk.disposition() == disposition::transferred) == x.hands_over);
  }
}

TEST_CASE("who wants no more calls is listed, and the call ends without another word", "[talk]") {
  scripted call;
  SECTION("by words") {
    CHECK(call.say("Take me off your list.").empty());
  }
  SECTION("by key") {
    call.talk.press("9");
    CHECK(call.listen().empty());
  }
  CHECK(call.talk.over());
  CHECK(call.talk.disposition() == disposition::do_not_call);
  CHECK(call.noted("opted_out_listed"));
}

TEST_CASE("a second objection ends the call politely", "[talk]") {
  scripted call;
  call.say("Yes, this is Alex.");
  call.say("That sounds too expensive.");
  CHECK_FALSE(call.talk.over());
  CHECK(call.talk.state().stage == mind::stage::objection);
  const auto goodbye = call.say("No, I'm really not interested.");
  INFO(call.text);
  CHECK_THAT(goodbye, Contains("oodbye"));
  CHECK(call.talk.over());
  CHECK(call.talk.disposition() == disposition::not_interested);
}

TEST_CASE("asked whether it is a robot the agent says so, and the call goes on", "[talk]") {
  scripted call;
  const auto answer = call.say("Yes, that's me. Are you a robot?");
  CHECK_THAT(answer, Contains("Yes, I am an AI assistant"));
  CHECK_FALSE(call.noted("rule_violation"));
  CHECK_FALSE(call.talk.state().asked_if_ai); // answered
  CHECK_FALSE(call.talk.over());
}

TEST_CASE("a front desk is asked for a time, and nobody else is taken for the person", "[talk]") {
  scripted call;
  call.say("This is the front desk. What is this about?");
  CHECK(call.noted("gatekeeper"));
  CHECK_FALSE(call.talk.state().identity_confirmed);
  call.say("Alex is not here right now, please call back tomorrow at ten.");
  INFO(call.text);
  CHECK(call.used("schedule_callback"));
  CHECK(call.talk.over());
  CHECK(call.talk.disposition() == disposition::gatekeeper);
  CHECK(call.talk.state().callback_set == parse_iso("2026-12-02T15:00:00Z"));
}

TEST_CASE("busy, wrong and silent persons come to their own ends", "[talk]") {
  scripted call;
  SECTION("a call-back") {
    call.say("I'm in a meeting, call me back tomorrow at ten.");
    CHECK(call.talk.disposition() == disposition::callback);
  }
  SECTION("a call-back is never agreed for the night") {
    call.say("I'm busy. Call me back tomorrow at eleven pm.");
    REQUIRE(call.talk.state().callback_set);
    CHECK(*call.talk.state().callback_set == next_callable(*call.talk.state().callback_set, "America/New_York"));
  }
  SECTION("the wrong person") {
    call.say("No, you have the wrong number.");
    CHECK(call.talk.disposition() == disposition::wrong_person);
  }
  SECTION("nobody speaks") {
    call.talk.keep_silent();
    CHECK_THAT(call.listen(), Contains("still there"));
    call.talk.keep_silent();
    CHECK(call.talk.disposition() == disposition::dead_air);
  }
  SECTION("the person hangs up") {
    call.talk.hang_up();
    CHECK(call.talk.disposition() == disposition::hung_up);
  }
  INFO(call.text);
  CHECK(call.talk.over());
}

TEST_CASE("after the end nothing more is heard", "[talk]") {
  scripted call;
  call.talk.hang_up();
  call.listen();
  CHECK(call.say("Wait!").empty());
  CHECK(call.talk.take().empty());
}

TEST_CASE("the same words and seed are the same talk", "[talk]") {
  scripted one;
  scripted two;
  one.be_eager();
  two.be_eager();
  CHECK(one.text == two.text);
}

TEST_CASE("the diary offers working hours that are free, and each of them once", "[talk]") {
  talk_diary diary{1, "America/New_York"};
  const auto now = *parse_iso("2026-12-01T15:00:00Z");
  const auto free = diary.free({}, std::chrono::minutes{30}, 6, now);
  REQUIRE(free.size() == 6);
  for (const auto at : free) {
    CHECK(at > now);
    CHECK(at == next_callable(at, "America/New_York"));
  }
  CHECK_FALSE(diary.book(free[0], std::chrono::minutes{30}, now));
  CHECK(diary.book(free[0], std::chrono::minutes{30}, now));
  const auto later = diary.free({}, std::chrono::minutes{30}, 6, now);
  CHECK(std::find(later.begin(), later.end(), free[0]) == later.end());
  CHECK(diary.free({"2026-12-05"}, std::chrono::minutes{30}, 6, now).empty()); // a Saturday
}

TEST_CASE("the command shows stage, BANT and rules, and what it would have booked", "[talk]") {
  std::string lines;
  {
    scripted rehearsal; // what to say depends on what is asked
    rehearsal.be_eager();
    std::istringstream said{rehearsal.text};
    for (std::string line; std::getline(said, line);)
      if (line.starts_with("callee: "))
        lines += line.substr(8) + "\n";
  }
  const auto text = printed(lines);
  CHECK_THAT(text, Contains("stage opening | score 0") && Contains("budget ? | authority ?") && Contains("need strong")
                     && Contains("objections 0/2") && Contains("said AI yes | opt-out offered yes"));
  CHECK_THAT(text, Contains("The call ended: meeting_booked") && Contains("It would have booked a video meeting"));
  std::istringstream rows{text};
  for (std::string row; std::getline(rows, row);) {
    CAPTURE(row);
    if (!row.starts_with("- ")
        && row.find("Follow-up") == std::string::npos) // quotes of the summary are as long as they are
      CHECK(std::count_if(row.begin(), row.end(), [](char c) { return (c & 0xc0) != 0x80; }) <= 80);
  }
  CHECK(text.find('\033') == std::string::npos); // no terminal, no colours
}

TEST_CASE("a wide terminal shows stage, BANT and rules beside the words", "[talk]") {
  talk_options options;
  options.columns = 110;
  const auto text = printed("Yes, this is Alex.\n/hangup\n", options);
  std::istringstream rows{text};
  bool beside = false;
  bool established = false;
  for (std::string row; std::getline(rows, row);) {
    CAPTURE(row);
    beside = beside || (row.starts_with("agent  ") && row.find(" | stage opening") != row.npos);
    established = established || row.find("| budget ?") != row.npos;
    if (row.find(" | ") != row.npos)
      CHECK(std::count_if(row.begin(), row.end(), [](char c) { return (c & 0xc0) != 0x80; }) <= 110);
  }
  CHECK(beside);
  CHECK(established);
}

TEST_CASE("the command prints an object a turn, and the end as the last", "[talk]") {
  talk_options options;
  options.json = true;
  std::istringstream in{"Yes, this is Alex.\nTake me off your list.\n"};
  std::ostringstream out;
  CHECK(run_talk(options, in, out) == 0);
  std::istringstream rows{out.str()};
  std::vector<nlohmann::json> objects;
  for (std::string row; std::getline(rows, row);)
    objects.push_back(nlohmann::json::parse(row));
  REQUIRE(objects.size() == 4);
  for (const char* key : {"said", "tools", "stage", "bant", "rules", "objections", "over"})
    CHECK(objects[0].contains(key));
  CHECK(objects[1]["over"] == false);
  CHECK(objects[2]["over"] == true);
  CHECK(objects[3]["disposition"] == "do_not_call");
  CHECK(objects[3]["meeting"].is_null());
}

TEST_CASE("every line gets an object, also one that is no order", "[talk]") {
  talk_options options;
  options.json = true;
  std::istringstream rows{printed("/what\n/hangup\n", options)};
  std::vector<nlohmann::json> objects;
  for (std::string row; std::getline(rows, row);)
    objects.push_back(nlohmann::json::parse(row));
  REQUIRE(objects.size() == 4); // the agent's first words, one a line, the end
  CHECK(objects[1]["error"] == "invalid_input");
  CHECK_THAT(objects[1]["message"].get<std::string>(), Contains("/what") && Contains("/hangup"));
  CHECK(objects[2]["over"] == true);
  CHECK(objects[3]["ended"] == true);
}

TEST_CASE("end of input hangs up, an unknown order is explained", "[talk]") {
  CHECK_THAT(printed(""), Contains("The call ended: hung_up"));
  CHECK_THAT(printed("/what\n/hangup\n"), Contains("/hangup ends the call"));
}

TEST_CASE("a campaign's file decides who calls and for what", "[talk]") {
  const auto file = std::filesystem::temp_directory_path() / "parley-talk-test-campaign.toml";
  const auto with = [&](const std::string& text) {
    std::ofstream{file} << text;
    talk_options options;
    options.campaign = file.string();
    return options;
  };
  CHECK_THAT(printed("",
                     with("company = \"Umbrella Payments\"\nagent_name = \"Robin\"\noffer = \"We settle at once.\"")),
             Contains("this is Robin") && Contains("Umbrella Payments"));
  for (const auto& [text, remedy] :
       {std::pair{"company = 7", "company: must be a text"},
        {"callback_number = 7", "callback_number: must be a text"},
        {"meeting_minutes = 5", "meeting_minutes: must be a whole number"},
        {"managers = \"Ann\"", "managers: must be a list"},
        {"transfers = \"no\"", "transfers: must be true or false"},
        {"ofer = \"We settle.\"", "ofer: is no setting of a campaign; did you mean offer?"},
        {"campaign = \"1\"", "campaign: is no setting of a campaign"},
        {"company = \"A", "parley-talk-test-campaign.toml:1"}}) {
    CAPTURE(text);
    CHECK_THROWS_WITH(setup_of(with(text)), Contains(remedy));
  }
  CHECK_NOTHROW(setup_of(with("name = 'A'\nattempts_max = 2\n[target_filters]\nstate = ['TX']"))); // not ours to check
  std::filesystem::remove(file);
  talk_options elsewhere;
  elsewhere.zone = "Mars/Olympus";
  CHECK_THROWS_WITH(setup_of(elsewhere), Contains("--zone") && Contains("America/Chicago"));
}

} // namespace talk_test
