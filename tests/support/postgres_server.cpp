#include "tests/support/postgres_server.hpp"

#include "runtime/free_port.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace parley::test {

namespace fs = std::filesystem;

/// The newest that Debian's packages have put there.
static fs::path find_programs() {
  fs::path found;
  int newest = 0;
  const fs::path root{"/usr/lib/postgresql"};
  if (fs::exists(root))
    for (const auto& entry : fs::directory_iterator{root}) {
      const int version = std::atoi(entry.path().filename().c_str());
      if (version > newest && fs::exists(entry.path() / "bin" / "initdb")) {
        newest = version;
        found = entry.path() / "bin";
      }
    }
  if (found.empty())
    throw std::runtime_error{"no PostgreSQL in " + root.string() + "; run cluster/setup --tests"};
  return found;
}

static std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (auto& x : words)
    out.push_back(x.data());
  out.push_back(nullptr);
  return out;
}

postgres_server::postgres_server() : programs_{find_programs()} {
  auto pattern = (fs::temp_directory_path() / "parley-postgres-XXXXXX").string();
  if (!::mkdtemp(pattern.data()))
    throw std::runtime_error{"no temporary folder: " + pattern};
  folder_ = pattern;
  if (::geteuid() == 0) {
    const passwd* owner = ::getpwnam("postgres");
    if (!owner)
      owner = ::getpwnam("nobody");
    if (!owner)
      throw std::runtime_error{"neither a user postgres nor nobody: PostgreSQL does not run as root"};
    user_ = owner->pw_uid;
    group_ = owner->pw_gid;
    if (::chown(folder_.c_str(), user_, group_) != 0)
      throw std::runtime_error{folder_.string() + ": " + std::strerror(errno)};
  }
  const auto password_file = folder_ / "password";
  std::ofstream{password_file} << password_ << '\n';
  fs::permissions(password_file, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  run("initdb",
      {"--pgdata", data().string(), "--username", "parley", "--encoding", "UTF8", "--locale", "C.UTF-8", "--auth-local",
       "trust", "--auth-host", "scram-sha-256", "--pwfile", password_file.string(), "--no-sync"});
  port_ = free_port();
  start();
}

postgres_server::~postgres_server() {
  stop_immediately();
  std::error_code ignored; // what stays in /tmp harms no test
  fs::remove_all(folder_, ignored);
}

// As a child that dies with this process, however that ends.
void postgres_server::start() {
  const auto path = (programs_ / "postgres").string();
  const auto log = (folder_ / "server.log").string();
  std::vector<std::string> words{path, "-D", data().string()};
  for (const auto& setting :
       {"listen_addresses=127.0.0.1", "fsync=on", "max_connections=200", "log_min_messages=warning",
        // Else each of thousands of files is synced one by one before recovery.
        "recovery_init_sync_method=syncfs"})
    words.insert(words.end(), {"-c", setting});
  words.insert(words.end(),
               {"-c", "port=" + std::to_string(port_), "-c", "unix_socket_directories=" + folder_.string()});
  const auto arguments = pointers(words);
  const pid_t parent = ::getpid();
  server_ = ::fork();
  if (server_ == 0) { // only what may be called between fork and exec
    const int said = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (said < 0 || (user_ != 0 && (::setgid(group_) != 0 || ::setuid(user_) != 0)))
      ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (::getppid() != parent)
      ::_exit(126);
    ::dup2(said, STDOUT_FILENO);
    ::dup2(said, STDERR_FILENO);
    ::execv(path.c_str(), arguments.data());
    ::_exit(127);
  }
  if (server_ < 0)
    throw std::runtime_error{std::string{"fork: "} + std::strerror(errno)};
  std::string why;
  for (int i = 0; i < 600; ++i) {
    int status = 0;
    if (::waitpid(server_, &status, WNOHANG) == server_) {
      server_ = 0;
      std::stringstream text;
      text << std::ifstream{log}.rdbuf();
      throw std::runtime_error{"PostgreSQL ended: " + text.str()};
    }
    try {
      query("postgres", "SELECT 1");
      return;
    } catch (const std::runtime_error& e) { // not yet
      why = e.what();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  throw std::runtime_error{"PostgreSQL does not come up: " + why};
}

void postgres_server::stop_immediately() {
  if (server_ <= 0)
    return;
  ::kill(server_, SIGQUIT); // pg_ctl stop --mode immediate
  int status = 0;
  ::waitpid(server_, &status, 0);
  server_ = 0;
}

void postgres_server::create_database(const std::string& name) {
  query("postgres", "CREATE DATABASE \"" + name + "\"");
}

std::string postgres_server::query(const std::string& database, const std::string& sql) const {
  return run("psql", {"--dbname", url(database), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set",
                      "ON_ERROR_STOP=1", "--command", sql});
}

std::string postgres_server::url(const std::string& database) const {
  return "postgresql://parley@/" + database + "?host=" + folder_.string() + "&port=" + std::to_string(port_);
}

std::string postgres_server::loopback_url(const std::string& database) const {
  return "postgresql://parley@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::string postgres_server::run(const std::string& program, std::vector<std::string> arguments) const {
  const auto path = (programs_ / program).string();
  arguments.insert(arguments.begin(), path);
  const auto words = pointers(arguments);
  auto output = (folder_ / "output-XXXXXX").string();
  const int said = ::mkostemp(output.data(), O_CLOEXEC);
  const pid_t child = ::fork();
  if (child == 0) { // only what may be called between fork and exec
    if (user_ != 0 && (::setgid(group_) != 0 || ::setuid(user_) != 0))
      ::_exit(126);
    ::dup2(said, STDOUT_FILENO);
    ::dup2(said, STDERR_FILENO);
    if (::chdir("/") != 0)
      ::_exit(126);
    ::execv(path.c_str(), words.data());
    ::_exit(127);
  }
  int status = 0;
  const bool waited = child > 0 && ::waitpid(child, &status, 0) == child;
  ::close(said);
  std::stringstream text;
  text << std::ifstream{output}.rdbuf();
  fs::remove(output);
  if (!waited || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error{program + " failed: " + text.str()};
  return text.str();
}

} // namespace parley::test
