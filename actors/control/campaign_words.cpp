#include "actors/control/campaign_words.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <stdexcept>
#include <string>

namespace parley::commands {

using nlohmann::json;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::minutes;

namespace {

/// Settings of a campaign that are lengths of time, with an example each.
constexpr std::array<std::pair<const char*, const char*>, 4> durations{{
  {"ring_timeout", "25s"},
  {"call_limit", "10m"},
  {"backoff", "1h"},
  {"breaker_window", "10m"},
}};

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<milliseconds> unit(std::string_view word) {
  for (const auto& [length, names] :
       {std::pair{milliseconds{1}, std::array{"ms", "millisecond", "milliseconds", "ms", "ms"}},
        {milliseconds{1s}, {"s", "sec", "secs", "second", "seconds"}},
        {milliseconds{1min}, {"m", "min", "mins", "minute", "minutes"}},
        {milliseconds{1h}, {"h", "hr", "hrs", "hour", "hours"}},
        {milliseconds{24h}, {"d", "day", "days", "d", "d"}}})
    for (const auto* name : names)
      if (word == name)
        return length;
  return std::nullopt;
}

/// One or two digits up to `max`.
std::optional<int> small_number(std::string_view text, int max) {
  int out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || text.size() > 2 || error != std::errc{} || end != text.data() + text.size() || out < 0
      || out > max)
    return std::nullopt;
  return out;
}

[[noreturn]] void wrong(const std::string& field, const std::string& text, const std::string& what_and_remedy) {
  throw std::invalid_argument{field + ": \"" + text + "\" " + what_and_remedy};
}

void put_window(const std::string& field, json& window) {
  if (!window.is_object())
    return; // refused for what it is later
  for (const auto* key : {"from", "until"})
    if (auto found = window.find(key); found != window.end() && found->is_string()) {
      const auto text = found->get<std::string>();
      const auto at = read_time_of_day(text);
      if (!at)
        wrong(field, text, std::string{"is no time of day for "} + key + "; write it as \"10:00\" or \"4:30 pm\"");
      *found = milliseconds{*at}.count();
    }
  if (const auto roles = window.find("roles"); roles != window.end() && roles->is_array())
    for (auto& role : *roles)
      if (role.is_string())
        role = lower(role.get<std::string>()); // as roles are compared
  const auto days = window.find("weekdays");
  if (days == window.end() || !days->is_array())
    return;
  for (auto& day : *days)
    if (day.is_string()) {
      const auto text = day.get<std::string>();
      const auto number = read_weekday(text);
      if (!number)
        wrong(field, text, "is no weekday; write \"mon\" to \"sun\", or 0 (Sunday) to 6 (Saturday)");
      day = *number;
    }
}

} // namespace

std::optional<milliseconds> read_duration(std::string_view text) {
  std::optional<milliseconds> sum;
  for (auto rest = trimmed(text); !rest.empty(); rest = trimmed(rest)) {
    double number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc{} || !(number >= 0) || number > 1e9)
      return std::nullopt;
    rest = trimmed(rest.substr(static_cast<size_t>(end - rest.data())));
    const auto letters
      = std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), rest.size());
    const auto length = unit(lower(rest.substr(0, letters)));
    if (!length)
      return std::nullopt;
    if (sum.value_or(0ms) > 24h * 36'500) // a hundred years; many more parts would overflow
      return std::nullopt;
    sum = sum.value_or(0ms) + milliseconds{static_cast<int64_t>(number * static_cast<double>(length->count()))};
    rest = rest.substr(letters);
  }
  return sum;
}

std::optional<minutes> read_time_of_day(std::string_view text) {
  auto clock = lower(trimmed(text));
  int noon = -1; // 0: am, 12: pm
  for (const auto& [word, hours] : {std::pair{"am", 0}, {"pm", 12}})
    if (clock.ends_with(word)) {
      noon = hours;
      clock = std::string{trimmed(std::string_view{clock}.substr(0, clock.size() - 2))};
    }
  const auto colon = clock.find(':');
  if (colon == clock.npos && noon < 0)
    return std::nullopt;
  const auto hour = small_number(std::string_view{clock}.substr(0, colon), noon < 0 ? 24 : 12);
  auto after = colon == clock.npos ? std::string_view{"00"} : std::string_view{clock}.substr(colon + 1);
  if (after.size() == 5 && after.ends_with(":00")) // a time as TOML writes it
    after = after.substr(0, 2);
  const auto minute = after.size() == 2 ? small_number(after, 59) : std::nullopt;
  if (!hour || !minute || (noon >= 0 && *hour == 0))
    return std::nullopt;
  const auto at = minutes{60 * (noon < 0 ? *hour : *hour % 12 + noon) + *minute};
  return at > 24h ? std::nullopt : std::optional{at};
}

std::optional<int> read_weekday(std::string_view text) {
  static constexpr std::array names{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
  const auto word = lower(trimmed(text));
  for (size_t i = 0; i < names.size(); ++i)
    if (word == names[i] || word == std::string_view{names[i]}.substr(0, 3))
      return static_cast<int>(i);
  return std::nullopt;
}

json stored_form(json given) {
  if (!given.is_object())
    return given;
  for (const auto& [field, example] : durations)
    if (auto found = given.find(field); found != given.end() && found->is_string()) {
      const auto text = found->get<std::string>();
      const auto length = read_duration(text);
      if (!length)
        wrong(field, text, std::string{"is no length of time; write it with its unit, as in \""} + example + "\"");
      *found = length->count();
    }
  for (const auto* field : {"best_times", "role_times", "allowed_times"})
    if (auto found = given.find(field); found != given.end() && found->is_array())
      for (auto& window : *found)
        put_window(field, window);
  return given;
}

} // namespace parley::commands
