#include "actors/compliance/holidays.hpp"

#include "actors/compliance/hours.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <stdexcept>

namespace parley {

using namespace std::chrono;

namespace {

constexpr std::array<std::string_view, 12> month_names{"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};

[[noreturn]] void refuse(std::string_view definition) {
  throw std::invalid_argument{"'" + std::string{definition} + "' is not a holiday definition"};
}

int number(std::string_view text, std::string_view definition) {
  int out = 0;
  if (!text.empty() && text.front() == '+')
    text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size())
    refuse(definition);
  return out;
}

month parse_month(std::string_view word, std::string_view definition) {
  const auto found = std::find(month_names.begin(), month_names.end(), word);
  if (found == month_names.end())
    refuse(definition);
  return month{static_cast<unsigned>(found - month_names.begin()) + 1};
}

} // namespace

holiday_rule::holiday_rule(std::string_view definition) {
  if (definition.starts_with("easter")) {
    kind_ = kind::easter;
    if (definition != "easter")
      offset_ = days{number(definition.substr(6), definition)};
    return;
  }
  if (definition.size() == 5 && definition[2] == '-') {
    fixed_ = month{static_cast<unsigned>(number(definition.substr(0, 2), definition))}
             / day{static_cast<unsigned>(number(definition.substr(3), definition))};
    if (!fixed_.ok())
      refuse(definition);
    return;
  }
  kind_ = kind::nth_weekday;
  auto text = std::string{definition};
  if (const auto cut = text.find(" (even years)"); cut != text.npos) {
    even_years_only_ = true;
    text.erase(cut);
  }
  std::istringstream words{text};
  std::string first, second, third, fourth;
  words >> first >> second;
  std::optional<weekday> after;
  if (second == "after") {
    after = parse_weekday(first);
    words >> first >> second;
  }
  words >> third >> fourth;
  if (first == "last")
    nth_ = 0;
  else if (first.size() == 3 && first[0] >= '1' && first[0] <= '5')
    nth_ = static_cast<unsigned>(first[0] - '0');
  else
    refuse(definition);
  weekday_ = parse_weekday(second);
  month_ = parse_month(third, definition);
  if (!fourth.empty())
    offset_ = days{number(fourth, definition)};
  if (after)
    offset_ += *after == weekday_ ? days{7} : *after - weekday_;
  if (words >> first)
    refuse(definition);
}

std::optional<local_days> holiday_rule::in(year y) const {
  if (even_years_only_ && static_cast<int>(y) % 2 != 0)
    return std::nullopt;
  switch (kind_) {
    case kind::easter: return easter(y) + offset_;
    case kind::fixed: {
      const auto date = y / fixed_.month() / fixed_.day();
      return date.ok() ? std::optional{local_days{date}} : std::nullopt;
    }
    case kind::nth_weekday: break;
  }
  if (nth_ == 0)
    return local_days{y / month_ / weekday_[last]} + offset_;
  const auto date = y / month_ / weekday_[nth_];
  return date.ok() ? std::optional{local_days{date} + offset_} : std::nullopt;
}

local_days easter(year y) {
  // Meeus, Jones and Butcher's rule for the Gregorian calendar.
  const int a = static_cast<int>(y) % 19, b = static_cast<int>(y) / 100, c = static_cast<int>(y) % 100;
  const int d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
  const int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
  const int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
  const int n = h + l - 7 * m + 114;
  return local_days{y / month{static_cast<unsigned>(n / 31)} / day{static_cast<unsigned>(n % 31 + 1)}};
}

holiday_shift holiday_shift::parse(std::string_view text) {
  holiday_shift out;
  auto rest = std::string{text};
  const auto take = [&](std::string_view part) {
    const auto at = rest.find(part);
    if (at == rest.npos)
      return false;
    rest.erase(at, part.size());
    return true;
  };
  out.saturday_to_friday = take("sat->fri");
  out.sunday_to_monday = take("sun->mon");
  out.juneteenth_near_monday = take("juneteenth observed on a nearby Monday");
  take("none stated");
  if (rest.find_first_not_of(" ,;") != rest.npos)
    throw std::invalid_argument{"'" + std::string{text} + "' is not a known rule for shifting holidays"};
  return out;
}

std::vector<local_days> holiday::kept_in(year y) const {
  const auto day = rule.in(y);
  if (!day)
    return {};
  std::vector<local_days> out{*day};
  const weekday on{*day};
  if (shift.juneteenth_near_monday && id == "juneteenth") {
    if (on != Monday) {
      out.push_back(*day - (on - Monday)); // the Monday before
      out.push_back(*day + (Monday - on)); // the Monday after
    }
  } else if (shift.saturday_to_friday && on == Saturday) {
    out.push_back(*day - days{1});
  } else if (shift.sunday_to_monday && on == Sunday) {
    out.push_back(*day + days{1});
  }
  return out;
}

holiday_calendar::holiday_calendar(std::vector<holiday> holidays) : holidays_{std::move(holidays)} {
  constexpr year first{2020};
  constexpr year last{2060};
  first_ = local_days{first / January / 1};
  end_ = local_days{last / January / 1};
  // A year more at both ends, for days that are kept in the year before or after.
  for (auto y = first - years{1}; y <= last; ++y)
    for (size_t i = 0; i < holidays_.size(); ++i)
      for (const auto day : holidays_[i].kept_in(y))
        days_.emplace_back(day, i);
  std::sort(days_.begin(), days_.end());
}

const holiday* holiday_calendar::on(local_days date) const {
  if (holidays_.empty())
    return nullptr;
  if (first_ <= date && date < end_) {
    const auto found = std::lower_bound(days_.begin(), days_.end(), std::pair{date, size_t{0}});
    return found != days_.end() && found->first == date ? &holidays_[found->second] : nullptr;
  }
  const auto y = year_month_day{date}.year();
  for (const auto& x : holidays_)
    for (const auto in_year : {y - years{1}, y, y + years{1}})
      for (const auto day : x.kept_in(in_year))
        if (day == date)
          return &x;
  return nullptr;
}

} // namespace parley
