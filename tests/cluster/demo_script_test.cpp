// Goal: `cluster/demo` as it is typed: it works a second time, leaves standard
// output to the demo, and once set up another user may run it, who may write
// nothing there. Method: the script itself, on the build that these tests are of.
#include "runtime/json.hpp"
#include "tests/cluster/typed.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include <unistd.h>

namespace demo_script_test {

using namespace parley::test;
using nlohmann::json;
namespace fs = std::filesystem;

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
  const std::string another = "setpriv --reuid=65534 --regid=65534 --clear-groups ";
  if (::geteuid() != 0)
    WARN("another user is only tried by root");
  else if (type(another + "test -x '" + (build / "bin/parley").string() + "'").status != 0)
    WARN("another user is not tried: this folder is closed to them");
  else
    commands.push_back(another + "env HOME=/tmp " + demo);
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

TEST_CASE("cluster/demo --help builds nothing and names the demo's options", "[cluster]") {
  const auto options_in = [](const typed& help) {
    static const std::regex option{"^ +(?:-h,)?(--[a-z-]+)"};
    std::set<std::string> out;
    std::smatch found;
    for (const auto& line : help.out)
      if (std::regex_search(line, found, option))
        out.insert(found[1]);
    return out;
  };
  const auto build = fs::temp_directory_path() / "parley-demo-help-test";
  const auto* flag = GENERATE("-h", "--seed 3 --help");
  const auto help
    = type("PARLEY_BUILD_DIR='" + build.string() + "' " PARLEY_SOURCE_DIR "/cluster/demo " + flag + " 2>&1");
  const auto program = fs::canonical("/proc/self/exe").parent_path() / "parley";
  const auto options = options_in(type("'" + program.string() + "' demo --help"));
  CHECK(help.status == 0);
  CHECK(options.size() > 5);
  CHECK(options_in(help) == options);
  CHECK_FALSE(fs::exists(build));
}

TEST_CASE("on another distribution cluster/setup says what it needs, and changes nothing", "[cluster]") {
  const auto* about = GENERATE("ID=fedora\nVERSION_ID=41\nPRETTY_NAME=\"Fedora Linux 41\"\n",
                               "ID=debian\nVERSION_ID=13\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n");
  const auto file = fs::temp_directory_path() / "parley-os-release-test";
  std::ofstream{file} << about;
  const auto done = type("PARLEY_OS_RELEASE='" + file.string() + "' " PARLEY_SOURCE_DIR "/cluster/setup 2>&1");
  fs::remove(file);
  CHECK(done.status == 1);
  REQUIRE(done.out.size() == 2);
  CHECK_THAT(done.out[0], Catch::Contains("knows Debian 12;")
                            && (Catch::Contains("Fedora Linux 41") || Catch::Contains("Debian GNU/Linux 13")));
  CHECK_THAT(done.out[1], Catch::Contains("libcaf-dev"));
}

} // namespace demo_script_test
