#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::cli {

enum class style : uint8_t { plain, bold, faint, reversed, green, yellow, red, cyan };

struct cell {
  std::string text = " "; ///< one character, UTF-8
  style look = style::plain;
  bool operator==(const cell&) const = default;
};

/// A screen of characters, drawn without a terminal. Whatever is put outside
/// is cut off, and control characters become '?', so that no text from a node
/// can steer the terminal.
class cell_grid {
public:
  cell_grid(size_t columns, size_t rows) : columns_{columns}, rows_{rows}, cells_(columns * rows) {}

  size_t columns() const { return columns_; }
  size_t rows() const { return rows_; }
  /// Returns the column behind the text.
  size_t put(size_t column, size_t row, std::string_view text, style look = style::plain);
  /// The whole row in one look, text left.
  void fill(size_t row, std::string_view text, style look);
  const cell& at(size_t column, size_t row) const { return cells_[row * columns_ + column]; }
  /// A row without its trailing blanks, for tests and for terminals without
  /// any abilities.
  std::string line(size_t row) const;

  /// What a terminal must be sent to show this instead of `before`, row by
  /// row; all of it when the size changed.
  std::string update(const cell_grid* before) const;

private:
  size_t columns_;
  size_t rows_;
  std::vector<cell> cells_;
};

} // namespace parley::cli
