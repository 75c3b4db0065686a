// Goal: imports know whom they know already, campaigns enrol whom they mean,
// lists are whole or not there, and reports show what is stored.
#include "tests/adapters/journal_suite.hpp"

#include "runtime/errors.hpp"

#include <nlohmann/json.hpp>

#include <set>

using namespace parley;
using namespace std::chrono_literals;
using nlohmann::json;
using test::journal_test;

namespace parley { // found by argument-dependent lookup

static bool operator==(const prospects_imported& a, const prospects_imported& b) {
  return std::tie(a.added, a.updated, a.unchanged, a.listed) == std::tie(b.added, b.updated, b.unchanged, b.listed);
}

} // namespace parley

namespace {

prospects_imported tally(uint32_t added, uint32_t updated, uint32_t unchanged, uint32_t listed = 0) {
  return {added, updated, unchanged, listed};
}

json ask_report(journal_test& t, report_query query) {
  return json::parse(t.must<report>(query).json);
}

} // namespace

TEST_CASE_METHOD(journal_test, "an import knows people by CRM id, else by phone and e-mail") {
  auto ann = prospect("ann");
  auto from_crm = prospect("bob");
  from_crm.source = "hubspot";
  from_crm.crm_id = "701";
  const auto import = [&](std::vector<prospect_row> rows) {
    return must<prospects_imported>(import_prospects{std::nullopt, std::move(rows)});
  };
  CHECK(import({ann, from_crm}) == tally(2, 0, 0));
  const auto again = [&](prospect_row row) { // an import makes a new id for each row
    row.id = ids.next<prospect_id>(now, 3);
    row.created_at = row.updated_at = now + 1h;
    return row;
  };
  CHECK(import({again(ann), again(from_crm)}) == tally(0, 0, 2));
  CHECK(must<prospect_row>(load_prospect{ann.id}).updated_at == now);

  auto shouting = again(ann);
  shouting.email = "ANN@example.com"; // the same mailbox, but a field changed
  shouting.role = "CTO";
  CHECK(import({shouting}) == tally(0, 1, 0));
  const auto changed = must<prospect_row>(load_prospect{ann.id});
  CHECK(changed.role == "CTO");
  CHECK(changed.created_at == now);
  CHECK(changed.updated_at == now + 1h);
  CHECK(import({again(ann)}) == tally(0, 1, 0)); // back to the small letters; the empty role takes nothing away
  CHECK(must<prospect_row>(load_prospect{ann.id}).role == "CTO");

  auto moved = again(from_crm); // the CRM's id is who they are, whatever their number
  moved.phone = "+14155559999";
  CHECK(import({moved}) == tally(0, 1, 0));
  CHECK(must<prospect_row>(load_prospect{from_crm.id}).phone == "+14155559999");
  auto other_crm = again(moved);
  other_crm.source = "salesforce";
  CHECK(import({other_crm}) == tally(1, 0, 0));

  auto shared = again(ann); // the same number, another person
  shared.email = "cleo@example.com";
  CHECK(import({shared, again(shared)}) == tally(1, 0, 1)); // doubled within one import

  auto known_to_crm = again(ann);
  known_to_crm.source = "hubspot";
  known_to_crm.crm_id = "702";
  CHECK(import({known_to_crm}) == tally(0, 1, 0));
  CHECK(must<prospect_row>(load_prospect{ann.id}).crm_id == "702");
  CHECK(import({again(ann)}) == tally(0, 0, 1)); // the list without CRM ids still means her
}

TEST_CASE_METHOD(journal_test, "a consent that an import leaves out is taken back") {
  auto ann = prospect("ann");
  ann.consent_type = "written";
  ann.consent_text = "yes";
  must<prospects_imported>(import_prospects{std::nullopt, {ann}});
  ann.consent_type = ann.consent_text = "";
  CHECK(must<prospects_imported>(import_prospects{std::nullopt, {ann}}) == tally(0, 1, 0));
  CHECK(must<prospect_row>(load_prospect{ann.id}).consent_type.empty());
}

TEST_CASE_METHOD(journal_test, "a zone that was only found from the number leaves a told one as it is") {
  const auto import = [&](prospect_row row, bool found) {
    import_prospects all{std::nullopt, {row}};
    all.prospects[0].id = ids.next<prospect_id>(now, 3);
    if (found)
      all.zones_found.insert(all.prospects[0].id);
    return must<prospects_imported>(all);
  };
  auto ann = prospect("ann");
  ann.timezone = "America/Los_Angeles";
  store({ann});
  const auto zone = [&] { return must<prospect_row>(load_prospect{ann.id}).timezone; };
  ann.timezone = "America/New_York";
  CHECK(import(ann, true) == tally(0, 0, 1));
  CHECK(zone() == "America/Los_Angeles");
  CHECK(import(ann, false) == tally(0, 1, 0));
  CHECK(zone() == "America/New_York");
  ann.timezone.clear();
  store({ann});
  ann.timezone = "America/New_York";
  CHECK(import(ann, true) == tally(0, 1, 0)); // where none is known
  CHECK(zone() == "America/New_York");
}

TEST_CASE_METHOD(journal_test, "an import that cannot be used is refused") {
  auto nobody = prospect("x");
  nobody.phone = nobody.email = "";
  CHECK(refused<prospects_imported>(import_prospects{std::nullopt, {prospect("ann"), nobody}}) == ec::invalid_input);
  CHECK(refused<prospects_imported>(import_prospects{ids.next<campaign_id>(now), {prospect("ann")}}) == ec::not_found);
  CHECK(ask_report(*this, {report_kind::prospects}).empty());
  CHECK(must<prospects_imported>(import_prospects{}) == tally(0, 0, 0));
}

TEST_CASE_METHOD(journal_test, "100,000 prospects come in while others write") {
  const auto spring = campaign("spring");
  store({spring});
  import_prospects all{spring.id, {}};
  for (int i = 0; i < 100'000; ++i) {
    all.prospects.push_back(prospect("p" + std::to_string(i), static_cast<uint16_t>(i)));
    all.prospects.back().phone = "+1415" + std::to_string(2'000'000 + i);
  }
  const auto began = std::chrono::steady_clock::now();
  auto importing = (*self)->request(port, 60s, std::move(all));
  const auto id = stream();
  for (uint64_t version = 0; version < 20; ++version)
    must<committed>(batch({write(id, version)}));
  const auto writers_done = std::chrono::steady_clock::now();
  prospects_imported result;
  importing.receive([&](prospects_imported& x) { result = x; }, [&](caf::error& e) { FAIL(sys->render(e)); });
  const auto import_done = std::chrono::steady_clock::now();
  CHECK(result == tally(100'000, 0, 0, 100'000));
  CHECK(writers_done < import_done);
  WARN("100,000 prospects imported in " << std::chrono::duration<double>{import_done - began}.count() << " s");
}

TEST_CASE_METHOD(journal_test, "a campaign enrols its listed prospects, in batches, nobody twice") {
  const auto spring = campaign("spring");
  store({spring});
  import_prospects list{spring.id, {}};
  for (int i = 0; i < 5; ++i)
    list.prospects.push_back(prospect("p" + std::to_string(i), 3));
  list.prospects.push_back(prospect("far", 4));
  CHECK(must<prospects_imported>(list) == tally(6, 0, 0, 6));
  must<prospects_imported>(import_prospects{std::nullopt, {prospect("unlisted")}});
  const auto enrolment = must<enrolment_row>(load_enrolment{spring.id, list.prospects[0].id});
  CHECK(enrolment.state == enrolment_state::listed);
  CHECK(enrolment.strategy == "{}");
  CHECK(must<enrolled>(enrol{spring.id, 3, now + 1h, 3}).count == 3);
  CHECK(must<enrolled>(enrol{spring.id, 3, now + 1h, 3}).count == 2);
  CHECK(must<enrolled>(enrol{spring.id, 3, now + 1h, 3}).count == 0);
  const auto due = must<due_prospects>(due_query{spring.id, 3, now + 1h, 10});
  CHECK(due.due.size() == 5);
  CHECK(due.asleep == 5);
  const auto waiting = must<enrolment_row>(load_enrolment{spring.id, list.prospects[0].id});
  CHECK(waiting.state == enrolment_state::waiting);
  CHECK(waiting.next_due == now + 1h);
  CHECK(must<prospects_imported>(list) == tally(0, 0, 6, 0)); // and are not listed anew
  CHECK(must<enrolled>(enrol{spring.id, 3, now, 10}).count == 0);
  CHECK(refused<enrolled>(enrol{ids.next<campaign_id>(now), 3, now, 10}) == ec::not_found);
}

TEST_CASE_METHOD(journal_test, "target filters choose among all prospects") {
  auto spring = campaign("spring");
  spring.target_filters = R"({"role":["CTO","ceo"],"state":"TX"})";
  const auto person = [&](const std::string& name, const std::string& role, const std::string& state) {
    auto out = prospect(name);
    out.role = role;
    out.state = state;
    return out;
  };
  const auto ann = person("ann", "CEO", "TX");
  const auto bob = person("bob", "cto", "TX");
  const auto cleo = person("cleo", "CTO", "CA");
  store({spring, ann, bob, cleo, person("dan", "janitor", "TX")});
  must<prospects_imported>(import_prospects{spring.id, {ann}}); // listed as well
  CHECK(must<enrolled>(enrol{spring.id, 3, now, 10}).count == 2);
  CHECK(must<enrolled>(enrol{spring.id, 3, now, 10}).count == 0);
  const auto due = must<due_prospects>(due_query{spring.id, 3, now, 10}).due;
  CHECK(std::set(due.begin(), due.end()) == std::set{ann.id, bob.id});
  for (const auto* wrong : {R"({"name":"ann"})", R"({"role":7})", R"(["role"])", R"(not json)"}) {
    spring.target_filters = wrong;
    // A store that knows JSON refuses what is none at once.
    if (const auto stored = ask<committed>(batch({}, {spring})); !stored) {
      CHECK(stored.error() == ec::invalid_input);
      continue;
    }
    CHECK(refused<enrolled>(enrol{spring.id, 3, now, 10}) == ec::invalid_input);
  }
}

/// The copy of a list that a number met; nothing when there is none.
static std::optional<list_hit> hit(const list_hits& x, const std::string& list = "national") {
  for (const auto& copy : x.lists)
    if (copy.list == list)
      return copy;
  return std::nullopt;
}

TEST_CASE_METHOD(journal_test, "the national list counts when its last part is in") {
  const line_id line{stream()};
  const auto hits = [&](const std::string& number) { return hit(must<list_hits>(check_lists{line, number})); };
  const auto part = [&](const std::string& version, std::vector<int64_t> numbers, bool first, bool last, wall_time at) {
    return must<national_list_imported>(import_national_list{version, std::move(numbers), first, last, at}).numbers;
  };
  CHECK_FALSE(hits("+14155550132"));
  CHECK(part("2026-11", {4155550132, 4155550133}, true, false, now) == 2);
  CHECK_FALSE(hits("+14155550132"));
  CHECK(part("2026-11", {4155550133, 4155550134}, false, true, now) == 3);
  const auto found = hits("+14155550132");
  REQUIRE(found);
  CHECK(found->listed);
  CHECK(found->date == now);
  CHECK(found->version == "2026-11");
  CHECK_FALSE(hits("+14155550135")->listed);
  CHECK_FALSE(hits("+442079460958")->listed);
  CHECK_FALSE(hits("4155550132")->listed);

  CHECK(part("2026-12", {4155550199}, true, false, now + 24h) == 1); // half of the next one
  CHECK(hits("+14155550132")->listed);
  restart();
  CHECK(hits("+14155550132")->listed);
  CHECK_FALSE(hits("+14155550199")->listed);
  CHECK(part("2026-12", {4155550200}, false, true, now + 24h) == 2);
  CHECK_FALSE(hits("+14155550132")->listed); // replaced as a whole
  CHECK(hits("+14155550199")->listed);
  CHECK(hits("+14155550200")->version == "2026-12");
  CHECK(refused<national_list_imported>(import_national_list{"2027-01", {1}, false, true, now}) == ec::wrong_state);
  std::vector<int64_t> many;
  for (int64_t i = 0; i < 25'000; ++i)
    many.push_back(2'120'000'000 + i);
  CHECK(part("2027-01", many, true, true, now) == many.size()); // more than one slice
  CHECK(hits("+12120024999")->listed);
}

TEST_CASE_METHOD(journal_test, "states' lists come and go by themselves, each with its own date") {
  const line_id line{stream()};
  const auto hits = [&](const std::string& number) { return must<list_hits>(check_lists{line, number}); };
  const auto list = [&](const std::string& name, std::vector<int64_t> numbers, bool last = true) {
    import_national_list x{name + " 1", std::move(numbers), true, last, now};
    x.list = name;
    x.date = now - 48h;
    return must<national_list_imported>(x).numbers;
  };
  list("national", {4155550132});
  list("TX", {5125550101});
  list("FL", {8505550103, 4155550132});
  list("IN", {3175550101}, false); // still coming in
  const auto both = hits("+14155550132");
  REQUIRE(both.lists.size() == 3);
  CHECK(hit(both)->listed);
  CHECK(hit(both, "FL")->listed);
  CHECK(hit(both, "FL")->version == "FL 1");
  CHECK(hit(both, "FL")->date == now - 48h);
  CHECK_FALSE(hit(both, "TX")->listed);
  CHECK(list("FL", {8505550199}) == 1);
  CHECK(list("IN", {3175550102}) == 1); // anew from the beginning
  CHECK_FALSE(hit(hits("+18505550103"), "FL")->listed);
  CHECK_FALSE(hit(hits("+13175550101"), "IN")->listed);
  CHECK(hit(hits("+13175550102"), "IN")->listed);
  CHECK(hit(hits("+15125550101"), "TX")->listed);
  CHECK(hit(hits("+14155550132"))->listed);
}

TEST_CASE_METHOD(journal_test, "our own list keeps hashes, and an operator may take a number off") {
  suppression_row listed{line_id{stream()}, "call", "asked for it", now, false};
  CHECK_FALSE(must<list_hits>(check_lists{listed.line, "+14155550132"}).internal);
  store({listed});
  CHECK(must<list_hits>(check_lists{listed.line, "+14155550132"}).internal);
  listed.removed = true;
  store({listed});
  CHECK_FALSE(must<list_hits>(check_lists{listed.line, "+14155550132"}).internal);
  listed.removed = false;
  store({listed}); // and on again
  CHECK(must<list_hits>(check_lists{listed.line, "+14155550132"}).internal);
}

TEST_CASE_METHOD(journal_test, "reports show campaigns, calls, people, meetings, the ledger and the outbox") {
  auto spring = campaign("spring");
  spring.target_filters = R"({"role":"CTO"})";
  auto ann = prospect("ann");
  auto bob = prospect("bob");
  auto cleo = prospect("cleo");
  manager_row mia{ids.next<manager_id>(now), "Mia", "mia@example.com", "", "Europe/Berlin", "{}", "", "", ""};
  const auto in = [&](const prospect_row& p, enrolment_state state, const std::string& reason) {
    enrolment_row out;
    out.campaign = spring.id;
    out.prospect = p.id;
    out.state = state;
    out.reason = reason;
    out.updated_at = now;
    return out;
  };
  auto early = call(spring.id, ann.id);
  early.ended_at = now + 20s;
  early.outcome = disposition::no_answer;
  auto late = call(spring.id, ann.id);
  late.initiated_at = now + 1h;
  late.connected_at = now + 1h;
  late.duration_seconds = 95;
  late.outcome = disposition::meeting_booked;
  late.meeting_booked = true;
  late.transcript = R"([{"speaker":"agent","text":"Hello"}])";
  late.metadata = R"({"attempt":2})";
  meeting_row meeting{
    ids.next<meeting_id>(now),      late.id, ann.id, mia.id, now + 48h, 30, "video", "ev1", "scheduled",
    "https://meet.example.com/mia", now};
  ledger_row gate{stream(),          now,
                  spring.id,         bob.id,
                  line_id{stream()}, {},
                  "blocked",         "dnc_national",
                  "On the list.",    "47 CFR 64.1200(c)(2)",
                  "2026-11",         R"([{"rule":"dnc_national","result":"blocked"}])",
                  std::nullopt};
  outbox_row parked{stream(), ann.id, "mail", "{}", now};
  outbox_row waiting{stream(), bob.id, "crm_activity", "{}", now};
  store({spring, ann, bob, cleo, mia, in(ann, enrolment_state::done, ""),
         in(bob, enrolment_state::blocked, "dnc_national: on the list"),
         in(cleo, enrolment_state::blocked, "dnc_national: on another"), early, late, meeting, gate, parked, waiting,
         due_row{spring.id, bob.id, now}});
  must<committed>(outbox_result{parked.id, delivery::parked, "mailbox unknown", std::nullopt, now});

  const auto campaigns = ask_report(*this, {report_kind::campaigns});
  REQUIRE(campaigns.size() == 1);
  CHECK(campaigns[0]["id"] == to_string(spring.id));
  CHECK(campaigns[0]["target_filters"]["role"] == "CTO");
  CHECK(campaigns[0]["created_at"] == to_iso(now));
  CHECK(campaigns[0]["started_at"].is_null());
  CHECK(campaigns[0]["prospects"] == 3);
  CHECK(campaigns[0]["states"] == json{{"blocked", 2}, {"done", 1}});
  CHECK(campaigns[0]["calls"] == 2);
  CHECK(campaigns[0]["meetings"] == 1);

  report_query of_spring{report_kind::campaign_totals, spring.id};
  const auto totals = ask_report(*this, of_spring);
  CHECK(totals["name"] == "spring");
  CHECK(totals["dispositions"] == json{{"meeting_booked", 1}, {"no_answer", 1}});
  CHECK(totals["blocked"] == json{{"dnc_national", 2}});
  CHECK(totals["calls_open"] == 1);
  CHECK(totals["calls_connected"] == 1);
  CHECK(totals["talk_seconds"] == 95);
  CHECK(totals["asleep"] == 1);

  of_spring.kind = report_kind::calls;
  auto calls = ask_report(*this, of_spring);
  REQUIRE(calls.size() == 2);
  CHECK(calls[0]["id"] == to_string(late.id)); // newest first
  CHECK(calls[0]["prospect"] == "ann");
  CHECK(calls[0]["campaign"] == "spring");
  CHECK(calls[0]["outcome"] == "meeting_booked");
  CHECK(calls[0]["meeting_booked"] == true);
  CHECK(calls[0]["metadata"]["attempt"] == 2);
  CHECK_FALSE(calls[0].contains("transcript"));
  of_spring.limit = 1;
  of_spring.offset = 1;
  calls = ask_report(*this, of_spring);
  REQUIRE(calls.size() == 1);
  CHECK(calls[0]["id"] == to_string(early.id));
  report_query of_bob{report_kind::calls};
  of_bob.prospect = bob.id;
  CHECK(ask_report(*this, of_bob).empty());

  report_query one{report_kind::call};
  CHECK(refused<report>(one) == ec::invalid_input);
  one.call = ids.next<call_id>(now);
  CHECK(refused<report>(one) == ec::not_found);
  one.call = late.id;
  const auto shown = ask_report(*this, one);
  CHECK(shown["transcript"][0]["text"] == "Hello");
  CHECK(shown["metadata"]["attempt"] == 2);
  CHECK(shown["connected_at"] == to_iso(now + 1h));
  CHECK(shown["ended_at"].is_null());
  CHECK(shown["meetings"][0]["account_manager"] == "Mia");

  const auto people = ask_report(*this, {report_kind::prospects, spring.id});
  REQUIRE(people.size() == 3);
  CHECK(people[1]["name"] == "bob");
  CHECK(people[1]["state"] == "blocked");
  CHECK(people[1]["reason"] == "dnc_national: on the list");
  CHECK(ask_report(*this, {report_kind::prospects}).size() == 3);

  of_bob.kind = report_kind::prospect;
  const auto person = ask_report(*this, of_bob);
  CHECK(person["phone"] == bob.phone);
  CHECK(person["enrolments"][0]["campaign"] == "spring");
  CHECK(person["ledger"][0]["reason"] == "dnc_national");
  CHECK(person["ledger"][0]["rules"][0]["result"] == "blocked");
  CHECK(person["calls"].empty());
  of_bob.prospect = ids.next<prospect_id>(now);
  CHECK(refused<report>(of_bob) == ec::not_found);

  const auto meetings = ask_report(*this, {report_kind::meetings, spring.id});
  REQUIRE(meetings.size() == 1);
  CHECK(meetings[0]["scheduled_at"] == to_iso(now + 48h));
  CHECK(meetings[0]["prospect"] == "ann");
  CHECK(meetings[0]["account_manager"] == "Mia");
  CHECK(meetings[0]["account_manager_timezone"] == "Europe/Berlin");
  CHECK(ask_report(*this, {report_kind::meetings, ids.next<campaign_id>(now)}).empty());

  CHECK(ask_report(*this, {report_kind::ledger, spring.id})[0]["verdict"] == "blocked");
  const auto outbox = ask_report(*this, {report_kind::outbox});
  REQUIRE(outbox.size() == 2);
  CHECK(outbox[0]["id"] == to_string(parked.id)); // needs somebody
  CHECK(outbox[0]["state"] == "parked");
  CHECK(outbox[0]["detail"] == "mailbox unknown");
  CHECK(outbox[1]["state"] == "waiting");
}

TEST_CASE_METHOD(journal_test, "one campaign's many rows of the ledger do not hide another one's") {
  const auto old = campaign("old");
  const auto busy = campaign("busy");
  const auto ann = prospect("ann");
  std::vector<row> rows{old, busy, ann};
  const auto told = [&](const campaign_row& in, const std::string& reason, wall_time at) {
    ledger_row out;
    out.id = stream();
    out.at = at;
    out.campaign = in.id;
    out.prospect = ann.id;
    out.line = line_id{stream()};
    out.verdict = "blocked";
    out.reason = reason;
    rows.emplace_back(out);
  };
  told(old, "dnc_national", now);
  for (int i = 0; i < 60; ++i)
    told(busy, "line_busy", now + std::chrono::minutes{1 + i / 2}); // two at a time
  store(std::move(rows));

  report_query ask{report_kind::prospect};
  ask.prospect = ann.id;
  const auto ledger = ask_report(*this, ask)["ledger"];
  REQUIRE(ledger.size() == 51);
  CHECK(ledger.front()["at"] == to_iso(now + 30min)); // the newest first
  CHECK(ledger.back()["reason"] == "dnc_national");
}
