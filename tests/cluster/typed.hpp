#pragma once

#include <catch2/catch.hpp>

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

namespace parley::test {

/// What a command printed on standard output, by lines, and its exit code; -1
/// when a signal ended it.
struct typed {
  int status = 0;
  std::vector<std::string> out;
};

/// Types a command into a shell and waits for its end.
inline typed type(const std::string& command) {
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

} // namespace parley::test
