// Goal: a dry run tells what a launch at that moment comes to, person by
// person, and writes nothing. Method: both over a real store with real shards
// and the shipped rules; the clock goes from one planned call to the next.
#include "actors/control/line_plan.hpp"
#include "runtime/messages/json.hpp"
#include "tests/unit/control_world.hpp"

#include <caf/event_based_actor.hpp>

#include <thread>

namespace control_dry_run_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

constexpr const char* header
  = "name,phone,state,role,company,notes,consent_type,consent_at,consent_source,consent_text,consent_seller\n";
constexpr const char* written
  = "express_written,2026-03-01,web form,I agree that Acme Robotics may call me with an artificial voice.,";

std::string person(const std::string& name, const std::string& phone, const std::string& state,
                   const std::string& seller = "Acme Robotics") {
  return name + "," + phone + "," + state + ",CEO,Lee Tools,," + written + seller + "\n";
}

/// Somebody of whom research finds what `about` says: role, company, notes.
std::string person_with(const std::string& name, const std::string& phone, const std::string& about) {
  return name + "," + phone + ",OH," + about + "," + written + "Acme Robotics\n";
}

/// Vendors who know of a person each what the file does not say.
struct played_vendors {
  std::atomic<int> asked{0};
};

caf::behavior dry_run_crm(caf::event_based_actor* self, played_vendors* log) {
  guard(self);
  return {[log](const find_contact& x) {
            ++log->asked;
            crm_contact out;
            out.found = x.phone == "+16145550162" || x.phone == "+16145550163";
            if (x.phone == "+16145550162")
              out.role = "Chief Operating Officer";
            if (x.phone == "+16145550163")
              out.properties["remark"] = "Retired, not interested.";
            return out;
          },
          [](const crm_activity&) { return crm_written{}; }, [](const search_contacts&) { return crm_contacts{}; }};
}

caf::behavior dry_run_enrichment(caf::event_based_actor* self, played_vendors* log) {
  guard(self);
  return {[log](const enrich& x) {
    ++log->asked;
    enriched out;
    out.found = x.name == "Public Record";
    if (out.found)
      out.role = "Owner";
    return out;
  }};
}

/// Takes every call; nobody ever picks up. Without a carrier nobody would know
/// what became of a dial, and a pause waits for that.
caf::behavior dry_run_carrier(caf::event_based_actor* self) {
  guard(self);
  const auto shown = [](const std::string& sid) {
    carrier_call out;
    out.sid = sid;
    out.status = carrier_status::ringing;
    return out;
  };
  return {[](const originate& x) {
            originated out;
            out.call = x.call;
            out.outcome = submission::created;
            out.sid = "CA" + to_string(x.call);
            return out;
          },
          [shown](const fetch_call& x) { return shown(x.sid); },
          [shown](const end_carrier_call& x) { return shown(x.sid); },
          [](const find_calls&) { return carrier_calls{}; }};
}

struct dry_run_world : control_world {
  /// People of all fates: callable in Ohio at noon, in California later, and
  /// blocked for three reasons.
  dry_run_world() {
    command("campaign create",
            campaign_args({{"min_probability", 50},
                           {"calls_at_once", 1000},
                           {"breaker_share", 0},
                           {"best_times", {{{"weekdays", {"tue"}}, {"from", "11:00"}, {"until", "13:00"}}}}}));
    std::string people = header;
    for (int i = 0; i < 6; ++i)
      people += person("Ohio " + std::to_string(i), "614555013" + std::to_string(i), "OH");
    people += person("California 1", "6195550141", "CA") + person("California 2", "6195550142", "CA");
    people += person("Wrong Seller", "6145550151", "OH", "Somebody Else");
    people += "No Consent,6145550152,OH,CEO,Lee Tools,,,,,,\n";
    people += person("Opted Out", "6145550153", "OH");
    list(people);
    command("dnc import", {{"file", file("2125550199\n")}, {"date", "2026-11-20"}});
    command("dnc add", {{"number", "+16145550153"}});
    start_shards();
  }
  ~dry_run_world() {
    for (const auto& x : vendors)
      caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  }

  void list(const std::string& people) { command("prospect import", {{"file", file(people)}, {"campaign", "Spring"}}); }
  /// Five whom research has to judge: by the file, the CRM and the public record.
  void list_doubtful() {
    list(std::string{header} + person_with("Trainee", "6145550161", "Trainee,Lee Tools,")
         + person_with("Chief In Crm", "6145550162", ",,")
         + person_with("Retired In Crm", "6145550163", "CEO,Lee Tools,")
         + person_with("Public Record", "6145550164", ",Lee Tools,has a competitor")
         + person_with("Nothing Known", "6145550165", ",,"));
    vendors = {sys->spawn(dry_run_crm, &asked), sys->spawn(dry_run_enrichment, &asked), sys->spawn(dry_run_carrier)};
    context->crm = caf::actor_cast<crm_port>(vendors[0]);
    context->enrichment = caf::actor_cast<enrichment_port>(vendors[1]);
    context->telephony = caf::actor_cast<telephony_port>(vendors[2]);
  }

  json dry_run(json args = json::object()) {
    args.update({{"campaign", "Spring"}, {"dry_run", true}, {"limit", 1000}});
    return command("campaign launch", args);
  }
  /// Asked by an append of nothing, which writes nothing itself once the store
  /// is at rest.
  uint64_t position() { return must<committed>(batch({}, {})).position; }
  /// Once the store has tidied up after the imports.
  uint64_t settled_position() {
    for (int looks = 0; looks < 100; ++looks)
      if (const auto at = position(); position() == at)
        return at;
    FAIL("the store writes and writes");
    return 0;
  }
  json people() { return command("prospect list", {{"campaign", "Spring"}}); }

  static bool final(const json& row) {
    const auto state = row["state"].get<std::string>();
    return state != "listed" && state != "waiting" && state != "awake";
  }
  /// Waits until nobody has anything to do at this instant.
  void settle() {
    const auto now = time.now();
    for (int looks = 0; looks < 2000; ++looks) {
      const auto rows = people();
      const bool settled = std::all_of(rows.begin(), rows.end(), [&](const json& row) {
        return final(row) || row["attempts"] != 0
               || (row["state"] == "waiting" && *parse_iso(row["next_due"].get<std::string>()) > now);
      });
      if (settled)
        return;
      std::this_thread::sleep_for(10ms);
    }
    FAIL("somebody was still under way after 20 s: " << people().dump(2));
  }
  played_vendors asked;
  std::vector<caf::actor> vendors;

  std::optional<wall_time> next_due() {
    std::optional<wall_time> out;
    for (const auto& row : people())
      if (!final(row) && row["attempts"] == 0) {
        const auto at = *parse_iso(row["next_due"].get<std::string>());
        out = std::min(out.value_or(at), at);
      }
    return out;
  }
};

} // namespace

TEST_CASE_METHOD(dry_run_world, "launching at once gives the list of the dry run", "[control][dry_run]") {
  list_doubtful();
  const auto before = settled_position();
  const auto plan = dry_run();
  CHECK(position() == before); // nothing was written
  CHECK(plan["prospects"] == 16);
  CHECK(plan["called"] == 10);
  CHECK(plan["blocked"] == 3);
  CHECK(plan["disqualified"] == 3);
  CHECK(plan["research"]["unknown"] == 0);
  REQUIRE(plan["calls"].size() == 10);
  CHECK(dry_run() == plan); // and asking changes nothing

  command("campaign launch", {{"campaign", "Spring"}});
  settle();
  for (int hours = 0; const auto due = next_due(); ++hours) {
    REQUIRE(hours < 50);
    time.set(*due);
    command("campaign pause", {{"campaign", "Spring"}}); // has everybody look at the clock
    command("campaign resume", {{"campaign", "Spring"}});
    settle();
  }

  std::map<std::string, std::string> first_call;
  for (const auto& call : command("call list", {{"campaign", "Spring"}})) {
    auto& at = first_call[call["prospect_id"].get<std::string>()];
    const auto began = call["initiated_at"].get<std::string>();
    at = at.empty() ? began : std::min(at, began);
  }
  std::map<std::string, std::string> planned;
  for (const auto& call : plan["calls"])
    planned[call["prospect"].get<std::string>()] = call["at"].get<std::string>();
  CHECK(first_call == planned);

  std::map<std::string, std::string> blocked;
  for (const auto& row : people())
    if (row["state"] == "blocked" || row["state"] == "disqualified")
      blocked[row["id"].get<std::string>()] = row["reason"].get<std::string>();
  std::map<std::string, std::string> said;
  for (const auto& row : plan["not_called"])
    said[row["prospect"].get<std::string>()]
      = row["reason"].get<std::string>() + ": " + row["sentence"].get<std::string>();
  CHECK(blocked == said);
}

TEST_CASE_METHOD(dry_run_world, "a dry run disqualifies by the rules that research goes by", "[control][dry_run]") {
  list_doubtful();
  const auto plan = dry_run();
  std::map<std::string, json> out;
  for (const auto* part : {"calls", "not_called"})
    for (const auto& row : plan[part])
      out[row["name"].get<std::string>()] = row;
  for (const auto* name : {"Trainee", "Retired In Crm", "Nothing Known"}) {
    CAPTURE(name);
    CHECK(out[name]["what"] == "disqualified");
    CHECK(out[name]["reason"] == "threshold");
    CHECK(out[name]["probability"] < 50);
    CHECK_THAT(out[name]["sentence"].get<std::string>(), Contains("the campaign asks for 50"));
    CHECK_THAT(out[name]["source"].get<std::string>(), Contains("min_probability"));
  }
  for (const auto* name : {"Ohio 0", "Chief In Crm", "Public Record"}) {
    CAPTURE(name);
    CHECK(out[name]["what"] == "called");
    CHECK(out[name]["probability"] >= 50);
    CHECK_FALSE(out[name].contains("guess"));
  }
}

TEST_CASE_METHOD(dry_run_world, "where a language model has the word, the rules only guess", "[control][dry_run]") {
  context->has_llm = true;
  list_doubtful();
  const auto plan = dry_run();
  CHECK(plan["disqualified"] == 0);
  CHECK(plan["called"] == 13);
  CHECK(plan["research"]["known"] == 0);
  // By the file alone: the trainee, and three of whom it says too little.
  CHECK_THAT(plan["research"]["note"].get<std::string>(),
             Contains("may still disqualify 13") && Contains("would disqualify 4 of 13") && Contains("a guess"));
  for (const auto& call : plan["calls"]) {
    CHECK(call["probability"].is_null());
    CHECK((call["guess"] < 50)
          == (call["name"] != "Retired In Crm" && call["name"].get<std::string>().find("Ohio") == std::string::npos
              && call["name"].get<std::string>().find("California") == std::string::npos));
  }
  CHECK(asked.asked == 0); // vendors' answers may cost
}

TEST_CASE_METHOD(dry_run_world, "a dry run says who is blocked, why, and by which source", "[control][dry_run]") {
  const auto plan = dry_run();
  std::map<std::string, json> reasons;
  for (const auto& row : plan["blocked_by_reason"])
    reasons[row["reason"].get<std::string>()] = row;
  REQUIRE(reasons.size() == 3);
  for (const auto* reason : {"dnc_internal", "consent_missing", "consent_wrong_seller"}) {
    CAPTURE(reason);
    REQUIRE(reasons.count(reason) == 1);
    CHECK(reasons[reason]["count"] == 1);
    CHECK_FALSE(reasons[reason]["sentence"].get<std::string>().empty());
    CHECK_FALSE(reasons[reason]["source"].get<std::string>().empty());
  }
  uint64_t sum = 0;
  for (const auto& hour : plan["by_hour"])
    sum += hour["calls"].get<uint64_t>();
  CHECK(sum == plan["called"]);
  CHECK(plan["research"]["known"] == 8);
  CHECK_THAT(plan["research"]["note"].get<std::string>(), Contains("is known"));
}

TEST_CASE_METHOD(dry_run_world, "a dry run estimates minutes and cost and says how", "[control][dry_run]") {
  const auto unknown = dry_run();
  CHECK(unknown["minutes"]["first_attempts"].is_null());
  CHECK(unknown["minutes"]["first_attempts_at_most"] == 8 * 10); // ten minutes is the limit of a call
  CHECK(unknown["minutes"]["all_attempts_at_most"] == 8 * 10 * 3);
  CHECK_THAT(unknown["cost"]["basis"].get<std::string>(), Contains("minute_price"));
  CHECK(dry_run({{"minute_price", 0.5}})["cost"]["all_attempts_at_most"] == 120);
  CHECK_THAT(refusal("campaign launch", {{"campaign", "Spring"}, {"dry_run", true}, {"minute_price", -1}}),
             Contains("minute_price: "));

  // Ten calls before, of which five were talks of two minutes begun.
  const auto other = campaign("Autumn");
  const auto somebody = prospect("Ann");
  std::vector<row> rows{other, somebody};
  for (int i = 0; i < 10; ++i) {
    auto x = call(other.id, somebody.id);
    x.call_sid = "CA" + std::to_string(i);
    x.ended_at = x.initiated_at + 2min;
    if (i % 2 == 0) {
      x.connected_at = x.initiated_at;
      x.duration_seconds = 90;
    }
    rows.push_back(x);
  }
  store(rows);
  const auto known = dry_run();
  CHECK(known["minutes"]["first_attempts"] == 8);
  CHECK_THAT(known["minutes"]["basis"].get<std::string>(), Contains("10 ended calls of all campaigns"));
}

TEST_CASE_METHOD(dry_run_world, "a dry run takes whoever the target filters take", "[control][dry_run]") {
  command("campaign create", campaign_args({{"name", "West"}, {"target_filters", {{"state", {"ca"}}}}}));
  const auto plan = command("campaign launch", {{"campaign", "West"}, {"dry_run", true}});
  CHECK(plan["prospects"] == 2);
  for (const auto& call : plan["calls"])
    CHECK_THAT(call["name"].get<std::string>(), Catch::StartsWith("California"));
}

TEST_CASE_METHOD(dry_run_world, "a dry run goes as a job and says how far it is", "[control][dry_run]") {
  const auto job = this->job("campaign launch", {{"campaign", "Spring"}, {"dry_run", true}});
  CHECK(job["result"]["called"] == 8);
  CHECK(job["done"] == 11);
  CHECK(job["total"] == 11);
}

namespace {

/// A campaign and people of one number, decided without any actor.
struct one_line {
  one_line() {
    policy.campaign = ids.next<campaign_id>(a_tuesday);
    policy.company = "Acme Robotics";
    line.id = ids.next<line_id>(a_tuesday);
  }
  prospect_row somebody(const std::string& name) {
    prospect_row out;
    out.id = ids.next<prospect_id>(a_tuesday);
    out.name = name;
    out.phone = "+16145550132";
    return out;
  }
  static call_time at(wall_time from) {
    call_time out;
    out.possible = true;
    out.at = from;
    out.until = from + 3h;
    return out;
  }
  static gate_answer allowed() {
    gate_answer out;
    out.verdict = dial_verdict::dialled;
    return out;
  }
  /// Answers every question: any time will do, and the gate allows.
  static std::vector<dry::planned> decide(dry::line_plan& plan) {
    while (const auto question = plan.next())
      if (const auto* time = std::get_if<find_call_time>(&*question))
        plan.take(at(time->from));
      else
        plan.take(allowed());
    return plan.result();
  }
  id_source ids{3};
  campaign_policy policy;
  lines::state line;
};

} // namespace

TEST_CASE("a dry run has people who share a number wait for each other", "[control][dry_run]") {
  one_line w;
  dry::line_plan plan{w.policy, w.line, {}, 0, a_tuesday, 5min};
  plan.add(w.somebody("Ann"), {});
  plan.add(w.somebody("Bob"), {});
  const auto out = one_line::decide(plan);
  CHECK(out[0].what == dry::planned::kind::called);
  CHECK(out[0].at == a_tuesday);
  CHECK(out[1].what == dry::planned::kind::called);
  CHECK(out[1].at == a_tuesday + 15min); // the line's answer while a call is up
}

TEST_CASE("a dry run blocks whoever opted out on another number", "[control][dry_run]") {
  one_line w;
  dry::line_plan plan{w.policy, w.line, {}, 0, a_tuesday, 5min};
  prospects::state opted_out;
  opted_out.opted_out = true;
  plan.add(w.somebody("Ann"), opted_out);
  CHECK_FALSE(plan.next());
  const auto out = plan.result();
  CHECK(out[0].what == dry::planned::kind::blocked);
  CHECK(out[0].reason == "dnc_internal");
  CHECK_THAT(out[0].source, Contains("64.1200(d)"));
}

TEST_CASE("a dry run that is put off for ever ends undecided", "[control][dry_run]") {
  one_line w;
  dry::line_plan plan{w.policy, w.line, {}, 0, a_tuesday, 5min};
  plan.add(w.somebody("Ann"), {});
  int questions = 0;
  while (const auto question = plan.next()) {
    REQUIRE(++questions < 1000);
    if (const auto* time = std::get_if<find_call_time>(&*question)) {
      plan.take(one_line::at(time->from));
    } else {
      gate_answer not_now;
      not_now.verdict = dial_verdict::not_now;
      not_now.reason = "cap_person";
      not_now.earliest = std::get<gate_check>(*question).now + 24h;
      plan.take(not_now);
    }
  }
  CHECK(plan.result()[0].what == dry::planned::kind::undecided);
  CHECK(plan.result()[0].reason == "cap_person");
}

} // namespace control_dry_run_test
