#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace parley::settings {

/// Everything that is wrong with a configuration, a sentence per line: file,
/// key, what is wrong, remedy.
class invalid : public std::runtime_error {
public:
  explicit invalid(std::vector<std::string> problems);
  const std::vector<std::string>& problems() const { return problems_; }

private:
  std::vector<std::string> problems_;
};

/// One table of a TOML file while a component reads its settings from it.
///
/// A component's settings are a struct with defaults and one member
/// `void describe(section&)` that names every key once, with its unit, range
/// and meaning. The same description reads the file, checks it and refuses
/// unknown keys. Absent keys keep their default; problems are collected, so
/// that a user sees all of them at once.
///
///     struct pacer_settings {
///       double calls_per_second = 1.0;
///       std::chrono::milliseconds slot_expiry{30'000};
///       void describe(settings::section& s) {
///         s.number("calls_per_second", calls_per_second, 0.01, 100.0, "calls/s",
///                  "Call starts per second; the carrier's contract says how many.");
///         s.duration("slot_expiry", slot_expiry, 1s, 10min, "How long a granted slot stays valid.");
///       }
///     };
class section {
public:
  void number(const char* key, double& value, double min, double max, const char* unit, const char* help);
  template <std::integral T>
  void number(const char* key, T& value, T min, T max, const char* unit, const char* help) {
    int64_t wide = static_cast<int64_t>(value);
    integer(key, wide, static_cast<int64_t>(min), static_cast<int64_t>(max), unit, help);
    value = static_cast<T>(wide);
  }
  void flag(const char* key, bool& value, const char* help);
  void text(const char* key, std::string& value, const char* help);
  /// As text, but must not be empty in the end.
  void required(const char* key, std::string& value, const char* help);
  void texts(const char* key, std::vector<std::string>& value, const char* help);
  /// One of the given words.
  void choice(const char* key, std::string& value, std::vector<std::string> words, const char* help);
  /// http://, https://, ws:// or wss:// with a host; a trailing slash is cut.
  void url(const char* key, std::string& value, const char* help);
  /// Text with a unit: "500ms", "15s", "10m", "24h", "31d".
  template <class Rep, class Period, class Min, class Max>
  void duration(const char* key, std::chrono::duration<Rep, Period>& value, Min min, Max max, const char* help) {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    auto wide = duration_cast<milliseconds>(value);
    span(key, wide, milliseconds{min}, milliseconds{max}, help);
    value = duration_cast<std::chrono::duration<Rep, Period>>(wide);
  }
  /// A file to read: a relative one stands beside the configuration.
  void file(const char* key, std::string& value, const char* help);
  /// A secret never stands in the file: `KEY_env` names an environment
  /// variable or `KEY_file` a file that holds it. Empty when neither is given.
  void secret(const char* key, std::string& value, const char* help);
  /// A table inside this one; `read` describes it.
  void table(const char* key, const std::function<void(section&)>& read);
  /// Every table of an array of tables.
  void tables(const char* key, const std::function<void(section&)>& read);
  /// Reports a problem that only the component can see.
  void problem(const char* key, const std::string& what_and_remedy);

  struct node; // the parsed table; hides the TOML library
  section(std::shared_ptr<node> source, std::string path);

private:
  friend class document;
  void integer(const char* key, int64_t& value, int64_t min, int64_t max, const char* unit, const char* help);
  void span(const char* key, std::chrono::milliseconds& value, std::chrono::milliseconds min,
            std::chrono::milliseconds max, const char* help);
  void refuse_unknown();
  std::string where(const char* key) const;

  std::shared_ptr<node> source_;
  std::string path_;
  std::set<std::string> known_;
};

/// A parsed TOML file.
class document {
public:
  /// Throws `invalid` with file, line and reason.
  static document load(const std::string& file);
  static document parse(const std::string& text, const std::string& name);
  /// Reads the top table through `describe`, then refuses unknown keys and
  /// throws `invalid` with all problems found.
  void read(const std::function<void(section&)>& describe) const;

private:
  std::shared_ptr<section::node> root_;
};

/// "1.5s" → 1500 ms; nullopt when it is no duration.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string to_text(std::chrono::milliseconds value);

/// The candidate nearest to `word` by edit distance, empty if none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

} // namespace parley::settings
