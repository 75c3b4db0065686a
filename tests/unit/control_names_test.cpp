// Goal: names stand for ids wherever only one thing has them, long commands
// can be watched, live calls are steered, and everything stops at once.
// Method: commands over a real store; the doors write down what they are told.
#include "actors/call/core.hpp"
#include "runtime/messages/json.hpp"
#include "tests/unit/control_world.hpp"

#include <thread>

namespace control_names_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

struct people_world : control_world {
  people_world() {
    ann = prospect("Ann Lee");
    ann.phone = "+14155550132";
    ann.email = "ann@lee.example";
    ann.company = "Lee Tools";
    moss = prospect("Ann Moss");
    moss.phone = "+14155550133";
    ben = prospect("Ben");
    ben.phone = "+14155550134";
    store({ann, moss, ben});
  }
  /// Until the doors were told so much.
  std::vector<tell> told_at_least(size_t count) {
    for (int looks = 0; looks < 1000; ++looks) {
      auto out = told();
      if (out.size() >= count)
        return out;
      std::this_thread::sleep_for(10ms);
    }
    FAIL("the doors were not told " << count << " things within 10 s");
    return {};
  }
  std::string found(const std::string& text) {
    return command("prospect show", {{"prospect", text}})["name"].get<std::string>();
  }
  prospect_row ann, moss, ben;
};

} // namespace

TEST_CASE_METHOD(people_world, "a prospect is meant by id, beginning of an id, name, number or address", "[control]") {
  const auto id = to_string(uuid{ann.id});
  CHECK(found(id) == "Ann Lee");
  CHECK(found("ann lee") == "Ann Lee");
  CHECK(found("+1 415 555 0132") == "Ann Lee");
  CHECK(found("415-555-0132") == "Ann Lee");
  CHECK(found("ANN@lee.example") == "Ann Lee");
  CHECK(found("Lee Tools") == "Ann Lee");
  CHECK(found("moss") == "Ann Moss");
  // The beginning by which it differs from the others.
  size_t length = 6;
  for (const auto& other : {to_string(uuid{moss.id}), to_string(uuid{ben.id})})
    while (other.compare(0, length, id, 0, length) == 0)
      ++length;
  CHECK(found(id.substr(0, length)) == "Ann Lee");
}

TEST_CASE_METHOD(people_world, "a name that several have is refused with the candidates", "[control]") {
  const auto text = refusal("prospect show", {{"prospect", "ann"}});
  CHECK_THAT(text, Contains("invalid_input") && Contains("Ann Lee") && Contains("Ann Moss")
                     && Contains(to_string(uuid{moss.id})) && Contains("give the id") && !Contains("Ben"));
  CHECK_THAT(refusal("prospect show", {{"prospect", "Zoe"}}),
             Contains("not_found") && Contains("parley prospect list"));
  CHECK_THAT(refusal("prospect show", {{"prospect", "%"}}), Contains("not_found")); // no pattern of SQL
}

TEST_CASE_METHOD(people_world, "a beginning that several campaigns have is refused with the candidates", "[control]") {
  store({campaign("Spring East"), campaign("Spring West"), campaign("Autumn")});
  const auto text = refusal("campaign status", {{"campaign", "Spring"}});
  CHECK_THAT(text, Contains("invalid_input") && Contains("\"Spring\" could be ") && Contains("Spring East")
                     && Contains("Spring West") && !Contains("Autumn"));
  CHECK(command("campaign status", {{"campaign", "Spring W"}})["name"] == "Spring West");
  store({campaign("Spring")}); // a whole name is nobody else's beginning
  CHECK(command("campaign status", {{"campaign", "Spring"}})["name"] == "Spring");
}

TEST_CASE_METHOD(people_world, "a person with two calls that ended is refused with both", "[control]") {
  const auto spring = campaign("Spring");
  auto first = call(spring.id, ann.id);
  first.status = "ended";
  first.ended_at = now;
  first.outcome = disposition::no_answer;
  auto second = call(spring.id, ann.id);
  second.status = "ended";
  second.initiated_at = now + 1h;
  second.ended_at = now + 2h;
  second.outcome = disposition::busy;
  store({spring, first, second});
  CHECK_THAT(refusal("call show", {{"call", "Ann Lee"}}),
             Contains("invalid_input") && Contains("\"Ann Lee\" could be ") && Contains(to_string(uuid{first.id}))
               && Contains(to_string(uuid{second.id})) && Contains(to_iso(second.initiated_at) + " ended busy")
               && Contains("give the id"));
  CHECK(command("call show", {{"call", to_string(uuid{first.id})}})["id"] == to_string(uuid{first.id}));
}

TEST_CASE_METHOD(people_world, "a person with two meetings is refused with both, a cancelled one does not count",
                 "[control]") {
  manager_row sam;
  sam.id = ids.next<manager_id>(now);
  sam.name = "Sam";
  sam.timezone = "America/New_York";
  const auto spring = campaign("Spring");
  const auto talk = call(spring.id, ann.id);
  const auto at = [&](wall_time when) {
    meeting_row out;
    out.id = ids.next<meeting_id>(now);
    out.call = talk.id;
    out.prospect = ann.id;
    out.account_manager = sam.id;
    out.scheduled_at = when;
    out.created_at = now;
    return out;
  };
  const auto first = at(now + 24h);
  auto second = at(now + 48h);
  store({sam, spring, talk, first, second});
  for (const auto* what : {"meeting cancel", "meeting reschedule"}) {
    CAPTURE(what);
    CHECK_THAT(refusal(what, {{"meeting", "Ann Lee"}, {"to", "2026-12-03 14:00"}}),
               Contains("invalid_input") && Contains("\"Ann Lee\" could be ") && Contains(to_string(uuid{first.id}))
                 && Contains(to_string(uuid{second.id})) && Contains(to_iso(second.scheduled_at) + " scheduled Sam")
                 && Contains("give the id"));
  }
  second.status = "cancelled";
  store({second});
  // The other one is meant; that these doors know no diary is another error.
  CHECK_THAT(refusal("meeting cancel", {{"meeting", "Ann Lee"}}), !Contains("could be"));
}

TEST_CASE_METHOD(people_world, "a call is meant by its person, an open one before those that ended", "[control]") {
  const auto spring = campaign("Spring");
  auto ended = call(spring.id, ann.id);
  ended.status = "ended";
  ended.ended_at = now;
  ended.initiated_at = now + 1h; // newer, but over
  auto open = call(spring.id, ann.id);
  open.status = "talking";
  auto bens = call(spring.id, ben.id);
  store({spring, ended, open, bens});
  CHECK(command("call show", {{"call", "Ann Lee"}})["id"] == to_string(uuid{open.id}));
  CHECK(command("call show", {{"call", "4155550134"}})["id"] == to_string(uuid{bens.id}));
  CHECK(command("call list", {{"open", true}}).size() == 2);
  CHECK(command("call list", {{"unresolved", true}}).empty());
  bens.status = "submission_unknown";
  store({bens});
  const auto waiting = command("call list", {{"unresolved", true}});
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0]["id"] == to_string(uuid{bens.id}));
  CHECK(command("call list").size() == 3);
}

TEST_CASE_METHOD(people_world, "a live call is steered through its shard's door", "[control]") {
  const auto spring = campaign("Spring");
  const auto open = call(spring.id, ann.id);
  store({spring, open});
  CHECK(command("call say", {{"call", "Ann Lee"}, {"text", "We also lease."}})["sentence"] == "It is under way.");
  command("call hangup", {{"call", to_string(uuid{open.id})}});
  command("call transfer", {{"call", "Ann Lee"}, {"to", "+14155550199"}});
  REQUIRE(log.steered.size() == 3);
  CHECK(log.steered[0].what == call_order::say);
  CHECK(log.steered[0].text == "We also lease.");
  CHECK(log.steered[1].what == call_order::hang_up);
  CHECK(log.steered[2].what == call_order::transfer);
  CHECK(log.steered[2].text == "+14155550199");
  CHECK(log.steered[2].call == open.id);
  command("call resolve", {{"call", "Ann Lee"}, {"as", "not-placed"}, {"reason", "not in the console"}});
  command("call resolve", {{"call", "Ann Lee"}, {"as", "placed"}});
  REQUIRE(log.steered.size() == 5);
  CHECK(log.steered[3].what == call_order::resolve_not_placed);
  CHECK(log.steered[3].text == "not in the console");
  CHECK(log.steered[4].what == call_order::resolve_placed);
  CHECK_THAT(refusal("call resolve", {{"call", "Ann Lee"}}), Contains("as: is missing"));
  CHECK_THAT(refusal("call resolve", {{"call", "Ann Lee"}, {"as", "perhaps"}}), Contains("neither placed nor"));
  CHECK_THAT(refusal("call say", {{"call", "Ann Lee"}}), Contains("text: is missing"));
  CHECK_THAT(refusal("call transfer", {{"call", "Ann Lee"}, {"to", "415"}}), Contains("to: "));
  CHECK_THAT(refusal("call say", {{"call", "Ann Lee"}, {"text", "nobody talks"}}), Contains("wrong_state"));
}

TEST_CASE_METHOD(people_world, "everything is stopped at once", "[control]") {
  auto spring = campaign("Spring");
  spring.status = campaign_status::running;
  auto autumn = campaign("Autumn");
  autumn.status = campaign_status::paused;
  auto draft = campaign("Draft");
  auto open = call(spring.id, ann.id);
  open.status = "talking";
  auto over = call(spring.id, ben.id);
  over.ended_at = now;
  store({spring, autumn, draft, open, over});
  const auto job = command("stop all", {{"background", true}})["job"];
  const auto orders = told_at_least(1);
  REQUIRE(orders.size() == 1);
  CHECK(command("job show", {{"job", job}})["finished"] == false); // the order alone is no hang-up
  open.status = "ended";
  open.ended_at = now;
  store({open});
  const auto answer = end_of_job(job)["result"];
  CHECK(answer["stopped"].size() == 2);
  CHECK(answer["calls_hung_up"] == 1);
  CHECK(answer["failed"].empty());
  CHECK(orders[0].to == entity_key{entity::call, open.id});
  CHECK_FALSE(std::get<end_call>(orders[0].what).only_ringing);
  REQUIRE(log.commanded.size() == 2);
  for (const auto& one : log.commanded)
    CHECK(one.action == campaign_action::stop_now);
}

TEST_CASE_METHOD(people_world, "a call that does not end is no call hung up, and is named", "[control]") {
  auto spring = campaign("Spring");
  spring.status = campaign_status::running;
  auto anns = call(spring.id, ann.id);
  anns.status = "talking";
  auto bens = call(spring.id, ben.id);
  bens.status = "ringing";
  store({spring, anns, bens});
  const auto job = command("stop all", {{"background", true}, {"wait_seconds", 4}})["job"];
  told_at_least(2);
  bens.status = "ended"; // Ann's carrier refuses
  bens.ended_at = now;
  // Began before its campaign had stopped: it is told as well.
  auto late = call(spring.id, moss.id);
  store({bens, late});
  const auto orders = told_at_least(3);
  CHECK(orders[2].to == entity_key{entity::call, late.id});
  late.status = "ended";
  late.ended_at = now;
  store({late});
  const auto answer = end_of_job(job)["result"];
  CHECK(answer["stopped"].size() == 1);
  CHECK(answer["calls_hung_up"] == 2);
  REQUIRE(answer["failed"].size() == 1);
  const auto& left = answer["failed"][0];
  CHECK(left["call"] == to_string(uuid{anns.id}));
  CHECK(left["name"] == "Ann Lee");
  CHECK_THAT(left["what"].get<std::string>(), Contains("Ann Lee") && Contains(to_string(uuid{anns.id})));
  CHECK_THAT(left["reason"].get<std::string>(), Contains("within 4 s"));
  CHECK(told().size() == 3); // nobody is told twice
  CHECK_THAT(refusal("stop all", {{"wait_seconds", 61}}), Contains("wait_seconds: "));
}

TEST_CASE_METHOD(people_world, "a call that may not exist holds up no emergency stop, and is told", "[control]") {
  auto spring = campaign("Spring");
  spring.status = campaign_status::running;
  auto anns = call(spring.id, ann.id);
  anns.status = "submission_unknown";
  anns.initiated_at = now - 2h;
  auto bens = call(spring.id, ben.id);
  bens.status = "ended";
  bens.ended_at = now;
  store({spring, anns, bens});
  const auto answer = end_of_job(command("stop all", {{"background", true}})["job"], 8s)["result"];
  CHECK(answer["failed"].empty());
  CHECK(answer["calls_hung_up"] == 0);
  REQUIRE(answer["unresolved"].size() == 1);
  CHECK(answer["unresolved"][0] == json{{"call", to_string(uuid{anns.id})}, {"name", "Ann Lee"}});
  const auto orders = told(); // should it turn up after all, it is hung up
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].to == entity_key{entity::call, anns.id});
}

TEST_CASE_METHOD(people_world, "calls that wait for a word are found behind any number of younger ones", "[control]") {
  const auto spring = campaign("Spring");
  auto lost = call(spring.id, ann.id);
  lost.status = "submission_unknown";
  lost.initiated_at = now - 2h;
  auto up = call(spring.id, ben.id);
  up.status = "talking";
  store({spring, lost, up});
  const auto rows = command("call list", {{"unresolved", true}, {"limit", 1}});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["id"] == to_string(uuid{lost.id}));
}

TEST_CASE_METHOD(people_world, "a whole id of nothing is refused as a name is, with a remedy", "[control]") {
  const auto none = to_string(uuid{7, 7});
  for (const auto* name : {"prospect show", "prospect why"})
    CHECK_THAT(refusal(name, {{"prospect", none}}),
               Contains("prospect: there is no " + none) && Contains("parley prospect list"));
  CHECK_THAT(refusal("call show", {{"call", none}}),
             Contains("call: there is no " + none) && Contains("parley call list"));
  CHECK_THAT(refusal("meeting cancel", {{"meeting", none}}),
             Contains("meeting: there is no " + none) && Contains("parley meeting list"));
}

TEST_CASE_METHOD(people_world, "of more meetings than are asked for the latest are listed, by time", "[control]") {
  const auto spring = campaign("Spring");
  const auto anns = call(spring.id, ann.id);
  std::vector<row> rows{spring, anns};
  for (int i = 0; i < 4; ++i) {
    meeting_row m;
    m.id = ids.next<meeting_id>(now);
    m.call = anns.id;
    m.prospect = ann.id;
    m.account_manager = ids.next<manager_id>(now);
    m.status = "scheduled";
    m.scheduled_at = now + 24h * (4 - i);
    rows.push_back(m);
  }
  store(rows);
  const auto listed = command("meeting list", {{"limit", 2}});
  REQUIRE(listed.size() == 2);
  CHECK(listed[0]["scheduled_at"] == to_iso(now + 72h));
  CHECK(listed[1]["scheduled_at"] == to_iso(now + 96h));
}

TEST_CASE_METHOD(people_world, "a campaign that does not confirm its end in time may have ended all the same",
                 "[control]") {
  auto spring = campaign("Spring");
  spring.status = campaign_status::running;
  store({spring});
  context->settings.vendor_timeout = 200ms;
  log.campaigns_silent = true;
  CHECK_THAT(refusal("campaign pause", {{"campaign", "Spring"}}),
             Contains("unconfirmed") && Contains("pause of campaign Spring") && Contains("say it again"));
  const auto answer = end_of_job(command("stop all", {{"background", true}})["job"])["result"];
  CHECK(answer["stopped"].empty());
  REQUIRE(answer["failed"].size() == 1);
  CHECK(answer["failed"][0]["what"] == "campaign Spring");
  CHECK_THAT(answer["failed"][0]["reason"].get<std::string>(), Contains("may take effect yet"));
}

TEST_CASE_METHOD(people_world, "a live call shows what was said and noted so far", "[control]") {
  const auto spring = campaign("Spring");
  auto open = call(spring.id, ann.id);
  open.status = "talking";
  calls::state talk;
  talk.id = open.id;
  talk.campaign = spring.id;
  talk.prospect = ann.id;
  talk.phase = calls::phase::talking;
  talk.stage = "discovery";
  talk.sentiment = 0.5;
  talk.transcript = {{speaker::agent, "Hello, this is an AI.", 0, 900, false, "opening", "a"},
                     {speaker::callee, "Go on.", 1000, 1400, false, "opening", "b"}};
  talk.notes = {{"objection", {{"kind", "price"}}, now, 2}};
  const auto written = [&](uint64_t expected) {
    auto out = write(open.id, expected);
    out.kind = stream_kind::call;
    out.state = calls::core::public_part(talk).dump();
    out.personal_state = calls::core::personal_part(talk).dump();
    out.subject = ann.id;
    return out;
  };
  store({spring});
  must<committed>(batch({written(0)}, {open}));
  const auto shown = command("call show", {{"call", "Ann Lee"}});
  CHECK(shown["live"] == true);
  CHECK(shown["status"] == "talking");
  REQUIRE(shown["transcript"].size() == 2);
  CHECK(shown["transcript"][1]["text"] == "Go on.");
  CHECK(shown["metadata"]["stage"] == "discovery");
  REQUIRE(shown["metadata"]["notes"].size() == 1);
  CHECK(shown["metadata"]["notes"][0]["detail"]["kind"] == "price");
  CHECK(shown["sentiment_score"] == 0.5);

  talk.phase = calls::phase::ended;
  talk.ended_at = now;
  open.status = "ended";
  open.ended_at = now;
  open.transcript = json(talk.transcript).dump();
  must<committed>(batch({written(1)}, {open}));
  const auto over = command("call show", {{"call", "Ann Lee"}});
  CHECK_FALSE(over.contains("live"));
  CHECK(over["transcript"].size() == 2);
}

TEST_CASE_METHOD(control_world, "an import can be watched while it runs, and its answer fetched", "[control][jobs]") {
  std::string people = "name,phone\n";
  for (int i = 0; i < 5000; ++i)
    people += "P" + std::to_string(i) + "," + std::to_string(6'142'200'000LL + i) + "\n";
  const auto args = json{{"file", file(people)}, {"background", true}};
  const auto begun = command("prospect import", args);
  CHECK(begun["finished"] == false);
  CHECK_FALSE(command("job list").empty()); // control answers meanwhile
  const auto done = job("prospect import", {{"file", file(people)}});
  CHECK(done["result"]["rows"] == 5000);
  CHECK(done["result"]["added"].get<int>() + done["result"]["unchanged"].get<int>() == 5000);
  CHECK(done["total"] == 5000);
  CHECK(done["done"] == 5000);
  CHECK(command("job list")[0].contains("result") == false);
  // By the beginning of its id, too, where no other job's begins so.
  const auto first = begun["job"].get<std::string>();
  const auto second = done["job"].get<std::string>();
  size_t length = 6;
  while (first.compare(0, length, second, 0, length) == 0)
    ++length;
  CHECK(command("job show", {{"job", second.substr(0, length)}})["job"] == second);
  CHECK(command("job show", {{"job", first}})["job"] == first);
  REQUIRE(length > 6); // they began at one instant, so their ids begin alike
  CHECK_THAT(refusal("job show", {{"job", first.substr(0, 6)}}),
             Contains("invalid_input") && Contains("could be prospect import (") && Contains(first) && Contains(second)
               && Contains("give the id"));
  CHECK_THAT(refusal("job show", {{"job", first.substr(0, 5)}}), Contains("not_found"));
}

TEST_CASE_METHOD(control_world, "a job that fails says why", "[control][jobs]") {
  const auto failed = job("prospect import", {{"file", file("not a table")}});
  CHECK(failed["error"] == "invalid_input");
  CHECK_THAT(failed["message"].get<std::string>(), Catch::StartsWith("file: "));
  CHECK_FALSE(failed.contains("result"));
  CHECK_THAT(refusal("job show", {{"job", "none"}}), Contains("not_found"));
  CHECK_THAT(refusal("prospect import", {{"background", "yes"}}), Contains("background: "));
}

} // namespace control_names_test
