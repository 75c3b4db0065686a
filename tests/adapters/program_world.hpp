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

/// The commands below one, as its help lists them: each at the begin of a line
/// behind two blanks, what goes on with a description further in.
inline std::vector<std::string> commands_in(const std::string& help) {
  std::vector<std::string> out;
  std::istringstream lines{help};
  bool listed = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "Subcommands:")
      listed = true;
    else if (line.empty())
      listed = false;
    else if (listed && line.size() > 2 && line.starts_with("  ") && line[2] != ' ')
      out.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return out;
}

/// What a node answers to `campaign funnel`.
inline nlohmann::json funnel_answer(const std::string& status, int talking) {
  return {{"campaign", "1"},
          {"name", "Spring"},
          {"status", status},
          {"reason", ""},
          {"now", "2026-12-01T15:00:00Z"},
          {"enrolling", false},
          {"listed", 0},
          {"enrolled", 40},
          {"researched", 30},
          {"qualified", 20},
          {"waiting", 10},
          {"dialling", 0},
          {"ringing", 1},
          {"talking", talking},
          {"done", 12},
          {"booked", 2},
          {"calls_last_10_minutes", 3},
          {"calls_last_hour", 14},
          {"done_last_hour", 6},
          {"estimated_end", "2026-12-01T19:00:00Z"},
          {"estimated_end_basis", "Whoever is left, at the pace of the last hour."}};
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
