#pragma once

#include "tests/cluster/invitation.hpp"
#include "tests/cluster/world.hpp"

#include <sqlite3.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace parley::test {

using namespace std::chrono_literals;

/// A practice world's log, a line each. Where the world itself was killed, a
/// line may be cut short: it comes as null.
inline std::vector<ordered_json> witness_log(const std::filesystem::path& log) {
  std::vector<ordered_json> out;
  std::ifstream file{log};
  for (std::string line; std::getline(file, line);) {
    auto entry = ordered_json::parse(line, nullptr, false);
    out.push_back(entry.is_discarded() ? ordered_json{} : std::move(entry));
  }
  return out;
}

inline std::vector<ordered_json> witness_log(const campaign_world& w) {
  return witness_log(w.world.folder() / "witness.jsonl");
}

/// A second practice world that keeps CRM, calendar and mailbox, for a test in
/// which the carrier's dies.
struct vendors_apart {
  explicit vendors_apart(const cli::demo_options& o) {
    auto name = (std::filesystem::temp_directory_path() / "parley-vendors-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    folder = name;
    const auto program = std::filesystem::canonical("/proc/self/exe").parent_path() / "parley";
    world = std::make_unique<cli::child_process>(std::vector<std::string>{program.string(), "sandbox", "--any-ports",
                                                                          "--seed", std::to_string(o.seed), "--witness",
                                                                          log().string(), "--clock-wall0", o.start_at,
                                                                          "--speed", std::to_string(o.speed)},
                                                 (folder / "sandbox.log").string());
    const auto line = world->read_line(30s);
    REQUIRE(line);
    ports = json::parse(*line)["ports"];
  }
  ~vendors_apart() {
    world.reset();
    std::filesystem::remove_all(folder);
  }
  std::filesystem::path log() const { return folder / "witness.jsonl"; }
  /// For the node's configuration.
  std::string settings() const {
    const auto at = [this](const char* vendor) { return "http://127.0.0.1:" + ports[vendor].dump(); };
    return "[crm]\nbase_url = \"" + at("hubspot") + "\"\n[enrichment]\nbase_url = \"" + at("apollo")
           + "\"\n[calendar]\nbase_url = \"" + at("google") + "\"\ntoken_url = \"" + at("google")
           + "/token\"\n[mailer]\nbase_url = \"smtp://127.0.0.1:" + ports["smtp"].dump() + "\"\n";
  }

  std::filesystem::path folder;
  std::unique_ptr<cli::child_process> world;
  json ports;
};

/// What the carrier did, by the witness.
struct dial_record {
  std::set<std::string> sids;
  std::vector<std::string> doubles; ///< SIDs of calls that must not have been made
};

/// @param deaths Lines of the log at which the carrier itself was killed: no
///   call of before is up any more.
inline dial_record dials_in(const std::vector<ordered_json>& log, const std::set<size_t>& deaths = {}) {
  dial_record out;
  std::set<std::string> attempts;
  std::map<std::string, std::string> up; // by number
  for (size_t i = 0; i < log.size(); ++i) {
    if (deaths.contains(i))
      up.clear();
    if (!log[i].is_object())
      continue;
    const auto kind = plain_text(log[i]["kind"]);
    if (kind != "create" && kind != "end")
      continue;
    const auto sid = plain_text(log[i]["sid"]);
    const auto to = log[i].value("to", std::string{});
    if (kind == "end") {
      if (const auto found = up.find(to); found != up.end() && found->second == sid)
        up.erase(found);
      continue;
    }
    out.sids.insert(sid);
    const bool again = !attempts.insert(plain_text(log[i]["attempt"])).second;
    if (!up.emplace(to, sid).second || again)
      out.doubles.push_back(sid);
  }
  return out;
}

/// Rows of a query, as text, on the embedded store of a node that has ended.
inline std::vector<std::vector<std::string>> store_rows(const campaign_world& w, const std::string& sql) {
  std::vector<std::vector<std::string>> out;
  sqlite3* db = nullptr;
  const auto file = (w.world.folder() / "data" / "journal.db").string();
  REQUIRE(sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> closes{db, sqlite3_close};
  sqlite3_stmt* statement = nullptr;
  INFO(sql);
  REQUIRE(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> finalizes{statement, sqlite3_finalize};
  while (sqlite3_step(statement) == SQLITE_ROW) {
    auto& row = out.emplace_back();
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* text = sqlite3_column_text(statement, i);
      row.push_back(text ? reinterpret_cast<const char*>(text) : "");
    }
  }
  return out;
}

/// What the embedded store of a node that has ended keeps in the clear beside
/// people's words: all rows of a column, by "table.column".
inline std::map<std::string, std::string> plain_columns(const campaign_world& w) {
  std::map<std::string, std::string> out;
  for (const std::string column : {"events.data", "streams.state", "enrolments.reason", "compliance_ledger.*",
                                   "outbox.detail", "inbox.event", "suppressions.reason"})
    for (const auto& row : store_rows(w, "SELECT " + column + " FROM " + column.substr(0, column.find('.'))))
      for (const auto& field : row)
        out[column] += field + '\n';
  return out;
}

/// The two instants as the store writes them.
inline std::string span_of(const ordered_json& begin, const ordered_json& end) {
  return to_iso(*parse_iso(begin.get<std::string>())) + " to " + to_iso(*parse_iso(end.get<std::string>()));
}

/// What a finished campaign must leave behind, whatever was killed, stopped or
/// full meanwhile: nobody was dialled twice, no outcome is lost, and CRM,
/// calendar and mailbox tell what the store tells.
/// @param deaths As in `dials_in`. @param apart Who keeps CRM, calendar and mailbox,
/// if it is not the carrier's world. @param through The campaign was not stopped
/// before everybody's turn.
inline void check_nothing_lost(campaign_world& w, const std::set<size_t>& deaths = {},
                               const vendors_apart* apart = nullptr, bool through = true) {
  const auto log = witness_log(w);
  const auto dials = dials_in(log, deaths);
  CHECK(dials.doubles == std::vector<std::string>{});

  // Each call that the carrier made is in the store, ended and with one disposition.
  const auto calls = w.calls();
  std::map<std::string, size_t> rows; // by SID
  std::vector<std::string> unfinished;
  for (const auto& call : calls) {
    if (call["outcome"] == "none" || call["ended_at"].is_null())
      unfinished.push_back(call.dump());
    if (const auto sid = plain_text(call["call_sid"]); !sid.empty())
      ++rows[sid];
  }
  CHECK(unfinished == std::vector<std::string>{});
  std::vector<std::string> lost;
  for (const auto& sid : dials.sids)
    if (rows[sid] != 1)
      lost.push_back(sid);
  CHECK(lost == std::vector<std::string>{});
  CHECK(rows.size() == dials.sids.size()); // and none that it did not make

  // Nobody is forgotten.
  std::map<std::string, size_t> states;
  for (const auto& person : w.ask("prospect list", {{"limit", 100'000}}))
    ++states[plain_text(person["state"])];
  for (const char* over : {"done", "blocked", "disqualified", "exhausted"})
    states.erase(over);
  if (through)
    CHECK(states == std::map<std::string, size_t>{});

  // The CRM has each call once, as it ended.
  std::multiset<std::pair<std::string, std::string>> ended;
  for (const auto& call : calls)
    ended.emplace(plain_text(call["phone"]), w.name + ": " + plain_text(call["outcome"]));
  std::multiset<std::pair<std::string, std::string>> told;
  std::map<std::string, size_t> keys;
  std::multiset<std::string> crm_meetings;   // when they are
  std::map<std::string, std::string> events; // from when until when, by id
  for (const auto& entry : apart ? witness_log(apart->log()) : log) {
    const auto kind = entry.is_object() ? plain_text(entry["kind"]) : "";
    if (kind == "event")
      events[plain_text(entry["id"])] = span_of(entry["event"]["start"]["dateTime"], entry["event"]["end"]["dateTime"]);
    if (kind != "crm" || entry["operation"] != "create")
      continue;
    const auto object = plain_text(entry["object"]);
    if (object == "meetings")
      crm_meetings.insert(span_of(entry["details"]["properties"]["hs_meeting_start_time"],
                                  entry["details"]["properties"]["hs_meeting_end_time"]));
    if (object != "calls" && object != "meetings")
      continue;
    const auto& properties = entry["details"]["properties"];
    ++keys[plain_text(properties["parley_key"])];
    if (object == "calls")
      told.emplace(properties.value("hs_call_to_number", std::string{}),
                   properties.value("hs_call_title", std::string{}));
  }
  CHECK(told == ended);
  CHECK(std::all_of(keys.begin(), keys.end(), [](const auto& x) { return x.second == 1; }));

  // Each meeting is in calendar and CRM once, and its two mails went out; one
  // that was under way at a kill may have gone out again, as the same mail.
  std::map<std::string, std::string> booked;
  std::multiset<std::string> spans;
  for (const auto& meeting : w.ask("meeting list", {{"limit", 100'000}})) {
    const auto begin = *parse_iso(plain_text(meeting["scheduled_at"]));
    const auto span
      = span_of(to_iso(begin), to_iso(begin + std::chrono::minutes{meeting["duration_minutes"].get<int>()}));
    CHECK(booked.emplace(plain_text(meeting["calendar_event_id"]), span).second);
    spans.insert(span);
  }
  CHECK(events == booked);
  CHECK(crm_meetings == spans);
  std::map<std::string, std::set<std::string>> mails; // by Message-ID
  const auto witness_port = apart ? apart->ports["witness"].get<uint16_t>() : w.world.witness_port();
  for (const auto& mail :
       ordered_json::parse(cli::get_page("http://127.0.0.1:" + std::to_string(witness_port) + "/mails"))) {
    const auto parsed = parse_mime(plain_text(mail["raw"])); // its date may be another one
    mails[parsed.header("Message-ID")].insert(parsed.header("Subject") + mail["to"].dump());
  }
  CHECK(mails.size() == 2 * booked.size());
  CHECK(std::all_of(mails.begin(), mails.end(), [](const auto& x) { return x.second.size() == 1; }));

  // No slot is out any more.
  const auto metrics = cli::get_page("http://127.0.0.1:" + std::to_string(w.world.local_port()) + "/metrics");
  CHECK_THAT(metrics, Catch::Contains("\nparley_slots_held 0"));
}

/// The journal itself: every call was closed by one event. Ends the node.
inline void check_closed_once(campaign_world& w) {
  w.world.kill_node();
  const auto odd = store_rows(w, "SELECT hex(s.id), (SELECT count(*) FROM events e WHERE e.stream = s.id AND e.type = "
                                 "'call_closed') AS ends FROM streams s WHERE s.kind = 'call' AND ends <> 1");
  CHECK(odd == std::vector<std::vector<std::string>>{});
}

} // namespace parley::test
