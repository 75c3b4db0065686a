// Goal: `parley demo` as a user meets it: one JSON object with the promised
// keys, the same again from the same seed, other people from another one, any
// CSV, and nothing left behind by Ctrl-C. Method: the real program.
#include "adapters/cli/child_process.hpp"
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <signal.h>

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct demo_run {
  explicit demo_run(std::vector<std::string> options) {
    auto name = (fs::temp_directory_path() / "parley-demo-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    folder = name;
    std::vector<std::string> command{(fs::canonical("/proc/self/exe").parent_path() / "parley").string(), "demo"};
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), {"--keep", (folder / "run").string()});
    program = std::make_unique<cli::child_process>(command, (folder / "errors.log").string());
  }
  ~demo_run() { fs::remove_all(folder); }

  /// The last line of the output.
  json result(std::chrono::seconds patience = 300s) {
    std::string last;
    while (auto line = program->read_line(patience))
      last = *line;
    const auto parsed = json::parse(last, nullptr, false);
    INFO(last);
    REQUIRE(parsed.is_object());
    return parsed;
  }
  /// Processes that work in our folder.
  size_t processes() const {
    size_t count = 0;
    for (const auto& entry : fs::directory_iterator{"/proc"}) {
      std::ifstream file{entry.path() / "cmdline"};
      const std::string line{std::istreambuf_iterator<char>{file}, {}};
      count += line.find(folder.string()) != std::string::npos;
    }
    return count;
  }

  fs::path folder;
  std::unique_ptr<cli::child_process> program;
};

} // namespace

TEST_CASE("demo --json keeps its promises, and the same seed repeats them", "[cluster]") {
  demo_run one{{"--json", "--seed", "5", "--seconds", "280"}};
  demo_run two{{"--json", "--seed", "5", "--seconds", "280"}};
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
  demo_run one{{"--json", "--seed", "1", "--prospects", csv.string(), "--seconds", "280"}};
  demo_run two{{"--json", "--seed", "2", "--prospects", csv.string(), "--seconds", "280"}};
  const auto first = one.result();
  const auto second = two.result();
  fs::remove_all(folder);
  CHECK(first["prospects"] == 12);
  CHECK(second["prospects"] == 12);
  CHECK(first["dispositions"] != second["dispositions"]);
}

TEST_CASE("Ctrl-C leaves nothing behind", "[cluster]") {
  demo_run demo{{}};
  for (int i = 0; i < 400 && demo.processes() < 3; ++i) // the demo, the world, the node
    std::this_thread::sleep_for(50ms);
  REQUIRE(demo.processes() == 3);
  std::this_thread::sleep_for(3s);
  ::kill(demo.program->pid(), SIGINT);
  for (int i = 0; i < 300 && demo.processes() > 0; ++i)
    std::this_thread::sleep_for(50ms);
  CHECK(demo.processes() == 0);
}
