#pragma once

#include "actors/control/import/text_lines.hpp"

#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <vector>

namespace parley {

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
/// Knows a byte order mark, LF, CRLF, CR, quoted newlines; skips empty lines;
/// takes comma, semicolon, tab or bar, whichever the first line has most of, or
/// the one that a line "sep=;" before it names, as Excel writes it.
/// @throws unusable_file if this is no text, or a text of another form.
void read_csv(std::istream& in, const csv_visitor& visitor);

} // namespace parley
