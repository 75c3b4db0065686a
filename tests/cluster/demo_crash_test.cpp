// Goal: `parley demo --crash` shows a user a crash amid calls and says what it
// proved; and a demo ends in time, with a crash, too. Method: the real program.
#include "tests/cluster/demo_process.hpp"
#include "tests/cluster/promised_time.hpp"

#include <catch2/catch.hpp>

namespace demo_crash_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

TEST_CASE("demo --crash kills its node amid calls, proves that it cost nothing, and ends in time", "[cluster]") {
  const auto before = processor_time::now();
  json result;
  {
    demo_process demo{{"--crash", "--json"}};
    result = demo.result();
    while (demo.program->running())
      std::this_thread::sleep_for(50ms);
  }
  const auto after = processor_time::now();
  CHECK(result["complete"] == true);
  CHECK(result["crashes"] == 1);
  CHECK(result["lost_outcomes"] == 0);
  CHECK(result["double_dials"] == 0);
  CHECK(result["window_violations"] == 0);
  CHECK(result["calls"].get<int>() > 40);
  CHECK(result["dispositions"].size() >= 8);
  CHECK(result["meetings"].get<int>() >= 5);
  check_promised_time("demo --crash", result["wall_seconds"].get<double>(), before, after);
}

TEST_CASE("demo --crash tells people what happened and what it proves", "[cluster]") {
  demo_process demo{{"--crash", "--crash", "--exit", "--seed", "9"}};
  std::string text;
  for (const auto& line : demo.lines())
    text += line + '\n';
  INFO(text);
  const auto at = text.find("\nThe crashes\n");
  REQUIRE(at != std::string::npos);
  // As one line, since words are wrapped.
  auto told = text.substr(at);
  std::replace(told.begin(), told.end(), '\n', ' ');
  for (auto gap = told.find("  "); gap != std::string::npos; gap = told.find("  "))
    told.erase(gap, 1);
  CHECK_THAT(told, Catch::Contains("The node was killed (SIGKILL) at 2026-12-") && Catch::Contains(" calls up: ")
                     && Catch::Contains("What it proves: the carrier made")
                     && Catch::Contains("the store holds each of them once with one disposition, and nobody was called "
                                        "twice."));
  CHECK_THAT(told, !Catch::Contains("It did harm"));
}

} // namespace demo_crash_test
