// Goal: settings that cannot work are refused when a campaign is created, with
// the field and the remedy; a wrong argument harms one command, not all.
// Method: one wrong thing at a time; commands over a real store.
#include "actors/control/campaign_settings.hpp"
#include "runtime/messages/json.hpp"
#include "tests/unit/control_world.hpp"

namespace control_campaign_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

std::string problem_of(const json& changes) {
  try {
    commands::read_campaign(control_world::campaign_args(changes));
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

/// One window with changes, as best_times.
json window(json changes = json::object()) {
  json one{{"weekdays", {2, 3}}, {"from", 36'000'000}, {"until", 39'600'000}};
  one.update(changes);
  return {{"best_times", json::array({one})}};
}

/// The same, as role_times.
json of_roles(json changes) {
  json one{{"weekdays", {2, 3}}, {"from", 36'000'000}, {"until", 39'600'000}};
  if (!changes.empty())
    one.update(changes);
  return {{"role_times", json::array({one})}};
}

constexpr auto good = "";

} // namespace

TEST_CASE("settings that can work are taken as they are", "[control][campaign]") {
  const auto x = commands::read_campaign(
    control_world::campaign_args({{"best_times", window()["best_times"]},
                                  {"allowed_times", json::array()},
                                  {"target_filters", {{"state", {"TX", "OK"}}, {"role", "CTO"}}},
                                  {"from_number", "+18005550132"}, // ours may be toll-free
                                  {"backoff", 5'400'000},
                                  {"ring_timeout", 20'000},
                                  {"managers", {"Mia"}}}));
  REQUIRE(x.policy.best_times.size() == 1);
  CHECK(x.policy.best_times[0].from == 10h);
  CHECK(x.policy.best_times[0].until == 11h);
  CHECK(x.policy.backoff == 90min);
  CHECK(x.policy.ring_timeout == 20s);
  CHECK(x.target_filters["role"] == "CTO");
  CHECK(problem_of(window({{"from", 0}, {"until", 86'400'000}})) == good); // a whole day
}

TEST_CASE("roles have best hours of their own", "[control][campaign]") {
  const auto x = commands::read_campaign(control_world::campaign_args(
    {{"role_times", {{{"roles", {"CEO", "founder"}}, {"weekdays", {"tue"}}, {"from", "8:00"}, {"until", "9:00"}}}}}));
  REQUIRE(x.policy.role_times.size() == 1);
  CHECK(x.policy.role_times[0].roles == std::vector<std::string>{"ceo", "founder"});
  CHECK(x.policy.role_times[0].hours.weekdays == std::vector<uint8_t>{2});
  CHECK(x.policy.role_times[0].hours.from == 8h);
  // As it is stored and read again.
  const auto again = json(x.policy).get<campaign_policy>();
  REQUIRE(again.role_times.size() == 1);
  CHECK(again.role_times[0].roles == x.policy.role_times[0].roles);
  CHECK(again.role_times[0].hours.until == 9h);
}

TEST_CASE("settings may be written as people write them and are stored as ever", "[control][campaign]") {
  const auto x = commands::read_campaign(
    control_world::campaign_args({{"best_times",
                                   {{{"weekdays", {"tue", "Thursday", 6}}, {"from", "9:30"}, {"until", "4:30 pm"}},
                                    {{"weekdays", {"sun"}}, {"from", "12 am"}, {"until", "24:00"}}}},
                                  {"backoff", "1h 30m"},
                                  {"ring_timeout", "20 s"},
                                  {"call_limit", "10 minutes"},
                                  {"breaker_window", "15m"},
                                  {"record_calls", true},
                                  {"voicemail_message", "Please call us."},
                                  {"opt_out_number", "+18335550132"}}));
  REQUIRE(x.policy.best_times.size() == 2);
  CHECK(x.policy.best_times[0].weekdays == std::vector<uint8_t>{2, 4, 6});
  CHECK(x.policy.best_times[0].from == 9h + 30min);
  CHECK(x.policy.best_times[0].until == 16h + 30min);
  CHECK(x.policy.best_times[1].from == 0h);
  CHECK(x.policy.best_times[1].until == 24h);
  CHECK(x.policy.backoff == 90min);
  CHECK(x.policy.ring_timeout == 20s);
  CHECK(x.policy.call_limit == 10min);
  CHECK(x.policy.breaker_window == 15min);
  for (const auto* code : {"800", "833", "844", "855", "866", "877", "888"})
    CHECK(problem_of({{"opt_out_number", std::string{"+1"} + code + "5550132"}}) == good);
  CHECK_FALSE(problem_of({{"opt_out_number", "+18225550132"}}) == good); // reserved, not in use
}

TEST_CASE("the sample file explains every setting", "[control][campaign]") {
  const auto sample = contents(PARLEY_SOURCE_DIR "/config/samples/campaign.toml");
  const json known = campaign_policy{};
  for (const auto& [name, ignored] : known.items())
    if (name != "campaign") {
      CAPTURE(name);
      CHECK_THAT(sample, Contains("\n" + name + " = ") || Contains("[[" + name + "]]"));
    }
  CHECK_THAT(sample, Contains("# [target_filters]"));
}

TEST_CASE("each setting that cannot work is named with a remedy", "[control][campaign]") {
  struct row {
    json changes;
    const char* field;
    const char* remedy;
  };
  const std::vector<row> rows{
    {{{"nmae", "X"}}, "nmae: ", "did you mean name?"},
    {{{"campaign", "0199a3c2-1111-7000-8000-000000000000"}}, "campaign: ", "is no setting"},
    {{{"name", " "}}, "name: ", "give the campaign a name"},
    {{{"company", 7}}, "company: ", "must be a text"},
    {window({{"from", -3'600'000}}), "best_times: ", "from is -3600000"},
    {window({{"until", 36'000'000}}), "best_times: ", "until must come after from"},
    {window({{"until", 32'400'000}}), "best_times: ", "until must come after from"},
    {window({{"until", 90'000'000}}), "best_times: ", "whole minutes, in milliseconds after midnight"},
    {window({{"from", 600}}), "best_times: ", "write a time of day as \"10:00\""},
    {window({{"from", "ten"}}), "best_times: ", "\"ten\" is no time of day for from"},
    {window({{"from", "10:00"}, {"until", "9:30"}}), "best_times: ", "until must come after from"},
    {window({{"from", "25:00"}}), "best_times: ", "is no time of day"},
    {window({{"weekdays", {"tues"}}}), "best_times: ", "\"tues\" is no weekday"},
    {window({{"weekdays", {7}}}), "best_times: ", "weekday 7 is none"},
    {window({{"weekdays", {258}}}), "best_times: ", "weekday 258 is none"},
    {window({{"weekdays", {-1}}}), "best_times: ", "weekday -1 is none"},
    {window({{"weekdays", json::array()}}), "best_times: ", "needs weekdays"},
    {window({{"weekday", {1}}}), "best_times: ", "no \"weekday\""},
    {of_roles({{"until", 36'000'000}, {"roles", {"ceo"}}}), "role_times: ", "until must come after from"},
    {of_roles(json::object()), "role_times: ", "needs roles"},
    {of_roles({{"roles", json::array()}}), "role_times: ", "needs roles"},
    {of_roles({{"roles", {7}}}), "role_times: ", "list of texts"},
    {of_roles({{"roles", {"vice president"}}}), "role_times: ", "is no single word"},
    {window({{"roles", {"ceo"}}}), "best_times: ", "no \"roles\""},
    {{{"best_times", {"mornings"}}}, "best_times: ", "list of windows"},
    {{{"best_times", "mornings"}}, "best_times: ", "must be a list"},
    {{{"allowed_times", {{{"weekdays", {1}}, {"from", 2}}}}}, "allowed_times: ", "\"10:00\""},
    {{{"target_filters", {{"name", "Ann"}}}}, "target_filters: ", "source, company, role, timezone, state, crm_id"},
    {{{"target_filters", {{"role", 7}}}}, "target_filters: ", "a text or a list of texts"},
    {{{"target_filters", {{"role", json::array()}}}}, "target_filters: ", "leave it out"},
    {{{"target_filters", {"role"}}}, "target_filters: ", "must be an object"},
    {{{"managers", "Mia"}}, "managers: ", "must be a list"},
    {{{"managers", {7}}}, "managers: ", "names or ids"},
    {{{"from_number", "415 555 0132"}}, "from_number: ", "+14155550132"},
    {{{"from_number", "+1415555"}}, "from_number: ", "is not E.164"},
    {{{"callback_number", "+1 415 555 0132"}}, "callback_number: ", "is not E.164"},
    {{{"backoff", 0}}, "backoff: ", "outside 1 to 10080 minutes"},
    {{{"backoff", 700'000'000}}, "backoff: ", "outside 1 to 10080 minutes"},
    {{{"backoff", 90'000}}, "backoff: ", "no whole minutes"},
    {{{"attempts_max", 0}}, "attempts_max: ", "outside 1 to 20"},
    {{{"attempts_max", 21}}, "attempts_max: ", "outside 1 to 20"},
    {{{"attempts_max", 2.5}}, "attempts_max: ", "whole number"},
    {{{"calls_at_once", 4'294'967'300}}, "calls_at_once: ", "outside 1 to 100000"},
    {{{"calls_at_once", 18'446'744'073'709'551'615ULL}}, "calls_at_once: ", "outside 1 to 100000"},
    {{{"calls_per_person_day", 0}}, "calls_per_person_day: ", "outside 1 to 3"},
    {{{"meeting_minutes", 5}}, "meeting_minutes: ", "outside 10 to 240"},
    {{{"meeting_minutes", "30"}}, "meeting_minutes: ", "whole number"},
    {{{"min_probability", 101}}, "min_probability: ", "outside 0 to 100"},
    {{{"ring_timeout", 5'000}}, "ring_timeout: ", "5 is outside 15 to 120"},
    {{{"call_limit", 20'000}}, "call_limit: ", "outside 30 to 14400"},
    {{{"call_limit", "20 s"}}, "call_limit: ", "20 is outside 30 to 14400 seconds"},
    {{{"backoff", "1"}}, "backoff: ", "write it with its unit, as in \"1h\""},
    {{{"backoff", "an hour"}}, "backoff: ", "is no length of time"},
    {{{"backoff", true}}, "backoff: ", "must be a length of time"},
    {{{"breaker_share", 101}}, "breaker_share: ", "outside 0 to 100"},
    {{{"breaker_window", "2 days"}}, "breaker_window: ", "outside 1 to 1440 minutes"},
    {{{"breaker_minimum", 0}}, "breaker_minimum: ", "outside 1 to 10000"},
    {{{"record_calls", "yes"}}, "record_calls: ", "true or false"},
    {{{"voicemail_message", "Please call us."}}, "opt_out_number: ", "47 CFR 64.1200(b)(3)"},
    {{{"voicemail_message", "Please call us."}, {"opt_out_number", "+14155550132"}},
     "opt_out_number: ",
     "not toll-free"},
    {{{"opt_out_number", "800 555 0132"}}, "opt_out_number: ", "+1 and 800"},
    {{{"voicemail_message", "Hello {{friend}}"}, {"opt_out_number", "+18005550132"}},
     "voicemail_message: ",
     "{{person}}"},
    {{{"voicemail_message", std::string(1501, 'x')}, {"opt_out_number", "+18005550132"}},
     "voicemail_message: ",
     "1500"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.changes.dump());
    CHECK_THAT(problem_of(x.changes), Catch::StartsWith(x.field) && Contains(x.remedy));
  }
}

TEST_CASE_METHOD(control_world, "a campaign is created with managers that there are", "[control][campaign]") {
  manager_row mia;
  mia.id = ids.next<manager_id>(now);
  mia.name = "Mia";
  CHECK_THAT(refusal("campaign create", campaign_args({{"managers", {"Mia"}}})), Contains("[[manager]]"));
  store({mia});
  CHECK_THAT(refusal("campaign create", campaign_args({{"managers", {"Mia", "Tom"}}})),
             Contains("no account manager") && Contains("Tom") && Contains("there are: Mia"));
  CHECK(command("campaign list").empty());
  CHECK(command("campaign create", campaign_args({{"managers", {"Mia", to_string(mia.id)}}}))["status"] == "draft");
  const auto known = command("manager list", json::object()); // whom a shell completes
  REQUIRE(known.size() == 1);
  CHECK(known[0]["name"] == "Mia");
  CHECK_THAT(refusal("campaign create", campaign_args()), Contains("choose another name"));
  CHECK_THAT(refusal("campaign create", campaign_args({{"name", "Autumn"}, {"backoff", -1}})), Contains("backoff: "));
}

TEST_CASE_METHOD(control_world, "a wrong argument ends no command but its own", "[control]") {
  const auto campaign = command("campaign create", campaign_args())["campaign"].get<std::string>();
  struct row {
    const char* command;
    json args;
    const char* names;
  };
  const std::vector<row> rows{
    {"campaign status", {{"campaign", campaign}, {"limit", "x"}}, "limit: "},
    {"call list", {{"campaign", campaign}, {"limit", -1}}, "limit: "},
    {"call list", {{"limit", 0}}, "limit: "},
    {"prospect list", {{"campaign", campaign}, {"offset", 1.5}}, "offset: "},
    {"meeting list", {{"offset", 18'446'744'073'709'551'615ULL}}, "offset: "},
    {"campaign status", {{"campaign", 7}}, "campaign: "},
    {"campaign status", json::object(), "campaign: "},
    {"campaign stop", {{"campaign", campaign}, {"now", "yes"}}, "now: "},
    {"prospect import", {{"file", 7}}, "file: "},
    {"prospect import", {{"file", file("name,phone\n")}, {"source", 7}}, "source: "},
    {"prospect import", {{"file", file("name,phone\n")}, {"map", {"phone"}}}, "map: "},
    {"prospect import", {{"file", file("name,phone\n")}, {"map", {{"Tel", 7}}}}, "map: "},
    {"prospect show", {{"prospect", true}}, "prospect: "},
    {"call hangup", {{"call", 7}}, "call: "},
    {"dnc import", {{"file", file("4155550132\n")}, {"list", 7}}, "list: "},
    {"dnc import", {{"file", file("4155550132\n")}, {"list", "mine"}}, "list: "},
    {"dnc import", {{"file", file("4155550132\n")}, {"version", 7}}, "version: "},
    {"dnc import", {{"file", file("4155550132\n")}, {"state", 7}}, "state: "},
    {"dnc import", {{"file", file("4155550132\n")}, {"date", 20261120}}, "date: "},
    {"dnc add", {{"number", 4155550132}}, "number: "},
    {"dnc add", {{"number", "+14155550132"}, {"reason", 7}}, "reason: "},
    {"dnc check", {{"number", "12"}}, "number: "},
  };
  for (const auto& x : rows) {
    CAPTURE(x.command, x.args.dump());
    CHECK_THAT(refusal(x.command, x.args), Contains("invalid_input") && Contains(x.names));
  }
  CHECK_THAT(refusal("campaign lanuch"), Contains("did you mean") && Contains("campaign launch"));
  CHECK(command("campaign list").size() == 1); // control lives
  CHECK_FALSE(lists_of("+14155550132").internal);
}

TEST_CASE_METHOD(control_world, "a running campaign hears of prospects that were imported into it", "[control]") {
  const auto campaign = *parse_uuid(command("campaign create", campaign_args())["campaign"].get<std::string>());
  const auto people = file("name,phone,Industry,Company Size\nAnn,614 555 0132,Logistics,200\nBob,614 555 0133,,\n");
  command("prospect import", {{"file", people}});
  CHECK(told().empty());
  CHECK(command("prospect import", {{"file", people}, {"campaign", "Spring"}})["listed"] == 2);
  const auto orders = told();
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].to == entity_key{entity::campaign, campaign});
  CHECK(std::get<prospects_added>(orders[0].what).campaign == campaign_id{campaign});
  CHECK(command("prospect import", {{"file", people}, {"campaign", "Spring"}})["listed"] == 0);
  CHECK(told().size() == 1); // nobody is new
  CHECK_THAT(refusal("prospect import", {{"file", people}, {"campaign", "Autumn"}}), Contains("there is no"));

  const auto rows = command("prospect list", {{"limit", 10}});
  REQUIRE(rows.size() == 2);
  const auto ann = command("prospect show", {{"prospect", rows[0]["id"]}});
  CHECK(ann["timezone"] == "America/New_York"); // all of area code 614 is in one zone
  CHECK(ann["attributes"] == json{{"industry", "Logistics"}, {"company_size", "200"}});
}

TEST_CASE("the same seed at the same time makes the same ids", "[control]") {
  const auto created = [](wall_time at, bool restarted) {
    control_world w;
    w.time.set(at);
    if (restarted)
      w.control = w.start_control();
    return w.command("campaign create", control_world::campaign_args())["campaign"].get<std::string>();
  };
  const auto first = created(a_tuesday, false);
  CHECK(created(a_tuesday, true) == first);
  CHECK(created(a_tuesday + 1ms, false) != first);
}

} // namespace control_campaign_test
