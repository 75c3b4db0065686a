#include "cluster/talk_diary.hpp"

#include "adapters/sandbox/world.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>

namespace parley {

using namespace std::chrono_literals;
using std::chrono::minutes;

namespace {

/// A talk that asks for a time in less than this has no time to prepare it.
constexpr auto notice_min = 2h;
constexpr int working_days = 5;
/// Share of half hours that somebody else has taken already.
constexpr size_t taken_of_ten = 3;

const date::time_zone* zone_named(const std::string& name) {
  try {
    return date::locate_zone(name.empty() ? "UTC" : name);
  } catch (const std::runtime_error&) {
    return date::locate_zone("UTC");
  }
}

date::local_seconds local_of(const date::time_zone* zone, wall_time at) {
  return date::floor<std::chrono::seconds>(zone->to_local(at));
}

wall_time instant_of(const date::time_zone* zone, date::local_days day, minutes time) {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(
    zone->to_sys(date::local_seconds{day} + time, date::choose::earliest));
}

bool is_working_day(date::local_days day) {
  const date::weekday weekday{day};
  return weekday != date::Saturday && weekday != date::Sunday;
}

std::vector<date::local_days> days_of(const std::vector<std::string>& dates, date::local_days today) {
  std::vector<date::local_days> out;
  for (const auto& text : dates) {
    std::istringstream in{text};
    date::local_days day;
    if (in >> date::parse("%F", day); !in.fail() && day >= today)
      out.push_back(day);
  }
  for (auto day = today; dates.empty() && out.size() < working_days; day += date::days{1})
    if (is_working_day(day))
      out.push_back(day);
  return out;
}

} // namespace

bool talk_diary::taken(wall_time at, minutes length) const {
  if (sandbox::draw(seed_, "taken " + to_iso(at), 10) < taken_of_ten)
    return true;
  return std::ranges::any_of(booked_, [&](const auto& b) { return at < b.first + b.second && b.first < at + length; });
}

std::vector<wall_time>
talk_diary::free(const std::vector<std::string>& dates, minutes length, size_t limit, wall_time now) const {
  static constexpr std::array<std::pair<minutes, minutes>, 2> hours{{{9h, 12h}, {13h, 17h}}};
  const auto* zone = zone_named(zone_);
  std::vector<std::vector<wall_time>> by_day;
  for (const auto day : days_of(dates, date::floor<date::days>(local_of(zone, now)))) {
    std::vector<wall_time> open;
    for (const auto& [from, until] : hours)
      for (auto time = from; is_working_day(day) && time + length <= until; time += 30min)
        if (const auto at = instant_of(zone, day, time); at > now + notice_min && !taken(at, length))
          open.push_back(at);
    by_day.push_back(std::move(open));
  }
  // A choice, not a list: an early time of each day, then a late one of each.
  std::vector<wall_time> out;
  for (const size_t quarter : {1, 3, 0, 2})
    for (const auto& open : by_day)
      if (const auto index = open.size() * quarter / 4;
          index < open.size() && out.size() < limit && std::ranges::find(out, open[index]) == out.end())
        out.push_back(open[index]);
  std::ranges::sort(out);
  return out;
}

std::optional<std::string> talk_diary::book(wall_time at, minutes length, wall_time now) {
  if (at <= now)
    return "Not booked: that time has passed. Offer another time.";
  if (taken(at, length))
    return "Not booked: that time is taken. Offer another time.";
  booked_.emplace_back(at, length);
  return std::nullopt;
}

wall_time next_callable(wall_time at, const std::string& zone_name) {
  const auto* zone = zone_named(zone_name);
  const auto local = local_of(zone, at);
  const auto day = date::floor<date::days>(local);
  if (local - day < 8h)
    return instant_of(zone, day, 8h);
  return local - day < 21h ? at : instant_of(zone, day + date::days{1}, 8h);
}

} // namespace parley
