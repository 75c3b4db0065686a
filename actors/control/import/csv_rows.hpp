#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <stdexcept>
#include <string>
#include <vector>

namespace parley {

/// The file as a whole cannot be used; the text says why and what to do.
struct unusable_file : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A row of a CSV file with the number of the line it begins in (from 1).
struct csv_row {
  uint64_t line = 0;
  std::vector<std::string> fields;
};

/// What happens to the rows of a file as they are read.
struct csv_visitor {
  std::function<void(csv_row&)> row;
  /// A row whose quotation mark never closes; reading goes on with the line
  /// after it.
  std::function<void(uint64_t line)> unclosed_quote;
};

/// Reads rows over libcsv as they come, so that a file may be of any length.
/// Knows a byte order mark, LF, CRLF, quoted newlines; skips empty lines; takes
/// comma, semicolon or tab, whichever the first line has most of.
/// @throws unusable_file if this is no text, or a text of another form.
void read_csv(std::istream& in, const csv_visitor& visitor);

/// Cuts a UTF-8 byte order mark off the first line of a file.
/// @throws unusable_file if the line is the start of a known other format.
void check_text_file(std::string& first_line);

} // namespace parley
