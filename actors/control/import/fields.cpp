// Single fields as people write them.
#include "actors/control/import/prospects.hpp"
#include "runtime/clock.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <unordered_map>

namespace parley {

namespace {

std::string lowered(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

/// A region's zone by its name, whatever its case, blanks written for
/// underscores; nullptr if there is none.
const std::string* named_zone(std::string name) {
  static const auto zones = [] {
    std::unordered_map<std::string, std::string> out;
    for (const auto& zone : date::get_tzdb().zones)
      out.emplace(lowered(zone.name()), zone.name());
    return out;
  }();
  std::replace(name.begin(), name.end(), ' ', '_');
  const auto found = zones.find(name);
  return found == zones.end() ? nullptr : &found->second;
}

} // namespace

std::optional<std::string> parse_zone(std::string_view text) {
  struct alias {
    std::string_view word;
    const char* zone;
  };
  // "MST" is not here: Denver changes its clocks and Phoenix does not.
  static constexpr std::array aliases{
    alias{"et", "America/New_York"},         alias{"est", "America/New_York"},
    alias{"edt", "America/New_York"},        alias{"eastern", "America/New_York"},
    alias{"ct", "America/Chicago"},          alias{"cst", "America/Chicago"},
    alias{"cdt", "America/Chicago"},         alias{"central", "America/Chicago"},
    alias{"mt", "America/Denver"},           alias{"mdt", "America/Denver"},
    alias{"mountain", "America/Denver"},     alias{"pt", "America/Los_Angeles"},
    alias{"pst", "America/Los_Angeles"},     alias{"pdt", "America/Los_Angeles"},
    alias{"pacific", "America/Los_Angeles"}, alias{"alaska", "America/Anchorage"},
    alias{"hawaii", "Pacific/Honolulu"},     alias{"arizona", "America/Phoenix"},
    alias{"us/eastern", "America/New_York"}, alias{"us/central", "America/Chicago"},
    alias{"us/mountain", "America/Denver"},  alias{"us/pacific", "America/Los_Angeles"}};
  auto word = lowered(text);
  for (const std::string_view ending : {" standard time", " time"})
    if (word.ends_with(ending))
      word.erase(word.size() - ending.size());
  for (const auto& x : aliases)
    if (x.word == word)
      return x.zone;
  // Names without a region ("MST", "GMT+5") are fixed offsets, which nobody's
  // clock follows all year.
  if (word.find('/') == word.npos || word.starts_with("etc/"))
    return std::nullopt;
  const auto* zone = named_zone(std::move(word));
  return zone ? std::optional{*zone} : std::nullopt;
}

std::optional<std::string> parse_state(std::string_view text, const calling_rules& rules) {
  const auto wanted = lowered(text);
  for (const auto& [code, state] : rules.states())
    if (lowered(code) == wanted || lowered(state.name) == wanted)
      return code;
  return std::nullopt;
}

std::optional<wall_time> parse_date(std::string_view text) {
  if (const auto at = parse_iso(text))
    return at;
  for (const char* form : {"%F", "%FT%T", "%FT%R", "%F %T", "%F %R", "%m/%d/%Y", "%m/%d/%Y %R"}) {
    std::istringstream in{std::string{text}};
    date::sys_time<std::chrono::milliseconds> at;
    in >> date::parse(form, at);
    if (!in.fail() && in.peek() == std::istringstream::traits_type::eof())
      return wall_time{at.time_since_epoch()};
  }
  return std::nullopt;
}

} // namespace parley
