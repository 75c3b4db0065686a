#pragma once

#include <nlohmann/json.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace parley::cli {

/// Whether this stream is a terminal that wants colours (NO_COLOR respected).
bool is_terminal(int file);

/// Whether this stream is a terminal on which lines can be drawn anew.
bool is_screen(int file);

/// Colours on a terminal, plain text elsewhere.
class painter {
public:
  explicit painter(bool on) : on_{on} {}
  std::string bold(const std::string& text) const { return paint("1", text); }
  std::string faint(const std::string& text) const { return paint("2", text); }
  std::string green(const std::string& text) const { return paint("32", text); }
  std::string red(const std::string& text) const { return paint("31", text); }
  std::string cyan(const std::string& text) const { return paint("36", text); }

private:
  std::string paint(const char* code, const std::string& text) const {
    return on_ ? "\033[" + std::string{code} + "m" + text + "\033[0m" : text;
  }
  bool on_;
};

/// Rows of text under headings, columns as wide as need be.
class table {
public:
  explicit table(std::vector<std::string> headings) : headings_{std::move(headings)} {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  void print(std::ostream& out, const painter& paint, const std::string& indent = "") const;

private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
};

/// A JSON value as a person reads it: texts without quotes, null as "-".
std::string plain(const nlohmann::ordered_json& value);

/// An ISO instant as local time: "Thu 2026-12-03 14:00 EST".
std::string local_time(const std::string& iso, const std::string& zone);

/// When a row of `meeting list` takes place: the prospect's time, or the
/// account manager's where the prospect's zone is not known.
std::string meeting_time(const nlohmann::ordered_json& meeting);

/// "3 calls", "1 call".
std::string counted(int64_t n, const std::string& one, const std::string& many);

/// Lines of at most so many characters of UTF-8, broken at spaces; a longer
/// word has a line of its own.
std::vector<std::string> wrapped(const std::string& text, size_t characters_max);

/// At most so many characters of UTF-8, with an ellipsis when cut.
std::string shortened(const std::string& text, size_t characters_max);

} // namespace parley::cli
