#include "tests/simulation/checks.hpp"

#include "actors/call/call.hpp"
#include "actors/campaign/campaign.hpp"
#include "actors/campaign_shard/campaign_shard.hpp"
#include "actors/diary/diary.hpp"
#include "actors/line/line.hpp"
#include "actors/prospect/prospect.hpp"
#include "runtime/json.hpp"
#include "tests/support/replay.hpp"

#include <date/tz.h>

namespace parley::simulation {

using namespace std::chrono_literals;

const std::vector<place>& places() {
  static const std::vector<place> all{{"+1614", "America/New_York", 8, 21},
                                      {"+1720", "America/Denver", 8, 21},
                                      {"+1312", "America/Chicago", 9, 21},
                                      {"+1503", "America/Los_Angeles", 8, 20}};
  return all;
}

/// The hour that clocks show there.
static int hour_at(const std::string& zone, wall_time t) {
  const auto local
    = date::make_zoned(zone, date::sys_time<std::chrono::milliseconds>{t.time_since_epoch()}).get_local_time();
  return static_cast<int>((local - date::floor<date::days>(local)) / 1h);
}

// --- each dial -----------------------------------------------------------------------

void checks::check_law(const originate& x) {
  for (const auto& there : places())
    if (x.to.starts_with(there.area)) {
      const auto hour = hour_at(there.zone, o_.wall());
      if (hour < there.from_hour || hour >= there.until_hour)
        o_.broke(promise::lawful, "call " + to_string(x.call) + " to " + x.to + " outside the law's hours, at "
                                    + std::to_string(hour) + " o'clock there");
    }
}

/// As many calls as the carrier has channels, and as the campaign may have. A
/// slot outlives its call, so this holds for what the carrier sees, too.
void checks::check_at_once(call_id call, campaign_id campaign) {
  campaign_of_[call] = campaign;
  int32_t all = 1;
  int32_t own = 1;
  for (const auto& [sid, c] : phone_.calls())
    if (!c.ended) {
      ++all;
      own += campaign_of_[c.call] == campaign ? 1 : 0;
    }
  if (all > calls_at_once || own > calls_at_once_of[campaign])
    o_.broke(promise::limits, "call " + to_string(call) + " is number " + std::to_string(all)
                                + " at once at the carrier, number " + std::to_string(own) + " of its campaign");
}

void checks::on_creation(const originate& x) {
  const auto call = to_string(x.call);
  if (!may_dial(o_.wall(), x.not_after))
    o_.broke(promise::in_time, "call " + call + " was dialled after its not_after");
  if (!dialled_.insert(x.call).second)
    o_.broke(promise::one_dial, "call " + call + " was submitted twice");
  check_law(x);
  const auto stored = o_.store->ask(load_stream{x.call});
  if (stored->version == 0)
    return o_.broke(promise::known, "call " + call + " was dialled and is not in the journal");
  const auto state = json::parse(stored->state);
  const attempt_name name{state.at("prospect").get<prospect_id>(), state.at("campaign").get<campaign_id>(),
                          state.at("attempt").get<int32_t>()};
  if (left_alone_.contains(x.to))
    o_.broke(promise::left_alone, "call " + call + " to " + x.to + ", whose opt-out was acknowledged");
  if (closed_.contains(name.campaign))
    o_.broke(promise::orders_kept, "call " + call + " of a campaign whose pause or stop was acknowledged");
  check_at_once(x.call, name.campaign);
  attempt_of_[x.call] = name;
  if (first_at_.try_emplace(x.to, name.prospect).first->second != name.prospect)
    o_.hit("shared_number", "dial");
  if (!attempts_.try_emplace(name, x.call).second)
    o_.broke(promise::one_dial, "attempt " + std::to_string(name.number) + " to " + x.to
                                  + " was submitted twice: calls " + to_string(attempts_[name]) + " and " + call);
  // An attempt that certainly never reached the carrier has a number and does not count.
  if (const auto so_far = ++made_[{name.prospect, name.campaign}]; so_far > attempts_max)
    o_.broke(promise::limits, "call " + call + " is attempt " + std::to_string(so_far) + " that the carrier had");
  auto& before = creations_[name.prospect];
  before.push_back({o_.wall(), x.call});
  // The node counts from its decision, and a connection takes its time: what
  // it decided a day apart may reach the carrier that much less apart.
  const auto today
    = std::count_if(before.begin(), before.end(), [&](const auto& c) { return c.at > o_.wall() - (24h - 1min); });
  if (today > calls_per_person_day)
    o_.broke(promise::limits, "call " + call + " is number " + std::to_string(today) + " to this person in 24 hours");
}

void checks::on_ring(const phone_call& c) {
  for (const auto& [sid, other] : phone_.calls())
    if (sid != c.sid && other.to == c.to && !other.ended && other.status >= carrier_status::ringing)
      o_.broke(promise::one_ring, "number " + c.to + " rings twice at once: " + sid + " and " + c.sid);
  const auto name = attempt_of_.find(c.call);
  if (name == attempt_of_.end())
    return; // it was not known at its dial
  if (const auto& first = rang_.try_emplace(name->second, c.sid).first->second; first != c.sid)
    o_.broke(promise::one_ring, "attempt " + std::to_string(name->second.number) + " to " + c.to
                                  + " rings a second time: " + first + " and " + c.sid);
}

// --- at rest ---------------------------------------------------------------------------

template <class Core, class Actor, class State>
void checks::compare_live(const node& n, const caf::actor& handle, const std::string& what) {
  const auto* live = node::look<Actor, State>(handle);
  if (!live || !live->journal.loaded() || !live->journal.settled() || live->journal.version() == 0)
    return;
  const auto stored = o_.store->ask(load_stream{live->journal.stream()});
  // Where the journal did not answer, an actor ends, and what it had sent may be
  // stored after the next one has loaded: that one's next append is refused, and
  // it loads again.
  if (stored->version > live->journal.version() && !n.calm())
    return o_.hit("overtaken_actor", "journal_trouble");
  if (stored->version != live->journal.version())
    return o_.broke(promise::one_truth, what + " is at version " + std::to_string(live->journal.version())
                                          + ", stored is " + std::to_string(stored->version));
  if (Core::public_part(live->journal.state()) != json::parse(stored->state))
    o_.broke(promise::one_truth, what + " lives in another state than is stored");
}

void checks::at_rest(const node& n) {
  std::set<slot_id> out;
  for (const auto& [slot, x] : n.pacer().held)
    out.insert(slot);
  const auto& m = *n.pacer().metrics;
  if (const auto counted = m.granted.Value() + m.adopted.Value() - m.returned.Value();
      counted != static_cast<double>(out.size()))
    o_.broke(promise::slots,
             "slots: granted less returned is " + std::to_string(counted) + ", held are " + std::to_string(out.size()));
  // The slot audit puts right what it finds. Where the journal refused, hung or
  // was slow, actors die and leave slots behind, which it is there for; else
  // nobody may have lost one.
  const auto lost = m.leaked.Value() + m.missing.Value();
  if (std::exchange(slots_lost_, lost) < lost) {
    o_.hit("slots_put_right", n.quiet() ? "quiet" : "journal_trouble");
    if (n.quiet())
      o_.broke(promise::slots, "the slot audit found " + std::to_string(static_cast<int>(m.leaked.Value()))
                                 + " leaked and " + std::to_string(static_cast<int>(m.missing.Value()))
                                 + " missing slots although the journal gave no trouble");
  }
  for (uint16_t i = 0; i < o_.store->shards(); ++i) {
    const auto* shard = n.shard(i);
    if (!shard)
      return;
    for (const auto& [key, child] : shard->children) {
      const auto what = std::string{to_string(key.kind)} + " " + to_string(key.id);
      switch (key.kind) {
        case entity::campaign:
          compare_live<campaigns::core, campaign_actor, campaign_actor_state>(n, child.handle, what);
          break;
        case entity::prospect:
          compare_live<prospects::core, prospect_actor, prospect_state>(n, child.handle, what);
          break;
        case entity::line: compare_live<lines::core, line_actor, line_state>(n, child.handle, what); break;
        case entity::diary: compare_live<diaries::core, diary_actor, diary_state>(n, child.handle, what); break;
        case entity::call: {
          compare_live<calls::core, call_actor, call_state>(n, child.handle, what);
          const auto* live = node::look<call_actor, call_state>(child.handle);
          if (n.quiet() && live && live->journal.loaded() && live->journal.settled()
              && !live->journal.state().sid.empty() && live->journal.state().phase != calls::phase::ended
              && !live->journal.state().slot_returned && !out.contains(live->journal.state().slot))
            o_.broke(promise::slots, what + " is up and its slot is not held");
          break;
        }
        default: break;
      }
    }
  }
}

} // namespace parley::simulation
