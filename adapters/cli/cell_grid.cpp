#include "adapters/cli/cell_grid.hpp"

#include <algorithm>

namespace parley::cli {

/// Bytes of the UTF-8 character that begins here; 0 for none.
static size_t length_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t length = lead < 0x80 ? 1 : (lead >> 5) == 0x6 ? 2 : (lead >> 4) == 0xe ? 3 : (lead >> 3) == 0x1e ? 4 : 0;
  if (length == 0 || length > text.size())
    return 0;
  for (size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80)
      return 0;
  return length;
}

size_t cell_grid::put(size_t column, size_t row, std::string_view text, style look) {
  while (!text.empty()) {
    const auto length = length_of(text);
    const auto lead = static_cast<unsigned char>(text.front());
    // C1 controls are the two-byte characters c2 80 to c2 9f.
    const bool control
      = lead < 0x20 || lead == 0x7f || (length == 2 && lead == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0);
    if (column < columns_ && row < rows_)
      cells_[row * columns_ + column]
        = {length == 0 || control ? std::string{"?"} : std::string{text.substr(0, length)}, look};
    ++column;
    text.remove_prefix(std::max<size_t>(1, length));
  }
  return column;
}

void cell_grid::fill(size_t row, std::string_view text, style look) {
  if (row >= rows_)
    return;
  for (auto column = put(0, row, text, look); column < columns_; ++column)
    cells_[row * columns_ + column] = {" ", look};
}

std::string cell_grid::line(size_t row) const {
  std::string out;
  for (size_t column = 0; column < columns_; ++column)
    out += at(column, row).text;
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

static const char* code_of(style look) {
  switch (look) {
    case style::bold: return "\033[0;1m";
    case style::faint: return "\033[0;2m";
    case style::reversed: return "\033[0;7m";
    case style::green: return "\033[0;32m";
    case style::yellow: return "\033[0;33m";
    case style::red: return "\033[0;31m";
    case style::cyan: return "\033[0;36m";
    default: return "\033[0m";
  }
}

std::string cell_grid::update(const cell_grid* before) const {
  const bool anew = !before || before->columns_ != columns_ || before->rows_ != rows_;
  std::string out;
  if (anew)
    out += "\033[0m\033[2J";
  for (size_t row = 0; row < rows_; ++row) {
    const auto begin = cells_.begin() + static_cast<std::ptrdiff_t>(row * columns_);
    const auto end = begin + static_cast<std::ptrdiff_t>(columns_);
    if (!anew && std::equal(begin, end, before->cells_.begin() + static_cast<std::ptrdiff_t>(row * columns_)))
      continue;
    out += "\033[" + std::to_string(row + 1) + ";1H\033[0m";
    auto look = style::plain;
    for (auto cell = begin; cell != end; ++cell) {
      if (cell->look != look)
        out += code_of(look = cell->look);
      out += cell->text;
    }
    out += "\033[0m";
  }
  return out;
}

} // namespace parley::cli
