#include "adapters/postgres/settings.hpp"

#include <cctype>

namespace parley {

using namespace std::chrono_literals;

/// A value in a connection string of libpq.
static std::string quoted(const std::string& value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + "'";
}

std::string postgres_settings::address() const {
  if (!url.empty())
    return url;
  std::string out = "dbname=" + quoted(database) + " port=" + std::to_string(port);
  if (!host.empty())
    out += " host=" + quoted(host);
  if (!user.empty())
    out += " user=" + quoted(user);
  return out;
}

/// postgresql://user:secret@host/… or "… password=…".
static bool holds_password(const std::string& url) {
  if (url.find("password=") != std::string::npos)
    return true;
  const auto scheme = url.find("://");
  if (scheme == std::string::npos)
    return false;
  const auto end = url.find_first_of("/?", scheme + 3);
  const auto authority = url.substr(scheme + 3, end == std::string::npos ? end : end - scheme - 3);
  const auto at = authority.rfind('@');
  return at != std::string::npos && authority.substr(0, at).find(':') != std::string::npos;
}

void postgres_settings::describe(settings::section& s) {
  const auto address_of = [&](const char* key, std::string& value, const char* help) {
    s.text(key, value, help);
    if (holds_password(value)) {
      s.problem(key, std::string{"a password does not belong in this file; name it by "}
                       + (key == std::string{"url"} ? "password_env or password_file"
                                                    : std::string{key}.substr(0, std::string{key}.find('_'))
                                                        + "_password_env or …_password_file"));
      value.clear();
    }
  };
  s.text("data_dir", data_dir, "Folder of the node's own files: control.sock, and master.key by default.");
  address_of(
    "url", url,
    "Where the database is, without the password: postgresql://parley@db.example.com/parley?sslmode=verify-full, "
    "or leave it out and give host, port, database and user.");
  s.text("host", host, "Host name, or the folder of a Unix socket; empty: the local socket.");
  s.number<uint16_t>("port", port, 1, 65'535, "", "Of the host.");
  s.text("database", database, "Name of the database; it must be there already and use UTF-8.");
  s.text("user", user, "Role of the node; empty: the name of this process's user.");
  s.secret("password", password, "Password of the role.");
  address_of("reports_url", reports_url,
             "Where long questions are asked, e.g. a replica, with a role that may only read; empty: the journal's.");
  s.secret("reports_password", reports_password, "Password of that role; neither given: the journal's.");
  address_of("keys_url", keys_url,
             "Where the keys of persons are kept; empty: the journal's database, in the schema parley_keys. Keep its "
             "backups apart from the journal's.");
  s.secret("keys_password", keys_password, "Password of that role; neither given: the journal's.");
  s.file(
    "master_key_file", master_key_file,
    "File with the master key, 64 hex digits, mode 0600; by default master.key in data_dir. Every node of the store "
    "needs the same one. Without it no sealed field can be read.");
  s.number<uint32_t>("readers", readers, 1, 64, "connections", "That answer the actors' questions.");
  s.number<uint32_t>("batch_requests_max", batch_requests_max, 1, 10'000, "requests",
                     "Most requests that share one commit.");
  s.number<uint32_t>("waiting_requests_max", waiting_requests_max, 10, 1'000'000, "requests",
                     "More waiting writes than this are refused at once, also while the database is away.");
  s.number<uint64_t>("waiting_bytes_max", waiting_bytes_max, 1'000'000, uint64_t{1} << 40, "bytes",
                     "While the database is away, writes beyond this are refused at once.");
  s.duration("connect_timeout", connect_timeout, 2s, 1min, "For a connection to be made; whole seconds.");
  s.duration("statement_timeout", statement_timeout, 1s, 10min, "A statement that takes longer is given up.");
  s.duration("idle_in_transaction_timeout", idle_in_transaction_timeout, 1s, 10min,
             "The database ends a transaction of ours that stands still for so long, e.g. when the network is gone.");
  s.duration("reconnect_min", reconnect_min, 10ms, 1min, "First pause before a lost connection is tried again.");
  s.duration("reconnect_max", reconnect_max, 100ms, 10min, "Each pause is twice as long, up to this.");
  s.duration("outage_wait", outage_wait, 0s, 10min,
             "So long requests wait for a database that is away; then they are refused. Keep it below "
             "actors.journal_timeout.");
  s.duration("append_wait", append_wait, 0s, 24h,
             "So long what live calls and other actors append does: refused, it would end the call.");
  if (reconnect_max < reconnect_min)
    s.problem("reconnect_max", "must not be less than reconnect_min");
}

} // namespace parley
