// Goal: `journal verify` finds every damage and nothing in a sound store.
// Method: streams made by the cores in a real store, each damage planted by SQL
// as a disk, a hand or a bug would.
#include "actors/call/core.hpp"
#include "actors/campaign/core.hpp"
#include "actors/diary/core.hpp"
#include "actors/line/core.hpp"
#include "actors/prospect/core.hpp"
#include "tests/unit/control_world.hpp"

#include <sstream>

namespace journal_audit_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

struct audit_world : control_world {
  campaign_id spring = ids.next<campaign_id>(now, 3);
  prospect_row ann = prospect("Ann");
  line_id line{stream()};
  call_id call = ids.next<call_id>(now, 3); // open
  call_id over = ids.next<call_id>(now, 3); // ended
  manager_id priya = ids.next<manager_id>(now, 3);

  template <class Core>
  void
  make(const uuid& id, stream_kind kind, const std::vector<typename Core::event>& events, std::vector<row> rows = {}) {
    auto write = aggregate<Core>::birth(id, kind, events, now, rows);
    must<committed>(batch({std::move(write)}, std::move(rows)));
  }

  calls::call_intended intended(const call_id& id) {
    calls::call_intended out;
    out.call = id;
    out.campaign = spring;
    out.prospect = ann.id;
    out.line = line;
    out.slot = ids.next<slot_id>(now, 3);
    out.at = now;
    out.personal.brief.person = ann;
    return out;
  }

  audit_world() {
    campaigns::campaign_created created;
    created.policy.campaign = spring;
    created.policy.name = "Spring";
    created.at = now;
    make<campaigns::core>(spring, stream_kind::campaign,
                          {created, campaigns::status_changed{campaign_status::running, "launch", now, ""}});
    prospects::researched found;
    found.campaign = spring;
    found.probability = 70;
    found.at = now;
    prospects::attempt_begun begun;
    begun.campaign = spring;
    begun.call = call;
    begun.at = now;
    begun.look_again = now + 1h;
    // A prospect's state knows its id before its first event, which `birth` does not.
    {
      prospects::state fresh;
      fresh.id = ann.id;
      stream_write write;
      write.stream = ann.id;
      write.kind = stream_kind::prospect;
      for (const prospects::core::event& e : std::vector<prospects::core::event>{found, begun}) {
        prospects::core::apply(fresh, e);
        write.events.push_back(std::visit([&](const auto& x) { return to_stored(x, now); }, e));
      }
      write.state = prospects::core::public_part(fresh).dump();
      write.personal_state = prospects::core::personal_part(fresh).dump();
      write.subject = ann.id;
      auto rows = prospects::core::rows(fresh);
      rows.insert(rows.begin(), ann);
      must<committed>(batch({write}, rows));
    }
    make<calls::core>(over, stream_kind::call,
                      {intended(over), calls::call_submitted{"CA1", now},
                       calls::turn_spoken{{{speaker::callee, "Who is this?"}}},
                       calls::call_closed{disposition::hung_up, now + 1min}});
    make<calls::core>(call, stream_kind::call, {intended(call), calls::call_submitted{"CA2", now}});
    lines::attempt first{over, ann.id, spring, 1, now};
    lines::attempt second{call, ann.id, spring, 2, now + 1min};
    lines::state fresh;
    fresh.id = line;
    stream_write write;
    write.stream = line;
    write.kind = stream_kind::line;
    for (const lines::core::event& e : std::vector<lines::core::event>{
           lines::attempt_made{first}, lines::line_freed{over, disposition::hung_up, now + 1min, true},
           lines::attempt_made{second}}) {
      lines::core::apply(fresh, e);
      write.events.push_back(std::visit([&](const auto& x) { return to_stored(x, now); }, e));
    }
    write.state = lines::core::public_part(fresh).dump();
    must<committed>(batch({write}));
    diaries::state diary;
    diary.id = priya;
    stream_write held;
    held.stream = priya;
    held.kind = stream_kind::diary;
    const diaries::held event{meeting_id{stream()}, {{now + 24h, now + 25h}, now + 2min}};
    diaries::core::apply(diary, event);
    held.events = {to_stored(event, now)};
    held.state = diaries::core::public_part(diary).dump();
    outbox_row mail{stream(), ann.id, "mail", R"({"to":"ann@example.com"})", now};
    must<committed>(batch({held}, {mail}));
  }

  void sql(const std::string& statement) {
    sqlite::database db{own_folder->path() / "journal.db", sqlite::database::access::write, 5s};
    db.execute(statement);
    CHECK(db.changes() > 0);
  }
  static std::string hex(const uuid& id) {
    std::string out;
    for (const char c : to_string(id))
      if (c != '-')
        out += c;
    return "x'" + out + "'";
  }
  json verify() { return job("journal verify")["result"]; }

  /// The one finding that there is.
  json only() {
    const auto all = verify();
    INFO(all.dump(2));
    REQUIRE(all["findings_total"] == 1);
    return all["findings"][0];
  }
  /// A kind of finding about this one is among them.
  bool finds(const std::string& where, const std::string& kind) {
    const auto all = verify();
    UNSCOPED_INFO(all.dump(2));
    for (const auto& one : all["findings"])
      if (one["where"].get<std::string>().find(where) != std::string::npos && one["kind"] == kind
          && !one["remedy"].get<std::string>().empty())
        return true;
    return false;
  }
};

} // namespace

TEST_CASE_METHOD(audit_world, "a sound store has no findings", "[journal][audit]") {
  const auto all = verify();
  INFO(all.dump(2));
  CHECK(all["findings_total"] == 0);
  CHECK(all["streams"] == 6);
  CHECK(all["events"] == 14);
  CHECK(all["open_calls"] == 1);
  CHECK(all["rows"].get<int>() >= 5);
  CHECK(all["sealed_fields"] == 1);
  CHECK(all["streams_erased"] == 0);
}

TEST_CASE_METHOD(audit_world, "an erased person is no damage", "[journal][audit]") {
  backend->keys().destroy(ann.id);
  const auto all = verify();
  INFO(all.dump(2));
  CHECK(all["findings_total"] == 0);
  CHECK(all["streams_erased"] == 3);
  CHECK(all["sealed_fields_erased"] == 1);
}

TEST_CASE_METHOD(audit_world, "a missing event breaks the chain", "[journal][audit]") {
  sql("DELETE FROM events WHERE stream = " + hex(over) + " AND version = 2");
  const auto one = only();
  CHECK(one["where"] == "call " + to_string(over));
  CHECK(one["kind"] == "chain");
  CHECK_THAT(one["remedy"].get<std::string>(), Contains("keys.db"));
}

TEST_CASE_METHOD(audit_world, "a gap in the versions is found", "[journal][audit]") {
  sql("UPDATE events SET version = 9 WHERE stream = " + hex(spring)
      + " AND version = 2;"
        "UPDATE streams SET version = 9 WHERE id = "
      + hex(spring));
  const auto one = only();
  CHECK(one["where"] == "campaign " + to_string(spring));
  CHECK(one["kind"] == "versions");
}

TEST_CASE_METHOD(audit_world, "a changed event no longer makes the stored state", "[journal][audit]") {
  sql("UPDATE events SET data = json_set(data, '$.status', 'paused') WHERE stream = " + hex(spring)
      + " AND version = 2");
  CHECK(finds(to_string(spring), "state"));
  CHECK(finds("campaigns", "row")); // and the row is not what the events make
}

TEST_CASE_METHOD(audit_world, "a changed state is found, for each kind of stream", "[journal][audit]") {
  const std::pair<uuid, std::string> changes[]{{spring, "json_set(state, '$.status', 'stopped')"},
                                               {ann.id, "json_set(state, '$.opted_out', json('true'))"},
                                               {call, "json_set(state, '$.sid', 'CA9')"},
                                               {line, "json_set(state, '$.suppressed_by', 'call')"},
                                               {priya, "json_set(state, '$.holds', json('{}'))"}};
  const auto& [id, change] = changes[GENERATE(0, 1, 2, 3, 4)];
  sql("UPDATE streams SET state = " + change + " WHERE id = " + hex(id));
  const auto one = only();
  CHECK(one["kind"] == "state");
  CHECK_THAT(one["where"].get<std::string>(), Contains(to_string(id)));
  CHECK_THAT(one["remedy"].get<std::string>(), Contains("export"));
}

TEST_CASE_METHOD(audit_world, "an event or a state that cannot be read is found", "[journal][audit]") {
  const auto change = GENERATE(R"(data = '{"status":"flying"}')", "data = '{'", "type = 'call_closed'");
  sql("UPDATE events SET " + std::string{change} + " WHERE stream = " + hex(spring) + " AND version = 2");
  CHECK(only()["kind"] == "events");
  sql("UPDATE streams SET state = '[' WHERE id = " + hex(line));
  CHECK(finds(to_string(line), "state"));
}

TEST_CASE_METHOD(audit_world, "a sealed field that was damaged or moved does not open", "[journal][audit]") {
  SECTION("of an event") {
    sql("UPDATE events SET personal = personal || x'00' WHERE stream = " + hex(over) + " AND version = 3");
    CHECK(finds(to_string(over), "seal"));
  }
  SECTION("of a state, taken from another stream") {
    sql("UPDATE streams SET personal_state = (SELECT personal_state FROM streams WHERE id = " + hex(call)
        + ") WHERE id = " + hex(over));
    CHECK(finds(to_string(over), "seal"));
  }
  SECTION("of a row") {
    sql("UPDATE calls SET transcript = substr(transcript, 1, length(transcript) - 1) WHERE id = " + hex(over));
    CHECK(finds("calls " + to_string(over), "row"));
  }
  SECTION("of a delivery") {
    sql("UPDATE outbox SET payload = x'01' || substr(payload, 2, 30) || x'ffff' || substr(payload, 33)");
    CHECK(finds("outbox ", "seal"));
  }
}

TEST_CASE_METHOD(audit_world, "a row that differs from its stream is named with its columns only", "[journal][audit]") {
  SECTION("changed") {
    sql("UPDATE calls SET outcome = 'machine', call_sid = 'CA7' WHERE id = " + hex(over));
    const auto one = only();
    CHECK(one["where"] == "calls " + to_string(over));
    CHECK_THAT(one["what"].get<std::string>(), Contains("call_sid, outcome differ"));
    CHECK_THAT(one["what"].get<std::string>(), !Contains("CA7"));
  }
  SECTION("missing") {
    sql("DELETE FROM enrolments WHERE prospect_id = " + hex(ann.id));
    CHECK(finds("enrolments", "row"));
  }
  SECTION("due at another time") {
    sql("UPDATE due SET at = at + 5000");
    CHECK_THAT(only()["what"].get<std::string>(), Contains("at differs"));
  }
}

TEST_CASE_METHOD(audit_world, "rows and events of a stream that is gone are found", "[journal][audit]") {
  sql("DELETE FROM streams WHERE id = " + hex(over));
  const auto one = only();
  CHECK(one["kind"] == "orphan");
  CHECK(one["where"] == "calls " + to_string(over));
}

TEST_CASE_METHOD(audit_world, "a call that is up and its line must agree", "[journal][audit]") {
  // The line forgets its call, events and all: what is left is sound in itself.
  const auto last = "(SELECT previous FROM events WHERE stream = " + hex(line) + " AND version = 3)";
  SECTION("the line has none up") {
    sql("UPDATE streams SET last_event = " + last
        + ", version = 2, state = json_set(state, '$.call_up', NULL, '$.attempts', json_array(json_extract(state, "
          "'$.attempts[0]'))) WHERE id = "
        + hex(line));
    const auto one = only();
    CHECK(one["kind"] == "call");
    CHECK(one["where"] == "call " + to_string(call));
  }
  SECTION("the line's call is unknown") {
    sql("DELETE FROM calls WHERE id = " + hex(call) + "; DELETE FROM streams WHERE id = " + hex(call));
    CHECK(finds("line " + to_string(line), "line"));
  }
  SECTION("the line's call has ended and nobody told it") {
    const auto closed = to_stored(calls::call_closed{disposition::hung_up, now + 2min}, now);
    const auto stored = must<loaded_stream>(load_stream{call});
    auto open = calls::core::restore(json::parse(stored.state), json::parse(stored.personal_state));
    calls::core::apply(open, calls::call_closed{disposition::hung_up, now + 2min});
    stream_write write;
    write.stream = call;
    write.kind = stream_kind::call;
    write.expected = 2;
    write.events = {closed};
    write.state = calls::core::public_part(open).dump();
    write.personal_state = calls::core::personal_part(open).dump();
    write.subject = ann.id;
    must<committed>(batch({write}, calls::core::rows(open)));
    const auto one = only();
    CHECK(one["kind"] == "line");
    CHECK_THAT(one["what"].get<std::string>(), Contains("which has ended"));
  }
}

TEST_CASE_METHOD(audit_world, "no two open calls have one slot", "[journal][audit]") {
  const auto twin = ids.next<call_id>(now, 3);
  const line_id other{stream()};
  auto born = intended(twin);
  born.line = other;
  born.slot = json::parse(must<loaded_stream>(load_stream{call}).state).at("slot").get<slot_id>();
  make<calls::core>(twin, stream_kind::call, {born});
  lines::state fresh;
  fresh.id = other;
  const lines::attempt_made made{{twin, ann.id, spring, 1, now}};
  lines::core::apply(fresh, made);
  stream_write write;
  write.stream = other;
  write.kind = stream_kind::line;
  write.events = {to_stored(made, now)};
  write.state = lines::core::public_part(fresh).dump();
  must<committed>(batch({write}));
  CHECK(only()["kind"] == "slot");
}

TEST_CASE_METHOD(audit_world, "the list of findings is bounded, their number is not", "[journal][audit]") {
  sql("DELETE FROM events WHERE version = 1");
  const auto all = command("journal verify", {{"limit", 2}});
  CHECK(all["findings"].size() == 2);
  CHECK(all["findings_total"].get<int>() > 2);
}

TEST_CASE_METHOD(audit_world, "events are exported as JSON, page by page, sealed unless asked for",
                 "[journal][audit]") {
  const auto page = command("journal export", {{"campaign", "Spring"}, {"limit", 3}});
  CHECK(page["more"] == true);
  CHECK(page["events"].size() == 3);
  CHECK(page["events"][0]["type"] == "campaign_created");
  CHECK(page["events"][0]["kind"] == "campaign");
  const auto rest = command("journal export", {{"campaign", "Spring"}, {"after", page["after"]}});
  CHECK(rest["more"] == false);
  CHECK(rest["events"].back()["version"] == 2);
  const auto sealed = command("journal export", {{"stream", to_string(over)}});
  CHECK(sealed["events"].size() == 4);
  CHECK(sealed.dump().find("Who is this?") == std::string::npos);
  CHECK(sealed["events"][2]["personal"] == "sealed");
  const auto open = command("journal export", {{"stream", to_string(over)}, {"personal", true}});
  CHECK(open["events"][2]["personal"]["said"]["text"] == "Who is this?");
  CHECK_THAT(refusal("journal export", {{"since", "yesterday"}}), Contains("since"));
  CHECK_THAT(refusal("journal export", {{"stream", "7"}}), Contains("stream"));
}

TEST_CASE_METHOD(audit_world, "deliveries are listed, dropped and retried by command", "[control][outbox]") {
  const auto listed = command("outbox list", {{"prospect", "Ann"}});
  REQUIRE(listed.size() == 1);
  const auto id = listed[0]["id"].get<std::string>();
  CHECK(listed[0]["prospect"] == "Ann");
  CHECK(command("outbox list", {{"campaign", "Spring"}}).size() == 1);
  CHECK(command("outbox list", {{"state", "parked"}}).empty());
  CHECK_THAT(refusal("outbox list", {{"state", "lost"}}), Contains("none of waiting"));
  CHECK_THAT(refusal("outbox drop", {{"delivery", id}}), Contains("reason"));
  CHECK_THAT(refusal("outbox retry"), Contains("delivery"));
  const auto dropped
    = command("outbox drop", {{"delivery", id.substr(0, 20)}, {"reason", "told by phone"}, {"by", "kim"}});
  CHECK(dropped["ids"][0] == id);
  const auto gone = command("outbox list", {{"state", "dropped"}});
  CHECK(gone[0]["dropped_by"] == "kim");
  CHECK(gone[0]["drop_reason"] == "told by phone");
  CHECK(command("outbox retry", {{"delivery", id.substr(0, 20)}})["count"] == 1);
  CHECK(command("outbox list").size() == 1);
  CHECK_THAT(refusal("outbox drop", {{"delivery", "zz"}, {"reason", "x"}}), Contains("there is no"));
  CHECK(command("outbox retry", {{"all", true}})["count"] == 0);
}

} // namespace journal_audit_test
