#include "adapters/postgres/migrations.hpp"

#include <spdlog/spdlog.h>

namespace parley::postgres {

namespace {

/// "parl", "ey": names our advisory locks among other programs'.
constexpr auto lock_schema = "SELECT pg_advisory_lock(1885434476, 1)";
constexpr auto unlock_schema = "SELECT pg_advisory_unlock(1885434476, 1)";

/// Holds the lock that nodes take while they change the schema. It goes with
/// the session, too, should the unlocking fail.
class schema_guard {
public:
  explicit schema_guard(session& db) : db_{db} {
    // Another node's migration may take longer than a statement of ours.
    db_.without_limits();
    db_.execute(lock_schema);
  }
  ~schema_guard() {
    try {
      db_.execute(unlock_schema);
    } catch (const failure& e) {
      spdlog::warn("journal: the lock of the schema was not given back: {}", e.what());
    }
  }

private:
  session& db_;
};

/// All in one transaction: what fails leaves no trace.
void at_once(session& db, const std::string& sql) {
  try {
    db.execute("BEGIN;\n" + sql + "\n;COMMIT");
  } catch (const connection_lost&) {
    throw;
  } catch (const failure&) {
    db.execute("ROLLBACK");
    throw;
  }
}

bool exists(session& db, const std::string& table) {
  return !db.execute("SELECT to_regclass('" + table + "')")[0][0].is_null();
}

} // namespace

void migrate(session& db, std::span<const migration> steps) {
  const std::string encoding = db.execute("SHOW server_encoding")[0][0].c_str();
  if (encoding != "UTF8")
    throw unknown_schema{"keeps text as " + encoding + "; make a database with ENCODING 'UTF8'"};
  const schema_guard guard{db};
  if (!exists(db, "parley_schema_version")) {
    for (const auto* table : {"prospects", "campaigns", "events", "streams", "calls"})
      if (exists(db, table))
        throw unknown_schema{std::string{"has a table "} + table + " of another program; name a database of its own"};
    db.execute("CREATE TABLE parley_schema_version (version integer PRIMARY KEY, name text NOT NULL, "
               "applied_at timestamptz NOT NULL DEFAULT now())");
  }
  const auto newest = steps.empty() ? 0 : steps.back().version;
  const auto current = db.execute("SELECT coalesce(max(version), 0) FROM parley_schema_version")[0][0].as<int>();
  if (current > newest)
    throw unknown_schema{"has schema version " + std::to_string(current) + ", this program knows up to "
                         + std::to_string(newest) + "; start the newer Parley that made it, or restore a backup"};
  for (const auto& step : steps)
    if (step.version > current)
      at_once(db, std::string{step.sql} + "\n;INSERT INTO parley_schema_version (version, name) VALUES ("
                    + std::to_string(step.version) + ", '" + step.name + "')");
}

void refuse_other_schema(session& db, std::span<const migration> steps) {
  const auto current = exists(db, "parley_schema_version")
                         ? db.execute("SELECT coalesce(max(version), 0) FROM parley_schema_version")[0][0].as<int>()
                         : 0;
  if (current == 0)
    throw unknown_schema{"holds no store of Parley"};
  if (const auto newest = steps.back().version; current != newest)
    throw unknown_schema{"has schema version " + std::to_string(current) + ", this program reads "
                         + std::to_string(newest) + "; use the Parley that runs on it, or start this one on it once"};
}

vector_column vector_column_of(session& db) {
  const std::string type
    = db.execute("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'agent_context'::regclass "
                 "AND attname = 'embedding'")[0][0]
        .c_str();
  return type.starts_with("vector") ? vector_column::pgvector : vector_column::real_array;
}

vector_column choose_vector_column(session& db) {
  const schema_guard guard{db};
  if (vector_column_of(db) == vector_column::pgvector)
    return vector_column::pgvector;
  if (db.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'").empty())
    return vector_column::real_array;
  try {
    db.execute("CREATE EXTENSION IF NOT EXISTS vector");
  } catch (const connection_lost&) {
    throw;
  } catch (const failure& e) { // only some roles may
    spdlog::warn("journal: pgvector is installed but not made in this database ({}); vectors stay real[]", e.what());
    return vector_column::real_array;
  }
  // Vectors of fewer dimensions are filled up with zeros, which changes no
  // distance and no angle; longer ones have no place in it.
  at_once(db, "ALTER TABLE agent_context ALTER COLUMN embedding TYPE vector(1536) USING CASE WHEN embedding IS "
              "NULL OR cardinality(embedding) > 1536 THEN NULL ELSE (embedding || array_fill(0::real, "
              "ARRAY[1536 - cardinality(embedding)]))::vector(1536) END; "
              "CREATE INDEX agent_context_by_embedding ON agent_context USING hnsw (embedding vector_cosine_ops)");
  return vector_column::pgvector;
}

} // namespace parley::postgres
