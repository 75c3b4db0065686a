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

std::string to_iso(wall_time t) {
  return date::format("%FT%TZ", date::sys_time<milliseconds>{t.time_since_epoch()});
}

std::optional<wall_time> parse_iso(std::string_view text) {
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
