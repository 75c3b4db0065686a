#pragma once

#include "adapters/postgres/session.hpp"

#include <span>

namespace parley::postgres {

/// One step of the schema, from config/migrations/postgres/NNNN_name.sql.
struct migration {
  int version;
  const char* name;
  const char* sql;
};

/// All steps that this program knows, ascending; embedded at build time.
std::span<const migration> known_migrations();

/// The database is not a store of ours, or of a newer Parley.
class unknown_schema : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Brings a database up to the newest known schema, each step in a transaction
/// of its own; never backwards. Nodes that start at the same time wait for each
/// other at an advisory lock. Throws `unknown_schema` when the database is
/// newer than the program, belongs to another one, or does not use UTF-8.
void migrate(session& db, std::span<const migration> steps);

/// Throws `unknown_schema` unless the database is at the newest known schema;
/// changes nothing.
void refuse_other_schema(session& db, std::span<const migration> steps);

/// The table of keys, which may be in a database of its own.
void make_key_table(session& db);

/// What the column `agent_context.embedding` is.
enum class vector_column : uint8_t { real_array, pgvector };

/// Makes it a vector(1536) with an index where the extension pgvector can be
/// made; says which it is. Vectors lie in it as they are stored, so that
/// another start may find another kind.
vector_column choose_vector_column(session& db);

/// What it is; changes nothing.
vector_column vector_column_of(session& db);

/// Floats in pgvector's column.
inline constexpr size_t vector_floats = 1536;

} // namespace parley::postgres
