#include "actors/control/import/csv_rows.hpp"

#include <algorithm>
#include <csv.h>
#include <deque>
#include <map>
#include <optional>
#include <string_view>

namespace parley {

namespace {

/// A row that spans more lines is taken for one with a quotation mark too
/// many, which would otherwise swallow the rest of the file.
constexpr size_t row_lines_max = 100;

struct line {
  uint64_t number = 0;
  std::string text;
};

/// libcsv's parser, which reports into `done`.
class parser {
public:
  explicit parser(char delimiter) : delimiter_{delimiter} { start(); }
  ~parser() { csv_free(&csv_); }
  parser(const parser&) = delete;
  parser& operator=(const parser&) = delete;

  /// Parses a line with its line end. Rows that it completes are in `done`.
  void feed(const line& x) {
    if (!open_)
      current_.line = x.number;
    rows_before_ = done.size();
    if (csv_parse(&csv_, x.text.data(), x.text.size(), on_field, on_row, this) != x.text.size())
      throw std::runtime_error{csv_strerror(csv_error(&csv_))};
    // Outside a quoted field every line but a blank one ends a row.
    if (done.size() > rows_before_)
      open_ = false;
    else if (x.text.find_first_not_of(" \t\r\n") != x.text.npos)
      open_ = true;
  }

  /// A row has begun and its quoted field goes on in the next line.
  bool open() const { return open_; }
  uint64_t open_since() const { return current_.line; }

  /// Forgets an open row.
  void restart() {
    csv_free(&csv_);
    start();
  }

  std::vector<csv_row> done;

private:
  void start() {
    if (csv_init(&csv_, 0) != 0)
      throw std::runtime_error{"libcsv cannot be initialised"};
    csv_set_delim(&csv_, static_cast<unsigned char>(delimiter_));
    current_ = {};
    open_ = false;
  }

  // Called from C: these must not throw, so rows are handed out afterwards.
  static void on_field(void* text, size_t size, void* self) {
    static_cast<parser*>(self)->current_.fields.emplace_back(static_cast<const char*>(text), size);
  }
  static void on_row(int, void* self) {
    auto& x = *static_cast<parser*>(self);
    const auto number = x.current_.line;
    x.done.push_back(std::move(x.current_));
    x.current_ = {number, {}};
  }

  csv_parser csv_;
  const char delimiter_;
  csv_row current_;
  bool open_ = false;
  size_t rows_before_ = 0;
};

/// Lines of a stream, some of which may be put back.
class line_source {
public:
  explicit line_source(std::istream& in) : in_{in} {}

  std::optional<line> next() {
    if (!back_.empty()) {
      auto out = std::move(back_.front());
      back_.pop_front();
      return out;
    }
    line out;
    if (!in_.next(out.text))
      return std::nullopt;
    out.number = in_.number();
    out.text += '\n';
    return out;
  }

  void put_back(std::deque<line> lines) {
    for (auto& x : back_)
      lines.push_back(std::move(x));
    back_ = std::move(lines);
  }

private:
  text_lines in_;
  std::deque<line> back_;
};

bool is_delimiter(char c) {
  return c == ',' || c == ';' || c == '\t' || c == '|';
}

/// The sign that the header has most of, outside its quotation marks.
char delimiter_of(const std::string& header) {
  std::map<char, size_t> count{{',', 0}};
  bool quoted = false;
  for (const char c : header)
    if (c == '"')
      quoted = !quoted;
    else if (!quoted && is_delimiter(c))
      ++count[c];
  char best = ',';
  for (const auto& [sign, times] : count)
    if (times > count[best])
      best = sign;
  return best;
}

/// What Excel writes ahead of a table to say how it is cut: "sep=;".
std::optional<char> named_delimiter(const std::string& line) {
  const bool named
    = line.size() == 6 && (line.starts_with("sep=") || line.starts_with("SEP=")) && is_delimiter(line[4]);
  return named ? std::optional{line[4]} : std::nullopt;
}

bool is_blank(const std::string& line) {
  return line.find_first_not_of(" \t\n") == line.npos;
}

} // namespace

void read_csv(std::istream& in, const csv_visitor& visitor) {
  line_source lines{in};
  std::optional<parser> rows;
  std::deque<line> unfinished; // of the row that is open, to read them again
  const auto give_up_row = [&] {
    visitor.unclosed_quote(rows->open_since());
    rows->restart();
    unfinished.pop_front();
    lines.put_back(std::move(unfinished));
    unfinished = {};
  };
  while (true) {
    auto next = lines.next();
    if (!next) {
      if (!rows || !rows->open())
        return;
      give_up_row();
      continue;
    }
    if (!rows) { // a first line that is empty says nothing of how the others are cut
      if (is_blank(next->text))
        continue;
      const auto named = named_delimiter(next->text);
      rows.emplace(named ? *named : delimiter_of(next->text));
      if (named)
        continue;
    }
    rows->feed(*next);
    for (auto& row : rows->done)
      visitor.row(row);
    rows->done.clear();
    if (!rows->open()) {
      unfinished.clear();
      continue;
    }
    unfinished.push_back(std::move(*next));
    if (unfinished.size() > row_lines_max)
      give_up_row();
  }
}

} // namespace parley
