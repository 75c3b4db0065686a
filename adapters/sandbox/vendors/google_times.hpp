#pragma once

#include <date/tz.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::sandbox::vendors {

/// The instant of an event's `start` or `end`; nothing when it names none.
/// @param zone The calendar's, by which a date alone is meant; null: UTC.
std::optional<date::sys_seconds> moment_of(const nlohmann::json& when, const date::time_zone* zone = nullptr);

using period = std::pair<date::sys_seconds, date::sys_seconds>;

/// The seeded appointments of a calendar that touch [from, to), in order.
std::vector<period> appointments(uint64_t seed, const std::string& calendar, const date::time_zone* zone,
                                 date::sys_seconds from, date::sys_seconds to);

} // namespace parley::sandbox::vendors
