#include "actors/control/import/csv_rows.hpp"

#include <algorithm>
#include <array>
#include <csv.h>
#include <deque>
#include <optional>
#include <string_view>

namespace parley {

namespace {

/// A row that spans more lines is taken for one with a quotation mark too
/// many, which would otherwise swallow the rest of the file.
constexpr size_t row_lines_max = 100;
/// No line of a table of people is longer; binary files have no lines at all.
constexpr size_t line_bytes_max = 1 << 20;

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
    line out{number_ + 1, {}};
    if (!std::getline(in_, out.text))
      return std::nullopt;
    ++number_;
    if (out.text.size() > line_bytes_max)
      throw unusable_file{"line " + std::to_string(number_)
                          + " is longer than any row of a table; is this a CSV "
                            "file?"};
    if (number_ == 1)
      check_text_file(out.text);
    out.text += '\n';
    return out;
  }

  void put_back(std::deque<line> lines) {
    for (auto& x : back_)
      lines.push_back(std::move(x));
    back_ = std::move(lines);
  }

private:
  std::istream& in_;
  uint64_t number_ = 0;
  std::deque<line> back_;
};

char delimiter_of(const std::string& header) {
  const auto count = [&](char c) { return std::count(header.begin(), header.end(), c); };
  char best = ',';
  for (const char c : {';', '\t'})
    if (count(c) > count(best))
      best = c;
  return best;
}

} // namespace

void check_text_file(std::string& text) {
  struct format {
    std::string_view start;
    const char* remedy;
  };
  static constexpr std::string_view save_as = "save it as 'CSV UTF-8'";
  static constexpr std::array formats{format{"PK\x03\x04", "this is an Excel workbook or a ZIP archive; open it "
                                                           "and "},
                                      format{"\xD0\xCF\x11\xE0", "this is an old Excel workbook; open it and "},
                                      format{"\xFF\xFE", "this text is UTF-16; open it and "},
                                      format{"\xFE\xFF", "this text is UTF-16; open it and "},
                                      format{"%PDF", "this is a PDF; open the table it came from and "},
                                      format{"{", "this is JSON; export it as a table and "},
                                      format{"[", "this is JSON; export it as a table and "},
                                      format{"<", "this is HTML or XML; open the table it came from and "}};
  static constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark))
    text.erase(0, byte_order_mark.size());
  for (const auto& x : formats)
    if (text.starts_with(x.start))
      throw unusable_file{x.remedy + std::string{save_as}};
  if (text.find('\0') != text.npos)
    throw unusable_file{"this is not a text file; export the table as 'CSV "
                        "UTF-8'"};
}

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
    if (!rows)
      rows.emplace(delimiter_of(next->text));
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
