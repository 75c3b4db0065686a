#include "adapters/sandbox/scenario_reader.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace parley::sandbox {

using std::chrono::milliseconds;
using std::chrono::minutes;

bool matches(std::string_view pattern, std::string_view number) {
  if (pattern.empty())
    return number.empty();
  if (pattern.front() == '*')
    return matches(pattern.substr(1), number) || (!number.empty() && matches(pattern, number.substr(1)));
  return !number.empty() && (pattern.front() == '?' || pattern.front() == number.front())
         && matches(pattern.substr(1), number.substr(1));
}

namespace {

size_t telling(std::string_view pattern) {
  size_t count = 0;
  for (const char c : pattern)
    count += c != '*' && c != '?';
  return count;
}

constexpr std::array<std::string_view, 7> day_names{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

std::string read_pattern(scenario_reader& from, const toml::node& node, std::string_view key) {
  auto pattern = node.value<std::string>().value_or("");
  if (pattern.empty() || pattern.find_first_not_of("+0123456789?*") != pattern.npos)
    from.refuse(key, "a pattern has the characters +, 0-9, ? and *, such as \"+1212*\"");
  return pattern;
}

void read_territory(scenario_reader from, std::vector<territory>& out) {
  territory place;
  const auto zone = from.text("zone");
  try {
    place.zone = date::locate_zone(zone);
  } catch (const std::runtime_error&) {
    from.refuse("zone", "\"" + zone + "\" is no time zone of this system, such as \"America/Chicago\"");
  }
  place.open = from.time_of_day("open", "08:00");
  place.close = from.time_of_day("close", "21:00");
  if (place.open >= place.close)
    from.refuse("close", "must be later than open");
  std::istringstream days{from.text("days", "sun mon tue wed thu fri sat")};
  for (std::string day; days >> day;) {
    const auto at = std::find(day_names.begin(), day_names.end(), day);
    if (at == day_names.end())
      from.refuse("days", "\"" + day + "\" is none of sun mon tue wed thu fri sat");
    place.days[static_cast<size_t>(at - day_names.begin())] = true;
  }
  if (const auto* dates = from.array("closed"))
    for (const auto& day : *dates) {
      date::local_days closed;
      std::istringstream in{day.value<std::string>().value_or("")};
      if (!(in >> date::parse("%F", closed)))
        from.refuse("closed", "a day is written as \"2026-11-26\"");
      place.closed.push_back(closed);
    }
  const auto add = [&](std::string pattern) {
    place.pattern = std::move(pattern);
    out.push_back(place);
  };
  const auto before = out.size();
  if (const auto* codes = from.array("area_codes"))
    for (const auto& code : *codes) {
      const auto npa = code.value<int64_t>().value_or(0);
      if (npa < 200 || npa > 999)
        from.refuse("area_codes", "an area code is a number from 200 to 999");
      add("+1" + std::to_string(npa) + "*");
    }
  if (const auto* numbers = from.array("numbers"))
    for (const auto& number : *numbers)
      add(read_pattern(from, number, "numbers"));
  if (out.size() == before)
    from.refuse("", "says neither area_codes nor numbers, so it describes nobody");
  from.done();
}

persona_kind read_persona(const scenario_reader& from, std::string_view key, std::string_view name) {
  if (const auto kind = parse_persona(name))
    return *kind;
  std::string all;
  for (const auto known : persona_names)
    all += " " + std::string{known};
  from.refuse(key, "\"" + std::string{name} + "\" is none of" + all);
}

void read_people(scenario_reader from, people_script& out) {
  out.picks_up_later = from.number("picks_up_later", out.picks_up_later, 0, 1);
  out.eager_when_called_back = from.number("eager_when_called_back", out.eager_when_called_back, 0, 1);
  if (auto weights = from.table("weights")) {
    for (const auto& name : weights->keys()) {
      const auto kind = read_persona(*weights, "", name);
      out.weights[static_cast<size_t>(kind)] = weights->number(name, 0, 0, 1e6);
    }
    weights->done();
  }
  double sum = 0;
  for (const auto weight : out.weights)
    sum += weight;
  if (!(sum > 0))
    from.refuse("weights", "must give at least one persona a weight above 0");
  if (auto patterns = from.table("patterns"))
    for (const auto& pattern : patterns->keys()) {
      if (pattern.find_first_not_of("+0123456789?*") != pattern.npos)
        patterns->refuse(pattern, "a pattern has the characters +, 0-9, ? and *");
      out.patterns.emplace_back(pattern, read_persona(*patterns, pattern, patterns->text(pattern)));
    }
  from.done();
}

void read_carrier(scenario_reader from, carrier_script& out) {
  out.account_sid = from.text("account_sid");
  out.auth_token = from.text("auth_token");
  out.calls_per_second = from.number("calls_per_second", out.calls_per_second, 0.001, 1e6);
  out.ring_min = from.seconds("ring_seconds_min", out.ring_min);
  out.ring_max = from.seconds("ring_seconds_max", out.ring_max);
  if (out.ring_max < out.ring_min)
    from.refuse("ring_seconds_max", "must not be less than ring_seconds_min");
  if (auto faults = from.table("faults"))
    read_carrier_faults(std::move(*faults), out.faults);
  from.done();
}

} // namespace

const territory* territory_of(const std::vector<territory>& all, std::string_view number) {
  const territory* best = nullptr;
  for (const auto& place : all)
    if (matches(place.pattern, number) && (!best || telling(place.pattern) > telling(best->pattern)))
      best = &place;
  return best;
}

static bool is_open(const territory& place, date::local_time<milliseconds> local) {
  const auto day = date::floor<date::days>(local);
  const auto since_midnight = local - day;
  return place.days[date::weekday{day}.c_encoding()] && since_midnight >= place.open && since_midnight < place.close
         && std::find(place.closed.begin(), place.closed.end(), day) == place.closed.end();
}

bool may_call(const std::vector<territory>& all, std::string_view number, std::chrono::sys_time<milliseconds> at) {
  const auto* place = territory_of(all, number);
  return place && std::any_of(all.begin(), all.end(), [&](const territory& other) {
           return other.pattern == place->pattern
                  && is_open(other, other.zone->to_local(date::sys_time<milliseconds>{at.time_since_epoch()}));
         });
}

scenario parse_scenario(std::string_view text, std::string_view origin) {
  toml::table root;
  try {
    root = toml::parse(text, origin);
  } catch (const toml::parse_error& error) {
    std::ostringstream where;
    where << origin << ": line " << error.source().begin.line << ": " << error.description();
    throw scenario_error{where.str()};
  }
  scenario_reader top{root, "", origin};
  scenario out;
  for (auto& place : top.tables("hours"))
    read_territory(std::move(place), out.territories);
  auto people = top.table("people");
  if (!people)
    top.refuse("people", "is missing: say who picks up");
  read_people(std::move(*people), out.people);
  if (auto carrier = top.table("carrier"))
    read_carrier(std::move(*carrier), out.carrier);
  if (auto faults = top.table("faults"))
    read_vendor_faults(std::move(*faults), out.faults);
  top.done();
  return out;
}

scenario load_scenario(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  if (!in)
    throw scenario_error{file.string() + ": cannot be read"};
  return parse_scenario(text.str(), file.string());
}

} // namespace parley::sandbox
