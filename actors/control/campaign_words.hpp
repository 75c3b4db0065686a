#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string_view>

/// How people write what a campaign's settings keep as numbers.
namespace parley::commands {

/// A length of time: "25s", "90 min", "1h 30m", "2 days". Nothing for anything
/// else, a number without a unit included.
std::optional<std::chrono::milliseconds> read_duration(std::string_view text);

/// A time of day as the time since midnight: "10:00", "9:30", "24:00",
/// "4:30 pm"; nothing for anything else.
std::optional<std::chrono::minutes> read_time_of_day(std::string_view text);

/// A weekday by its name or the first three letters of it; 0 is Sunday.
std::optional<int> read_weekday(std::string_view text);

/// The settings in the form that is stored: durations and times of day in
/// milliseconds, weekdays as numbers. Numbers stay as they are.
/// @throws std::invalid_argument with a sentence that names the field and the
///         remedy for a text that is none of these.
nlohmann::json stored_form(nlohmann::json given);

} // namespace parley::commands
