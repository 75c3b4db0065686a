// Goal: the questions that actors and people ask get the answers that the
// stored rows give. Method: store rows through the port, ask through the port.
#include "tests/adapters/journal_suite.hpp"

#include "runtime/errors.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace journal_rows_suite {

using namespace parley;
using namespace std::chrono_literals;
using nlohmann::json;
using test::journal_test;

namespace {

carrier_event status_event(const call_id& call, uint32_t sequence, carrier_status status) {
  carrier_event event;
  event.call = call;
  event.sid = "CA" + std::string(32, '1');
  event.sequence = sequence;
  event.at = wall_time{std::chrono::milliseconds{1'800'000'000'000}};
  event.what = call_status_event{status, 12s, 200};
  return event;
}

/// Somebody who is stored: deliveries are about people who are known.
prospect_id stored_person(journal_test& t, const std::string& name, uint16_t home = 3) {
  const auto row = t.prospect(name, home);
  t.store({row});
  return row.id;
}

outbox_row delivery_of(journal_test& t, const prospect_id& prospect, const std::string& kind) {
  outbox_row out;
  out.id = t.ids.next<uuid>(t.now, prospect.home());
  out.prospect = prospect;
  out.kind = kind;
  out.payload = R"({"kind":")" + kind + R"("})";
  out.created_at = t.now;
  return out;
}

std::vector<std::string> kinds(const outbox_entries& x) {
  std::vector<std::string> out;
  for (const auto& entry : x.entries)
    out.push_back(entry.row.kind);
  return out;
}

} // namespace

TEST_CASE_METHOD(journal_test, "the inbox takes each carrier event once, in order of arrival") {
  const auto call = ids.next<call_id>(now, 3);
  const auto record = [&](const carrier_event& e) {
    return must<inbox_recorded>(record_inbox{e, "Body=secret"}).fresh;
  };
  auto machine = status_event(call, 0, carrier_status::unknown);
  machine.what = machine_detection_event{answered_by::machine_end_beep, 3400ms};
  auto resume = status_event(call, 2, carrier_status::unknown);
  resume.what = resume_requested_event{2};
  CHECK(record(status_event(call, 2, carrier_status::completed)));
  CHECK(record(status_event(call, 0, carrier_status::ringing)));
  CHECK_FALSE(record(status_event(call, 2, carrier_status::completed)));
  CHECK(record(machine)); // same SID and sequence, another kind
  CHECK(record(resume));
  CHECK_FALSE(record(resume));
  const auto other = ids.next<call_id>(now, 3);
  auto transfer = status_event(other, 77, carrier_status::unknown);
  transfer.what = transfer_ended_event{true, 90s};
  auto recording = status_event(other, 77, carrier_status::unknown);
  recording.what = recording_event{"RE1", true, 28s};
  CHECK(record(transfer));
  CHECK_FALSE(record(transfer));
  CHECK(record(recording)); // another kind
  CHECK(record(status_event(ids.next<call_id>(now), 7, carrier_status::busy)));
  restart();
  CHECK_FALSE(record(machine));
  const auto read = must<inbox_events>(read_inbox{call}).events;
  REQUIRE(read.size() == 4);
  CHECK(read[0].sequence == 2);
  const auto& status = std::get<call_status_event>(read[0].what);
  CHECK(status.status == carrier_status::completed);
  CHECK(status.duration == 12s);
  CHECK(status.sip_code == 200);
  CHECK(read[0].sid == machine.sid);
  CHECK(read[0].at == machine.at);
  CHECK(std::get<machine_detection_event>(read[2].what).who == answered_by::machine_end_beep);
  CHECK(std::get<machine_detection_event>(read[2].what).took == 3400ms);
  CHECK(std::get<resume_requested_event>(read[3].what).round == 2);
  CHECK_FALSE(stored_in_plain("Body=secret"));
  const auto live = must<inbox_events>(read_inbox{other}).events;
  REQUIRE(live.size() == 2);
  CHECK(std::get<transfer_ended_event>(live[0].what).connected);
  CHECK(std::get<transfer_ended_event>(live[0].what).duration == 90s);
  CHECK(std::get<recording_event>(live[1].what).recording_sid == "RE1");
  CHECK(std::get<recording_event>(live[1].what).available);
  CHECK(std::get<recording_event>(live[1].what).duration == 28s);
}

TEST_CASE_METHOD(journal_test, "a recording lies sealed and is read back") {
  const auto spring = campaign("spring");
  const auto ann = prospect("ann");
  const auto talk = call(spring.id, ann.id);
  store({spring, ann, talk});
  recording_row row;
  row.prospect = ann.id;
  row.call = talk.id;
  row.recording_sid = "RE1";
  row.content_type = "audio/wav";
  row.duration_seconds = 28;
  row.audio = "RIFF the sound of two people";
  row.audio += std::string("\0\xff", 2);
  row.created_at = now;
  store({row});
  restart();
  const auto read = must<recording_row>(load_recording{row.call});
  CHECK(read.audio == row.audio);
  CHECK(read.recording_sid == "RE1");
  CHECK(read.duration_seconds == 28);
  CHECK_FALSE(stored_in_plain("the sound of two people"));
  CHECK(refused<recording_row>(load_recording{ids.next<call_id>(now, 3)}) == ec::not_found);
}

TEST_CASE_METHOD(journal_test, "sleepers are due in the order of their time, by campaign and shard") {
  auto spring_row = campaign("spring");
  auto summer_row = campaign("summer");
  store({spring_row, summer_row});
  const auto spring = spring_row.id;
  const auto summer = summer_row.id;
  const auto known = [&](const campaign_id& in, uint16_t home) {
    const auto person = prospect("person " + std::to_string(numbers), home);
    enrolment_row enrolled;
    enrolled.campaign = in;
    enrolled.prospect = person.id;
    enrolled.updated_at = now;
    store({person, enrolled});
    return person.id;
  };
  std::vector<prospect_id> people;
  for (int i = 0; i < 4; ++i)
    people.push_back(known(i < 3 ? spring : summer, 3));
  const auto elsewhere = known(spring, 5);
  store({due_row{spring, people[0], now + 30min}, due_row{spring, people[1], now + 10min},
         due_row{spring, people[2], now + 20min}, due_row{summer, people[3], now}, due_row{spring, elsewhere, now}});
  auto ask_due = [&](wall_time until, uint32_t limit) {
    return must<due_prospects>(due_query{spring, 3, until, limit});
  };
  CHECK(ask_due(now, 10).due.empty());
  CHECK(ask_due(now, 10).next == now + 10min);
  CHECK(ask_due(now, 10).asleep == 3);
  CHECK(ask_due(now + 20min, 10).due == std::vector{people[1], people[2]});
  CHECK(ask_due(now + 1h, 2).due == std::vector{people[1], people[2]});
  store({due_row{spring, people[1], now + 2h}, due_row{spring, people[2], std::nullopt}});
  CHECK(ask_due(now + 1h, 10).due == std::vector{people[0]});
  CHECK(ask_due(now + 1h, 10).asleep == 2);
  CHECK(ask_due(now + 1h, 10).next == now + 30min);
  store({due_row{spring, people[2], std::nullopt}, due_row{spring, people[1], std::nullopt},
         due_row{spring, people[0], std::nullopt}});
  CHECK(ask_due(now + 5h, 10).asleep == 0);
  CHECK_FALSE(ask_due(now + 5h, 10).next);
}

TEST_CASE_METHOD(journal_test, "the outbox delivers in order per person, one at a time") {
  const auto ann = stored_person(*this, "ann");
  const auto bob = stored_person(*this, "bob");
  const auto first = delivery_of(*this, ann, "crm_activity");
  const auto second = delivery_of(*this, ann, "mail");
  const auto other = delivery_of(*this, bob, "put_event");
  store(
    {first, second, other, delivery_of(*this, {}, "mail"), delivery_of(*this, stored_person(*this, "cleo", 9), "far")});
  store({first}); // again
  const auto open = [&](wall_time at, uint32_t limit = 10) { return must<outbox_entries>(outbox_query{3, at, limit}); };
  CHECK(open(now - 1ms).entries.empty());
  CHECK(open(now - 1ms).next == now);
  CHECK(kinds(open(now)) == std::vector<std::string>{"crm_activity", "put_event"});
  CHECK(open(now).entries[0].row.payload == first.payload);
  CHECK(open(now).entries[0].row.prospect == ann);
  CHECK(kinds(open(now, 1)) == std::vector<std::string>{"crm_activity"});
  CHECK(open(now, 1).next == now);

  must<committed>(outbox_result{first.id, delivery::again, "503", now + 5min, now});
  CHECK(kinds(open(now)) == std::vector<std::string>{"put_event"});
  CHECK(open(now).next == now + 5min);
  CHECK(kinds(open(now + 5min)) == std::vector<std::string>{"crm_activity", "put_event"});
  CHECK(open(now + 5min).entries[0].tries == 1);

  must<committed>(outbox_result{first.id, delivery::parked, "refused: 400", std::nullopt, now});
  CHECK(kinds(open(now)) == std::vector<std::string>{"mail", "put_event"});
  // Whoever still had it in hand when it was given up cannot take it up again; an operator can.
  CHECK(refused<committed>(outbox_result{first.id, delivery::again, "", now, now}) == ec::wrong_state);
  must<outbox_changed>(outbox_order{outbox_action::retry, {first.id}, "ops", "", now});
  CHECK(open(now).entries[0].tries == 0);
  CHECK(kinds(open(now)) == std::vector<std::string>{"crm_activity", "put_event"});
  must<committed>(outbox_result{first.id, delivery::done, "77", std::nullopt, now});
  CHECK(kinds(open(now)) == std::vector<std::string>{"mail", "put_event"});
  store({first}); // delivered: not again
  CHECK(kinds(open(now)) == std::vector<std::string>{"mail", "put_event"});
  CHECK(refused<committed>(outbox_result{first.id, delivery::again, "", now, now}) == ec::wrong_state);
  CHECK(refused<committed>(outbox_result{stream(), delivery::done, "", now, now}) == ec::not_found);
}

TEST_CASE_METHOD(journal_test, "deliveries that belong to nobody wait for nothing") {
  auto one = delivery_of(*this, {}, "a");
  auto two = delivery_of(*this, {}, "b");
  one.id = stream();
  two.id = stream();
  store({one, two});
  CHECK(kinds(must<outbox_entries>(outbox_query{3, now, 10})) == std::vector<std::string>{"a", "b"});
}

TEST_CASE_METHOD(journal_test, "calls without an end are found by shard") {
  const auto spring = campaign("spring");
  const auto ann = prospect("ann");
  auto open = call(spring.id, ann.id);
  auto over = call(spring.id, ann.id);
  over.ended_at = now;
  store({spring, ann, open, over});
  const auto found = must<open_calls>(find_open_calls{3}).calls;
  REQUIRE(found.size() == 1);
  CHECK(found[0].call == open.id);
  CHECK(found[0].campaign == spring.id);
  CHECK(found[0].prospect == ann.id);
  CHECK(must<open_calls>(find_open_calls{4}).calls.empty());
  open.ended_at = now;
  store({open});
  CHECK(must<open_calls>(find_open_calls{3}).calls.empty());
}

TEST_CASE_METHOD(journal_test, "the carrier's ids of other calls are known, a call's own is not excluded") {
  const auto spring = campaign("spring");
  const auto ann = prospect("ann");
  auto first = call(spring.id, ann.id);
  auto second = call(spring.id, ann.id);
  first.call_sid = "CA1";
  second.call_sid = "CA2";
  store({spring, ann, first, second});
  CHECK(must<known_sids>(find_known_sids{second.id, {"CA1", "CA2", "CA3"}}).sids == std::vector<std::string>{"CA1"});
}

TEST_CASE_METHOD(journal_test, "no two calls have the same SID") {
  const auto ann = prospect("ann");
  const auto spring = campaign("spring");
  auto one = call(spring.id, ann.id);
  auto two = call(spring.id, ann.id);
  store({spring, ann, one, two}); // neither has one yet
  one.call_sid = two.call_sid = "CA1";
  store({one});
  CHECK(refused<committed>(batch({}, {two})) == ec::conflict);
}

TEST_CASE_METHOD(journal_test, "rows come back as they were stored") {
  auto ann = prospect("ann");
  ann.extension = "12";
  ann.attributes = R"({"size":"40"})";
  ann.consent_at = "2026-01-02";
  auto spring = campaign("spring");
  spring.status = campaign_status::running;
  spring.settings = R"({"company":"Acme"})";
  spring.started_at = now;
  enrolment_row enrolment{spring.id,
                          ann.id,
                          enrolment_state::waiting,
                          72,
                          R"({"approach":"direct"})",
                          2,
                          now + 1h,
                          disposition::busy,
                          "hours: too early",
                          now};
  manager_row manager{
    ids.next<manager_id>(now),      "Mia", "mia@example.com", "cloud", "Europe/Berlin", R"({"mon":[]})", "cal",
    "https://meet.example.com/mia", "77"};
  store({ann, spring, enrolment, manager});
  const auto person = must<prospect_row>(load_prospect{ann.id});
  CHECK(person.name == "ann");
  CHECK(person.phone == ann.phone);
  CHECK(person.extension == "12");
  CHECK(person.attributes == ann.attributes);
  CHECK(person.consent_at == "2026-01-02");
  CHECK(person.updated_at == now);
  const auto in = must<enrolment_row>(load_enrolment{spring.id, ann.id});
  CHECK(in.state == enrolment_state::waiting);
  CHECK(in.probability == 72);
  CHECK(in.strategy == enrolment.strategy);
  CHECK(in.attempts == 2);
  CHECK(in.next_due == now + 1h);
  CHECK(in.last_disposition == disposition::busy);
  CHECK(in.reason == "hours: too early");
  const auto campaigns = must<campaign_rows>(load_campaigns{}).rows;
  REQUIRE(campaigns.size() == 1);
  CHECK(campaigns[0].status == campaign_status::running);
  CHECK(campaigns[0].settings == spring.settings);
  CHECK(campaigns[0].started_at == now);
  CHECK_FALSE(campaigns[0].completed_at);
  for (const auto& found :
       {must<manager_rows>(load_managers{}).rows, must<manager_rows>(load_managers{{manager.id}}).rows}) {
    REQUIRE(found.size() == 1);
    CHECK(found[0].name == "Mia");
    CHECK(found[0].meeting_link == manager.meeting_link);
  }
  CHECK(must<manager_rows>(load_managers{{ids.next<manager_id>(now)}}).rows.empty());
  CHECK(refused<prospect_row>(load_prospect{ids.next<prospect_id>(now)}) == ec::not_found);
  CHECK(refused<enrolment_row>(load_enrolment{spring.id, ids.next<prospect_id>(now)}) == ec::not_found);
}

TEST_CASE_METHOD(journal_test, "what is remembered of a person comes newest first") {
  const auto ann = prospect("ann");
  std::vector<row> rows{ann};
  for (int i = 0; i < 4; ++i)
    rows.push_back(context_row{stream(), ann.id, "note", "note " + std::to_string(i), std::string("\0\0\x80\x3f", 4),
                               R"({"topic":"price"})", now + std::chrono::minutes{i}});
  store(rows);
  const auto found = must<context_rows>(load_context{ann.id, 2}).rows;
  REQUIRE(found.size() == 2);
  CHECK(found[0].content == "note 3");
  CHECK(found[1].content == "note 2");
  CHECK(found[0].embedding == std::string("\0\0\x80\x3f", 4));
  CHECK(found[0].metadata == R"({"topic":"price"})");
}

TEST_CASE_METHOD(journal_test, "personal words are sealed at rest and erased with their key") {
  const auto ann = prospect("ann");
  const auto bob = prospect("bob");
  const auto spring = campaign("spring");
  const std::set<std::string> words{"quokka-event", "quokka-state", "quokka-turn", "quokka-note",  "quokka-mail",
                                    "quokka-plan",  "quokka-bant",  "quokka-mark", "quokka-papers"};
  const auto store_for = [&](const prospect_row& person) {
    const auto id = stream();
    auto talk = write(id, 0, {"turn_finished"});
    talk.events[0].personal = R"({"text":"quokka-event"})";
    talk.personal_state = R"({"name":"quokka-state"})";
    talk.subject = person.id;
    auto phone = call(spring.id, person.id);
    phone.transcript = R"([{"text":"quokka-turn"}])";
    phone.metadata = R"({"bant":"quokka-bant"})";
    auto mail = delivery_of(*this, person.id, "mail");
    mail.payload = R"({"body":"quokka-mail"})";
    enrolment_row in;
    in.campaign = spring.id;
    in.prospect = person.id;
    in.strategy = R"({"talking_points":"quokka-plan"})";
    const context_row note{stream(), person.id, "note", "quokka-note", "", R"({"topic":"quokka-mark"})", now};
    meeting_row booked{ids.next<meeting_id>(now), phone.id, person.id, {}, now};
    booked.papers = R"({"invitation":"quokka-papers"})";
    must<committed>(batch({talk}, {person, in, phone, mail, note, booked}));
    return std::pair{id, phone.id};
  };
  store({spring});
  const auto [anns, anns_call] = store_for(ann);
  const auto [bobs, bobs_call] = store_for(bob);
  for (const auto& word : words)
    CHECK_FALSE(stored_in_plain(word));
  CHECK(stored_in_plain("turn_finished")); // the search finds what is plain

  CHECK(must<events_read>(read_events{anns}).events[0].personal == R"({"text":"quokka-event"})");
  backend->keys().destroy(ann.id);
  for (int round = 0; round < 2; ++round) {
    const auto erased = must<events_read>(read_events{anns}).events;
    REQUIRE(erased.size() == 1);
    CHECK(erased[0].personal == erased_json);
    CHECK(erased[0].data == R"({"n":1})");
    CHECK(must<loaded_stream>(load_stream{anns}).personal_state == erased_json);
    CHECK(must<context_rows>(load_context{ann.id}).rows.empty());
    CHECK(must<meeting_rows>(load_meetings{anns_call}).rows.at(0).papers.empty());
    CHECK(must<enrolment_row>(load_enrolment{spring.id, ann.id}).strategy == erased_json);
    report_query ask_call{report_kind::call};
    ask_call.call = anns_call;
    CHECK(json::parse(must<report>(ask_call).json).at("transcript") == json::parse(erased_json));
    for (const auto& entry : must<outbox_entries>(outbox_query{3, now, 10}).entries)
      CHECK(entry.row.payload
            == (entry.row.prospect == ann.id ? std::string{erased_json} : R"({"body":"quokka-mail"})"));

    CHECK(must<events_read>(read_events{bobs}).events[0].personal == R"({"text":"quokka-event"})");
    CHECK(must<loaded_stream>(load_stream{bobs}).personal_state == R"({"name":"quokka-state"})");
    CHECK(must<context_rows>(load_context{bob.id}).rows[0].content == "quokka-note");
    CHECK(must<context_rows>(load_context{bob.id}).rows[0].metadata == R"({"topic":"quokka-mark"})");
    CHECK(must<meeting_rows>(load_meetings{bobs_call}).rows.at(0).papers == R"({"invitation":"quokka-papers"})");
    ask_call.call = bobs_call;
    CHECK(json::parse(must<report>(ask_call).json)["transcript"][0]["text"] == "quokka-turn");
    restart();
  }
  // Nothing more is kept of an erased person.
  auto late = write(anns, 1);
  late.events[0].personal = R"({"text":"quokka-late"})";
  late.subject = ann.id;
  must<committed>(batch({late}));
  CHECK(must<events_read>(read_events{anns}).events[1].personal == erased_json);
}

} // namespace journal_rows_suite
