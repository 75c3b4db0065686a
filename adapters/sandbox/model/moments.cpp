#include "adapters/sandbox/model/moments.hpp"

#include "adapters/sandbox/model/text.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace parley::sandbox::model {

using namespace std::chrono_literals;
using date::local_days;
using date::local_seconds;
using std::chrono::minutes;

namespace {

constexpr std::array<std::string_view, 7> weekdays{"sunday",   "monday", "tuesday", "wednesday",
                                                   "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 12> months{"january",   "february", "march",    "april",
                                                  "may",       "june",     "july",     "august",
                                                  "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 13> hours{"zero",  "one",   "two",  "three", "four",   "five",  "six",
                                                 "seven", "eight", "nine", "ten",   "eleven", "twelve"};

std::optional<int> number(std::string_view word) {
  const auto spelled = std::find(hours.begin(), hours.end(), word);
  if (spelled != hours.end())
    return static_cast<int>(spelled - hours.begin());
  if (word.empty() || word.size() > 2 || word.find_first_not_of("0123456789") != word.npos)
    return std::nullopt;
  return std::stoi(std::string{word});
}

const date::time_zone* find_zone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return nullptr; // not a zone's name: the offset has to do
  }
}

bool is_work_day(local_days day) {
  const auto weekday = date::weekday{day}.c_encoding();
  return weekday != 0 && weekday != 6;
}

/// "9" is in the morning and "3" in the afternoon, as people mean it.
minutes on_the_clock(int hour, int minute, std::string_view half) {
  if (half == "pm" && hour < 12)
    hour += 12;
  else if (half == "am" && hour == 12)
    hour = 0;
  else if (half.empty() && hour >= 1 && hour <= 7)
    hour += 12;
  return std::chrono::hours{hour} + minutes{minute};
}

struct word_list {
  explicit word_list(std::string_view text) {
    std::istringstream in{as_words(text)};
    for (std::string word; in >> word;)
      words.push_back(word);
  }
  std::string_view at(size_t i) const { return i < words.size() ? std::string_view{words[i]} : std::string_view{}; }

  std::vector<std::string> words;
};

/// "am", "pm", or "a m" in two words; how many words it took.
std::pair<std::string_view, size_t> half_of_day(const word_list& list, size_t i) {
  if (list.at(i) == "am" || list.at(i) == "pm")
    return {list.at(i), 1};
  if ((list.at(i) == "a" || list.at(i) == "p") && list.at(i + 1) == "m")
    return {list.at(i) == "a" ? "am" : "pm", 2};
  return {"", 0};
}

std::optional<minutes> time_at(const word_list& list, size_t i) {
  static constexpr std::array<std::string_view, 6> before{"at", "around", "about", "by", "after", "the"};
  auto word = list.at(i);
  // "10am" as one word
  if (word.size() > 2 && (word.ends_with("am") || word.ends_with("pm")))
    if (const auto hour = number(word.substr(0, word.size() - 2)); hour && *hour <= 12)
      return on_the_clock(*hour, 0, word.substr(word.size() - 2));
  const auto hour = number(word);
  if (!hour || *hour > 23)
    return std::nullopt;
  int minute = 0;
  size_t next = i + 1;
  const auto following = list.at(next);
  bool sure = false;
  if (following.size() == 2 && number(following) && *number(following) < 60 && *number(following) % 5 == 0) {
    minute = *number(following);
    sure = true;
    ++next;
  } else if (following == "thirty" || following == "fifteen") {
    minute = following == "thirty" ? 30 : 15;
    sure = true;
    ++next;
  }
  const auto half = half_of_day(list, next).first;
  const auto previous = i > 0 ? list.at(i - 1) : std::string_view{};
  sure = sure || !half.empty() || list.at(next) == "oclock"
         || (previous != "the" && std::find(before.begin(), before.end(), previous) != before.end());
  if (previous == "past" && i > 1 && list.at(i - 2) == "half")
    return on_the_clock(*hour, 30, half);
  if (!sure || (half.empty() && *hour == 0 && minute == 0))
    return std::nullopt;
  return on_the_clock(*hour, minute, half);
}

std::optional<local_days> day_at(const word_list& list, size_t i, const person_clock& clock) {
  const auto word = list.at(i);
  const auto today = clock.today();
  if (word == "today" || word == "tonight")
    return today;
  if (word == "tomorrow")
    return today + date::days{list.at(i - 1) == "after" ? 2 : 1};
  if (word == "week" && list.at(i - 1) == "next")
    return today + (date::Monday - date::weekday{today}) + date::days{date::weekday{today} == date::Monday ? 7 : 0};
  for (unsigned w = 0; w < weekdays.size(); ++w)
    if (word == weekdays[w]) {
      const auto ahead = date::weekday{w} - date::weekday{today};
      return today + (ahead == date::days{0} ? date::days{7} : ahead);
    }
  for (unsigned m = 0; m < months.size(); ++m)
    if (word == months[m]) {
      auto day_word = std::string{list.at(i + 1)};
      for (std::string_view suffix : {"st", "nd", "rd", "th"})
        if (day_word.size() > 2 && day_word.ends_with(suffix))
          day_word.resize(day_word.size() - 2);
      const auto day = number(day_word);
      if (!day || *day == 0)
        continue;
      auto date = date::year_month_day{today}.year() / date::month{m + 1} / date::day{static_cast<unsigned>(*day)};
      if (!date.ok())
        continue;
      if (local_days{date} < today)
        date += date::years{1};
      return local_days{date};
    }
  return std::nullopt;
}

/// "in half an hour", "in an hour", "in 20 minutes", "in two hours"
std::optional<minutes> delay_at(const word_list& list, size_t i) {
  if (list.at(i) != "in")
    return std::nullopt;
  if (list.at(i + 1) == "half" && list.at(i + 3) == "hour")
    return 30min;
  const auto count = list.at(i + 1) == "an" || list.at(i + 1) == "a" ? std::optional{1} : number(list.at(i + 1));
  if (!count)
    return std::nullopt;
  const auto unit = list.at(i + 2);
  if (unit == "minute" || unit == "minutes")
    return minutes{*count};
  if (unit == "hour" || unit == "hours")
    return minutes{*count * 60};
  if (unit == "day" || unit == "days")
    return minutes{*count * 24 * 60};
  if (unit == "week" || unit == "weeks")
    return minutes{*count * 7 * 24 * 60};
  return std::nullopt;
}

} // namespace

std::optional<person_clock> person_clock::read(std::string_view local_time) {
  static const std::regex form{
    R"((\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?\s*[\[\(]?([A-Za-z]+(?:/[A-Za-z_+-]+)+)?.*)"};
  std::smatch parts;
  const std::string text{trim(local_time)};
  if (!std::regex_match(text, parts, form))
    return std::nullopt;
  std::istringstream in{parts[1].str() + " " + parts[2].str() + ":" + (parts[3].matched ? parts[3].str() : "00")};
  local_seconds local;
  in >> date::parse("%F %T", local);
  if (in.fail())
    return std::nullopt;
  person_clock clock;
  if (const auto offset = parts[4].str(); offset.size() >= 5) {
    const auto amount
      = std::chrono::hours{std::stoi(offset.substr(1, 2))} + minutes{std::stoi(offset.substr(offset.size() - 2))};
    clock.offset_ = offset[0] == '-' ? -amount : amount;
  }
  if (parts[5].matched)
    clock.zone_ = find_zone(parts[5].str());
  if (parts[4].matched) // the offset says which of two equal local times it is
    clock.now_ = instant{local.time_since_epoch()} - clock.offset_;
  else
    clock.now_ = clock.at(local);
  return clock;
}

local_seconds person_clock::local(instant at) const {
  return zone_ != nullptr ? zone_->to_local(at) : local_seconds{(at + offset_).time_since_epoch()};
}

instant person_clock::at(local_seconds local) const {
  if (zone_ == nullptr)
    return instant{local.time_since_epoch()} - offset_;
  const auto info = zone_->get_info(local);
  if (info.result == date::local_info::nonexistent)
    return info.second.begin;
  return instant{local.time_since_epoch()} - info.first.offset;
}

std::string person_clock::say(instant at) const {
  const auto time = local(at);
  const auto day = date::floor<date::days>(time);
  const auto parts = date::hh_mm_ss{time - day};
  const auto hour = parts.hours().count();
  std::ostringstream out;
  out << date::format("%A, %B ", day) << static_cast<unsigned>(date::year_month_day{day}.day()) << " at "
      << (hour % 12 == 0 ? 12 : hour % 12) << ':' << (parts.minutes().count() < 10 ? "0" : "")
      << parts.minutes().count() << (hour < 12 ? " AM" : " PM");
  return out.str();
}

std::vector<std::string> person_clock::work_days(local_days from, int count) const {
  std::vector<std::string> result;
  for (auto day = from + date::days{1}; static_cast<int>(result.size()) < count; day += date::days{1})
    if (is_work_day(day))
      result.push_back(to_iso_date(day));
  return result;
}

spoken_time hear_time(std::string_view words, const person_clock& clock) {
  const word_list list{words};
  spoken_time result;
  const auto first = [](auto& place, const auto& value) {
    if (!place && value)
      place = value;
  };
  for (size_t i = 0; i < list.words.size(); ++i) {
    first(result.from_now, delay_at(list, i));
    first(result.day, day_at(list, i, clock));
    first(result.time_of_day, time_at(list, i));
  }
  if (result.time_of_day)
    return result;
  for (const auto& word : list.words) {
    const auto part = word == "morning"     ? 9h
                      : word == "noon"      ? 12h
                      : word == "lunch"     ? 13h
                      : word == "afternoon" ? 13h
                      : word == "evening"   ? 17h
                                            : 0h;
    if (part > 0h) {
      result.time_of_day = part;
      result.roughly = word != "noon";
    }
  }
  return result;
}

instant resolve(const spoken_time& spoken, const person_clock& clock) {
  if (spoken.from_now)
    return clock.now() + *spoken.from_now;
  const auto local_now = clock.local(clock.now());
  // A caller says ten o'clock, not eight minutes past.
  const auto same_time = date::round<minutes>(local_now - clock.today()) / 30min * 30min;
  const auto time = spoken.time_of_day.value_or(same_time);
  auto day = spoken.day.value_or(clock.today());
  if (!spoken.day && (!spoken.time_of_day || day + time <= local_now))
    do
      day += date::days{1};
    while (!is_work_day(day));
  if (day + time <= local_now) // "today at nine", said at ten
    day += date::days{1};
  return clock.at(local_seconds{day + time});
}

std::optional<instant> choose_slot(std::string_view words, const std::vector<instant>& proposed,
                                   const std::vector<instant>& all, const person_clock& clock) {
  if (proposed.empty())
    return std::nullopt;
  const auto heard = as_words(words);
  const auto spoken = hear_time(words, clock);
  const auto fits = [&](instant slot) {
    const auto local = clock.local(slot);
    const auto day = date::floor<date::days>(local);
    if (spoken.day && *spoken.day != day)
      return false;
    if (!spoken.time_of_day)
      return true;
    const auto time = local - day;
    return spoken.roughly ? time >= *spoken.time_of_day && time < *spoken.time_of_day + 5h
                          : time == *spoken.time_of_day;
  };
  if (!spoken.empty() && !spoken.from_now) {
    for (const auto* slots : {&proposed, &all})
      if (const auto slot = std::find_if(slots->begin(), slots->end(), fits); slot != slots->end())
        return *slot;
    return std::nullopt;
  }
  if (has_any(heard, {"neither", "none", "no", "not", "cant", "doesnt", "dont"}))
    return std::nullopt;
  if (has_any(heard, {"second", "second one"}) && !has_any(heard, {"a second", "one second"}))
    return proposed[std::min<size_t>(1, proposed.size() - 1)];
  if (has_any(heard, {"third", "third one"}))
    return proposed[std::min<size_t>(2, proposed.size() - 1)];
  if (has_any(heard, {"last", "last one", "latest", "later one"}))
    return proposed.back();
  // The hour alone, as in "ten is fine".
  const word_list list{words};
  for (const auto& word : list.words)
    if (const auto hour = number(word); hour && *hour > 0)
      for (const auto slot : proposed)
        if (word != "one"
            && clock.local(slot) - date::floor<date::days>(clock.local(slot)) == on_the_clock(*hour, 0, ""))
          return slot;
  if (has_any(heard,
              {"first", "earliest", "either", "any",  "both",  "whichever", "yes",   "yeah",    "yep",     "sure",
               "okay",  "ok",       "fine",   "good", "great", "perfect",   "works", "alright", "lets do", "book it"}))
    return proposed.front();
  return std::nullopt;
}

std::string to_iso(instant at) {
  return date::format("%FT%TZ", at);
}

std::optional<instant> parse_instant(std::string_view iso) {
  for (const char* form : {"%FT%TZ", "%FT%T%Ez"}) {
    std::istringstream in{std::string{iso}};
    date::sys_time<std::chrono::milliseconds> at;
    in >> date::parse(form, at);
    if (!in.fail() && in.peek() == std::istringstream::traits_type::eof())
      return date::floor<std::chrono::seconds>(at);
  }
  return std::nullopt;
}

std::string to_iso_date(local_days day) {
  return date::format("%F", day);
}

} // namespace parley::sandbox::model
