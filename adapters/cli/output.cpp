#include "adapters/cli/output.hpp"

#include "runtime/clock.hpp"

#include <date/tz.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace parley::cli {

bool is_screen(int file) {
  const char* term = std::getenv("TERM");
  return isatty(file) && term && std::string_view{term} != "dumb";
}

bool is_terminal(int file) {
  const char* without = std::getenv("NO_COLOR"); // https://no-color.org: present and not empty
  return is_screen(file) && !(without && *without);
}

static size_t width(const std::string& text) {
  // Code points; wide East Asian characters count as one, which only shifts a column.
  return static_cast<size_t>(
    std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void table::print(std::ostream& out, const painter& paint, const std::string& indent) const {
  std::vector<size_t> widths;
  for (const auto& heading : headings_)
    widths.push_back(width(heading));
  for (const auto& row : rows_)
    for (size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], width(row[i]));
  const auto line = [&](const std::vector<std::string>& cells, bool head) {
    out << indent;
    for (size_t i = 0; i < cells.size() && i < widths.size(); ++i) {
      out << (head ? paint.faint(cells[i]) : cells[i]);
      if (i + 1 < cells.size())
        out << std::string(widths[i] - width(cells[i]) + 2, ' ');
    }
    out << '\n';
  };
  line(headings_, true);
  for (const auto& row : rows_)
    line(row, false);
}

std::string plain(const nlohmann::ordered_json& value) {
  if (value.is_null())
    return "-";
  if (value.is_string())
    return value.get<std::string>().empty() ? "-" : value.get<std::string>();
  return value.dump();
}

std::string local_time(const std::string& iso, const std::string& zone) {
  const auto at = parse_iso(iso);
  if (!at)
    return iso;
  try {
    const auto* tz = date::locate_zone(zone.empty() ? "UTC" : zone);
    return date::format("%a %F %H:%M %Z",
                        date::make_zoned(tz, date::sys_time<std::chrono::minutes>{
                                               std::chrono::floor<std::chrono::minutes>(at->time_since_epoch())}));
  } catch (const std::runtime_error&) { // a zone that this machine does not know
    return iso;
  }
}

std::string meeting_time(const nlohmann::ordered_json& meeting) {
  const auto& own = meeting["prospect_timezone"];
  const bool known = own.is_string() && !own.get_ref<const std::string&>().empty();
  const auto& zone = known ? own : meeting["account_manager_timezone"];
  return local_time(plain(meeting["scheduled_at"]), zone.is_string() ? zone.get<std::string>() : "");
}

std::string counted(int64_t n, const std::string& one, const std::string& many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

std::vector<std::string> wrapped(const std::string& text, size_t characters_max) {
  std::vector<std::string> lines{{}};
  std::istringstream in{text};
  for (std::string word; in >> word;) {
    auto& line = lines.back();
    if (line.empty())
      line = word;
    else if (width(line) + 1 + width(word) <= characters_max)
      line += ' ' + word;
    else
      lines.push_back(word);
  }
  return lines;
}

std::string shortened(const std::string& text, size_t characters_max) {
  if (width(text) <= characters_max)
    return text;
  size_t end = 0;
  for (size_t seen = 0; end < text.size(); ++end)
    if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80 && ++seen == characters_max)
      break;
  return text.substr(0, end) + "…";
}

} // namespace parley::cli
