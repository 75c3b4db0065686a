// Goal: a node that cannot work says why and what to do, ends with an error and
// leaves nothing half done; the next start, once the cause is gone, finds all in
// order. Method: parleyd as a process, without the practice world: no campaign
// runs, so no vendor is asked.
#include "adapters/cli/control_client.hpp"
#include "adapters/cli/demo_world.hpp"
#include "runtime/settings/toml.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <thread>

namespace bad_start_test {

using namespace parley;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// How a program ended, and all that it said.
struct ending {
  int code = -1;
  std::string said;
};

ending run(const std::string& command) {
  ending out;
  FILE* pipe = ::popen(("timeout -k 1 30 " + command + " 2>&1").c_str(), "r");
  REQUIRE(pipe);
  char data[4096];
  for (size_t got = 0; (got = ::fread(data, 1, sizeof data, pipe)) > 0;)
    out.said.append(data, got);
  const int status = ::pclose(pipe);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

/// A folder with a configuration that needs nobody, and nodes of it.
struct place {
  place() {
    auto name = (fs::temp_directory_path() / "parley-start-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    folder = name;
    data = folder / "data";
  }
  ~place() {
    node.reset();
    if (mounted)
      ::umount2(data.c_str(), MNT_DETACH);
    std::error_code ignored; // a folder that stays behind harms nobody
    fs::permissions(data, fs::perms::owner_all, ignored);
    fs::remove_all(folder, ignored);
  }

  /// practice.toml without vendors, with changes; returns the file.
  fs::path config(const std::function<void(toml::table&)>& change = [](toml::table&) {}) {
    const auto source = cli::config_folder();
    auto table = toml::parse_file((source / "practice.toml").string());
    const auto section = [&table](const char* name) -> toml::table& { return *table[name].as_table(); };
    for (const char* name : {"llm", "crm", "enrichment", "calendar"})
      table.insert_or_assign(name, toml::table{{"provider", "none"}});
    table.insert_or_assign("embedder", toml::table{{"provider", "hashing"}});
    table.insert_or_assign("mailer", toml::table{{"provider", "file"}, {"directory", (folder / "mails").string()}});
    section("journal").insert_or_assign("data_dir", data.string());
    section("web").insert_or_assign("webhook_port", 0);
    section("web").insert_or_assign("local_port", 0);
    for (const char* name : {"telephony", "voice_model"})
      for (auto&& [key, value] : section(name))
        if (std::string_view{key.str()}.ends_with("_file"))
          value.ref<std::string>() = (source / "practice.secret").string();
    for (const char* key : {"rules_file", "area_codes_file", "zip_codes_file"}) {
      auto& file = section("compliance").at(key).ref<std::string>();
      file = (source / file).string();
    }
    change(table);
    const auto file = folder / ("node" + std::to_string(++configs) + ".toml");
    std::ofstream{file} << table << '\n';
    return file;
  }
  static std::string program() { return (fs::canonical("/proc/self/exe").parent_path() / "parleyd").string(); }
  /// A node that is expected not to start.
  ending refused(const fs::path& config, const std::string& wrapper = "") const {
    auto out = run(wrapper + " " + program() + " --config " + config.string());
    INFO(out.said);
    CHECK(out.code == 1);
    CHECK_THAT(out.said, !Contains("\"ready\"") && Contains("parleyd: "));
    return out;
  }
  /// A node that must start.
  void start(const fs::path& config) {
    node = std::make_unique<cli::child_process>(std::vector<std::string>{program(), "--config", config.string()},
                                                (folder / "parleyd.log").string());
    const auto line = node->read_line(30s);
    std::ifstream log{folder / "parleyd.log"};
    INFO((std::string{std::istreambuf_iterator<char>{log}, {}}));
    REQUIRE(line);
    ready = json::parse(*line);
    REQUIRE(ready["ready"] == true);
  }
  nlohmann::ordered_json command(const std::string& name, json args = json::object()) const {
    return cli::send_command((data / "control.sock").string(), name, std::move(args), 60s);
  }
  std::string refusal(const std::string& name, json args = json::object()) const {
    try {
      return "done: " + command(name, std::move(args)).dump();
    } catch (const cli::command_failed& e) {
      return e.what();
    }
  }
  /// "" once the node says that it is ready, else what keeps it.
  std::string problem() const {
    try {
      cli::get_page("http://127.0.0.1:" + std::to_string(ready["local_port"].get<int>()) + "/readyz");
      return "";
    } catch (const cli::command_failed& e) {
      return e.what();
    }
  }
  fs::path people(int count) const {
    const auto file = folder / (std::to_string(count) + ".csv");
    std::ofstream out{file};
    out << "crm_id,name,phone,notes\n";
    for (int i = 0; i < count; ++i)
      out << "P-" << i << ",Person " << i << ",614 555 " << 1000 + i << ',' << std::string(200, 'x') << '\n';
    return file;
  }
  size_t stored() const { return command("prospect list", {{"limit", 100'000}}).size(); }

  fs::path folder;
  fs::path data;
  std::unique_ptr<cli::child_process> node;
  json ready;
  int configs = 0;
  bool mounted = false;
};

bool eventually(const std::function<bool()>& condition) {
  for (const auto until = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < until;) {
    if (condition())
      return true;
    std::this_thread::sleep_for(100ms);
  }
  return false;
}

/// A TCP port that somebody else has.
struct taken_port {
  taken_port() {
    socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket, 1) == 0);
    REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    number = ntohs(address.sin_port);
  }
  ~taken_port() { ::close(socket); }
  int socket = -1;
  int number = 0;
};

/// A disk with room for a store, which the test fills and empties: a file
/// system of its own where we may mount one, else a limit of file sizes.
class small_disk {
  static bool mount_over(const fs::path& folder) {
    return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
           && ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=16m,mode=700") == 0;
  }

public:
  explicit small_disk(place& x) : place_{x} {
    fs::create_directories(x.data);
    // Tried by a child first: where it fails half-way, as in a chroot, the
    // names of this process's own files would be gone.
    const auto child = ::fork();
    if (child == 0)
      ::_exit(mount_over(x.data) ? 0 : 1);
    int status = 1;
    x.mounted = ::waitpid(child, &status, 0) == child && status == 0 && mount_over(x.data);
    if (!x.mounted)
      WARN("no file system may be mounted here; file sizes are limited instead");
  }

  void fill() {
    if (!place_.mounted)
      return limit(0);
    const int file = ::open((place_.data / "filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    const std::string block(4096, 'x');
    while (::write(file, block.data(), block.size()) == static_cast<ssize_t>(block.size()))
      ;
    CHECK(errno == ENOSPC);
    ::close(file);
  }
  void make_room() {
    if (!place_.mounted)
      return limit(RLIM_INFINITY);
    fs::remove(place_.data / "filler");
  }

private:
  void limit(rlim_t bytes) const {
    rlimit now{};
    REQUIRE(::prlimit(place_.node->pid(), RLIMIT_FSIZE, nullptr, &now) == 0);
    now.rlim_cur = std::min(bytes, now.rlim_max);
    REQUIRE(::prlimit(place_.node->pid(), RLIMIT_FSIZE, &now, nullptr) == 0);
  }

  place& place_;
};

} // namespace

TEST_CASE("a configuration that is wrong is told whole, before anything is made", "[cluster][start]") {
  place x;
  const auto wrong = x.config([](toml::table& t) {
    t["pacing"].as_table()->insert_or_assign("calls_at_once", "twelve");
    t["node"].as_table()->insert_or_assign("sped", 2.0);
    t["web"].as_table()->insert_or_assign("webhook_port", 99'999);
  });
  const auto out = x.refused(wrong).said;
  CHECK_THAT(out, Contains("[pacing] calls_at_once: must be a whole number"));
  CHECK_THAT(out, Contains("[node] sped: unknown key; did you mean speed?"));
  CHECK_THAT(out, Contains("[web] webhook_port: 99999 is outside 0 to 65535"));
  CHECK_THAT(x.refused(x.folder / "nowhere.toml").said, Contains("nowhere.toml") && Contains("name an existing file"));
  CHECK_THAT(x.refused(x.folder).said, Contains("is a folder"));
  CHECK_THAT(x.refused(x.config([&](toml::table& t) {
                t["node"].as_table()->insert_or_assign("log_file", "/proc/nowhere/parley.log");
              }))
               .said,
             Contains("log_file") && Contains("/proc/nowhere/parley.log"));
  CHECK_FALSE(fs::exists(x.data));
}

TEST_CASE("a port that is in use is named with its key", "[cluster][start]") {
  place x;
  const taken_port taken;
  for (const char* key : {"webhook_port", "local_port"}) {
    const auto out = x.refused(x.config([&](toml::table& t) {
                        t["web"].as_table()->insert_or_assign(key, static_cast<int64_t>(taken.number));
                      }))
                       .said;
    CHECK_THAT(out, Contains("port " + std::to_string(taken.number)) && Contains("in use")
                      && Contains(std::string{"[web] "} + key));
    CHECK_FALSE(fs::exists(x.data / "control.sock"));
  }
  x.start(x.config()); // nothing of the failed starts is in the way
  CHECK(x.problem() == "");
}

TEST_CASE("a second node on a data directory is refused, and the first goes on", "[cluster][start]") {
  place x;
  const auto config = x.config();
  x.start(config);
  REQUIRE(x.command("prospect import", {{"file", x.people(3).string()}})["added"] == 3);
  const auto out = x.refused(config).said;
  CHECK_THAT(out, Contains(x.data.string()) && Contains("another parleyd")
                    && Contains("process " + std::to_string(x.node->pid())) && Contains("data_dir"));
  CHECK(x.stored() == 3); // over the control socket, which is still the first one's
  CHECK(x.problem() == "");
  x.node->kill(); // as a power cut does it: the lock goes with its owner
  x.start(config);
  CHECK(x.stored() == 3);
}

TEST_CASE("a data directory that is none is named with the remedy, whoever starts the node", "[cluster][start]") {
  place x;
  const auto config = x.config();
  std::ofstream{x.data} << "a file\n";
  CHECK_THAT(x.refused(config).said, Contains(x.data.string()) && Contains("data_dir"));
  CHECK(fs::file_size(x.data) == 7); // and nothing was harmed
  const auto file = x.data;
  x.data = file / "data"; // beneath a file
  CHECK_THAT(x.refused(x.config()).said, Contains(x.data.string()) && Contains("data_dir"));
  x.data = file;
  fs::remove(file);
  x.start(config);
  CHECK(x.problem() == "");
}

TEST_CASE("a data directory that may not be used is named with the remedy", "[cluster][start]") {
  place x;
  std::string wrapper;
  if (::geteuid() == 0) { // root may do anything, unless it gives that up
    wrapper = "setpriv --inh-caps=-dac_override,-dac_read_search --bounding-set=-dac_override,-dac_read_search";
    if (run(wrapper + " true").code != 0)
      wrapper.clear();
  }
  const auto config = x.config();
  fs::create_directories(x.data);
  if (::geteuid() == 0 && wrapper.empty()) {
    // Where root's rights cannot be given up another user has none to this folder.
    const std::string another = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    fs::permissions(x.folder, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
    fs::permissions(config, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
    fs::permissions(x.data, fs::perms::none);
    if (run(another + " test -x '" + place::program() + "'").code == 0
        && run(another + " test -r '" + config.string() + "'").code == 0
        && run(another + " test -r '" + (cli::config_folder() / "practice.secret").string() + "'").code == 0) {
      CHECK_THAT(x.refused(config, another).said,
                 Contains(x.data.string()) && Contains("Permission denied") && Contains("data_dir"));
      CHECK(fs::is_empty(x.data));
    } else {
      WARN("neither can root's rights be given up here, nor has another user access to the program");
    }
    return;
  }
  fs::permissions(x.data, fs::perms::owner_read | fs::perms::owner_exec);
  CHECK_THAT(x.refused(config, wrapper).said,
             Contains(x.data.string()) && Contains("Permission denied") && Contains("data_dir"));
  CHECK(fs::is_empty(x.data));
  fs::permissions(x.data, fs::perms::none);
  CHECK_THAT(x.refused(config, wrapper).said, Contains(x.data.string()) && Contains("Permission denied"));
  fs::permissions(x.data, fs::perms::owner_all);
  x.start(config);
  REQUIRE(x.command("prospect import", {{"file", x.people(3).string()}})["added"] == 3);
  x.node->stop();
  for (const char* file : {"journal.db", "keys.db", "master.key"}) {
    CAPTURE(file);
    const auto before = fs::status(x.data / file).permissions();
    fs::permissions(x.data / file, fs::perms::none);
    CHECK_THAT(x.refused(config, wrapper).said, Contains(file) && Contains("rights"));
    fs::permissions(x.data / file, before);
  }
  x.start(config); // and nothing was harmed
  CHECK(x.stored() == 3);
}

TEST_CASE("a node on a full disk refuses writes, says so, and goes on when there is room", "[cluster][start]") {
  place x;
  small_disk disk{x};
  const auto config = x.config();
  if (x.mounted) { // at the first start already
    disk.fill();
    CHECK_THAT(x.refused(config).said, Contains(x.data.string()) && Contains("room"));
    disk.make_room();
  }
  x.start(config);
  REQUIRE(x.command("prospect import", {{"file", x.people(10).string()}})["added"] == 10);
  CHECK(x.problem() == "");

  disk.fill();
  const auto many = x.people(3'000).string();
  CHECK_THAT(x.refusal("prospect import", {{"file", many}}),
             Contains("room") && Contains("0 rows are stored") && Contains("import again"));
  CHECK(eventually([&] { return !x.problem().empty(); }));
  CHECK_THAT(x.problem(), Contains("journal") && Contains("takes no writes"));
  CHECK(x.stored() == 10);                                                          // what is there can still be read
  CHECK_THAT(x.refusal("dnc add", {{"number", "+16145550199"}}), Contains("room")); // never said to be done
  CHECK(x.node->running());

  disk.make_room();
  CHECK(eventually([&] { return x.problem().empty(); }));
  const auto done = x.command("prospect import", {{"file", many}});
  CHECK(done["added"].get<int>() + done["unchanged"].get<int>() == 3'000);
  CHECK(x.command("dnc check", {{"number", "+16145550199"}})["internal"] == false);
  x.node->kill();
  x.start(config);
  CHECK(x.stored() == 3'000); // the ten of before are among them
}

} // namespace bad_start_test
