#pragma once

#include "adapters/postgres/settings.hpp"
#include "adapters/postgres/statement_watch.hpp"
#include "adapters/sql/connection.hpp"
#include "adapters/sql/outage.hpp"

#include <pqxx/pqxx>

#include <functional>
#include <memory>
#include <unordered_map>

/// A typed cover of libpqxx: sessions, prepared statements, and connections
/// that come back by themselves.
namespace parley::postgres {

/// PostgreSQL refused a statement.
class failure : public std::runtime_error {
public:
  failure(std::string state, const std::string& what) : std::runtime_error{what}, state_{std::move(state)} {}
  /// Five characters, Appendix A of PostgreSQL's manual; may be empty.
  const std::string& state() const { return state_; }
  /// A uniqueness rule or reference was violated, or a value has no meaning in
  /// its column: the input is at fault, not the storage.
  bool input_at_fault() const { return state_.starts_with("23") || state_.starts_with("22"); }
  bool constraint() const { return state_.starts_with("23"); }
  /// Another transaction was in the way; the same again may work.
  bool try_again() const { return state_.starts_with("40"); }
  /// The server has no room, memory or connection left, its disk fails, or it
  /// is a standby that takes no writes: it may be over later.
  bool no_means() const { return state_.starts_with("53") || state_ == "58030" || state_ == "25006"; }
  /// It took longer than statement_timeout, or waited so long for a lock.
  bool too_slow() const { return state_ == "57014" || state_ == "55P03"; }

private:
  std::string state_;
};

/// The database is not there, or went away: whether the last statement was
/// done is not known.
class connection_lost : public failure {
public:
  explicit connection_lost(const std::string& what) : failure{"08006", what} {}
};

/// A parameter as text; empty: NULL.
using parameter = std::optional<std::string>;

/// One connection, used by one thread at a time. After `connection_lost` it is
/// of no use any more. A statement that has no answer after
/// `settings.answer_limit()` is over: the connection is cut and lost.
class session {
public:
  enum class access { write, read };

  /// Connects. Throws `connection_lost` or `failure`.
  session(const postgres_settings& settings, const std::string& address, const std::string& password, access mode);
  session(const session&) = delete;

  /// Statements without parameters, several if need be.
  pqxx::result execute(const std::string& sql);
  /// A statement that stays prepared: its address is the key.
  pqxx::result run(const char* sql, const std::vector<parameter>& parameters = {});
  pqxx::result run_once(const std::string& sql, const std::vector<parameter>& parameters = {});

  /// The same with `?` for values, see `sql::connection`.
  pqxx::result ask(const char* sql, std::span<const sql::value> values);
  pqxx::result ask_once(const std::string& sql, std::span<const sql::value> values);

  /// From now on statements may take as long as they do, here and there: to
  /// change a schema.
  void without_limits();

  /// "as user@host:port/database", for messages.
  std::string where() const;
  int server_version() const;

private:
  template <class F>
  auto guarded(F&& work);
  template <class F>
  auto in_time(F&& work);
  const std::string& prepared(const char* sql, const std::function<std::string()>& spelled);

  std::unique_ptr<pqxx::connection> connection_;
  std::unordered_map<const void*, std::string> names_; ///< of prepared statements
  std::shared_ptr<statement_watch> watch_ = statement_watch::shared();
  std::chrono::milliseconds limit_; ///< of an answer; 0: none
  socket_copy socket_;              ///< goes before the connection, which says goodbye by its own
};

/// The result of a statement in Parley's types.
std::unique_ptr<sql::cursor> cursor_of(const pqxx::result& result);
inline sql::rows rows_of(const pqxx::result& result) {
  return sql::rows{cursor_of(result)};
}

/// A connection for questions that comes back after a loss: the question is
/// simply asked again. While an outage is young it waits for the end, then it
/// throws `connection_lost` until the database is back.
class reading_connection final : public sql::connection {
public:
  using connect_function = std::function<std::unique_ptr<session>()>;
  reading_connection(connect_function connect, const postgres_settings& settings)
    : connect_{std::move(connect)}, outage_{settings.reconnect_min, settings.reconnect_max, settings.outage_wait} {}

  const sql::dialect& words() const override;

protected:
  std::unique_ptr<sql::cursor> run(const char* sql, std::span<const sql::value> values) override;
  std::unique_ptr<sql::cursor> run_once(const std::string& sql, std::span<const sql::value> values) override;

private:
  template <class F>
  std::unique_ptr<sql::cursor> patiently(F&& ask);

  connect_function connect_;
  sql::outage outage_;
  std::unique_ptr<session> session_;
};

/// A session's own statements as the shared questions see it; a loss is
/// thrown.
class session_connection final : public sql::connection {
public:
  explicit session_connection(session& of) : session_{of} {}
  const sql::dialect& words() const override;

protected:
  std::unique_ptr<sql::cursor> run(const char* sql, std::span<const sql::value> values) override;
  std::unique_ptr<sql::cursor> run_once(const std::string& sql, std::span<const sql::value> values) override;

private:
  session& session_;
};

} // namespace parley::postgres
