#include "adapters/sqlite/database.hpp"

#include <sqlite3.h>

#include <utility>

namespace parley::sqlite {

bool failure::constraint() const {
  return (code_ & 0xff) == SQLITE_CONSTRAINT;
}

bool failure::passing() const {
  switch (code_ & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_NOMEM: return true;
    default: return false;
  }
}

static failure failure_of(sqlite3* db, int code) {
  return {code, std::string{"SQLite: "} + (db ? sqlite3_errmsg(db) : sqlite3_errstr(code)) + " (" + std::to_string(code)
                  + ")"};
}

std::string remedy_of(const failure& e) {
  switch (e.code() & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return "; the file is damaged or not a database: restore a backup, or move it away to start anew";
    case SQLITE_FULL: return "; make room on the disk";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "; another program holds the file: close it";
    default: return "; check the disk, its room and the rights of this user";
  }
}

rows::rows(rows&& other) noexcept
  : db_{other.db_}, statement_{std::exchange(other.statement_, nullptr)}, owned_{other.owned_} {}

rows::~rows() {
  if (!statement_)
    return;
  // Both repeat the error that next() has already thrown.
  if (owned_)
    sqlite3_finalize(statement_);
  else
    sqlite3_reset(statement_);
}

void rows::fail(int code) const {
  throw failure_of(db_, code);
}

bool rows::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW)
    return true;
  if (code != SQLITE_DONE)
    fail(sqlite3_extended_errcode(db_));
  return false;
}

bool rows::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

int rows::columns() const {
  return sqlite3_column_count(statement_);
}

std::string rows::column_name(int column) const {
  return sqlite3_column_name(statement_, column);
}

std::string_view rows::declared_type(int column) const {
  const char* type = sqlite3_column_decltype(statement_, column);
  return type ? type : "";
}

bool rows::is_integer(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_INTEGER;
}

bool rows::is_real(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_FLOAT;
}

int64_t rows::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double rows::real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string_view rows::text(int column) const {
  const auto* start = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {start, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view rows::bytes(int column) const {
  const auto* start = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {start, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

static void checked(sqlite3* db, int code) {
  if (code != SQLITE_OK)
    throw failure_of(db, code);
}

void rows::bind(int at, std::nullptr_t) {
  checked(db_, sqlite3_bind_null(statement_, at));
}

void rows::bind(int at, int64_t value) {
  checked(db_, sqlite3_bind_int64(statement_, at, value));
}

void rows::bind(int at, double value) {
  checked(db_, sqlite3_bind_double(statement_, at, value));
}

// Values are copied: callers may bind temporaries. An empty view has no
// address, and SQLite takes that for NULL, hence the literals.
void rows::bind(int at, std::string_view value) {
  checked(db_, sqlite3_bind_text64(statement_, at, value.empty() ? "" : value.data(), value.size(), SQLITE_TRANSIENT,
                                   SQLITE_UTF8));
}

void rows::bind(int at, blob value) {
  checked(db_, sqlite3_bind_blob64(statement_, at, value.bytes.empty() ? "" : value.bytes.data(), value.bytes.size(),
                                   SQLITE_TRANSIENT));
}

void rows::bind(int at, const sql::value& value) {
  using kind = sql::value::kind_type;
  if (value.null)
    return bind(at, nullptr);
  switch (value.kind) {
    case kind::text: return bind(at, value.text);
    case kind::bytes: return bind(at, blob{value.text});
    case kind::id: return bind(at, value.id);
    case kind::real: return bind(at, value.real);
    default: return bind(at, value.number);
  }
}

// Big-endian, so that the order of keys is the order of time.
void rows::bind(int at, const uuid& value) {
  char bytes[16];
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(value.high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<char>(value.low >> (56 - 8 * i));
  }
  checked(db_, sqlite3_bind_blob64(statement_, at, bytes, sizeof bytes, SQLITE_TRANSIENT));
}

uuid to_uuid(std::string_view bytes) {
  uuid x;
  if (bytes.empty()) // NULL
    return x;
  if (bytes.size() != 16)
    throw failure{SQLITE_CORRUPT, "an id has " + std::to_string(bytes.size()) + " bytes instead of 16"};
  for (size_t i = 0; i < 8; ++i) {
    x.high = (x.high << 8) | static_cast<uint8_t>(bytes[i]);
    x.low = (x.low << 8) | static_cast<uint8_t>(bytes[8 + i]);
  }
  return x;
}

database::database(const std::filesystem::path& file, access mode, std::chrono::milliseconds busy_timeout) {
  const int flags = mode == access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
  const int code
    = sqlite3_open_v2(file.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code != SQLITE_OK) {
    auto reason = failure_of(handle_, code);
    sqlite3_close(handle_);
    throw failure{code, file.string() + ": " + reason.what()};
  }
  sqlite3_busy_timeout(handle_, static_cast<int>(busy_timeout.count()));
}

database::~database() {
  for (auto& [sql, statement] : statements_)
    sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

void database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    throw failure_of(handle_, code);
}

sqlite3_stmt* database::prepare(std::string_view sql, bool keep) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      keep ? SQLITE_PREPARE_PERSISTENT : 0, &statement, nullptr);
  if (code != SQLITE_OK)
    throw failure_of(handle_, code);
  return statement;
}

sqlite3_stmt* database::cached(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement)
    statement = prepare(sql, true);
  return statement;
}

rows database::query_once(const std::string& sql) {
  return {handle_, prepare(sql, false), true};
}

int64_t database::changes() const {
  return sqlite3_changes64(handle_);
}

int64_t database::last_row() const {
  return sqlite3_last_insert_rowid(handle_);
}

bool database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

} // namespace parley::sqlite
