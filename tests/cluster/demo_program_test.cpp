// Goal: `parley demo` as a user meets it: one JSON object with the promised
// keys, the same again from the same seed, other people from another one, any
// CSV, an object for a failure too, and nothing left behind by Ctrl-C. Method: the
// real program.
#include "tests/cluster/demo_process.hpp"
#include "tests/cluster/typed.hpp"

#include <catch2/catch.hpp>

#include <signal.h>

#include <array>
#include <cstdio>

namespace demo_program_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// What a command that is typed prints; it must succeed.
std::string shell(const std::string& command) {
  INFO(command);
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe);
  std::string out;
  std::array<char, 4096> buffer{};
  for (size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    out.append(buffer.data(), n);
  REQUIRE(::pclose(pipe) == 0);
  return out;
}

/// A folder that goes with us, and the program beside ours.
struct scratch {
  scratch() {
    auto name = (fs::temp_directory_path() / "parley-demo-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    folder = name;
  }
  ~scratch() { fs::remove_all(folder); }
  fs::path folder;
  std::string parley = (fs::canonical("/proc/self/exe").parent_path() / "parley").string();
};

} // namespace

TEST_CASE("demo --json keeps its promises, and the same seed repeats them", "[cluster]") {
  demo_process one{{"--json", "--seed", "5"}};
  demo_process two{{"--json", "--seed", "5"}};
  auto first = one.result();
  auto second = two.result();
  for (const char* key : {"prospects", "calls", "dispositions", "meetings", "blocked", "double_dials",
                          "window_violations", "wall_seconds"})
    CHECK(first.contains(key));
  CHECK(first["complete"] == true);
  CHECK(first["dispositions"].size() >= 8);
  CHECK(first["meetings"].get<int>() >= 5);
  CHECK(first["double_dials"] == 0);
  CHECK(first["window_violations"] == 0);
  first.erase("wall_seconds");
  second.erase("wall_seconds");
  CHECK(first == second);
}

TEST_CASE("demo takes any CSV, and another seed makes other people", "[cluster]") {
  const auto folder = fs::temp_directory_path() / "parley-demo-test-people";
  fs::create_directories(folder);
  const auto csv = folder / "people.csv";
  {
    std::ofstream out{csv};
    out << "name,phone,email,company,role,consent_type,consent_at,consent_source,consent_text,consent_seller,notes\n";
    for (int i = 0; i < 12; ++i)
      out
        << "Somebody Number" << i << ",+1614555" << 2000 + i << ",s" << i
        << "@example.com,Works,Owner,express_written,2026-06-11,web form,\"Acme Robotics may call me with an automated "
           "system and an artificial voice.\",Acme Robotics,asked for a demo\n";
  }
  demo_process one{{"--json", "--seed", "1", "--prospects", csv.string()}};
  demo_process two{{"--json", "--seed", "2", "--prospects", csv.string()}};
  const auto first = one.result();
  const auto second = two.result();
  fs::remove_all(folder);
  CHECK(first["prospects"] == 12);
  CHECK(second["prospects"] == 12);
  CHECK(first["dispositions"] != second["dispositions"]);
}

TEST_CASE("the demo stays up for a look, with the commands that it prints", "[cluster]") {
  demo_process demo{{}};
  std::vector<std::string> commands; // the last lines, to be typed as they stand
  std::string text;
  bool invited = false;
  while (commands.size() < 2) {
    const auto line = demo.program->read_line(demo.line_max);
    INFO(text);
    REQUIRE(line);
    text += *line + '\n';
    if (invited)
      commands.push_back(*line);
    invited = invited || line->starts_with("Still up for a look");
  }
  CHECK_THAT(text, Catch::Contains(" up, ") && Catch::Contains(" connected, ")); // how far it was, while it ran
  CHECK_THAT(text, Catch::Contains("\nA retry that connected\n") && Catch::Contains("\nOne of the booked calls\n")
                     && Catch::Contains("\n  double dials 0\n"));
  CHECK_THAT(shell(commands[0]), Catch::Contains("meeting_booked"));
  const auto calls = json::parse(shell(commands[0] + " --json"));
  REQUIRE_FALSE(calls.empty());
  const auto parley = commands[0].substr(0, commands[0].find(" call list"));
  for (const auto& call : calls)
    if (call["outcome"] == "meeting_booked") {
      CHECK_THAT(shell(parley + " call show " + call["id"].get<std::string>()), Catch::Contains("AI assistant"));
      break;
    }
  CHECK_THAT(shell(commands[1]), Catch::Contains("\"kind\":\"campaign\""));
  ::kill(demo.program->pid(), SIGINT);
  for (int i = 0; i < 300 && demo.processes() > 0; ++i)
    std::this_thread::sleep_for(50ms);
  CHECK(demo.processes() == 0);
}

TEST_CASE("Ctrl-C leaves nothing behind", "[cluster]") {
  demo_process demo{{}};
  for (int i = 0; i < 400 && demo.processes() < 3; ++i) // the demo, the world, the node
    std::this_thread::sleep_for(50ms);
  REQUIRE(demo.processes() == 3);
  std::this_thread::sleep_for(3s);
  ::kill(demo.program->pid(), SIGINT);
  for (int i = 0; i < 300 && demo.processes() > 0; ++i)
    std::this_thread::sleep_for(50ms);
  CHECK(demo.processes() == 0);
}

TEST_CASE("Ctrl-C while the demo starts is no failure, and leaves no folder", "[cluster]") {
  const scratch s;
  // From its log on the practice world is being waited for.
  const auto done
    = type("cd '" + s.folder.string() + "'; mkdir tmp; TMPDIR=$PWD/tmp '" + s.parley
           + "' demo >said 2>errors & demo=$!; looks=0; "
             "until ls tmp/parley-demo-*/sandbox.log >/dev/null 2>&1 || [ $looks -ge 1000 ]; "
             "do looks=$((looks + 1)); sleep 0.01; done; "
             "[ $looks -lt 1000 ] && echo starts; kill -INT $demo; wait $demo; echo $?; ls tmp; cat errors");
  // No folder of it and no complaint.
  CHECK(done.out == std::vector<std::string>{"starts", "130"});
}

TEST_CASE("demo --json says why it did not start, as an object", "[cluster]") {
  const scratch s;
  fs::create_directories(s.folder / "data"); // as an earlier run leaves it
  const auto command = "'" + s.parley + "' demo --json --keep '" + s.folder.string() + "'";
  const auto done = type(command + " 2>/dev/null");
  CHECK(done.status == 1);
  REQUIRE(done.out.size() == 1);
  const auto told = json::parse(done.out.front(), nullptr, false);
  REQUIRE(told.is_object());
  CHECK(told["error"] == "failed");
  CHECK_THAT(told["message"].get<std::string>(), Catch::Contains("holds an earlier run"));
}

} // namespace demo_program_test
