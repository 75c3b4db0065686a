// Goal: the README's way from the demo to one's own campaign works as it stands
// there. Method: its commands are read out of the README and typed into a shell,
// in a folder that looks like the project's.
#include "runtime/json.hpp"
#include "tests/cluster/typed.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace readme_test {

using namespace parley::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// The first indented block under this heading.
std::string commands_under(const std::string& heading) {
  std::ifstream readme{PARLEY_SOURCE_DIR "/README.md"};
  std::string out;
  bool inside = false;
  for (std::string line; std::getline(readme, line);) {
    if (line == heading)
      inside = true;
    else if (inside && line.starts_with("    "))
      out += line.substr(4) + '\n';
    else if (inside && !out.empty() && line.empty())
      out += '\n';
    else if (inside && !out.empty())
      break;
  }
  return out;
}

/// The README's commands use the ports that config/practice.toml names.
bool ports_are_free() {
  return type("bash -c 'for port in 4010 4011 4012 4013 4014 4015 4016 8080 8081; do "
              "(exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null && echo $port; done'")
    .out.empty();
}

} // namespace

TEST_CASE("the README's commands lead from nothing to a campaign that runs", "[cluster]") {
  if (!ports_are_free()) {
    WARN("not tried: somebody else on this machine has the ports of config/practice.toml");
    return;
  }
  auto name = (fs::temp_directory_path() / "parley-readme-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()));
  const fs::path folder{name};
  const fs::path tree{PARLEY_SOURCE_DIR};
  for (const char* part : {"config", "cluster"})
    fs::create_symlink(tree / part, folder / part);
  fs::create_directories(folder / "build" / "demo");
  fs::create_symlink(fs::canonical("/proc/self/exe").parent_path(), folder / "build" / "demo" / "bin");

  auto commands = commands_under("## From the demo to your own campaign");
  const auto started = commands.find("&\n\n");
  REQUIRE(started != std::string::npos);
  commands.insert(started + 2, "until parley status >status.log 2>&1; do\n" // who types takes a moment, too
                               "  kill -0 %1 && kill -0 %2\n  sleep 0.1\ndone\n");
  std::ofstream{folder / "typed"} << "set -e\ntrap 'kill $(jobs -p); wait' EXIT\n{\n"
                                  << commands
                                  << "} >log 2>&1\n"
                                     "parley campaign status 'Spring stocktaking' --json | tr -d '\\n'; echo\n"
                                     "parley prospect why 'Ethan Cole' --json | tr -d '\\n'; echo\n"
                                     "curl -sf 127.0.0.1:8081/inspect/tree | head -c 40\n";
  const auto done = type("cd '" + folder.string() + "' && bash typed");
  std::ifstream log{folder / "log"};
  INFO(std::string(std::istreambuf_iterator<char>{log}, {}));
  CHECK(done.status == 0);
  REQUIRE(done.out.size() >= 3);
  const auto status = json::parse(done.out[0]);
  CHECK(status["status"] == "running");
  CHECK(status["prospects"] == 52);
  CHECK(json::parse(done.out[1])["campaigns"].size() == 1);
  CHECK(done.out[2].starts_with("{"));
  fs::remove_all(folder);
}

} // namespace readme_test
