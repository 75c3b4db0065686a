// What must hold once everything is over, and what is not over yet.
#include "actors/call/call.hpp"
#include "actors/campaign/core.hpp"
#include "actors/campaign_shard/campaign_shard.hpp"
#include "actors/diary/core.hpp"
#include "actors/line/core.hpp"
#include "actors/prospect/prospect.hpp"
#include "runtime/journal/replay.hpp"
#include "runtime/json.hpp"
#include "tests/simulation/checks.hpp"

#include <algorithm>

namespace parley::simulation {

std::vector<call_id> checks::unresolved() {
  std::vector<call_id> out;
  for (uint16_t i = 0; i < o_.store->shards(); ++i)
    for (const auto& open : o_.store->look(find_open_calls{i}).calls)
      if (json::parse(o_.store->look(load_stream{open.call}).state).at("phase") == json(calls::phase::unresolved))
        out.push_back(open.call);
  return out;
}

std::string checks::unfinished(const node& n) {
  size_t open = 0;
  for (uint16_t i = 0; i < o_.store->shards(); ++i)
    open += o_.store->look(find_open_calls{i}).calls.size();
  std::string out;
  const auto add = [&](size_t count, const char* what) {
    if (count > 0)
      out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  };
  add(open, "calls open in the journal");
  add(phone_.open(), "calls open at the carrier");
  add(o_.deliveries.size(), "deliveries waiting");
  add(o_.parked.size(), "deliveries parked");
  add(o_.calendar_differs ? 1 : 0, "calendar changed by hand");
  add(n.pacer().held.size(), "slots held");
  for (const auto& row : o_.store->look(load_campaigns{}).rows)
    if (row.status != campaign_status::stopped && row.status != campaign_status::completed)
      out += (out.empty() ? "" : ", ") + (row.name + " is " + std::string{to_string(row.status)});
  return out;
}

std::string checks::who_waits(const node& n) const {
  std::string out;
  for (uint16_t i = 0; i < o_.store->shards(); ++i) {
    const auto* shard = n.shard(i);
    if (!shard)
      continue;
    for (const auto& [key, child] : shard->children) {
      out += "\n    shard " + std::to_string(i) + ": " + std::string{to_string(key.kind)} + " " + to_string(key.id);
      if (const auto* part = node::look<campaign_shard_actor, campaign_shard_state>(child.handle))
        out += ": " + std::to_string(part->asleep) + " asleep, " + std::to_string(part->awake.size()) + " awake, "
               + std::to_string(part->calls.size()) + " calls" + (part->enrolling ? ", enrolling" : "");
      else if (const auto* person = node::look<prospect_actor, prospect_state>(child.handle))
        out += std::string{": waits for "} + person->busy_with;
      else if (const auto* call = node::look<call_actor, call_state>(child.handle))
        out += ": " + std::string{to_string(call->journal.state().phase)};
    }
  }
  return out;
}

template <class Core>
void checks::check_replay(stream_kind kind) {
  for (const auto& id : o_.store->streams_of(kind)) {
    const auto stored = o_.store->ask(load_stream{id});
    const auto events = o_.store->ask(read_events{id});
    typename Core::state fresh{};
    if constexpr (requires { fresh.id; })
      fresh.id = decltype(fresh.id){id};
    const auto again = replayed<Core>(std::move(fresh), events->events);
    const auto personal = stored->personal_state.empty() ? json::object() : json::parse(stored->personal_state);
    if (whole<Core>(again) != json{{"public", json::parse(stored->state)}, {"personal", personal}})
      o_.broke(promise::one_truth, std::string{to_string(kind)} + " " + to_string(id)
                                     + ": its events come to another state than is stored");
  }
}

void checks::check_streams() {
  check_replay<campaigns::core>(stream_kind::campaign);
  check_replay<prospects::core>(stream_kind::prospect);
  check_replay<lines::core>(stream_kind::line);
  check_replay<calls::core>(stream_kind::call);
  check_replay<diaries::core>(stream_kind::diary);
}

/// The entries of the CRM under our own key.
std::vector<const crm_activity*> checks::entries_of(const node& n, const uuid& id) const {
  std::vector<const crm_activity*> out;
  const auto key = to_string(n.context().hasher.of("crm", to_string(id)));
  for (const auto& a : offices_.activities)
    if (a.what.key == key)
      out.push_back(&a.what);
  return out;
}

/// Each call of the journal has one end, and stands in the CRM once, with the
/// journal's disposition.
void checks::check_calls(const node& n) {
  for (const auto& id : o_.store->streams_of(stream_kind::call)) {
    const auto state = json::parse(o_.store->look(load_stream{id}).state);
    const auto events = o_.store->look(read_events{id}).events;
    const auto closed
      = std::count_if(events.begin(), events.end(), [](const auto& e) { return e.type == "call_closed"; });
    if (closed != 1)
      o_.broke(promise::one_end, "call " + to_string(id) + " was closed " + std::to_string(closed) + " times");
    if (state.at("outcome").get<disposition>() == disposition::none)
      o_.broke(promise::one_end, "call " + to_string(id) + " has no disposition");
    else
      check_outcome(call_id{id});
    const auto entries = entries_of(n, id);
    if (entries.size() != 1)
      o_.broke(promise::delivered,
               "call " + to_string(id) + " stands in the CRM " + std::to_string(entries.size()) + " times");
    else if (entries.front()->outcome != state.at("outcome").get<std::string>())
      o_.broke(promise::delivered, "call " + to_string(id) + " stands in the CRM as " + entries.front()->outcome);
  }
  for (const auto& [sid, c] : phone_.calls()) {
    const auto stored = o_.store->ask(load_stream{c.call});
    if (stored->version == 0) {
      o_.broke(promise::known, "the carrier's call " + sid + " is not in the journal");
      continue;
    }
    const auto state = json::parse(stored->state);
    // Of a call that an operator found placed, the end may stay unseen.
    if (state.at("sid") != sid && c.rang && !state.at("placed").get<bool>())
      o_.broke(promise::known, "the phone rang in " + sid + ", which the journal does not know of");
  }
}

/// Only their row among the due wakes people: whoever waits without one, and
/// without a call whose end would be told, is never called again.
void checks::check_due(bool over) {
  std::set<std::pair<campaign_id, prospect_id>> woken;
  for (uint16_t i = 0; i < o_.store->shards() && !over; ++i)
    for (const auto& open : o_.store->look(find_open_calls{i}).calls)
      woken.emplace(open.campaign, open.prospect);
  for (const auto& c : o_.store->look(load_campaigns{}).rows) {
    if (c.status == campaign_status::draft || c.status == campaign_status::stopped)
      continue;
    // A campaign that is completed has nobody left, whatever would wake them.
    for (uint16_t i = 0; i < o_.store->shards() && !over; ++i)
      for (const auto& person : o_.store->look(due_query{c.id, i, o_.wall() + std::chrono::days{366}, 1000}).due)
        woken.emplace(c.id, person);
    for (const auto& person : o_.store->look(load_targets{c.id, {}, 1000}).rows) {
      const auto x = o_.store->look(load_enrolment{c.id, person.id});
      const bool to_come = x.state == enrolment_state::listed && !over; // the campaign's part enrols them
      if (!is_final(x.state) && !to_come && !woken.contains({c.id, person.id}))
        o_.broke(promise::nobody_lost, "person " + to_string(person.id) + " is " + std::string{to_string(x.state)}
                                         + " in " + c.name + ", which is " + std::string{to_string(c.status)}
                                         + ", and nothing will wake them");
    }
  }
}

/// Changed by hand and over: nobody follows that any more.
bool checks::is_tidied(const meeting_row& meeting) const {
  return time_of(meeting).until <= o_.wall() && offices_.by_hand.contains(meeting.calendar_event_id);
}

/// Whether the calendars show the meetings as the journal does.
bool checks::calendar_differs() {
  for (const auto& m : o_.store->look(load_managers{}).rows)
    for (const auto& meeting : o_.store->look(load_meetings{{}, {}, m.id, {}, {}}).rows) {
      const auto event = offices_.events.find(meeting.calendar_event_id);
      const bool there = event != offices_.events.end();
      if (is_tidied(meeting))
        continue;
      if (there != (meeting.status != "cancelled") || (there && event->second.when != time_of(meeting)))
        return true;
    }
  return false;
}

/// Each meeting has one event while it stands, one object in the CRM, and one
/// mail per change; the first time there is the preparation besides.
void checks::check_meetings(const node& n) {
  std::set<std::string> events;
  std::set<std::string> mails;
  size_t in_crm = 0;
  for (const auto& m : o_.store->look(load_managers{}).rows)
    for (const auto& meeting : o_.store->look(load_meetings{{}, {}, m.id, {}, {}}).rows) {
      const auto id = to_string(meeting.id);
      const bool cancelled = meeting.status == "cancelled";
      const auto event = offices_.events.find(meeting.calendar_event_id);
      if (cancelled && event != offices_.events.end())
        o_.broke(promise::delivered, "meeting " + id + " was cancelled and is still in the calendar");
      if (!cancelled && !is_tidied(meeting)
          && (event == offices_.events.end() || event->second.when != time_of(meeting)))
        o_.broke(promise::delivered, "meeting " + id + " is not in the calendar as it is in the journal");
      events.insert(meeting.calendar_event_id);
      mails.insert({id + ".invite@parley", id + ".preparation@parley"});
      for (int32_t i = 1; i <= meeting.sequence; ++i)
        mails.insert(id + ".invite." + std::to_string(i) + "@parley");
      const auto entries = entries_of(n, meeting.id);
      in_crm += entries.size();
      const std::string outcome = cancelled ? "cancelled" : meeting.sequence > 0 ? "rescheduled" : "";
      if (entries.size() != 1)
        o_.broke(promise::delivered,
                 "meeting " + id + " stands in the CRM " + std::to_string(entries.size()) + " times");
      else if (entries.front()->outcome != outcome || (!cancelled && entries.front()->at != meeting.scheduled_at))
        o_.broke(promise::delivered, "meeting " + id + " is " + meeting.status + " and stands in the CRM as \""
                                       + entries.front()->outcome + "\" at " + to_iso(entries.front()->at));
    }
  for (const auto& [id, event] : offices_.events)
    if (!events.contains(id))
      o_.broke(promise::delivered, "the calendar has an event of ours without a meeting: " + id);
  for (const auto& [id, count] : offices_.mails)
    if (mails.erase(id) == 0)
      o_.broke(promise::delivered, "a mail belongs to no meeting: " + id);
  for (const auto& id : mails)
    o_.broke(promise::delivered, "a mail was never sent: " + id);
  const auto all = std::count_if(offices_.activities.begin(), offices_.activities.end(),
                                 [](const auto& a) { return a.what.kind == crm_activity_kind::meeting; });
  if (static_cast<size_t>(all) != in_crm)
    o_.broke(promise::delivered,
             "the CRM has " + std::to_string(all) + " meetings, of ours are " + std::to_string(in_crm));
}

void checks::at_end(const node& n) {
  at_rest(n);
  check_streams();
  check_calls(n);
  check_meetings(n);
  check_due(true);
}

} // namespace parley::simulation
