#include "actors/compliance/windows.hpp"

#include <algorithm>

namespace parley {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::weekday;

namespace {

template <class List, class T>
void add_once(List& list, T* x) {
  if (std::find(list.begin(), list.end(), x) == list.end())
    list.push_back(x);
}

unlocated unknown(unlocated::kind what, std::string sentence) {
  return {what, std::move(sentence)};
}

} // namespace

std::variant<candidates, unlocated>
locate(const calling_rules& rules, const phone_number& number, const address& where) {
  const auto* area = rules.area(number.area_code);
  if (!area || area->states.empty())
    return unknown(unlocated::kind::country, "There are no calling rules for numbers of country "
                                               + (number.country.empty() ? "?" : number.country) + ".");
  candidates out;
  if (!where.zone.empty()) {
    const auto* zone = find_zone(where.zone);
    if (!zone)
      return unknown(unlocated::kind::zone, "The person's time zone '" + where.zone + "' is not known.");
    out.zones.push_back(zone);
  }
  for (const auto* zone : area->zones)
    add_once(out.zones, zone);
  for (const auto* state : area->states)
    out.states.push_back(state);
  const auto add_state = [&, stated = where.zone.empty() ? nullptr : out.zones.front()](const state_rules* state) {
    add_once(out.states, state);
    const auto& zones = state->zones;
    if (!stated || std::find(zones.begin(), zones.end(), stated) == zones.end())
      for (const auto* zone : zones)
        add_once(out.zones, zone);
  };
  if (!where.state.empty()) {
    const auto* state = rules.state(where.state);
    if (!state)
      return unknown(unlocated::kind::state,
                     "There are no calling rules for state '" + where.state + "' of the person's address.");
    add_state(state);
  }
  if (!where.postal_code.empty()) {
    const auto states = rules.states_of_zip(where.postal_code);
    if (states.empty())
      return unknown(unlocated::kind::state,
                     "The postal code of the person's address is no ZIP code of a state that there are rules for.");
    for (const auto* state : states)
      add_state(state);
  }
  if (out.zones.empty())
    return unknown(unlocated::kind::zone, "The time zone of the number is not known.");
  return out;
}

calling_windows::calling_windows(candidates where, const weekly_hours& hours)
  : where_{std::move(where)}, hours_{hours} {
  for (const auto* state : where_.states)
    hours_ = hours_ & state->hours;
}

day_hours calling_windows::hours_on(local_days date) const {
  auto out = hours_.on(weekday{date});
  for (const auto* state : where_.states)
    if (!out.empty() && state->holidays.on(date))
      out = out & state->holiday_hours;
  return out;
}

std::optional<interval> calling_windows::next_in(const time_zone& zone, wall_time from, wall_time horizon) const {
  // Yesterday's hours may still run where clocks change at midnight.
  for (auto date = local_time(zone, from).date - days{1};; date += days{1}) {
    if (to_instant(zone, date, minutes{0}, reading::earlier) >= horizon)
      return std::nullopt;
    for (const auto& span : hours_on(date))
      if (const auto found = span_on(zone, date, span); found && found->end > from)
        return found;
  }
}

std::optional<interval> calling_windows::next_lawful(wall_time from, wall_time horizon) const {
  while (from < horizon) {
    interval common{from, wall_time::max()};
    for (const auto* zone : where_.zones) {
      const auto found = next_in(*zone, from, horizon);
      if (!found)
        return std::nullopt;
      common.begin = std::max(common.begin, found->begin);
      common.end = std::min(common.end, found->end);
    }
    if (common.begin >= horizon)
      return std::nullopt;
    if (common.begin < common.end)
      return common;
    // No zone has lawful hours that end between the two, so skip there.
    from = common.begin;
  }
  return std::nullopt;
}

std::optional<wall_time> calling_windows::lawful_end(wall_time at) const {
  const auto found = next_lawful(at, at + std::chrono::milliseconds{1});
  return found ? std::optional{found->end} : std::nullopt;
}

weekly_hours binding_hours(const calling_rules& rules, bool recommended, const weekly_hours* campaign) {
  auto out = rules.federal().hours;
  if (recommended)
    out = out & rules.recommended().hours;
  if (campaign)
    out = out & *campaign;
  return out;
}

} // namespace parley
