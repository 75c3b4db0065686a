// Goal: `prospect why` says of a person in a running campaign what the gate, the
// line and the prospect themselves have written down. Method: real shards, store
// and shipped rules; each person is driven into one reason, and the answer is
// held against their ledger, enrolment and due row.
#include "actors/line/core.hpp"
#include "runtime/messages/json.hpp"
#include "tests/unit/control_world.hpp"

#include <caf/send.hpp>

#include <thread>

namespace control_why_live_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

constexpr const char* header = "name,phone,state,role,consent_type,consent_at,consent_source,consent_text,"
                               "consent_seller\n";
constexpr const char* written
  = ",express_written,2026-03-01,web form,I agree that Acme Robotics may call me with an artificial voice.,"
    "Acme Robotics\n";

/// Tuesday noon in Ohio. The carrier is away, so that a call that is begun
/// stays up.
struct why_world : control_world {
  why_world() { command("dnc import", {{"file", file("2125550199\n")}, {"date", "2026-11-20"}}); }

  /// Its best time is soon, unless `changes` have another: everybody sleeps
  /// until some moment of it first.
  void create(const json& changes = json::object()) {
    json args{{"breaker_share", 0}, {"best_times", {{{"weekdays", {"tue"}}, {"from", "12:30"}, {"until", "12:40"}}}}};
    args.update(changes);
    command("campaign create", campaign_args(std::move(args)));
  }
  void list(const std::string& people) {
    command("prospect import", {{"file", file(header + people)}, {"campaign", "Spring"}});
  }
  static std::string ohio(const std::string& name, const std::string& phone, const std::string& role = "CEO") {
    return name + "," + phone + ",OH," + role + written;
  }
  void launch() {
    start_shards();
    command("campaign launch", {{"campaign", "Spring"}});
  }
  /// As if the number had been called before, for others.
  void called_before(const std::string& phone, const std::vector<wall_time>& at, std::optional<wall_time> ended) {
    lines::state line;
    line.id = context->hasher.line(phone);
    for (const auto when : at)
      line.attempts.push_back(
        {ids.next<call_id>(when), ids.next<prospect_id>(when), ids.next<campaign_id>(when), 1, when, true});
    line.last_end = ended;
    auto stream = write(line.id, 0);
    stream.kind = stream_kind::line;
    stream.state = lines::core::public_part(line).dump();
    must<committed>(batch({stream}, {}, shard(line.id)));
  }

  /// As if the person had opted out in a call of another campaign, from a
  /// number that is on no list any more.
  void opts_out_elsewhere(const std::string& name) {
    const prospect_id id{*parse_uuid(person(name)["id"].get<std::string>())};
    const auto stored = must<loaded_stream>(load_stream{id});
    auto state = json::parse(stored.state);
    state["opted_out"] = true;
    auto stream = write(id, stored.version);
    stream.kind = stream_kind::prospect;
    stream.state = state.dump();
    stream.personal_state = stored.personal_state;
    must<committed>(batch({stream}, {}, shard(id)));
  }

  json person(const std::string& name) { return command("prospect show", {{"prospect", name}}); }
  json enrolment(const std::string& name) { return person(name)["enrolments"].at(0); }
  json why(const std::string& name) { return command("prospect why", {{"prospect", name}})["campaigns"].at(0); }
  /// Until the person's part in the campaign has this reason.
  void await(const std::string& name, const std::string& reason) {
    json last;
    for (int looks = 0; looks < 2000; ++looks) {
      last = enrolment(name);
      if (last["reason"].is_string() && last["reason"].get<std::string>().starts_with(reason))
        return;
      std::this_thread::sleep_for(10ms);
    }
    FAIL(name << " was not brought to " << reason << " within 20 s: " << last.dump());
  }
  /// When the person, asleep until a best time, wakes.
  wall_time due(const std::string& name) {
    await(name, "best_time");
    return *parse_iso(enrolment(name)["next_due"].get<std::string>());
  }
  /// In the order in which they wake.
  std::vector<std::string> by_due(std::vector<std::string> names) {
    std::map<wall_time, std::string> sorted;
    for (const auto& name : names)
      sorted[due(name)] = name;
    REQUIRE(sorted.size() == names.size());
    names.clear();
    for (const auto& [at, name] : sorted)
      names.push_back(name);
    return names;
  }
  /// Until a call is up with each of them.
  void call_all(const std::vector<std::string>& names) {
    wall_time last{};
    for (const auto& name : names)
      last = std::max(last, due(name));
    go_to(last);
    for (const auto& name : names)
      await(name, "call_up");
  }
  /// As if the call that is up had ended so, a moment ago.
  void call_ends(const std::string& name, disposition outcome, std::optional<wall_time> callback_at = {}) {
    const prospect_id id{*parse_uuid(person(name)["id"].get<std::string>())};
    const auto state = json::parse(must<loaded_stream>(load_stream{id}).state);
    call_ended end;
    end.prospect = id;
    end.line = context->hasher.line(must<prospect_row>(load_prospect{id}).phone);
    for (const auto& [campaign, part] : state["campaigns"].items()) {
      end.campaign = campaign_id{*parse_uuid(campaign)};
      end.call = call_id{*parse_uuid(part["call_up"].get<std::string>())};
      end.attempt = part["attempts"].get<int32_t>();
    }
    end.outcome = outcome;
    end.at = time.now();
    end.callback_at = callback_at;
    caf::anon_send(context->door_of(end.line), tell{{entity::line, end.line}, 0, line_released{end}});
    caf::anon_send(context->door_of(id), tell{{entity::prospect, id}, 0, end});
    await(name, "cool_down");
  }
  void go_to(wall_time at) {
    time.set(at);
    command("campaign pause", {{"campaign", "Spring"}}); // has everybody look at the clock
    command("campaign resume", {{"campaign", "Spring"}});
  }
  static wall_time earliest(const json& answer) { return *parse_iso(answer["earliest"].get<std::string>()); }
  /// The first best time of `create` from an instant on.
  static void check_next_best(wall_time told, wall_time from) {
    CHECK(told >= from);
    CHECK(told < from + 168h);
    const auto into_the_week = (told - a_tuesday) % 168h;
    CHECK(into_the_week >= 30min);
    CHECK(into_the_week < 40min);
  }
  /// The answer as the newest row of the ledger has it.
  void check_by_ledger(const std::string& name, const char* code, const char* rule) {
    await(name, code);
    const auto shown = person(name);
    const auto answer = why(name);
    CAPTURE(answer.dump(2), shown["ledger"].dump(2));
    REQUIRE_FALSE(shown["ledger"].empty());
    const auto& row = shown["ledger"][0];
    CHECK(answer["code"] == code);
    CHECK(answer["code"] == row["reason"]);
    CHECK(answer["rule"] == rule);
    CHECK(answer["source"] == row["source"]);
    CHECK_FALSE(answer["source"].get<std::string>().empty());
    const auto& due = shown["enrolments"][0]["next_due"];
    if (row["verdict"] == "blocked") {
      CHECK(answer["earliest"].is_null());
      CHECK(due.is_null());
      return;
    }
    // Both rows say when the rule lets go; called is at the first best time from then on.
    CHECK(due == row["earliest_next"]);
    check_next_best(earliest(answer), *parse_iso(due.get<std::string>()));
  }
  gate_answer gate_now(const std::string& name) {
    const auto id = parse_uuid(person(name)["id"].get<std::string>());
    gate_check ask;
    ask.now = time.now();
    ask.person = must<prospect_row>(load_prospect{prospect_id{*id}});
    ask.number = ask.person.phone;
    ask.policy.company = "Acme Robotics";
    ask.lists = lists_of(ask.number);
    gate_answer out;
    (*self)
      ->request(context->compliance, 20s, ask)
      .receive([&](gate_answer& x) { out = std::move(x); }, [&](const caf::error& e) { FAIL(sys->render(e)); });
    return out;
  }
};

} // namespace

TEST_CASE_METHOD(why_world, "why, live: the cap, a list and a missing consent are told as the ledger has them",
                 "[control][why]") {
  create();
  list(ohio("At The Cap", "6145550131") + ohio("Opted Out", "6145550132") + "No Consent,6145550133,OH,CEO,,,,,\n");
  command("dnc add", {{"number", "+16145550132"}});
  launch();
  const auto at = due("At The Cap");
  called_before("+16145550131", {at - 20h, at - 5h, at - 4h}, at - 4h);
  for (const auto& name : by_due({"At The Cap", "Opted Out", "No Consent"}))
    go_to(due(name)), await(name, name == "At The Cap" ? "cap_person" : name == "Opted Out" ? "dnc" : "consent");
  check_by_ledger("At The Cap", "cap_person", "cap_person");
  CHECK(enrolment("At The Cap")["next_due"] == to_iso(at + 4h)); // the oldest of three is a day ago then
  check_by_ledger("Opted Out", "dnc_internal", "dnc_internal");
  check_by_ledger("No Consent", "consent_missing", "consent");
}

TEST_CASE_METHOD(why_world, "why, live: who opted out in a call stays so, whatever the lists say", "[control][why]") {
  create();
  list(ohio("Opted Out", "6145550132"));
  launch();
  due("Opted Out");
  opts_out_elsewhere("Opted Out");
  const auto answer = why("Opted Out");
  CAPTURE(answer.dump(2));
  CHECK(answer["code"] == "dnc_internal");
  CHECK(answer["earliest"].is_null());
}

TEST_CASE_METHOD(why_world, "why, live: the line's cool-down is told as its ledger row has it", "[control][why]") {
  create();
  list(ohio("Just Called", "6145550131"));
  launch();
  const auto at = due("Just Called");
  called_before("+16145550131", {at - 2min}, at - 1min);
  go_to(at);
  check_by_ledger("Just Called", "cool_down", "cool_down");
  CHECK(enrolment("Just Called")["next_due"] == to_iso(at + 2min));
}

TEST_CASE_METHOD(why_world, "why, live: below the threshold", "[control][why]") {
  create();
  list(ohio("Trainee", "6145550131", "Trainee"));
  launch();
  await("Trainee", "threshold");
  const auto answer = why("Trainee");
  CHECK(answer["code"] == "threshold");
  CHECK(answer["rule"] == "threshold");
  CHECK_THAT(answer["source"].get<std::string>(), Contains("min_probability"));
  CHECK(answer["earliest"].is_null());
  CHECK(enrolment("Trainee")["next_due"].is_null());
  const auto probability = enrolment("Trainee")["probability"].get<int>();
  CHECK_THAT(answer["sentence"].get<std::string>(), Contains("is " + std::to_string(probability) + ", "));
}

TEST_CASE_METHOD(why_world, "why, live: outside the hours the gate's rule is told, and the due row's time",
                 "[control][why]") {
  create();
  list("Early Bird,8085550131,HI,CEO" + std::string{written}); // 07:00 in Honolulu
  launch();
  await("Early Bird", "best_time");
  const auto answer = why("Early Bird");
  const auto gate = gate_now("Early Bird");
  CAPTURE(answer.dump(2));
  REQUIRE(gate.verdict == dial_verdict::not_now);
  CHECK(answer["code"] == "hours");
  CHECK(answer["code"] == gate.reason);
  CHECK(answer["source"] == gate.source);
  CHECK_THAT(answer["rule"].get<std::string>(), Contains("hours"));
  CHECK_THAT(gate.rules, Contains("\"" + answer["rule"].get<std::string>() + "\""));
  CHECK(answer["earliest"] == enrolment("Early Bird")["next_due"]);
  CHECK(*parse_iso(answer["earliest"].get<std::string>()) >= *gate.earliest);
}

TEST_CASE_METHOD(why_world, "why, live: who waits for a best time and is at the cap is told the cap",
                 "[control][why]") {
  create({{"best_times", {{{"weekdays", {"tue", "wed"}}, {"from", "15:00"}, {"until", "16:00"}}}}});
  list(ohio("Waits", "6145550131") + ohio("At The Cap", "6145550132"));
  called_before("+16145550132", {a_tuesday - 3h, a_tuesday - 2h, a_tuesday - 1h}, a_tuesday - 1h);
  launch();
  await("Waits", "best_time");
  await("At The Cap", "best_time");
  const auto waits = why("Waits");
  CHECK(waits["code"] == "best_time");
  CHECK(waits["earliest"] == enrolment("Waits")["next_due"]);
  const auto capped = why("At The Cap");
  CHECK(capped["code"] == "cap_person");
  CHECK(capped["rule"] == "cap_person");
  CHECK_THAT(capped["sentence"].get<std::string>(), Contains("3 in 24 hours"));
  // The due row wakes them today, in vain.
  const auto due = *parse_iso(enrolment("At The Cap")["next_due"].get<std::string>());
  CHECK(due < a_tuesday + 21h);
  // The cap lets go at nine tomorrow, which is no best time.
  CHECK(earliest(capped) >= a_tuesday + 27h);
  CHECK(earliest(capped) < a_tuesday + 28h);
}

TEST_CASE_METHOD(why_world, "why, live: who waits after an attempt and is put on a list is told the list",
                 "[control][why]") {
  create();
  list(ohio("No Answer", "6145550131") + ohio("Callback", "6145550132"));
  launch();
  call_all({"No Answer", "Callback"});
  call_ends("No Answer", disposition::no_answer);
  call_ends("Callback", disposition::callback, time.now() + 3h);
  CHECK(why("No Answer")["code"] == "backoff");
  const auto agreed = why("Callback");
  CHECK(agreed["code"] == "callback");
  CHECK(agreed["earliest"] == to_iso(time.now() + 3h)); // lawful, if no best time
  for (const auto* number : {"+16145550131", "+16145550132"})
    command("dnc add", {{"number", number}});
  for (const auto* name : {"No Answer", "Callback"}) {
    const auto answer = why(name);
    CAPTURE(answer.dump(2));
    CHECK(answer["code"] == "dnc_internal");
    CHECK(answer["rule"] == "dnc_internal");
    CHECK_FALSE(answer["source"].get<std::string>().empty());
    CHECK(answer["earliest"].is_null());
    CHECK_THAT(answer["sentence"].get<std::string>(), Contains("will be blocked at its turn"));
  }
}

TEST_CASE_METHOD(why_world,
                 "why, live: a wait that ends at night or outside the best times is told to the next of them",
                 "[control][why]") {
  create({{"best_times", {{{"weekdays", {"tue", "wed"}}, {"from", "12:30"}, {"until", "12:40"}}}}});
  list(ohio("No Answer", "6145550131") + ohio("Night", "6145550132"));
  launch();
  call_all({"No Answer", "Night"});
  call_ends("No Answer", disposition::no_answer);
  call_ends("Night", disposition::callback, a_tuesday + 10h + 30min);
  const auto night = why("Night");
  CHECK(night["code"] == "callback");
  CHECK(night["earliest"] == to_iso(a_tuesday + 21h));
  CHECK_THAT(
    night["sentence"].get<std::string>(),
    Contains("Wed 2026-11-25 09:00 EST, the first that rules and settings allow after Tue 2026-11-24 22:30 EST"));
  const auto backoff = why("No Answer");
  CAPTURE(backoff.dump(2));
  CHECK(backoff["code"] == "backoff");
  CHECK(earliest(backoff) >= a_tuesday + 24h + 30min);
  CHECK(earliest(backoff) < a_tuesday + 24h + 40min);
  // Once the wait is over, the prospect finds the same time.
  go_to(*parse_iso(enrolment("No Answer")["next_due"].get<std::string>()));
  await("No Answer", "best_time");
  CHECK(enrolment("No Answer")["next_due"] == backoff["earliest"]);
}

TEST_CASE_METHOD(why_world, "why, live: one waits for the slot that another one has", "[control][why]") {
  create({{"calls_at_once", 1}});
  list(ohio("First", "6145550131") + ohio("Second", "6145550132"));
  launch();
  const auto names = by_due({"First", "Second"});
  go_to(due(names[0]));
  await(names[0], "call_up");
  CHECK(why(names[0])["code"] == "call_up");
  go_to(due(names[1]));
  auto answer = why(names[1]);
  for (int looks = 0; looks < 2000 && answer["code"] != "slot"; ++looks) {
    std::this_thread::sleep_for(10ms);
    answer = why(names[1]);
  }
  CAPTURE(answer.dump(2));
  CHECK(answer["code"] == "slot");
  CHECK(enrolment(names[0])["attempts"] == 1);
  CHECK(enrolment(names[1])["attempts"] == 0);
  CHECK(answer["rule"] == "slot");
  CHECK_THAT(answer["source"].get<std::string>(), Contains("calls_at_once"));
  CHECK(answer["earliest"] == to_iso(time.now()));
  CHECK_THAT(answer["sentence"].get<std::string>(), Contains("1 call of the campaign's 1"));
}

TEST_CASE_METHOD(why_world, "why, live: a paused campaign is the reason, not what its people wait for",
                 "[control][why]") {
  create({{"best_times", {{{"weekdays", {"tue"}}, {"from", "15:00"}, {"until", "16:00"}}}}});
  list(ohio("Waits", "6145550131"));
  launch();
  await("Waits", "best_time");
  command("campaign pause", {{"campaign", "Spring"}});
  const auto answer = why("Waits");
  CHECK(answer["code"] == "paused");
  CHECK(answer["source"] == "command of a manager");
  CHECK(answer["earliest"].is_null()); // nobody can tell
  CHECK_THAT(answer["sentence"].get<std::string>(), Contains("when it is resumed, not before Tue 2026-11-24 15:"));
  command("campaign resume", {{"campaign", "Spring"}});
  CHECK(why("Waits")["code"] == "best_time");
}

} // namespace control_why_live_test
