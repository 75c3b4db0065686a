#include "actors/compliance/hours.hpp"

#include <algorithm>
#include <stdexcept>

namespace parley {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::weekday;

namespace {

constexpr std::array<std::string_view, 7> day_names{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

constexpr minutes day_length{24 * 60};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Calls `use` with each trimmed part of a list.
template <class F>
void each_part(std::string_view list, char separator, F use) {
  while (true) {
    const auto cut = list.find(separator);
    use(trimmed(list.substr(0, cut)));
    if (cut == list.npos)
      return;
    list.remove_prefix(cut + 1);
  }
}

hours_span parse_span(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == text.npos)
    throw std::invalid_argument{"'" + std::string{text} + "' is not a span of hours such as 10:00-11:00"};
  return {parse_time_of_day(trimmed(text.substr(0, dash))), parse_time_of_day(trimmed(text.substr(dash + 1)))};
}

} // namespace

day_hours::day_hours(spans xs) {
  std::sort(xs.begin(), xs.end(), [](const auto& a, const auto& b) { return a.open < b.open; });
  for (const auto& x : xs) {
    if (x.open < minutes{0} || x.open >= x.close || x.close > day_length)
      throw std::invalid_argument{"hours from " + to_clock(x.open) + " to " + to_clock(x.close)
                                  + " are not a stretch of one day"};
    if (!spans_.empty() && x.open <= spans_.back().close)
      spans_.back().close = std::max(spans_.back().close, x.close);
    else
      spans_.push_back(x);
  }
}

bool day_hours::contains(milliseconds time_of_day) const {
  return std::any_of(begin(), end(), [&](const auto& x) { return x.open <= time_of_day && time_of_day < x.close; });
}

day_hours operator&(const day_hours& a, const day_hours& b) {
  day_hours out;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    const hours_span both{std::max(x->open, y->open), std::min(x->close, y->close)};
    if (both.open < both.close)
      out.spans_.push_back(both);
    x->close < y->close ? ++x : ++y;
  }
  return out;
}

std::string to_string(const day_hours& x) {
  if (x.empty())
    return "no calls";
  std::string out;
  for (const auto& span : x)
    out += (out.empty() ? "" : ", ") + to_clock(span.open) + "-" + to_clock(span.close);
  return out;
}

weekly_hours weekly_hours::always() {
  weekly_hours out;
  out.days.fill(day_hours::whole_day());
  return out;
}

weekly_hours operator&(const weekly_hours& a, const weekly_hours& b) {
  weekly_hours out;
  for (size_t i = 0; i < out.days.size(); ++i)
    out.days[i] = a.days[i] & b.days[i];
  return out;
}

std::string_view weekday_name(weekday day) {
  return day_names[day.c_encoding()];
}

weekday parse_weekday(std::string_view text) {
  const auto found = std::find(day_names.begin(), day_names.end(), text);
  if (found == day_names.end())
    throw std::invalid_argument{"'" + std::string{text} + "' is not a weekday from mon to sun"};
  return weekday{static_cast<unsigned>(found - day_names.begin())};
}

minutes parse_time_of_day(std::string_view text) {
  const auto digit = [&](size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() == 5 && text[2] == ':' && digit(0) && digit(1) && digit(3) && digit(4)) {
    const int hour = (text[0] - '0') * 10 + (text[1] - '0');
    const int minute = (text[3] - '0') * 10 + (text[4] - '0');
    const minutes out{hour * 60 + minute};
    if (minute < 60 && out <= day_length)
      return out;
  }
  throw std::invalid_argument{"'" + std::string{text} + "' is not a time from 00:00 to 24:00"};
}

std::string to_clock(milliseconds time_of_day) {
  const auto total = std::chrono::floor<minutes>(time_of_day).count();
  const auto two = [](auto x) { return (x < 10 ? "0" : "") + std::to_string(x); };
  return two(total / 60) + ":" + two(total % 60);
}

weekly_hours parse_weekly_hours(std::string_view text) {
  std::array<day_hours::spans, 7> found;
  each_part(text, ';', [&](std::string_view part) {
    const auto gap = part.find(' ');
    if (gap == part.npos)
      throw std::invalid_argument{"'" + std::string{part} + "' needs days and hours, such as tue-thu 10:00-11:00"};
    const auto days = part.substr(0, gap);
    const auto dash = days.find('-');
    const auto first = parse_weekday(days.substr(0, dash));
    const auto last = dash == days.npos ? first : parse_weekday(days.substr(dash + 1));
    each_part(part.substr(gap), ',', [&](std::string_view span) {
      for (auto day = first;; ++day) { // a weekday counts on past Sunday
        found[day.c_encoding()].push_back(parse_span(span));
        if (day == last)
          break;
      }
    });
  });
  weekly_hours out;
  for (size_t i = 0; i < found.size(); ++i)
    out.days[i] = day_hours{std::move(found[i])};
  return out;
}

} // namespace parley
