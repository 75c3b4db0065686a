#pragma once

#include "adapters/sqlite/database.hpp"

#include <span>

namespace parley::sqlite {

/// One step of the schema, from config/migrations/sqlite/NNNN_name.sql.
struct migration {
  int version;
  const char* name;
  const char* sql;
};

/// All steps that this program knows, ascending; embedded at build time.
std::span<const migration> known_migrations();

/// The file is not a store of ours, or of a newer Parley.
class unknown_schema : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Throws `unknown_schema` when the database belongs to another program;
/// changes nothing.
void refuse_foreign(database& db);

/// Throws `unknown_schema` unless the database has exactly the newest schema;
/// changes nothing.
void refuse_other_schema(database& db, std::span<const migration> steps);

/// Brings a database up to the newest known schema, each step in a transaction
/// of its own; never backwards. Throws `unknown_schema` when the database is
/// newer than the program or belongs to another one.
void migrate(database& db, std::span<const migration> steps);

} // namespace parley::sqlite
