// The part of the gate that waiting changes: hours, days off, caps.
#include "actors/compliance/gate_run.hpp"

#include <algorithm>

namespace parley {

namespace {

constexpr const char* recommended_source = "setting: recommended hours and caps";
constexpr const char* campaign_source = "setting: the campaign's own";

std::string city_of(const time_zone& zone) {
  std::string name{name_of(zone)};
  name.erase(0, name.rfind('/') + 1);
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string day_word(std::chrono::local_days date) {
  static constexpr std::array words{"Sundays",   "Mondays", "Tuesdays", "Wednesdays",
                                    "Thursdays", "Fridays", "Saturdays"};
  return words[std::chrono::weekday{date}.c_encoding()];
}

/// Both lists in order, an attempt that stands in both once.
std::vector<wall_time> all_of(const std::vector<wall_time>& a, const std::vector<wall_time>& b) {
  std::vector<wall_time> out;
  out.reserve(a.size() + b.size());
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

} // namespace

bool gate_run::check_layer(const char* rule, const weekly_hours& hours, const std::string& who,
                           const std::string& source) {
  for (const auto* zone : where().zones) {
    const auto [date, time] = local_time(*zone, now_);
    const auto& today = hours.on(std::chrono::weekday{date});
    if (!today.contains(time)) {
      fail(rule, gate_reason::hours,
           "It is " + to_clock(time) + " in " + city_of(*zone) + "; " + who + " allow on " + day_word(date) + ": "
             + to_string(today) + ".",
           source);
      return false;
    }
  }
  pass(rule, {}, source);
  return true;
}

void gate_run::check_hours() {
  const auto& federal = rules_.federal();
  bool all = check_layer("hours_federal", federal.hours, "federal rules", federal.source);
  for (const auto* state : where().states)
    all &= check_layer("hours_state", state->hours, "the rules of " + state->name, state->source);
  if (policy_.recommended_hours)
    all &= check_layer("hours_recommended", rules_.recommended().hours, "the recommended hours", recommended_source);
  if (input_.campaign_hours)
    all &= check_layer("hours_campaign", *input_.campaign_hours, "the campaign's hours", campaign_source);
  const auto holiday_now = [&] {
    return std::any_of(where().zones.begin(), where().zones.end(), [&](const auto* zone) {
      const auto date = local_time(*zone, now_).date;
      return std::any_of(where().states.begin(), where().states.end(),
                         [&](const auto* state) { return state->holidays.on(date); });
    });
  };
  // The clocks on the wall show a lawful hour, but it is one that they show
  // twice, and hours that begin in it mean the second time.
  if (all && !windows_->lawful_end(now_) && !holiday_now())
    fail("hours_federal", gate_reason::hours, "The clocks show this hour twice, and calls begin the second time.",
         federal.source);
}

void gate_run::check_holidays() {
  constexpr const char* rule = "holiday";
  for (const auto* state : where().states) {
    if (state->holidays.empty())
      continue;
    const holiday* found = nullptr;
    for (const auto* zone : where().zones) {
      const auto [date, time] = local_time(*zone, now_);
      const auto* today = state->holidays.on(date);
      if (today && !state->holiday_hours.contains(time))
        found = today;
    }
    if (!found)
      pass(rule, "No day off in " + state->name + ".", state->source);
    else if (state->holiday_hours.empty())
      fail(rule, gate_reason::holiday, "It is a day off in " + state->name + ": " + found->name + ".", state->source);
    else
      fail(rule, gate_reason::holiday,
           "It is a day off in " + state->name + " (" + found->name + "); calls are allowed from "
             + to_string(state->holiday_hours) + ".",
           state->source);
  }
}

void gate_run::check_caps() {
  // Who shares a number may be one person entered twice, so a cap per person
  // also counts what others' entries did to the number.
  const auto person = all_of(input_.attempts_to_person, input_.attempts_to_number);
  if (policy_.recommended_caps)
    for (const auto& cap : rules_.recommended().caps)
      check_cap("cap_person", gate_reason::cap_person, cap, person, "the person", recommended_source);
  for (const auto* state : where().states)
    for (const auto& cap : state->caps) {
      const bool number = cap.per == call_cap::subject::number;
      check_cap(number ? "cap_number" : "cap_person", number ? gate_reason::cap_number : gate_reason::cap_person, cap,
                number ? input_.attempts_to_number : person,
                number ? "the number (" + state->name + ")" : "the person (" + state->name + ")", state->source);
    }
  for (const auto& cap : input_.campaign_caps)
    check_cap("cap_campaign", gate_reason::cap_campaign, cap, input_.attempts_in_campaign, "the person in any campaign",
              campaign_source);
}

void gate_run::check_cap(const char* rule, gate_reason reason, const call_cap& cap,
                         const std::vector<wall_time>& attempts, std::string who, std::string source) {
  const auto free = free_at(cap, attempts);
  const auto limit = std::to_string(cap.calls_max) + " in " + std::to_string(cap.window.count()) + " hours";
  if (free <= now_)
    return pass(rule, "Calls to " + who + " stay within " + limit + ".", std::move(source));
  free_at_ = std::max(free_at_, free);
  fail(rule, reason, "Calls to " + who + " have reached the cap of " + limit + ".", std::move(source));
}

} // namespace parley
