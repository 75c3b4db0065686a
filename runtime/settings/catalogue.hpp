#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace parley::settings {

/// What a description says about one key.
struct described_key {
  std::string section;
  std::string key;
  std::string value; ///< the default, as TOML; of a secret nothing
  std::string range; ///< with its unit; empty: whatever fits the kind
  std::string help;
  bool array = false; ///< the section is an array of tables
};

/// Every key that `read` describes on this thread, once, section by section.
/// `read` reads an empty file with `document::read`, and does so several times,
/// each with the next provider: a provider's keys are described only where it is
/// chosen. What such a file lacks is no matter: `invalid` is ignored.
std::vector<described_key> described_keys(const std::function<void()>& read);

/// As comments to paste into a file.
inline void print_keys(std::ostream& out, const std::vector<described_key>& keys) {
  std::string section;
  for (const auto& x : keys) {
    if (x.section != section)
      out << (section.empty() ? "" : "\n") << (x.array ? "# [[" : "# [") << x.section << (x.array ? "]]\n" : "]\n");
    section = x.section;
    out << "# " << x.key << " = " << x.value << "  # " << x.range << (x.range.empty() ? "" : ". ") << x.help << '\n';
  }
}

} // namespace parley::settings
