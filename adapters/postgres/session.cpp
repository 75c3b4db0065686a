#include "adapters/postgres/session.hpp"

#include "adapters/postgres/values.hpp"
#include "runtime/json.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <deque>
#include <thread>

namespace parley::postgres {

using namespace std::chrono_literals;

namespace {

std::string quoted(const std::string& value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + "'";
}

/// The address with what every connection of ours has; what the address says
/// itself wins, but for the password.
std::string complete(const postgres_settings& settings, const std::string& address, const std::string& password) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parts{PQconninfoParse(address.c_str(), &problem),
                                                                           PQconninfoFree};
  if (!parts) {
    const std::string why = problem ? problem : "out of memory";
    PQfreemem(problem);
    throw failure{"", "\"" + address + "\" is no address of a database: " + why};
  }
  // A peer that is gone without a word is noticed within about ten seconds.
  std::map<std::string, std::string> all{{"application_name", "parleyd"},
                                         {"keepalives_idle", "5"},
                                         {"keepalives_interval", "2"},
                                         {"keepalives_count", "3"},
                                         {"tcp_user_timeout", "10000"}};
  all["connect_timeout"] = std::to_string(std::chrono::ceil<std::chrono::seconds>(settings.connect_timeout).count());
  for (const auto* part = parts.get(); part->keyword; ++part)
    if (part->val)
      all[part->keyword] = part->val;
  if (!password.empty())
    all["password"] = password;
  std::string out;
  for (const auto& [key, value] : all)
    out += key + "=" + quoted(value) + " ";
  return out;
}

/// `?` and `?1` as $1 with the value's type, which PostgreSQL could not always
/// tell from the place.
std::string spelled(std::string_view sql, std::span<const sql::value> values) {
  std::string out;
  size_t next = 0;
  for (size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] != '?') {
      out += sql[i];
      continue;
    }
    size_t number = 0;
    const auto [end, error] = std::from_chars(sql.data() + i + 1, sql.data() + sql.size(), number);
    if (error == std::errc{})
      i = static_cast<size_t>(end - sql.data()) - 1;
    else
      number = ++next;
    static constexpr std::array types{"::bigint", "::float8", "::text", "::bytea", "::uuid", "::timestamptz"};
    out += "$" + std::to_string(number);
    if (number <= values.size())
      out += types[static_cast<size_t>(values[number - 1].kind)];
  }
  return out;
}

std::vector<parameter> parameters_of(std::span<const sql::value> values) {
  std::vector<parameter> out;
  for (const auto& value : values)
    out.push_back(parameter_of(value));
  return out;
}

/// Built-in types by their numbers (pg_type.dat), which never change.
enum oid : pqxx::oid {
  oid_bool = 16,
  oid_bytea = 17,
  oid_int8 = 20,
  oid_int2 = 21,
  oid_int4 = 23,
  oid_json = 114,
  oid_float4 = 700,
  oid_float8 = 701,
  oid_real_array = 1021,
  oid_timestamptz = 1184,
  oid_numeric = 1700,
  oid_uuid = 2950,
  oid_jsonb = 3802,
  first_of_extensions = 16384,
};

class result_cursor final : public sql::cursor {
public:
  explicit result_cursor(const pqxx::result& from) : from_{from} {}

  bool next() override {
    scratch_.clear();
    return static_cast<size_t>(++at_) < from_.size();
  }
  int columns() const override { return static_cast<int>(from_.columns()); }
  std::string column_name(int column) const override { return from_.column_name(number(column)); }
  sql::column_type type(int column) const override {
    switch (const auto type = from_.column_type(number(column)); type) {
      case oid_bool: return sql::column_type::boolean;
      case oid_bytea: return sql::column_type::sealed;
      case oid_int2:
      case oid_int4:
      case oid_int8:
      case oid_numeric: return sql::column_type::integer; // sums of integers
      case oid_float4:
      case oid_float8: return sql::column_type::real;
      case oid_json:
      case oid_jsonb: return sql::column_type::json;
      case oid_timestamptz: return sql::column_type::instant;
      case oid_uuid: return sql::column_type::uuid;
      case oid_real_array: return sql::column_type::floats;
      default: // pgvector's type, the only one of an extension
        return type >= first_of_extensions ? sql::column_type::floats : sql::column_type::text;
    }
  }
  bool is_null(int column) const override { return field(column).is_null(); }
  int64_t integer(int column) const override {
    const auto x = raw(column);
    if (x == "t" || x == "f")
      return x == "t";
    int64_t out = 0;
    std::from_chars(x.data(), x.data() + x.size(), out);
    return out;
  }
  double real(int column) const override {
    const auto x = raw(column);
    double out = 0;
    std::from_chars(x.data(), x.data() + x.size(), out);
    return out;
  }
  // jsonb is shown with spaces; written back it is as any JSON of ours.
  std::string_view text(int column) const override {
    if (from_.column_type(number(column)) != oid_jsonb || is_null(column))
      return raw(column);
    return scratch_.emplace_back(json::parse(raw(column)).dump());
  }
  std::string_view bytes(int column) const override {
    const auto x = raw(column);
    if (type(column) == sql::column_type::floats)
      return scratch_.emplace_back(floats_bytes(x, length_of_vector(column)));
    auto& out = scratch_.emplace_back();
    for (size_t i = 2; i + 1 < x.size(); i += 2) // behind \x
      out += static_cast<char>(digit(x[i]) << 4 | digit(x[i + 1]));
    return out;
  }
  uuid id(int column) const override {
    if (is_null(column))
      return {};
    const auto out = parse_uuid(raw(column));
    if (!out)
      throw failure{"", "column " + column_name(column) + " holds no id"};
    return *out;
  }
  wall_time instant(int column) const override { return is_null(column) ? wall_time{} : parse_instant(raw(column)); }

private:
  static pqxx::row::size_type number(int column) { return static_cast<pqxx::row::size_type>(column); }
  static int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }
  pqxx::field field(int column) const { return from_[static_cast<pqxx::result::size_type>(at_)][number(column)]; }
  std::string_view raw(int column) const {
    const auto x = field(column);
    return {x.c_str(), x.size()};
  }

  /// A vector(1536) is filled up with zeros; how many floats are the
  /// embedder's stands at the end of its name.
  size_t length_of_vector(int column) const {
    if (from_.column_type(number(column)) < first_of_extensions)
      return std::string::npos;
    for (int i = 0; i < columns(); ++i)
      if (column_name(i) == "embedder") {
        const auto name = raw(i);
        const auto slash = name.rfind('/');
        size_t length = 0;
        if (slash != std::string_view::npos
            && std::from_chars(name.data() + slash + 1, name.data() + name.size(), length).ec == std::errc{})
          return length;
      }
    return std::string::npos;
  }

  pqxx::result from_;
  int64_t at_ = -1;
  mutable std::deque<std::string> scratch_; // of the current row
};

const sql::dialect postgres_words{"ILIKE", ""};

} // namespace

std::unique_ptr<sql::cursor> cursor_of(const pqxx::result& result) {
  return std::make_unique<result_cursor>(result);
}

/// Every error of libpqxx as one of ours.
template <class F>
auto session::guarded(F&& work) {
  const auto lost = [&] { return !connection_ || !connection_->is_open(); };
  try {
    return work();
  } catch (const pqxx::broken_connection& e) {
    throw connection_lost{e.what()};
  } catch (const pqxx::insufficient_privilege& e) { // comes without its number
    throw failure{"42501", e.what()};
  } catch (const pqxx::sql_error& e) {
    // 57P01 to 57P03: it shuts down, crashed or starts up.
    if (lost() || e.sqlstate().starts_with("08") || e.sqlstate().starts_with("57P0"))
      throw connection_lost{e.what()};
    throw failure{e.sqlstate(), e.what()};
  } catch (const pqxx::deadlock_detected& e) {
    throw failure{"40P01", e.what()};
  } catch (const pqxx::serialization_failure& e) {
    throw failure{"40001", e.what()};
  } catch (const pqxx::failure& e) {
    if (lost())
      throw connection_lost{e.what()};
    throw failure{"", e.what()};
  }
}

/// The same, within the time that an answer may take.
template <class F>
auto session::in_time(F&& work) {
  const statement_watch::deadline deadline{*watch_, socket_.number(), limit_};
  try {
    return guarded(work);
  } catch (const connection_lost&) {
    if (deadline.passed())
      throw connection_lost{"the database gave no answer within " + settings::to_text(limit_)
                            + ", so the connection was cut"};
    throw;
  }
}

session::session(const postgres_settings& settings, const std::string& address, const std::string& password,
                 access mode)
  : limit_{settings.answer_limit()} {
  const auto whole = complete(settings, address, password);
  guarded([&] { connection_ = std::make_unique<pqxx::connection>(whole); }); // connect_timeout is its limit
  try {
    socket_ = socket_copy{connection_->sock()};
  } catch (const std::system_error& e) {
    throw connection_lost{e.what()}; // as any connection that cannot be made for now
  }
  // A session that came back by itself would have lost its settings, its locks
  // and the transaction that we believe to be in.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection_->inhibit_reactivation(true);
#pragma GCC diagnostic pop
  if (server_version() < 130000)
    throw failure{"", where() + " is PostgreSQL " + std::to_string(server_version() / 10000)
                        + "; Parley needs 13 or newer"};
  const auto ms = [](std::chrono::milliseconds x) { return std::to_string(x.count()); };
  execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET bytea_output = 'hex'; SET extra_float_digits = 1; "
          "SET client_encoding = 'UTF8'; SET client_min_messages = warning; SET synchronous_commit = on; "
          "SET statement_timeout = "
          + ms(settings.statement_timeout) + "; SET idle_in_transaction_session_timeout = "
          + ms(settings.idle_in_transaction_timeout) + "; SET lock_timeout = " + ms(settings.statement_timeout)
          + (mode == access::read ? "; SET default_transaction_read_only = on"
                                  // The writer looks things up by key alone: no statistics of a table that grows
                                  // may talk it into reading it whole.
                                  : "; SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan"));
}

pqxx::result session::execute(const std::string& sql) {
  return in_time([&] {
    pqxx::nontransaction work{*connection_};
    return work.exec(sql);
  });
}

void session::without_limits() {
  execute("SET statement_timeout = 0; SET lock_timeout = 0");
  limit_ = std::chrono::milliseconds{0};
}

const std::string& session::prepared(const char* sql, const std::function<std::string()>& spelled) {
  auto& name = names_[sql];
  if (name.empty()) {
    const auto fresh = "parley_" + std::to_string(names_.size());
    connection_->prepare(fresh, spelled());
    name = fresh;
  }
  return name;
}

/// libpqxx takes lists of parameters of one type.
static std::vector<const char*> pointers(const std::vector<parameter>& parameters) {
  std::vector<const char*> out;
  for (const auto& x : parameters)
    out.push_back(x ? x->c_str() : nullptr);
  return out;
}

pqxx::result session::run(const char* sql, const std::vector<parameter>& parameters) {
  return in_time([&] {
    const auto& name = prepared(sql, [sql] { return std::string{sql}; });
    pqxx::nontransaction work{*connection_};
    return work.exec_prepared(name, pqxx::prepare::make_dynamic_params(pointers(parameters)));
  });
}

pqxx::result session::run_once(const std::string& sql, const std::vector<parameter>& parameters) {
  return in_time([&] {
    pqxx::nontransaction work{*connection_};
    return work.exec_params(sql, pqxx::prepare::make_dynamic_params(pointers(parameters)));
  });
}

pqxx::result session::ask(const char* sql, std::span<const sql::value> values) {
  const auto parameters = parameters_of(values);
  return in_time([&] {
    const auto& name = prepared(sql, [&] { return spelled(sql, values); });
    pqxx::nontransaction work{*connection_};
    return work.exec_prepared(name, pqxx::prepare::make_dynamic_params(pointers(parameters)));
  });
}

pqxx::result session::ask_once(const std::string& sql, std::span<const sql::value> values) {
  return run_once(spelled(sql, values), parameters_of(values));
}

std::string session::where() const {
  const auto text = [](const char* x) { return std::string{x ? x : ""}; };
  return text(connection_->username()) + "@" + text(connection_->hostname()) + ":" + text(connection_->port()) + "/"
         + text(connection_->dbname());
}

int session::server_version() const {
  return connection_->server_version();
}

const sql::dialect& reading_connection::words() const {
  return postgres_words;
}

template <class F>
std::unique_ptr<sql::cursor> reading_connection::patiently(F&& ask) {
  while (true) {
    if (!outage_.young() && !outage_.may_try())
      throw connection_lost{"the database has been away for " + settings::to_text(outage_.length())};
    std::chrono::milliseconds pause{0};
    std::string why;
    try {
      if (!session_)
        session_ = connect_();
      auto out = cursor_of(ask(*session_));
      outage_.over();
      return out;
    } catch (const connection_lost& e) {
      why = e.what();
      session_.reset();
      pause = outage_.begin_or_go_on();
    }
    if (!outage_.young())
      throw connection_lost{why};
    std::this_thread::sleep_for(pause); // a thread of its own, whose work this is
  }
}

std::unique_ptr<sql::cursor> reading_connection::run(const char* sql, std::span<const sql::value> values) {
  return patiently([&](session& s) { return s.ask(sql, values); });
}

std::unique_ptr<sql::cursor> reading_connection::run_once(const std::string& sql, std::span<const sql::value> values) {
  return patiently([&](session& s) { return s.ask_once(sql, values); });
}

const sql::dialect& session_connection::words() const {
  return postgres_words;
}

std::unique_ptr<sql::cursor> session_connection::run(const char* sql, std::span<const sql::value> values) {
  return cursor_of(session_.ask(sql, values));
}

std::unique_ptr<sql::cursor> session_connection::run_once(const std::string& sql, std::span<const sql::value> values) {
  return cursor_of(session_.ask_once(sql, values));
}

} // namespace parley::postgres
