#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace parley::test {

/// A real PostgreSQL in a temporary folder, on a socket of its own and a free
/// port of the loopback, fsync on. It goes with this object and, should that be
/// killed, with its process; then its folder stays in /tmp.
///
/// PostgreSQL does not run as root: then it runs as the user `postgres` or
/// `nobody`. Who connects by the socket is trusted; by the port a password is
/// asked for.
class postgres_server {
public:
  /// Throws std::runtime_error with what the programs said.
  postgres_server();
  ~postgres_server();
  postgres_server(const postgres_server&) = delete;

  /// As a crash (pg_ctl stop -m immediate): sessions are cut, nothing is written
  /// any more.
  void stop_immediately();
  void start();

  /// Makes a database and names it for `url`.
  void create_database(const std::string& name);
  /// Runs statements in a database, with psql; throws with what it said.
  std::string query(const std::string& database, const std::string& sql) const;

  std::string url(const std::string& database) const;          ///< by the socket
  std::string loopback_url(const std::string& database) const; ///< by the port, without the password
  const std::string& password() const { return password_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path data() const { return folder_ / "data"; }
  int process() const { return server_; } ///< 0: it does not run

private:
  /// Runs one of PostgreSQL's programs as the server's user.
  std::string run(const std::string& program, std::vector<std::string> arguments) const;

  std::filesystem::path folder_;
  std::filesystem::path programs_;
  std::string password_ = "only for tests";
  unsigned user_ = 0; ///< 0: as this process
  unsigned group_ = 0;
  int port_ = 0;
  int server_ = 0;
};

} // namespace parley::test
