#pragma once

#include "runtime/messages/calendar.hpp"
#include "runtime/messages/crm.hpp"
#include "runtime/messages/mail.hpp"
#include "tests/simulation/outside.hpp"

namespace parley::simulation {

/// CRM, calendars and mail boxes: what a vendor's own people would see.
struct vendors {
  struct activity {
    std::string id;
    crm_activity what;
  };
  struct appointment {
    time_range when;
    wall_time made{};
  };
  std::vector<activity> activities;                     ///< every object, also doubles
  std::map<std::string, put_event> events;              ///< by the id that the client chose
  std::map<std::string, uint32_t> mails;                ///< by message id: how often it came
  std::map<std::string, std::vector<appointment>> busy; ///< by calendar: what others put in
  std::set<std::string> by_hand;                        ///< events that their owner has moved or deleted

  /// As the adapters do: our own unique property is searched before a create,
  /// and a meeting that is there is changed.
  crm_written write(const crm_activity& x, bool search_first) {
    if (search_first)
      for (auto& known : activities)
        if (known.what.key == x.key) {
          if (x.kind == crm_activity_kind::meeting)
            known.what = x;
          return {known.id, "contact"};
        }
    activities.push_back({"activity-" + std::to_string(activities.size() + 1), x});
    return {activities.back().id, "contact"};
  }

  busy_times busy_of(const free_busy_query& x) const {
    busy_times out;
    if (const auto found = busy.find(x.calendar); found != busy.end())
      for (const auto& one : found->second)
        if (one.when.overlaps(x.range))
          out.busy.push_back(one.when);
    for (const auto& [id, event] : events)
      if (event.calendar == x.calendar && event.when.overlaps(x.range))
        out.busy.push_back(event.when);
    return out;
  }

  /// A write under our own id; what was done by hand before is gone with it.
  event_written put(const put_event& x) {
    events[x.event_id] = x;
    changes_.emplace_back(x.calendar, x.event_id);
    return {x.event_id, "https://calendar.example/" + x.event_id};
  }
  /// By value: a name that lives in the event itself goes with it.
  void take_out(std::string calendar, std::string event) {
    if (events.erase(event) > 0)
      changes_.emplace_back(std::move(calendar), std::move(event));
  }
  void move_by_hand(const std::string& event, time_range to) {
    auto& x = events.at(event);
    x.when = to;
    by_hand.insert(event);
    changes_.emplace_back(x.calendar, event);
  }
  void delete_by_hand(const std::string& event) {
    by_hand.insert(event);
    take_out(events.at(event).calendar, event);
  }

  /// Tokens count the changes of all calendars.
  event_changes changes_since(const list_changes& x, wall_time now) const {
    event_changes out;
    out.token = std::to_string(changes_.size() + 1);
    const auto from = x.token.empty() ? 0 : std::stoull(x.token) - 1;
    std::set<std::string> told;
    for (auto i = from; i < changes_.size(); ++i) {
      const auto& [calendar, id] = changes_[i];
      if (calendar != x.calendar || !told.insert(id).second)
        continue;
      const auto event = events.find(id);
      if (event == events.end())
        out.changes.push_back({id, true, {}, std::nullopt});
      else if (!x.token.empty() || event->second.when.until > now)
        out.changes.push_back({id, false, event->second.when, event->second.sequence});
    }
    return out;
  }

private:
  std::vector<std::pair<std::string, std::string>> changes_; ///< calendar and event, in order
};

} // namespace parley::simulation
