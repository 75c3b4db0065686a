#include "adapters/sqlite/migrations.hpp"

#include "runtime/clock.hpp"

namespace parley::sqlite {

/// "PRLY": tells our files from other programs' SQLite files.
static constexpr int64_t application_id = 0x50524c59;

static int64_t pragma(database& db, const std::string& name) {
  auto row = db.query_once("PRAGMA " + name);
  return row.next() ? row.integer(0) : 0;
}

static bool empty(database& db) {
  return !db.query_once("SELECT 1 FROM sqlite_schema").next();
}

void refuse_foreign(database& db) {
  if (pragma(db, "application_id") != application_id && !empty(db))
    throw unknown_schema{"is an SQLite database of another program; set another data_dir"};
}

static int64_t current_version(database& db) {
  auto row = db.query_once("SELECT max(version) FROM schema_version");
  return row.next() ? row.integer(0) : 0;
}

void refuse_other_schema(database& db, std::span<const migration> steps) {
  const auto current = current_version(db);
  const auto newest = steps.empty() ? 0 : steps.back().version;
  if (current != newest)
    throw unknown_schema{"has schema version " + std::to_string(current) + ", this program reads "
                         + std::to_string(newest)
                         + "; start a node of this version on it once, or use the parley of "
                           "the one that made it"};
}

void migrate(database& db, std::span<const migration> steps) {
  refuse_foreign(db);
  if (pragma(db, "application_id") != application_id)
    db.execute("PRAGMA application_id = " + std::to_string(application_id));
  db.execute("CREATE TABLE IF NOT EXISTS schema_version ("
             "version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INSTANT INTEGER NOT NULL)");
  const auto current = current_version(db);
  const auto newest = steps.empty() ? 0 : steps.back().version;
  if (current > newest)
    throw unknown_schema{"has schema version " + std::to_string(current) + ", this program knows up to "
                         + std::to_string(newest) + "; start the newer Parley that made it, or restore a backup"};
  for (const auto& step : steps) {
    if (step.version <= current)
      continue;
    db.execute("BEGIN IMMEDIATE");
    try {
      db.execute(step.sql);
      db.run("INSERT INTO schema_version VALUES (?, ?, ?)", step.version, step.name, wall_time{real_now()});
      db.execute("COMMIT");
    } catch (const failure&) {
      if (db.in_transaction())
        db.execute("ROLLBACK");
      throw;
    }
  }
}

} // namespace parley::sqlite
