#include "actors/control/import/text_lines.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

namespace parley {

namespace {

/// No line of a table of people is longer; binary files have no lines at all.
constexpr size_t line_bytes_max = 1 << 20;
constexpr size_t buffer_bytes = 1 << 16;

struct format {
  std::string_view start;
  const char* remedy;
};

constexpr std::string_view save_as = "save it as 'CSV UTF-8'";

constexpr std::array formats{
  format{"PK\x03\x04", "this is an Excel workbook or a ZIP archive; open it and "},
  format{"\xD0\xCF\x11\xE0", "this is an old Excel workbook; open it and "},
  format{"\x1F\x8B", "this is compressed with gzip; unpack it, and if it is no CSV file "},
  format{"\xFF\xFE", "this text is UTF-16; open it and "},
  format{"\xFE\xFF", "this text is UTF-16; open it and "},
  format{"%PDF", "this is a PDF; open the table it came from and "},
  format{"{\\rtf", "this is a text document; open the table it came from and "},
};

/// These may stand behind blanks.
constexpr std::array marks{
  format{"{", "this is JSON; export it as a table and "},
  format{"[", "this is JSON; export it as a table and "},
  format{"<", "this is HTML or XML; open the table it came from and "},
};

/// Every second byte of Latin letters is zero.
bool is_utf16(std::string_view text) {
  size_t zeros = 0;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    zeros += (text[i] == '\0') != (text[i + 1] == '\0') ? 1 : 0;
  return text.size() >= 4 && zeros * 2 >= text.size() / 2;
}

void refuse(std::string_view text, const auto& known) {
  for (const auto& x : known)
    if (text.starts_with(x.start))
      throw unusable_file{x.remedy + std::string{save_as}};
}

} // namespace

std::ifstream open_file(const std::string& path) {
  namespace fs = std::filesystem;
  const auto shown = "\"" + path + "\"";
  std::error_code error;
  const auto kind = fs::status(path, error).type();
  if (kind == fs::file_type::directory)
    throw unusable_file{shown + " cannot be read: it is a folder; name a file in it"};
  if (kind != fs::file_type::regular && kind != fs::file_type::not_found && kind != fs::file_type::none)
    throw unusable_file{shown + " cannot be read: it is a pipe or device; save its content to a file"};
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  if (!in)
    throw unusable_file{shown + " cannot be read: " + (errno ? std::strerror(errno) : error.message())
                        + "; name an existing file that the node's user may read"};
  return in;
}

text_lines::text_lines(std::istream& in) : in_{in}, buffer_(buffer_bytes) {}

bool text_lines::fill() {
  at_ = size_ = 0;
  if (in_.eof() && !in_.bad())
    return false;
  in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  if (in_.bad()) // who takes the part before for the whole loses the rest in silence
    throw unusable_file{"the file cannot be read to its end; is it a file, and is the disk in order?"};
  size_ = static_cast<size_t>(in_.gcount());
  return size_ > 0;
}

bool text_lines::next(std::string& line) {
  line.clear();
  bool any = false;
  while (at_ < size_ || fill()) {
    if (std::exchange(after_return_, false) && buffer_[at_] == '\n') {
      ++at_;
      continue;
    }
    any = true;
    const auto begin = buffer_.begin() + static_cast<ptrdiff_t>(at_);
    const auto end = buffer_.begin() + static_cast<ptrdiff_t>(size_);
    const auto stop = std::find_if(begin, end, [](char c) { return c == '\n' || c == '\r'; });
    line.append(begin, stop);
    at_ = static_cast<size_t>(stop - buffer_.begin());
    // The start of a file without lines may tell what it is.
    if (number_ == 0 && line.size() > line_bytes_max)
      check_text_file(line);
    if (line.size() > line_bytes_max)
      throw unusable_file{"line " + std::to_string(number_ + 1)
                          + " is longer than any row of a table; is this a CSV file?"};
    if (stop == end)
      continue;
    after_return_ = *stop == '\r';
    ++at_;
    break;
  }
  if (!any)
    return false;
  if (++number_ == 1)
    check_text_file(line);
  return true;
}

void check_text_file(std::string& text) {
  static constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark))
    text.erase(0, byte_order_mark.size());
  refuse(text, formats);
  refuse(std::string_view{text}.substr(std::min(text.find_first_not_of(" \t"), text.size())), marks);
  if (text.find('\0') == text.npos)
    return;
  if (is_utf16(text))
    throw unusable_file{"this text is UTF-16; open it and " + std::string{save_as}};
  throw unusable_file{"this is not a text file; export the table as 'CSV UTF-8'"};
}

} // namespace parley
