#pragma once

#include <cstdint>
#include <fstream>
#include <istream>
#include <stdexcept>
#include <string>
#include <vector>

namespace parley {

/// The file as a whole cannot be used; the text says why and what to do.
struct unusable_file : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Opens a file that somebody names. Folders, pipes and devices are refused:
/// they have no end, or block whoever opens them.
/// @throws unusable_file
std::ifstream open_file(const std::string& path);

/// The lines of a text file, as they come. Knows LF, CRLF and the CR of old
/// Macintosh programs; cuts a UTF-8 byte order mark off the first line. Reads
/// no further than a line may be long, however large the file.
class text_lines {
public:
  explicit text_lines(std::istream& in);

  /// Reads the next line, without its end; false when there are no more.
  /// @throws unusable_file if this is no text, a text of another form or
  ///         encoding, or cannot be read to its end.
  bool next(std::string& line);
  /// Of the last line, from 1.
  uint64_t number() const { return number_; }

private:
  bool fill();

  std::istream& in_;
  std::vector<char> buffer_;
  size_t at_ = 0;
  size_t size_ = 0;
  uint64_t number_ = 0;
  bool after_return_ = false; ///< a line feed that comes now belongs to the line before
};

/// Cuts a UTF-8 byte order mark off the first line of a file.
/// @throws unusable_file if the line is the start of a known other format.
void check_text_file(std::string& first_line);

} // namespace parley
