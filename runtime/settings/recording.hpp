#pragma once

#include "runtime/settings/catalogue.hpp"

#include <set>

namespace parley::settings {

/// Takes down what is described on this thread while it lives.
class key_recorder {
public:
  key_recorder() { active = this; }
  ~key_recorder() { active = nullptr; }
  key_recorder(const key_recorder&) = delete;
  key_recorder& operator=(const key_recorder&) = delete;

  static inline thread_local key_recorder* active = nullptr;

  static void
  take(const std::string& section, const std::string& key, std::string value, std::string range, const char* help) {
    if (active)
      active->add({section, key, std::move(value), std::move(range), help, active->arrays.contains(section)});
  }

  size_t round = 0;  ///< a choice of a provider takes the word of this number
  size_t rounds = 1; ///< as many as the longest such choice has words
  std::string provider;
  std::set<std::string> arrays; ///< sections of which there may be several
  std::vector<described_key> keys;

private:
  void add(described_key x) {
    auto behind = keys.end(); // of the section's last key
    for (auto it = keys.begin(); it != keys.end(); ++it)
      if (it->section == x.section) {
        if (it->key == x.key)
          return;
        behind = it + 1;
      }
    if (round > 0) // the first provider has no such key
      x.range += (x.range.empty() ? "provider " : "; provider ") + provider;
    keys.insert(behind, std::move(x));
  }
};

} // namespace parley::settings
