#pragma once

#include "tests/adapters/fake_node.hpp"

#include <sys/wait.h>

#include <fstream>
#include <sstream>

namespace parley::test {

/// What came of a run of the program.
struct ran {
  int code = -1;
  std::string out;
  std::string err;
};

inline std::string contents(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// `parley` as a process, with a node whose answers the test gives.
struct program_world : fake_node {
  /// Runs `parley` with this line as a shell reads it.
  ran run(const std::string& line, const std::string& environment = "", std::string at = "") const {
    if (at.empty())
      at = socket();
    const auto command = environment + " '" PARLEY_PROGRAM "' --socket '" + at + "' " + line + " >'"
                         + (folder / "out").string() + "' 2>'" + (folder / "err").string() + "' </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(folder / "out"), contents(folder / "err")};
  }
  /// The answer of a command that runs as a job and needs one look.
  void job(const std::string& command, const nlohmann::json& result) {
    answers(command, {{"job", "7"}, {"finished", false}, {"phase", "begins"}, {"done", 0}, {"total", 0}});
    answers("job show", {{"job", "7"}, {"finished", true}, {"result", result}});
  }
  std::string file(const std::string& text) const {
    const auto path = folder / "input";
    std::ofstream{path} << text;
    return path.string();
  }
};

} // namespace parley::test
