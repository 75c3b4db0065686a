#include "actors/conversation/spoken_time.hpp"

#include "actors/conversation/words.hpp"

#include <date/date.h>
#include <date/tz.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <stdexcept>

namespace parley::mind {
namespace {

using date::days; // one type of day for all sums
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using local_milliseconds = date::local_time<milliseconds>;

const date::time_zone* find_zone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) { // how the library says "no such zone"
    return date::locate_zone("UTC");
  }
}

local_milliseconds to_local(wall_time t, const std::string& zone) {
  return find_zone(zone)->to_local(date::sys_time<milliseconds>{t.time_since_epoch()});
}

wall_time to_wall(local_milliseconds t, const std::string& zone) {
  return wall_time{find_zone(zone)->to_sys(t, date::choose::earliest).time_since_epoch()};
}

constexpr std::array<std::string_view, 7> weekdays{"sunday",   "monday", "tuesday", "wednesday",
                                                   "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 12> months{"january",   "february", "march",    "april",
                                                  "may",       "june",     "july",     "august",
                                                  "september", "october",  "november", "december"};

/// Minutes since midnight, and whether AM or PM was said.
struct time_of_day {
  int minutes = 0;
  bool exact = false;
  bool fits(int minute) const { return minute == minutes || (!exact && minute == (minutes + 720) % 1440); }
  auto operator<=>(const time_of_day&) const = default;
};

struct named {
  std::vector<unsigned> days_of_week; ///< 0: Sunday
  std::vector<unsigned> days_of_month;
  std::vector<time_of_day> times;
  bool empty() const { return days_of_week.empty() && days_of_month.empty() && times.empty(); }
};

std::optional<int> number(std::string_view word) {
  static const std::map<std::string, int, std::less<>> spelt{
    {"a", 1},       {"an", 1},      {"one", 1},      {"two", 2},     {"couple", 2},  {"three", 3},       {"few", 3},
    {"four", 4},    {"five", 5},    {"six", 6},      {"seven", 7},   {"eight", 8},   {"nine", 9},        {"ten", 10},
    {"eleven", 11}, {"twelve", 12}, {"fifteen", 15}, {"twenty", 20}, {"thirty", 30}, {"forty-five", 45}, {"noon", 12}};
  if (const auto known = spelt.find(word); known != spelt.end())
    return known->second;
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size())
    return std::nullopt;
  return value;
}

/// "10", "10:30", "10am", "15:00", "ten"; `at` moves behind what was read.
std::optional<time_of_day> clock_time(const words& text, size_t& at) {
  auto word = text[at];
  size_t next = at + 1;
  bool morning = false;
  bool evening = false;
  const auto half = [&](std::string_view mark) {
    morning = morning || mark == "am" || mark == "a.m";
    evening = evening || mark == "pm" || mark == "p.m";
    return mark == "am" || mark == "a.m" || mark == "pm" || mark == "p.m";
  };
  if (word == "noon") {
    at = next;
    return time_of_day{720, true};
  }
  for (std::string_view mark : {"am", "pm", "a.m", "p.m"})
    if (word.size() > mark.size() && word.ends_with(mark) && is_number(word.substr(0, word.size() - mark.size()))) {
      half(mark);
      word.resize(word.size() - mark.size());
      break;
    }
  int minute = 0;
  const auto colon = word.find(':');
  const bool digital = colon != std::string::npos;
  if (digital) {
    const auto m = number(std::string_view{word}.substr(colon + 1, 2));
    if (!m || *m < 0 || *m > 59)
      return std::nullopt;
    minute = *m;
    word.resize(colon);
  }
  const auto hour = number(word);
  if (!hour || *hour < 0 || *hour > 23 || word == "a" || word == "an" || word == "couple" || word == "few")
    return std::nullopt;
  bool clock = digital || morning || evening;
  if (next < text.size() && !digital
      && (text[next] == "thirty" || text[next] == "fifteen" || text[next] == "forty-five")) {
    minute = *number(text[next++]);
    clock = true;
  }
  if (next < text.size() && (text[next] == "o'clock" || text[next] == "oclock")) {
    clock = true;
    ++next;
  }
  if (next < text.size() && half(text[next])) {
    clock = true;
    ++next;
  } else if (next + 2 < text.size() && text[next] == "in" && text[next + 1] == "the") {
    if (text[next + 2] == "morning")
      clock = morning = true;
    else if (text[next + 2] == "afternoon" || text[next + 2] == "evening")
      clock = evening = true;
  }
  static constexpr std::array<std::string_view, 8> before{"at",     "around", "about", "by",
                                                          "before", "after",  "until", "or"};
  const bool announced = at > 0 && std::ranges::find(before, text[at - 1]) != before.end();
  if (!clock && !announced)
    return std::nullopt;
  // "in about two weeks", "after three attempts": a count, not a time of day.
  static constexpr std::array<std::string_view, 12> counted{
    "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months", "people", "percent"};
  if (!clock && next < text.size() && std::ranges::find(counted, text[next]) != counted.end())
    return std::nullopt;
  at = next;
  int h = *hour;
  if (evening && h < 12)
    h += 12;
  if (morning && h == 12)
    h = 0;
  return time_of_day{h * 60 + minute, morning || evening || h > 12 || h == 0};
}

std::optional<unsigned> ordinal(std::string_view word) {
  for (std::string_view ending : {"st", "nd", "rd", "th"})
    if (word.size() > 2 && word.ends_with(ending))
      if (auto n = number(word.substr(0, word.size() - 2)); n && *n >= 1 && *n <= 31)
        return static_cast<unsigned>(*n);
  return std::nullopt;
}

named read(const words& text) {
  named out;
  for (size_t i = 0; i < text.size();) {
    const auto& word = text[i];
    const auto weekday = std::ranges::find_if(weekdays, [&](std::string_view day) {
      return word == day || word == std::string{day} + "s" || word == std::string{day} + "'s";
    });
    if (weekday != weekdays.end()) {
      out.days_of_week.push_back(static_cast<unsigned>(weekday - weekdays.begin()));
      ++i;
    } else if (const auto day = ordinal(word)) {
      out.days_of_month.push_back(*day);
      ++i;
    } else if (std::ranges::find(months, word) != months.end() && i + 1 < text.size() && number(text[i + 1])
               && *number(text[i + 1]) <= 31 && word != "may") {
      out.days_of_month.push_back(static_cast<unsigned>(*number(text[i + 1])));
      i += 2;
    } else if (auto time = clock_time(text, i)) {
      out.times.push_back(*time);
    } else {
      ++i;
    }
  }
  return out;
}

template <class T, class Value>
bool contains(const std::vector<T>& list, const Value& value) {
  return std::ranges::find(list, value) != list.end();
}

} // namespace

std::string local_iso(wall_time t, const std::string& zone) {
  const auto* place = find_zone(zone);
  return date::format("%FT%T%Ez ", date::make_zoned(place, date::floor<std::chrono::seconds>(
                                                             date::sys_time<milliseconds>{t.time_since_epoch()})))
         + place->name();
}

std::string local_date(wall_time t, const std::string& zone) {
  return date::format("%F", to_local(t, zone));
}

std::string local_spoken(wall_time t, const std::string& zone) {
  const auto local = to_local(t, zone);
  const auto day = date::floor<days>(local);
  const auto time = date::make_time(date::floor<minutes>(local) - day);
  const auto hour = date::make12(time.hours()).count();
  const auto minute = time.minutes().count();
  return date::format("%A, %B ", local) + std::to_string(static_cast<unsigned>(date::year_month_day{day}.day()))
         + " at " + std::to_string(hour) + (minute < 10 ? ":0" : ":") + std::to_string(minute)
         + (date::is_am(time.hours()) ? " AM" : " PM");
}

std::optional<wall_time> spoken_time(std::string_view spoken, wall_time now, const std::string& zone) {
  const auto text = plain_words(spoken);
  const auto local_now = to_local(now, zone);
  const auto today = date::floor<days>(local_now);
  static const phrase after{
    "in|after|for ?about|like ?another half|a|an|one|two|three|four|five|six|ten|couple|few|fifteen|twenty|thirty|# "
    "?an|a ?of minute|minutes|hour|hours|day|days|week|weeks|month|months"};
  if (const auto found = after.find(text)) {
    const auto& unit = text[found->end - 1];
    int count = 1;
    const bool half = std::find(text.begin() + static_cast<std::ptrdiff_t>(found->begin),
                                text.begin() + static_cast<std::ptrdiff_t>(found->end), "half")
                      != text.begin() + static_cast<std::ptrdiff_t>(found->end);
    for (size_t i = found->begin + 1; i + 1 < found->end; ++i)
      if (const auto n = number(text[i]); n && *n > 1)
        count = *n;
    count = std::min(count, 400);
    if (unit.starts_with("minute"))
      return now + minutes{count};
    if (unit.starts_with("hour"))
      return half ? now + minutes{30} : now + hours{count};
    if (unit.starts_with("day"))
      return now + days{count};
    return now + days{unit.starts_with("week") ? 7 * count : 30 * count};
  }
  const auto has = [&](const char* pattern) { return phrase{pattern}.find(text).has_value(); };
  const auto parts = read(text);
  std::optional<date::local_days> day;
  if (has("tomorrow"))
    day = today + days{1};
  else if (has("today|tonight") || has("this morning|afternoon|evening") || has("later on"))
    day = today;
  else if (!parts.days_of_week.empty()) {
    auto ahead = date::weekday{parts.days_of_week.front()} - date::weekday{today};
    day = today + (ahead == days{0} ? days{7} : ahead);
  } else if (!parts.days_of_month.empty()) {
    for (auto candidate = today; candidate < today + days{62} && !day; candidate += days{1})
      if (static_cast<unsigned>(date::year_month_day{candidate}.day()) == parts.days_of_month.front())
        day = candidate;
  } else if (has("next week")) {
    const auto ahead = date::Tuesday - date::weekday{today};
    day = today + (ahead < days{4} ? ahead + days{7} : ahead);
  } else if (has("next month")) {
    day = today + days{30};
  }
  if (!day && parts.times.empty())
    return std::nullopt;
  int minute = 10 * 60;
  if (!parts.times.empty()) {
    minute = parts.times.front().minutes;
    if (!parts.times.front().exact && minute < 7 * 60)
      minute += 720;
  } else if (has("afternoon")) {
    minute = 14 * 60;
  } else if (has("evening|tonight")) {
    minute = 18 * 60;
  } else if (day == today) {
    return now + hours{3};
  }
  auto t = to_wall((day ? *day : today) + minutes{minute}, zone);
  if (!day && t <= now)
    t = to_wall(today + days{1} + minutes{minute}, zone);
  return t > now ? std::optional{t} : std::nullopt;
}

std::vector<wall_time>
slots_named(std::string_view text, const std::vector<wall_time>& slots, const std::string& zone) {
  std::vector<wall_time> out;
  for (const auto& slot : slots)
    if (lower(text).find(lower(to_iso(slot).substr(0, 16))) != std::string::npos)
      out.push_back(slot);
  if (!out.empty())
    return out;
  const auto parts = read(plain_words(text));
  if (parts.empty())
    return out;
  for (const auto& slot : slots) {
    const auto local = to_local(slot, zone);
    const auto day = date::floor<days>(local);
    const auto minute = static_cast<int>((date::floor<minutes>(local) - day).count());
    const auto fits = [&](const time_of_day& time) { return time.fits(minute); };
    if ((parts.days_of_week.empty() || contains(parts.days_of_week, date::weekday{day}.c_encoding()))
        && (parts.days_of_month.empty()
            || contains(parts.days_of_month, static_cast<unsigned>(date::year_month_day{day}.day())))
        && (parts.times.empty() || std::ranges::any_of(parts.times, fits)))
      out.push_back(slot);
  }
  return out;
}

bool names_time(std::string_view text) {
  return !read(plain_words(text)).empty();
}

bool echoes_time(std::string_view answer, std::string_view offer) {
  const auto said = read(plain_words(answer));
  const auto offered = read(plain_words(offer));
  return std::ranges::all_of(said.days_of_week, [&](unsigned day) { return contains(offered.days_of_week, day); })
         && std::ranges::all_of(said.days_of_month, [&](unsigned day) { return contains(offered.days_of_month, day); })
         && std::ranges::all_of(said.times, [&](const time_of_day& time) {
              return std::ranges::any_of(offered.times, [&](const time_of_day& other) {
                return other.fits(time.minutes) || time.fits(other.minutes);
              });
            });
}

} // namespace parley::mind
