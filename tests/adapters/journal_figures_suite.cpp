// Goal: a store tells the figures that operators watch, for /metrics. Method:
// rows of every kind, one of each, and what counts as open, overdue or stuck
// at an instant.
#include "tests/adapters/journal_suite.hpp"

#include <nlohmann/json.hpp>

namespace journal_figures_suite {

using namespace parley;
using namespace std::chrono_literals;
using nlohmann::json;
using test::journal_test;

namespace {

json figures(journal_test& t, wall_time at) {
  report_query query;
  query.kind = report_kind::store_figures;
  query.now = at;
  return json::parse(t.must<report>(query).json);
}

/// The entry with this value of this key; null if there is none.
json entry(const json& list, const std::string& key, const std::string& value) {
  for (const auto& x : list)
    if (x.value(key, "") == value)
      return x;
  return nullptr;
}

} // namespace

TEST_CASE_METHOD(journal_test, "an empty store has figures") {
  const auto x = figures(*this, now);
  for (const auto* list : {"campaigns", "calls_open", "calls_stuck", "asleep", "overdue", "prospects", "outbox",
                           "meetings", "do_not_call_lists"})
    CHECK(x.at(list) == json::array());
  CHECK(x.at("inbox") == 0);
}

TEST_CASE_METHOD(journal_test, "copies of do-not-call lists have a size and an age once they are whole") {
  import_national_list florida{"1", {8505550103}, true, true, now, "FL", now - 48h};
  must<national_list_imported>(florida);
  must<national_list_imported>(import_national_list{"1", {4155550132, 2125550147, 2125550147}, true, true, now});
  must<national_list_imported>(import_national_list{"2", {4155550132}, true, false, now});
  const auto x = figures(*this, now + 1h)["do_not_call_lists"];
  CHECK(x.size() == 2);
  CHECK(entry(x, "list", "national") == json{{"list", "national"}, {"count", 2}, {"oldest", 3600.0}});
  CHECK(entry(x, "list", "FL") == json{{"list", "FL"}, {"count", 1}, {"oldest", 49 * 3600.0}});
}

TEST_CASE_METHOD(journal_test, "open calls are counted by campaign, and stuck ones by their campaign's limit") {
  auto spring = campaign("Spring");
  spring.status = campaign_status::running;
  auto patient = campaign("Patient");
  patient.settings = R"({"call_limit":7200000})";
  const auto ann = prospect("ann");
  auto over = call(spring.id, ann.id);
  over.ended_at = now;
  over.status = "ended";
  auto young = call(spring.id, ann.id);
  young.initiated_at = now - 1min;
  auto old = call(spring.id, ann.id);
  old.initiated_at = now - 43min; // 10 of talk, 2 of ringing, 30 to settle, and 1
  auto long_one = call(patient.id, ann.id);
  long_one.initiated_at = now - 43min;
  store({spring, patient, ann, over, young, old, long_one});
  const auto x = figures(*this, now);
  CHECK(entry(x["calls_open"], "campaign", "Spring") == json{{"campaign", "Spring"}, {"count", 2}, {"oldest", 2580.0}});
  CHECK(entry(x["calls_stuck"], "campaign", "Spring")["count"] == 1);
  CHECK(entry(x["calls_stuck"], "campaign", "Patient")["count"] == 0);
  CHECK(entry(figures(*this, now - 2min)["calls_stuck"], "campaign", "Spring")["count"] == 0);
  CHECK(entry(x["campaigns"], "campaign", "Spring")["status"] == "running");
}

TEST_CASE_METHOD(journal_test, "sleepers are overdue when their time has come and their campaign runs") {
  auto spring = campaign("Spring");
  spring.status = campaign_status::running;
  auto paused = campaign("Paused");
  paused.status = campaign_status::paused;
  const auto ann = prospect("ann");
  const auto bob = prospect("bob");
  const auto cleo = prospect("cleo");
  store({spring, paused, ann, bob, cleo});
  const auto sleeps = [&](const campaign_row& in, const prospect_row& who, wall_time until) {
    enrolment_row row;
    row.campaign = in.id;
    row.prospect = who.id;
    row.state = enrolment_state::waiting;
    row.next_due = until;
    row.updated_at = now;
    store({row, due_row{in.id, who.id, until}});
  };
  sleeps(spring, ann, now - 90s);
  sleeps(spring, bob, now - 30s);
  sleeps(spring, cleo, now + 1h);
  sleeps(paused, ann, now - 1h);
  const auto x = figures(*this, now);
  CHECK(entry(x["asleep"], "campaign", "Spring")["count"] == 3);
  CHECK(entry(x["overdue"], "campaign", "Spring") == json{{"campaign", "Spring"}, {"count", 2}, {"oldest", 90.0}});
  CHECK(entry(x["overdue"], "campaign", "Paused").is_null());
  CHECK(entry(figures(*this, now + 2h)["overdue"], "campaign", "Spring")["count"] == 3);
}

TEST_CASE_METHOD(journal_test, "deliveries are counted while they wait or are parked") {
  const auto ann = prospect("ann");
  outbox_row first{stream(), ann.id, "mail", "{}", now - 60s};
  outbox_row second{stream(), ann.id, "mail", "{}", now};
  outbox_row third{stream(), ann.id, "crm_activity", "{}", now};
  store({ann, first, second, third});
  must<committed>(outbox_result{first.id, delivery::parked, "mailbox unknown", std::nullopt, now});
  must<committed>(outbox_result{third.id, delivery::done, "id 7", std::nullopt, now});
  const auto outbox = figures(*this, now)["outbox"];
  REQUIRE(outbox.size() == 2);
  CHECK(entry(outbox, "state", "parked")
        == json{{"kind", "mail"}, {"state", "parked"}, {"count", 1}, {"oldest", 60.0}});
  CHECK(entry(outbox, "state", "waiting")["count"] == 1);
}

} // namespace journal_figures_suite
