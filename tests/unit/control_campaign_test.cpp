// Goal: settings that cannot work are refused when a campaign is created, with
// the field and the remedy; a wrong argument harms one command, not all.
// Method: one wrong thing at a time; commands over a real store.
#include "actors/control/campaign_settings.hpp"
#include "tests/unit/control_world.hpp"

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
    {window({{"until", 90'000'000}}), "best_times: ", "whole minutes of a day"},
    {window({{"from", 600}}), "best_times: ", "36000000 is 10:00"},
    {window({{"from", "10:00"}}), "best_times: ", "36000000 is 10:00"},
    {window({{"weekdays", {7}}}), "best_times: ", "weekday 7 is none"},
    {window({{"weekdays", {258}}}), "best_times: ", "weekday 258 is none"},
    {window({{"weekdays", {-1}}}), "best_times: ", "weekday -1 is none"},
    {window({{"weekdays", json::array()}}), "best_times: ", "needs weekdays"},
    {window({{"weekday", {1}}}), "best_times: ", "no \"weekday\""},
    {{{"best_times", {"mornings"}}}, "best_times: ", "list of windows"},
    {{{"best_times", "mornings"}}, "best_times: ", "must be a list"},
    {{{"allowed_times", {{{"weekdays", {1}}, {"from", 2}}}}}, "allowed_times: ", "36000000"},
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
