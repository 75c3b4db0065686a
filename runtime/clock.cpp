#include "runtime/clock.hpp"

#include <date/date.h>

#include <sstream>

namespace parley {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

nanoseconds clock::real(milliseconds wall) const {
  return nanoseconds{static_cast<int64_t>(static_cast<double>(nanoseconds{wall}.count()) / speed())};
}

milliseconds clock::wall(nanoseconds real) const {
  return milliseconds{static_cast<int64_t>(static_cast<double>(real.count()) * speed() / 1e6)};
}

milliseconds real_now() {
  return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch());
}

wall_time system_clock::now() const {
  // At speed 1 and without an origin of its own this is the machine's clock; a
  // practice world may begin at another time all the same.
  const auto passed = static_cast<double>((real_now() - origin_.real0).count());
  return origin_.wall0 + milliseconds{static_cast<int64_t>(passed * origin_.speed)};
}

// The state of every aggregate is full of instants and is written anew at each
// append, so the form that we write ourselves is made and read without the
// streams and locales of the date library: far faster.
std::string to_iso(wall_time t) {
  const date::sys_time<milliseconds> instant{t.time_since_epoch()};
  const auto day = date::floor<date::days>(instant);
  const date::year_month_day date{day};
  const auto year = static_cast<int>(date.year());
  if (year < 0 || year > 9999)
    return date::format("%FT%TZ", instant);
  std::string out = "0000-00-00T00:00:00.000Z";
  const auto put = [&out](size_t end, int64_t value) {
    for (; value > 0; value /= 10)
      out[end--] = static_cast<char>('0' + value % 10);
  };
  const auto in_day = (instant - day).count();
  put(3, year);
  put(6, static_cast<unsigned>(date.month()));
  put(9, static_cast<unsigned>(date.day()));
  put(12, in_day / 3'600'000);
  put(15, in_day / 60'000 % 60);
  put(18, in_day / 1000 % 60);
  put(22, in_day % 1000);
  return out;
}

/// An instant in exactly the form that `to_iso` writes.
static std::optional<wall_time> parse_own_form(std::string_view text) {
  static constexpr std::string_view form = "0000-00-00T00:00:00.000Z";
  if (text.size() != form.size())
    return std::nullopt;
  for (size_t i = 0; i < form.size(); ++i)
    if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
      return std::nullopt;
  const auto number = [text](size_t from, size_t count) {
    int value = 0;
    for (const char digit : text.substr(from, count))
      value = value * 10 + (digit - '0');
    return value;
  };
  const date::year_month_day day{date::year{number(0, 4)}, date::month{static_cast<unsigned>(number(5, 2))},
                                 date::day{static_cast<unsigned>(number(8, 2))}};
  const int hours = number(11, 2);
  const int minutes = number(14, 2);
  const int seconds = number(17, 2);
  if (!day.ok() || hours > 23 || minutes > 59 || seconds > 59)
    return std::nullopt;
  return wall_time{date::sys_days{day}.time_since_epoch() + std::chrono::hours{hours} + std::chrono::minutes{minutes}
                   + std::chrono::seconds{seconds} + milliseconds{number(20, 3)}};
}

std::optional<wall_time> parse_iso(std::string_view text) {
  if (const auto own = parse_own_form(text))
    return own;
  for (const char* form : {"%FT%TZ", "%FT%T%Ez"}) {
    std::istringstream in{std::string{text}};
    date::sys_time<milliseconds> t;
    in >> date::parse(form, t);
    if (!in.fail() && in.peek() == std::istringstream::traits_type::eof())
      return wall_time{t.time_since_epoch()};
  }
  return std::nullopt;
}

} // namespace parley
