#include "adapters/sql/figures.hpp"

#include "runtime/json.hpp"

#include <map>

namespace parley::sql {

using object = nlohmann::ordered_json;
using namespace std::chrono_literals;

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

/// A call that nobody knows the fate of is settled within half an hour after
/// the longest that it can ring (2 minutes) and talk.
static object stuck_calls(connection& db, wall_time now) {
  std::map<uuid, std::pair<std::string, wall_time>> campaigns; // name, and when the oldest good call may have begun
  auto campaign = db.query("SELECT id, name, settings FROM campaigns");
  while (campaign.next()) {
    const auto settings = json::parse(campaign.text(2), nullptr, false);
    const auto limit = settings.is_object() ? settings.value("call_limit", int64_t{600'000}) : int64_t{600'000};
    campaigns[campaign.get<uuid>(0)] = {campaign.get<std::string>(1), now - std::chrono::milliseconds{limit} - 32min};
  }
  std::map<uuid, int64_t> stuck;
  auto call
    = db.query("SELECT campaign_id, initiated_at FROM calls WHERE ended_at IS NULL AND status <> 'submission_unknown'");
  while (call.next()) {
    const auto id = call.get<uuid>(0);
    const auto known = campaigns.find(id);
    const auto from = known == campaigns.end() ? now - 42min : known->second.second;
    stuck[id] += call.get<wall_time>(1) < from;
  }
  auto out = object::array();
  for (const auto& [id, count] : stuck) {
    const auto known = campaigns.find(id);
    out.push_back({{"campaign", known == campaigns.end() ? "" : known->second.first}, {"count", count}});
  }
  return out;
}

object store_figures(connection& db, wall_time now) {
  object out;
  out["campaigns"] = list(db.query("SELECT name, status, 1 FROM campaigns"), {"campaign", "status"}, false, now);
  out["calls_open"] = list(db.query("SELECT k.name, count(*), min(c.initiated_at) FROM calls c "
                                    "LEFT JOIN campaigns k ON k.id = c.campaign_id WHERE c.ended_at IS NULL "
                                    "GROUP BY c.campaign_id, k.name"),
                           {"campaign"}, true, now);
  out["asleep"] = list(db.query("SELECT k.name, sum(d.asleep) FROM due_counts d "
                                "JOIN campaigns k ON k.id = d.campaign_id GROUP BY d.campaign_id, k.name"),
                       {"campaign"}, false, now);
  out["calls_stuck"] = stuck_calls(db, now);
  // Shard by shard, so that the index by time does it.
  out["overdue"]
    = list(db.query("SELECT k.name, "
                    "sum((SELECT count(*) FROM due d WHERE d.campaign_id = c.campaign_id AND d.shard = c.shard "
                    "AND d.at <= ?1)), "
                    "min((SELECT min(d.at) FROM due d WHERE d.campaign_id = c.campaign_id AND d.shard = c.shard "
                    "AND d.at <= ?1)) "
                    "FROM due_counts c JOIN campaigns k ON k.id = c.campaign_id "
                    "WHERE k.status = 'running' AND c.asleep > 0 GROUP BY c.campaign_id, k.name",
                    now),
           {"campaign"}, true, now);
  out["prospects"] = list(db.query("SELECT k.name, e.state, count(*) FROM enrolments e "
                                   "JOIN campaigns k ON k.id = e.campaign_id GROUP BY e.campaign_id, k.name, e.state"),
                          {"campaign", "state"}, false, now);
  out["outbox"]
    = list(db.query("SELECT kind, state, count(*), min(created_at) FROM outbox WHERE state = 'waiting' "
                    "GROUP BY kind, state UNION ALL SELECT kind, state, count(*), min(created_at) FROM outbox "
                    "WHERE state = 'parked' GROUP BY kind, state"),
           {"kind", "state"}, true, now);
  out["meetings"] = list(db.query("SELECT status, count(*) FROM meetings GROUP BY status"), {"status"}, false, now);
  out["do_not_call_lists"]
    = list(db.query("SELECT name, numbers, date FROM dnc_lists WHERE status = 'active'"), {"list"}, true, now);
  auto inbox = db.query("SELECT max(position) FROM inbox");
  out["inbox"] = inbox.next() && !inbox.is_null(0) ? inbox.integer(0) : 0;
  return out;
}

} // namespace parley::sql
