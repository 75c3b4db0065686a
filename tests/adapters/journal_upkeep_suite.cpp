// Goal: operators decide on deliveries and everybody can see it, and what lies
// in a store can be read as it lies there. Method: the port of a real store.
#include "tests/adapters/journal_suite.hpp"

#include "runtime/errors.hpp"
#include "runtime/json.hpp"

namespace journal_upkeep_suite {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

struct upkeep_test : journal_test {
  /// Somebody who is stored: deliveries are about people who are known.
  prospect_id known(const std::string& name) {
    const auto row = prospect(name);
    store({row});
    return row.id;
  }
  outbox_row to_deliver(const prospect_id& to, std::string kind, std::string object = {}) {
    return {stream(), to, std::move(kind), R"({"to":"Ann Lee"})", now, std::move(object)};
  }
  std::vector<std::string> due() {
    std::vector<std::string> out;
    for (const auto& entry : must<outbox_entries>(outbox_query{3, now, 10}).entries)
      out.push_back(entry.row.kind);
    return out;
  }
  json listed(const std::string& state, std::optional<prospect_id> prospect = {}) {
    report_query query;
    query.kind = report_kind::outbox;
    query.text = state;
    query.prospect = prospect;
    return json::parse(must<report>(query).json);
  }
  void settle(const uuid& id, delivery what, const std::string& detail = "") {
    must<committed>(outbox_result{id, what, detail, now + 1h, now});
  }
  outbox_changed order(outbox_action what, std::vector<uuid> ids, const std::string& reason = "") {
    return must<outbox_changed>(outbox_order{what, std::move(ids), "ops", reason, now});
  }
};

} // namespace

TEST_CASE_METHOD(upkeep_test, "a dropped delivery lets the next one of the person go, and says who gave it up") {
  const auto ann = known("Ann");
  const auto first = to_deliver(ann, "crm_activity");
  const auto second = to_deliver(ann, "mail");
  store({first, second});
  settle(first.id, delivery::again, "503"); // for an hour the mail waits behind it
  CHECK(due().empty());
  CHECK(order(outbox_action::drop, {first.id}, "The CRM is being replaced.").count == 1);
  CHECK(due() == std::vector<std::string>{"mail"});

  const auto dropped = listed("dropped");
  REQUIRE(dropped.size() == 1);
  CHECK(dropped[0]["id"] == to_string(first.id));
  CHECK(dropped[0]["dropped_by"] == "ops");
  CHECK(dropped[0]["dropped_at"] == to_iso(now));
  CHECK(dropped[0]["drop_reason"] == "The CRM is being replaced.");
  CHECK(dropped[0]["detail"] == "503"); // what was the matter stays
  // Whoever had it in hand meanwhile does not bring it back.
  CHECK(refused<committed>(outbox_result{first.id, delivery::again, "503", now, now}) == ec::wrong_state);
  CHECK(refused<committed>(outbox_result{first.id, delivery::parked, "x", now, now}) == ec::wrong_state);
  CHECK(refused<outbox_changed>(outbox_order{outbox_action::drop, {first.id}, "ops", "twice", now}) == ec::wrong_state);
  // Delivered all the same: that is told as it is.
  settle(first.id, delivery::done, "77");
  CHECK(listed("dropped").empty());
  CHECK(listed("done")[0]["detail"] == "77");
}

TEST_CASE_METHOD(upkeep_test, "a dropped delivery can be taken up again with its payload") {
  const auto ann = known("Ann");
  const auto mail = to_deliver(ann, "mail");
  store({mail});
  order(outbox_action::drop, {mail.id}, "by mistake");
  CHECK(due().empty());
  CHECK(order(outbox_action::retry, {mail.id}).count == 1);
  const auto open = must<outbox_entries>(outbox_query{3, now, 10});
  REQUIRE(open.entries.size() == 1);
  CHECK(open.entries[0].row.payload == mail.payload);
  CHECK(listed("waiting")[0]["drop_reason"] == "");
}

TEST_CASE_METHOD(upkeep_test, "retry of a waiting delivery makes it due at once, its tries counted anew") {
  const auto ann = known("Ann");
  const auto mail = to_deliver(ann, "mail");
  store({mail});
  for (int i = 0; i < 3; ++i)
    settle(mail.id, delivery::again, "451");
  CHECK(due().empty());
  order(outbox_action::retry, {mail.id});
  const auto open = must<outbox_entries>(outbox_query{3, now, 10});
  REQUIRE(open.entries.size() == 1);
  CHECK(open.entries[0].tries == 0);
}

TEST_CASE_METHOD(upkeep_test,
                 "retry of all takes the parked ones, but none that a later one of the same object overtook") {
  const auto ann = known("Ann");
  const auto bob = known("Bob");
  const auto put = to_deliver(ann, "put_event", "event 1");
  const auto booked = to_deliver(ann, "crm_activity", "crm meeting 1");
  const auto call = to_deliver(ann, "crm_activity");
  const auto second = to_deliver(ann, "put_event", "event 2");
  const auto cancel = to_deliver(ann, "cancel_event", "event 1");
  const auto cancelled = to_deliver(ann, "crm_activity", "crm meeting 1");
  const auto other = to_deliver(bob, "put_event", "event 3");
  store({put, booked, call, second, cancel, cancelled, other});
  for (const auto& id : {put.id, booked.id, call.id, second.id, other.id})
    settle(id, delivery::parked, "refused");
  for (const auto& id : {cancel.id, cancelled.id})
    settle(id, delivery::done, "object");
  CHECK(listed("parked").size() == 5);
  CHECK(listed("parked", ann).size() == 4);
  // The meeting is cancelled in the calendar and in the CRM: these would bring it back.
  for (const auto& id : {put.id, booked.id})
    CHECK(refused<outbox_changed>(outbox_order{outbox_action::retry, {id}, "ops", "", now}) == ec::wrong_state);
  const auto all = order(outbox_action::retry, {});
  CHECK(all.count == 3);
  CHECK(all.left == 2);
  CHECK(due() == std::vector<std::string>{"crm_activity", "put_event"}); // the first of each person
  CHECK(listed("parked").size() == 2);
}

TEST_CASE_METHOD(upkeep_test, "an order about a delivery that is done or unknown changes nothing") {
  const auto ann = known("Ann");
  const auto one = to_deliver(ann, "mail");
  const auto two = to_deliver(ann, "mail");
  store({one, two});
  settle(one.id, delivery::done, "id");
  for (const auto what : {outbox_action::retry, outbox_action::drop})
    for (const auto& bad : {one.id, stream()}) {
      // All or nothing: the good one of the two is left as it is.
      const auto why = refused<outbox_changed>(outbox_order{what, {two.id, bad}, "ops", "x", now});
      CHECK(why == (bad == one.id ? ec::wrong_state : ec::not_found));
    }
  CHECK(listed("waiting").size() == 1);
  CHECK(listed("dropped").empty());
  report_query query;
  query.kind = report_kind::outbox;
  query.text = "lost";
  CHECK(refused<report>(query) == ec::invalid_input);
}

TEST_CASE_METHOD(upkeep_test, "streams are listed by id, page by page, and rows without a stream are named") {
  std::vector<uuid> wanted;
  for (int i = 0; i < 5; ++i)
    wanted.push_back(stream());
  for (const auto& id : wanted)
    must<committed>(batch({write(id, 0, {"a", "b"})}));
  const auto spring = campaign("Spring");
  const auto ann = prospect("Ann");
  const auto lost = call(spring.id, ann.id);
  store({spring, ann, lost});
  const auto first = must<stream_page>(list_streams{{}, 3});
  CHECK(first.more);
  CHECK(first.total == 5);
  CHECK(first.events == 10);
  REQUIRE(first.orphans.size() == 2);
  CHECK(first.orphans[0] == "calls " + to_string(lost.id));
  const auto rest = must<stream_page>(list_streams{first.streams.back(), 3});
  CHECK_FALSE(rest.more);
  CHECK(rest.orphans.empty());
  auto all = first.streams;
  all.insert(all.end(), rest.streams.begin(), rest.streams.end());
  std::sort(wanted.begin(), wanted.end());
  CHECK(all == wanted);
}

TEST_CASE_METHOD(upkeep_test, "a stream is read with the versions and seals of its events") {
  const auto ann = prospect("Ann");
  const auto id = stream();
  auto first = write(id, 0, {"born", "grew"});
  first.subject = ann.id;
  first.events[1].personal = R"({"name":"Ann"})";
  first.personal_state = R"({"name":"Ann"})";
  must<committed>(batch({first}));
  const auto read = must<audited_stream>(audit_stream{id});
  CHECK(read.version == 2);
  CHECK(read.kind == "call");
  CHECK(read.shard == 3);
  CHECK(read.damage.empty());
  REQUIRE(read.events.size() == 2);
  CHECK(read.events[0].version == 1);
  CHECK(read.events[0].seal == seal_state::none);
  CHECK(read.events[1].type == "grew");
  CHECK(read.events[1].seal == seal_state::open);
  CHECK(read.events[1].personal == R"({"name":"Ann"})");
  CHECK(read.seal == seal_state::open);
  CHECK(must<audited_stream>(audit_stream{stream()}).version == 0);

  backend->keys().destroy(ann.id);
  const auto erased = must<audited_stream>(audit_stream{id});
  CHECK(erased.events[1].seal == seal_state::erased);
  CHECK(erased.events[1].personal.empty());
  CHECK(erased.seal == seal_state::erased);
}

TEST_CASE_METHOD(upkeep_test, "rows are held against those that they should be, without their values") {
  auto spring = campaign("Spring");
  spring.settings = R"({"a":1,"b":[2]})";
  const auto ann = prospect("Ann");
  auto one = call(spring.id, ann.id);
  one.metadata = R"({"note":"private"})";
  enrolment_row listed;
  listed.campaign = spring.id;
  listed.prospect = ann.id;
  listed.state = enrolment_state::waiting;
  listed.next_due = now;
  listed.updated_at = now;
  store({spring, ann, one, listed, due_row{spring.id, ann.id, now}});
  const auto differences
    = [&](std::vector<row> rows) { return must<audited_rows>(audit_rows{std::move(rows)}).differences; };
  auto respelt = spring;
  respelt.settings = R"({ "b": [2], "a": 1 })"; // the same in another order
  CHECK(differences({respelt, one, listed, due_row{spring.id, ann.id, now}}).empty());

  one.outcome = disposition::machine;
  one.metadata = R"({"note":"other"})";
  const auto told = differences({one});
  REQUIRE(told.size() == 1);
  CHECK(told[0] == "calls " + to_string(one.id) + ": outcome, metadata differ");
  one.id = ids.next<call_id>(now, 3);
  CHECK_THAT(differences({one}).at(0), Contains("the row is missing"));
  CHECK_THAT(differences({due_row{spring.id, ann.id, now + 1h}}).at(0), Contains("at differs"));
  CHECK_THAT(differences({due_row{spring.id, ann.id, std::nullopt}}).at(0), Contains("nothing is due"));

  // Whoever watches over a person may have blocked them, later and for good.
  auto blocked = listed;
  blocked.state = enrolment_state::blocked;
  blocked.next_due.reset();
  blocked.updated_at = now + 1s;
  store({blocked, due_row{spring.id, ann.id, std::nullopt}});
  CHECK(differences({listed, due_row{spring.id, ann.id, now}}).empty());
  listed.updated_at = now + 2s; // the stream's word is the newer one
  CHECK(differences({listed}).size() == 1);
}

TEST_CASE_METHOD(upkeep_test, "further sealed fields are opened table by table") {
  const auto ann = prospect("Ann");
  const auto bob = prospect("Bob");
  store({ann, bob});
  std::vector<row> rows;
  for (int i = 0; i < 5; ++i)
    rows.push_back(to_deliver(i < 3 ? ann.id : bob.id, "mail"));
  store(rows);
  backend->keys().destroy(bob.id);
  const auto first = must<audited_seals>(audit_seals{"outbox", {}, 3});
  CHECK(first.checked == 3);
  REQUIRE(first.last);
  const auto rest = must<audited_seals>(audit_seals{"outbox", *first.last, 3});
  CHECK(rest.checked == 2);
  CHECK_FALSE(rest.last);
  CHECK(first.erased + rest.erased == 2);
  CHECK(first.damaged.empty());
  for (const auto* table : {"meetings", "agent_context", "inbox", "recordings"})
    CHECK(must<audited_seals>(audit_seals{table, {}, 3}).checked == 0);
  CHECK(refused<audited_seals>(audit_seals{"prospects", {}, 3}) == ec::invalid_input);
}

TEST_CASE_METHOD(upkeep_test, "events are exported in the order of their commits, sealed unless asked for") {
  const auto spring = campaign("Spring");
  const auto ann = prospect("Ann");
  const auto one = call(spring.id, ann.id);
  store({spring, ann, one});
  const auto other = stream();
  auto talk = write(one.id, 0, {"begun"});
  talk.subject = ann.id;
  talk.events[0].personal = R"({"said":"hello"})";
  must<committed>(batch({talk}, {}, shard(one.id)));
  now += 1min;
  must<committed>(batch({write(other, 0, {"x", "y"})}));
  must<committed>(batch({write(one.id, 1, {"ended"})}, {}, shard(one.id)));

  const auto types = [](const exported_events& x) {
    std::string out;
    for (const auto& e : x.events)
      out += e.event.type + " ";
    return out;
  };
  const auto all = must<exported_events>(export_events{});
  CHECK(types(all) == "begun x y ended ");
  CHECK(all.events[3].event.version == 2);
  CHECK(all.events[3].kind == "call");
  CHECK(all.events[0].event.personal.empty());
  CHECK(all.events[0].event.seal == seal_state::open);
  export_events ask;
  ask.personal = true;
  CHECK(must<exported_events>(ask).events[0].event.personal == R"({"said":"hello"})");
  ask = {};
  ask.limit = 3;
  const auto page = must<exported_events>(ask);
  CHECK(page.more);
  ask.after = page.events.back().position;
  CHECK(types(must<exported_events>(ask)) == "ended ");
  ask = {};
  ask.prospect = ann.id;
  CHECK(types(must<exported_events>(ask)) == "begun ended ");
  ask = {};
  ask.campaign = spring.id;
  CHECK(types(must<exported_events>(ask)) == "begun ended ");
  ask = {};
  ask.stream = other;
  CHECK(types(must<exported_events>(ask)) == "x y ");
  ask = {};
  ask.since = now;
  CHECK(types(must<exported_events>(ask)) == "x y ended ");
  ask.until = now;
  CHECK(types(must<exported_events>(ask)).empty());
}

} // namespace journal_upkeep_suite
