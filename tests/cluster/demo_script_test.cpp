// Goal: `cluster/demo` as it is typed: it works a second time, leaves standard
// output to the demo, and once set up another user may run it, who may write
// nothing there. Method: the script itself, on the build that these tests are of.
#include "runtime/json.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace demo_script_test {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

struct typed {
  int status = 0;
  std::vector<std::string> out;
};

typed type(const std::string& command) {
  typed result;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe);
  std::string all;
  std::array<char, 4096> buffer{};
  for (size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    all.append(buffer.data(), n);
  const int status = ::pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  std::istringstream lines{all};
  for (std::string line; std::getline(lines, line);)
    result.out.push_back(line);
  return result;
}

} // namespace

TEST_CASE("cluster/demo runs again, and for a user who may write nothing there", "[cluster]") {
  const fs::path tree{PARLEY_SOURCE_DIR};
  const auto build = fs::canonical("/proc/self/exe").parent_path().parent_path();
  const auto csv = fs::temp_directory_path() / "parley-demo-script-test.csv";
  std::ofstream{csv} << "name,phone,email,company,role,consent_type,consent_at,consent_source,consent_text,"
                        "consent_seller,notes\nDana Fuller,+16145550100,dana@example.com,Works,Owner,express_written,"
                        "2026-06-11,web form,\"Acme Robotics may call me with an automated system and an artificial "
                        "voice.\",Acme Robotics,asked for a demo\n";
  const auto demo = "PARLEY_BUILD_DIR='" + build.string() + "' '" + (tree / "cluster/demo").string()
                    + "' --json --prospects '" + csv.string() + "' 2>/dev/null";
  std::vector<std::string> commands{demo, demo};
  if (::geteuid() == 0)
    commands.push_back("setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp " + demo);
  else
    WARN("another user is only tried by root");
  for (const auto& command : commands) {
    INFO(command);
    const auto done = type(command);
    CHECK(done.status == 0);
    REQUIRE(done.out.size() == 1); // nothing but the object
    const auto told = json::parse(done.out.back());
    CHECK(told["prospects"] == 1);
    CHECK(told["calls"].get<int>() >= 1);
  }
  fs::remove(csv);
}

} // namespace demo_script_test
