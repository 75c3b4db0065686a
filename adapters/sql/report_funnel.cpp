#include "adapters/sql/report_parts.hpp"
#include "runtime/json.hpp"

namespace parley::sql {

using object = nlohmann::ordered_json;
using namespace std::chrono_literals;

namespace {

object instant(const std::optional<wall_time>& at) {
  return at ? object{to_iso(*at)} : object{};
}

/// Enrolments by state, and how many of them research has seen.
void count_people(connection& db, const campaign_id& id, object& out) {
  auto states = object::object();
  int64_t listed = 0;
  int64_t enrolled = 0;
  int64_t researched = 0;
  int64_t through = 0;
  auto row
    = db.query("SELECT state, count(*), count(probability) FROM enrolments WHERE campaign_id = ? GROUP BY state", id);
  while (row.next()) {
    const auto state = row.get<enrolment_state>(0);
    const auto count = row.integer(1);
    states[std::string{to_string(state)}] = count;
    researched += row.integer(2);
    (state == enrolment_state::listed ? listed : enrolled) += count;
    through += is_final(state) ? count : 0;
  }
  const auto in = [&](enrolment_state state) { return states.value(std::string{to_string(state)}, int64_t{0}); };
  out["listed"] = listed;
  out["enrolled"] = enrolled;
  out["researched"] = researched;
  out["qualified"] = researched - in(enrolment_state::disqualified);
  out["waiting"] = in(enrolment_state::waiting);
  out["awake"] = in(enrolment_state::awake);
  out["done"] = through;
  out["states"] = std::move(states);
}

void count_calls(connection& db, const campaign_id& id, object& out) {
  out["dialling"] = 0;
  out["ringing"] = 0;
  out["talking"] = 0;
  out["unknown"] = 0;            // evidence is sought
  out["submission_unknown"] = 0; // somebody has to say
  auto row
    = db.query("SELECT status, count(*) FROM calls WHERE campaign_id = ? AND ended_at IS NULL GROUP BY status", id);
  while (row.next()) {
    const auto status = row.text(0);
    const auto stage = status == "intended" || status == "submitted" ? std::string{"dialling"} : std::string{status};
    out[stage] = out.value(stage, int64_t{0}) + row.integer(1);
  }
  auto sums = db.query("SELECT count(*), count(connected_at) FROM calls WHERE campaign_id = ?", id);
  sums.next();
  out["calls"] = sums.integer(0);
  out["connected"] = sums.integer(1);
}

int64_t number(rows&& row) {
  return row.next() ? row.integer(0) : 0;
}

} // namespace

object funnel(connection& db, const campaign_id& id, wall_time now) {
  auto row = db.query("SELECT name, status, settings, started_at, completed_at FROM campaigns WHERE id = ?", id);
  if (!row.next())
    throw refusal{ec::not_found, "campaign " + to_string(id)};
  object out{{"campaign", to_string(id)}, {"name", std::string{row.text(0)}}, {"status", std::string{row.text(1)}}};
  const auto settings = json::parse(row.text(2), nullptr, false);
  out["reason"] = settings.is_object() ? settings.value("reason", "") : "";
  out["now"] = to_iso(now);
  out["started_at"] = instant(row.get<std::optional<wall_time>>(3));
  out["completed_at"] = instant(row.get<std::optional<wall_time>>(4));
  count_people(db, id, out);
  count_calls(db, id, out);
  out["booked"] = number(db.query("SELECT count(*) FROM meetings m JOIN calls c ON c.id = m.call_id "
                                  "WHERE c.campaign_id = ? AND m.status <> 'cancelled'",
                                  id));
  out["calls_last_hour"]
    = number(db.query("SELECT count(*) FROM calls WHERE campaign_id = ? AND initiated_at > ?", id, now - 1h));
  out["calls_last_10_minutes"]
    = number(db.query("SELECT count(*) FROM calls WHERE campaign_id = ? AND initiated_at > ?", id, now - 10min));
  out["done_last_hour"]
    = number(db.query("SELECT count(*) FROM enrolments WHERE campaign_id = ? AND updated_at > ? AND state IN "
                      "('done', 'disqualified', 'blocked', 'exhausted', 'stopped')",
                      id, now - 1h));
  auto due
    = db.query("SELECT min(next_due), max(next_due) FROM enrolments WHERE campaign_id = ? AND state = 'waiting'", id);
  due.next();
  out["next_due"] = instant(due.get<std::optional<wall_time>>(0));
  out["last_due"] = instant(due.get<std::optional<wall_time>>(1));
  return out;
}

object call_averages(connection& db, const std::optional<campaign_id>& campaign) {
  auto row = db.query("SELECT count(*), count(connected_at), sum(duration_seconds), "
                      "sum(CASE WHEN connected_at IS NULL THEN 0 ELSE (duration_seconds + 59) / 60 END) FROM calls "
                      "WHERE ended_at IS NOT NULL AND call_sid IS NOT NULL AND (?1 IS NULL OR campaign_id = ?1)",
                      campaign);
  row.next();
  return {{"calls", row.integer(0)},
          {"connected", row.integer(1)},
          {"talk_seconds", row.is_null(2) ? 0 : row.integer(2)},
          {"billed_minutes", row.is_null(3) ? 0 : row.integer(3)}};
}

} // namespace parley::sql
