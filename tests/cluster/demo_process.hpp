#pragma once

#include "adapters/cli/child_process.hpp"
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

namespace parley::test {

/// `parley demo` as a user starts it, with data in a folder of its own. Where
/// the build makes a node slower, its practice time is that much slower too:
/// what it gets done stays the same.
struct demo_process {
  explicit demo_process(std::vector<std::string> options) {
    auto name = (std::filesystem::temp_directory_path() / "parley-demo-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    folder = name;
    std::vector<std::string> command{(std::filesystem::canonical("/proc/self/exe").parent_path() / "parley").string(),
                                     "demo"};
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), {"--keep", (folder / "run").string(), "--seconds", std::to_string(seconds_max)});
    if constexpr (slowness > 1) {
      const cli::demo_options usual;
      command.insert(command.end(), {"--speed", std::to_string(usual.speed / slowness), "--media-speed",
                                     std::to_string(usual.media_speed / slowness)});
    }
    program = std::make_unique<cli::child_process>(command, (folder / "errors.log").string());
  }
  ~demo_process() {
    program.reset();
    std::filesystem::remove_all(folder);
  }

  /// Real time after which it reports what there is: well over what it needs,
  /// also with another one beside it.
  static constexpr int seconds_max = 280 * slowness;
  /// Longest wait for a line of its output.
  static constexpr std::chrono::seconds line_max{seconds_max + 20};

  /// All that it printed until its end.
  std::vector<std::string> lines() {
    std::vector<std::string> out;
    while (auto line = program->read_line(line_max))
      out.push_back(*line);
    return out;
  }
  /// The object on the last line of the output.
  json result() {
    const auto all = lines();
    const auto parsed = json::parse(all.empty() ? "" : all.back(), nullptr, false);
    INFO((all.empty() ? "nothing was printed" : all.back()));
    REQUIRE(parsed.is_object());
    return parsed;
  }
  /// Processes that work in our folder.
  size_t processes() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
      std::ifstream file{entry.path() / "cmdline"};
      const std::string line{std::istreambuf_iterator<char>{file}, {}};
      count += line.find(folder.string()) != std::string::npos;
    }
    return count;
  }

  std::filesystem::path folder;
  std::unique_ptr<cli::child_process> program;
};

} // namespace parley::test
