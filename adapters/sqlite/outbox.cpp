// What operators decide about deliveries.
#include "adapters/sqlite/writer.hpp"

namespace parley::sqlite {

/// A later delivery of the same outside object is done: this one would undo it.
#define PARLEY_OVERTAKEN                                                                                               \
  "(o.object <> '' AND EXISTS (SELECT 1 FROM outbox l WHERE l.object = o.object AND l.position > o.position "          \
  "AND l.state = 'done'))"

outbox_changed writer::change(const outbox_order& x) {
  return atomically([&] {
    outbox_changed out;
    for (const auto& id : x.ids) {
      change_one(x, id);
      ++out.count;
    }
    if (x.what != outbox_action::retry || !x.ids.empty())
      return out;
    {
      auto row = db_->query("SELECT count(*) FROM outbox o WHERE o.state = 'parked' AND " PARLEY_OVERTAKEN);
      row.next();
      out.left = row.get<uint32_t>(0);
    }
    out.count = static_cast<uint32_t>(
      db_->run("UPDATE outbox AS o SET state = 'waiting', tries = 0, due_at = ?1, updated_at = ?1 "
               "WHERE o.state = 'parked' AND NOT " PARLEY_OVERTAKEN,
               x.at));
    return out;
  });
}

void writer::change_one(const outbox_order& x, const uuid& id) {
  const auto name = "delivery " + to_string(id);
  std::string state;
  bool overtaken = false;
  {
    auto row = db_->query("SELECT o.state, " PARLEY_OVERTAKEN " FROM outbox o WHERE o.id = ?", id);
    if (!row.next())
      throw refusal{ec::not_found, name};
    state = row.get<std::string>(0);
    overtaken = row.integer(1) != 0;
  }
  if (state == "done")
    throw refusal{ec::wrong_state, name + " is done already"};
  if (x.what == outbox_action::drop) {
    if (state == "dropped")
      throw refusal{ec::wrong_state, name + " is dropped already"};
    db_->run("UPDATE outbox SET state = 'dropped', dropped_by = ?, dropped_at = ?, drop_reason = ?, updated_at = ? "
             "WHERE id = ?",
             x.by, x.at, x.reason, x.at, id);
    return;
  }
  if (overtaken && state != "waiting")
    throw refusal{ec::wrong_state, name
                                     + " is overtaken: a later change of the same object is done, and this one "
                                       "would undo it; drop it"};
  db_->run("UPDATE outbox SET state = 'waiting', tries = 0, due_at = ?, updated_at = ?, dropped_by = '', "
           "dropped_at = NULL, drop_reason = '' WHERE id = ?",
           x.at, x.at, id);
}

#undef PARLEY_OVERTAKEN

} // namespace parley::sqlite
