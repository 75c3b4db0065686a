#include "adapters/sqlite/figures.hpp"

namespace parley::sqlite {

using object = nlohmann::ordered_json;

/// The statement's text columns, then `count`, then the oldest instant if it
/// has one.
static object list(rows&& row, std::initializer_list<const char*> texts, bool aged, wall_time now) {
  auto out = object::array();
  while (row.next()) {
    object one;
    int at = 0;
    for (const auto* text : texts)
      one[text] = row.is_null(at) ? std::string{} : std::string{row.text(at)}, ++at;
    one["count"] = row.integer(at);
    if (aged && !row.is_null(at + 1))
      one["oldest"] = std::chrono::duration<double>{now - row.get<wall_time>(at + 1)}.count();
    out.push_back(std::move(one));
  }
  return out;
}

object store_figures(database& db, wall_time now) {
  object out;
  out["campaigns"] = list(db.query("SELECT name, status, 1 FROM campaigns"), {"campaign", "status"}, false, now);
  out["calls_open"] = list(db.query("SELECT k.name, count(*), min(c.initiated_at) FROM calls c "
                                    "LEFT JOIN campaigns k ON k.id = c.campaign_id WHERE c.ended_at IS NULL "
                                    "GROUP BY c.campaign_id"),
                           {"campaign"}, true, now);
  out["asleep"] = list(db.query("SELECT k.name, sum(d.asleep) FROM due_counts d "
                                "JOIN campaigns k ON k.id = d.campaign_id GROUP BY d.campaign_id"),
                       {"campaign"}, false, now);
  // A call that nobody knows the fate of is settled within half an hour after
  // the longest that it can ring (2 minutes) and talk.
  out["calls_stuck"] = list(
    db.query("SELECT k.name, sum(c.initiated_at < ?1 - coalesce(json_extract(k.settings, '$.call_limit'), 600000) "
             "- 1920000) FROM calls c LEFT JOIN campaigns k ON k.id = c.campaign_id WHERE c.ended_at IS NULL "
             "GROUP BY c.campaign_id",
             now),
    {"campaign"}, false, now);
  // Shard by shard, so that the index by time does it.
  out["overdue"]
    = list(db.query("SELECT k.name, "
                    "sum((SELECT count(*) FROM due d WHERE d.campaign_id = c.campaign_id AND d.shard = c.shard "
                    "AND d.at <= ?1)), "
                    "min((SELECT min(d.at) FROM due d WHERE d.campaign_id = c.campaign_id AND d.shard = c.shard "
                    "AND d.at <= ?1)) "
                    "FROM due_counts c JOIN campaigns k ON k.id = c.campaign_id "
                    "WHERE k.status = 'running' AND c.asleep > 0 GROUP BY c.campaign_id",
                    now),
           {"campaign"}, true, now);
  out["prospects"] = list(db.query("SELECT k.name, e.state, count(*) FROM enrolments e "
                                   "JOIN campaigns k ON k.id = e.campaign_id GROUP BY e.campaign_id, e.state"),
                          {"campaign", "state"}, false, now);
  out["outbox"] = list(db.query("SELECT kind, state, count(*), min(created_at) FROM outbox WHERE state = 'waiting' "
                                "GROUP BY kind UNION ALL SELECT kind, state, count(*), min(created_at) FROM outbox "
                                "WHERE state = 'parked' GROUP BY kind"),
                       {"kind", "state"}, true, now);
  out["meetings"] = list(db.query("SELECT status, count(*) FROM meetings GROUP BY status"), {"status"}, false, now);
  auto inbox = db.query("SELECT max(position) FROM inbox");
  out["inbox"] = inbox.next() && !inbox.is_null(0) ? inbox.integer(0) : 0;
  return out;
}

} // namespace parley::sqlite
