#include "actors/prospect/best_time.hpp"

#include <algorithm>

namespace parley {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

/// A number from 0 up to, not including, 1 that two values fix (splitmix64).
double chance(uint64_t seed, uint64_t salt) {
  uint64_t x = seed + 0x9e3779b97f4a7c15ULL * (salt + 1);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return static_cast<double>(x >> 11) * 0x1p-53;
}

wall_time point_in(const interval& x, uint64_t seed) {
  const auto salt = static_cast<uint64_t>(x.begin.time_since_epoch().count());
  const auto length = static_cast<double>((x.end - x.begin).count());
  return x.begin + std::chrono::floor<seconds>(milliseconds{static_cast<int64_t>(length * chance(seed, salt))});
}

std::optional<wall_time> next_lawful(const calling_windows& lawful, wall_time from, wall_time horizon) {
  const auto found = lawful.next_lawful(from, horizon);
  return found ? std::optional{found->begin} : std::nullopt;
}

} // namespace

bool role_has(std::string_view role, const std::vector<std::string>& words) {
  std::string word;
  const auto known = [&] { return std::find(words.begin(), words.end(), word) != words.end(); };
  for (const char c : role) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      word += static_cast<char>(c | 0x20); // ASCII lower case
      continue;
    }
    if (known())
      return true;
    word.clear();
  }
  return known();
}

const weekly_hours& best_times::of(std::string_view role) const {
  for (const auto& x : by_role)
    if (role_has(role, x.words))
      return x.hours;
  return general;
}

std::optional<wall_time>
next_best(const calling_windows& lawful, const weekly_hours& best, wall_time from, wall_time horizon, uint64_t seed) {
  const auto& zone = lawful.main_zone();
  for (auto date = local_time(zone, from).date; to_instant(zone, date, minutes{0}, reading::earlier) < horizon;
       date += days{1})
    for (const auto& span : best.on(std::chrono::weekday{date})) {
      const auto slot = span_on(zone, date, span);
      if (!slot || slot->end <= from)
        continue;
      // Hours of several zones and states may cut a slot into parts. They are
      // taken whole, also before `from`, so that the seed's point stands fast.
      for (auto part = lawful.next_lawful(slot->begin, slot->end); part; part
                                                                         = lawful.next_lawful(part->end, slot->end)) {
        part->end = std::min(part->end, slot->end);
        if (part->end > from)
          return std::max(from, point_in(*part, seed));
      }
    }
  return next_lawful(lawful, from, horizon);
}

} // namespace parley
