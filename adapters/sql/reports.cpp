#include "adapters/sql/reports.hpp"

#include "adapters/sql/figures.hpp"
#include "adapters/sql/report_parts.hpp"
#include "runtime/json.hpp"

namespace parley::sql {

namespace {

using object = nlohmann::ordered_json; // keeps the columns' order

object parsed(std::string_view text) {
  auto out = object::parse(text, nullptr, false);
  return out.is_discarded() ? object{text} : out;
}

/// Ledger rows shown with one prospect: at most so many of each campaign, whose
/// own rows say why it does not call, and so many in all; the newest.
constexpr uint32_t prospect_ledger_max = 50;
constexpr uint32_t prospect_ledger_total = 1'000;

/// What a report selects, by conditions that the query happens to give.
class selection {
public:
  selection(connection& db, std::string sql) : db_{db}, sql_{std::move(sql)} {}

  template <class Id>
  selection& where(const char* column, const std::optional<Id>& id) {
    if (id) {
      const std::string condition{column};
      only_if(true, condition.find('?') == std::string::npos ? condition + " = ?" : condition);
      ids_.push_back(*id);
    }
    return *this;
  }
  selection& only_if(bool wanted, const std::string& condition) {
    if (wanted)
      sql_ += (std::exchange(first_, false) ? " WHERE " : " AND ") + condition;
    return *this;
  }

  rows run(const std::string& order, uint32_t limit, uint32_t offset) {
    std::vector<sql::value> values(ids_.begin(), ids_.end());
    values.emplace_back(limit);
    values.emplace_back(offset);
    return db_.query_once(sql_ + " ORDER BY " + order + " LIMIT ? OFFSET ?", values);
  }

private:
  connection& db_;
  std::string sql_;
  bool first_ = true;
  std::vector<uuid> ids_;
};

class reporter {
public:
  reporter(connection& db, const sealer& seal, const report_query& query) : db_{db}, seal_{seal}, query_{query} {}

  object answer() {
    switch (query_.kind) {
      case report_kind::campaigns: return campaigns();
      case report_kind::campaign_totals: return totals(required(query_.campaign, "a campaign"));
      case report_kind::calls: return calls(query_.limit, query_.offset);
      case report_kind::call: return call(required(query_.call, "a call"));
      case report_kind::prospects: return prospects();
      case report_kind::prospect: return prospect(required(query_.prospect, "a prospect"));
      case report_kind::meetings: return meetings(query_.limit, query_.offset);
      case report_kind::ledger: return ledger(query_.limit, query_.offset);
      case report_kind::outbox: return outbox();
      case report_kind::store_figures: return store_figures(db_, query_.now);
      case report_kind::campaign_funnel: return funnel(db_, required(query_.campaign, "a campaign"), query_.now);
      case report_kind::call_averages: return call_averages(db_, query_.campaign);
      case report_kind::find_prospects:
      case report_kind::find_calls:
      case report_kind::find_meetings: return find_things(db_, query_);
      default: throw refusal{ec::invalid_input, "unknown kind of report"};
    }
  }

private:
  template <class Id>
  static Id required(const std::optional<Id>& id, const char* what) {
    if (!id)
      throw refusal{ec::invalid_input, std::string{"the report needs "} + what};
    return *id;
  }

  static object value(const rows& row, int i) {
    if (row.is_null(i))
      return nullptr;
    switch (row.type(i)) {
      case column_type::uuid: return to_string(row.get<uuid>(i));
      case column_type::instant: return to_iso(row.get<wall_time>(i));
      case column_type::json: return parsed(row.text(i));
      case column_type::boolean: return row.integer(i) != 0;
      case column_type::integer: return row.integer(i);
      case column_type::real: return row.real(i);
      default: return row.text(i);
    }
  }

  /// The current row by its column names; sealed columns are left to the
  /// caller, who knows their place.
  static object plain(const rows& row) {
    object out;
    for (int i = 0; i < row.columns(); ++i)
      if (row.type(i) != column_type::sealed)
        out[row.column_name(i)] = value(row, i);
    return out;
  }

  static object list(rows&& row) {
    auto out = object::array();
    while (row.next())
      out.push_back(plain(row));
    return out;
  }

  object opened(const rows& row, int column, const sealed_place& place) const {
    if (row.is_null(column))
      return nullptr;
    return parsed(seal_.open(row.bytes(column), place).value_or(std::string{erased_json}));
  }

  /// {"word": count} of a GROUP BY.
  template <class... Ts>
  object counts(const char* sql, const Ts&... values) {
    auto out = object::object();
    auto row = db_.query(sql, values...);
    while (row.next())
      out[std::string{row.text(0)}] = row.integer(1);
    return out;
  }

  template <class... Ts>
  int64_t number(const char* sql, const Ts&... values) {
    auto row = db_.query(sql, values...);
    return row.next() ? row.integer(0) : 0;
  }

  object with_counts(object campaign, const campaign_id& id) {
    campaign["states"] = counts("SELECT state, count(*) FROM enrolments WHERE campaign_id = ? GROUP BY state", id);
    campaign["prospects"] = number("SELECT count(*) FROM enrolments WHERE campaign_id = ?", id);
    campaign["calls"] = number("SELECT count(*) FROM calls WHERE campaign_id = ?", id);
    campaign["meetings"] = number("SELECT count(*) FROM meetings m JOIN calls c ON c.id = m.call_id "
                                  "WHERE c.campaign_id = ? AND m.status <> 'cancelled'",
                                  id);
    return campaign;
  }

  object campaigns() {
    auto out = object::array();
    auto row = selection{db_, "SELECT * FROM campaigns"}.run("created_at DESC, id DESC", query_.limit, query_.offset);
    while (row.next())
      out.push_back(with_counts(plain(row), row.get<campaign_id>(0)));
    return out;
  }

  object totals(const campaign_id& id) {
    auto row = db_.query("SELECT * FROM campaigns WHERE id = ?", id);
    if (!row.next())
      throw refusal{ec::not_found, "campaign " + to_string(id)};
    auto out = with_counts(plain(row), id);
    out["dispositions"] = counts("SELECT outcome, count(*) FROM calls WHERE campaign_id = ? AND outcome <> 'none' "
                                 "GROUP BY outcome",
                                 id);
    out["calls_open"] = number("SELECT count(*) FROM calls WHERE campaign_id = ? AND ended_at IS NULL", id);
    out["calls_connected"]
      = number("SELECT count(*) FROM calls WHERE campaign_id = ? AND connected_at IS NOT NULL", id);
    out["talk_seconds"] = number("SELECT sum(duration_seconds) FROM calls WHERE campaign_id = ?", id);
    out["asleep"] = number("SELECT sum(asleep) FROM due_counts WHERE campaign_id = ?", id);
    auto next = db_.query("SELECT min(next_due) FROM enrolments WHERE campaign_id = ? AND state = 'waiting'", id);
    out["next_due"] = next.next() && !next.is_null(0) ? object{to_iso(next.get<wall_time>(0))} : object{};
    // A reason is a code and a sentence; the code is what counts.
    auto blocked = object::object();
    auto why = db_.query("SELECT reason, count(*) FROM enrolments WHERE campaign_id = ? AND state = 'blocked' "
                         "GROUP BY reason",
                         id);
    while (why.next()) {
      const auto reason = why.get<std::string>(0);
      auto& sum = blocked[reason.substr(0, reason.find_first_of(": "))];
      sum = (sum.is_null() ? 0 : sum.get<int64_t>()) + why.integer(1);
    }
    out["blocked"] = std::move(blocked);
    return out;
  }

  object calls(uint32_t limit, uint32_t offset) {
    auto out = object::array();
    auto row = selection{db_, "SELECT c.id, c.campaign_id, k.name AS campaign, c.prospect_id, p.name AS prospect, "
                              "p.company, p.phone, c.call_sid, c.status, c.initiated_at, c.connected_at, c.ended_at, "
                              "c.duration_seconds, c.sentiment_score, c.outcome, c.meeting_booked, c.recording_url, "
                              "c.created_at, c.metadata FROM calls c LEFT JOIN campaigns k ON k.id = c.campaign_id "
                              "LEFT JOIN prospects p ON p.id = c.prospect_id"}
                 .where("c.campaign_id", query_.campaign)
                 .where("c.prospect_id", query_.prospect)
                 .only_if(query_.open, "c.ended_at IS NULL")
                 .run("c.initiated_at DESC, c.id DESC", limit, offset);
    while (row.next()) {
      auto call = plain(row);
      call["metadata"] = opened(row, row.columns() - 1, {"calls.metadata", row.get<uuid>(0), 0});
      out.push_back(std::move(call));
    }
    return out;
  }

  object call(const call_id& id) {
    auto row = db_.query("SELECT c.*, k.name AS campaign, p.name AS prospect, p.company, p.phone, p.timezone "
                         "FROM calls c LEFT JOIN campaigns k ON k.id = c.campaign_id "
                         "LEFT JOIN prospects p ON p.id = c.prospect_id WHERE c.id = ?",
                         id);
    if (!row.next())
      throw refusal{ec::not_found, "call: there is no " + to_string(id) + "; \"parley call list\" shows all"};
    auto out = plain(row);
    for (int i = 0; i < row.columns(); ++i)
      if (row.type(i) == column_type::sealed)
        out[row.column_name(i)] = opened(row, i, {"calls." + row.column_name(i), id, 0});
    out["meetings"]
      = list(selection{db_, meetings_sql}.where("m.call_id", std::optional{id}).run("m.scheduled_at", 10, 0));
    out["ledger"] = list(selection{db_, "SELECT * FROM compliance_ledger"}
                           .where("call_id", std::optional{id})
                           .run("at DESC, id DESC", 10, 0));
    return out;
  }

  object prospects() {
    static constexpr auto person = "p.id, p.source, p.crm_id, p.name, p.email, p.phone, p.company, p.role, p.timezone, "
                                   "p.created_at, p.updated_at";
    if (!query_.campaign)
      return list(
        selection{db_, std::string{"SELECT "} + person + " FROM prospects p"}.run("p.id", query_.limit, query_.offset));
    return list(selection{db_, std::string{"SELECT "} + person
                                 + ", e.state, e.probability, e.attempts, e.next_due, e.last_disposition, e.reason "
                                   "FROM enrolments e JOIN prospects p ON p.id = e.prospect_id"}
                  .where("e.campaign_id", query_.campaign)
                  .run("e.prospect_id", query_.limit, query_.offset));
  }

  object prospect(const prospect_id& id) {
    auto row = db_.query("SELECT * FROM prospects WHERE id = ?", id);
    if (!row.next())
      throw refusal{ec::not_found, "prospect: there is no " + to_string(id) + "; \"parley prospect list\" shows all"};
    auto out = plain(row);
    out["enrolments"] = object::array();
    auto enrolment = db_.query("SELECT e.campaign_id, k.name AS campaign, e.state, e.probability, e.strategy, "
                               "e.attempts, e.next_due, e.last_disposition, e.reason, e.updated_at FROM enrolments e "
                               "JOIN campaigns k ON k.id = e.campaign_id WHERE e.prospect_id = ? ORDER BY e.updated_at",
                               id);
    while (enrolment.next()) {
      auto one = plain(enrolment);
      one["strategy"] = opened(enrolment, 4, {"enrolments.strategy", enrolment.get<uuid>(0), 0});
      out["enrolments"].push_back(std::move(one));
    }
    out["calls"] = calls(query_.limit, 0);
    out["meetings"] = meetings(query_.limit, 0);
    out["ledger"] = list(selection{db_, "SELECT l.* FROM compliance_ledger l"}
                           .where("l.prospect_id", std::optional{id})
                           .only_if(true, "(SELECT count(*) FROM compliance_ledger newer WHERE newer.prospect_id = "
                                          "l.prospect_id AND newer.campaign_id = l.campaign_id AND (newer.at, "
                                          "newer.id) > (l.at, l.id)) < "
                                            + std::to_string(prospect_ledger_max))
                           .run("l.at DESC, l.id DESC", prospect_ledger_total, 0));
    return out;
  }

  static constexpr auto meetings_sql
    = "SELECT m.id, m.scheduled_at, m.duration_minutes, m.meeting_type, m.status, m.sequence, m.calendar_event_id, "
      "m.zoom_link, "
      "m.call_id, c.campaign_id, k.name AS campaign, m.prospect_id, p.name AS prospect, p.company, p.email, "
      "p.timezone AS prospect_timezone, m.account_manager_id, a.name AS account_manager, "
      "a.timezone AS account_manager_timezone, m.created_at FROM meetings m LEFT JOIN calls c ON c.id = m.call_id "
      "LEFT JOIN campaigns k ON k.id = c.campaign_id LEFT JOIN prospects p ON p.id = m.prospect_id "
      "LEFT JOIN account_managers a ON a.id = m.account_manager_id";

  /// By time; where there are more than asked for, the latest ones.
  object meetings(uint32_t limit, uint32_t offset) {
    auto out = list(selection{db_, meetings_sql}
                      .where("c.campaign_id", query_.campaign)
                      .where("m.prospect_id", query_.prospect)
                      .where("m.call_id", query_.call)
                      .run("m.scheduled_at DESC, m.id DESC", limit, offset));
    std::reverse(out.begin(), out.end());
    return out;
  }

  object ledger(uint32_t limit, uint32_t offset) {
    return list(selection{db_, "SELECT * FROM compliance_ledger"}
                  .where("campaign_id", query_.campaign)
                  .where("prospect_id", query_.prospect)
                  .where("call_id", query_.call)
                  .run("at DESC, id DESC", limit, offset));
  }

  /// Parked ones first: those need somebody.
  object outbox() {
    const auto& state = query_.text;
    for (const auto* known : {"", "waiting", "parked", "dropped", "done"})
      if (state == known)
        return list(selection{db_,
                              "SELECT o.id, o.prospect_id, p.name AS prospect, o.kind, o.state, o.tries, o.due_at, "
                              "o.detail, o.created_at, o.updated_at, o.dropped_by, o.dropped_at, o.drop_reason "
                              "FROM outbox o LEFT JOIN prospects p ON p.id = o.prospect_id"}
                      .where("o.prospect_id", query_.prospect)
                      .where("EXISTS (SELECT 1 FROM enrolments e WHERE e.prospect_id = o.prospect_id AND "
                             "e.campaign_id = ?)",
                             query_.campaign)
                      .only_if(true, state.empty() ? "o.state IN ('waiting', 'parked')" : "o.state = '" + state + "'")
                      .run("CASE o.state WHEN 'parked' THEN 0 ELSE 1 END, o.position", query_.limit, query_.offset));
    throw refusal{ec::invalid_input, "state: \"" + state + "\" is none of waiting, parked, dropped, done"};
  }

  connection& db_;
  const sealer& seal_;
  const report_query& query_;
};

} // namespace

std::string make_report(connection& db, const sealer& seal, const report_query& x) {
  // Text from outside may hold bytes that are no UTF-8; they are shown as such.
  return reporter{db, seal, x}.answer().dump(-1, ' ', false, object::error_handler_t::replace);
}

} // namespace parley::sql
