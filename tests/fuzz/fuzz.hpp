#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

/// What the targets share. Each target reads an input as the product would and
/// is a program with libFuzzer's main; all of them together are a test of the
/// suite `unit`, which reads the corpus and some thousand variations of it.
/// AddressSanitizer and UBSan find what is undefined, `holds` what is wrong.
namespace parley::fuzz {

/// Something that is true whatever the input is. If it is not, the run ends
/// here and whoever runs it keeps the input.
inline void holds(bool condition, const char* what) {
  if (condition)
    return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// Cuts the first line off, without its end; inputs begin with the name of
/// what reads the rest, so that a corpus can be read and written by hand.
inline std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

using reader = void (*)(std::string_view);

/// The targets of this program by name, which is also their corpus' folder.
inline std::map<std::string, reader>& targets() {
  static std::map<std::string, reader> all;
  return all;
}

struct target {
  target(const char* name, reader read) { targets().emplace(name, read); }
};

} // namespace parley::fuzz
