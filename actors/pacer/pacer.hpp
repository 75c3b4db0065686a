#pragma once

#include "actors/pacer/pacer_metrics.hpp"
#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <list>
#include <map>
#include <set>
#include <unordered_map>

namespace parley {

struct pacer_settings {
  double calls_per_second = 1.0;
  uint32_t calls_at_once = 20;
  uint32_t waiting_max = 10'000;
  std::chrono::milliseconds slot_expiry{20'000};
  std::chrono::milliseconds refusal_pause_max{60'000};

  void describe(settings::section& s) {
    using namespace std::chrono_literals;
    s.number("calls_per_second", calls_per_second, 0.01, 10'000.0, "calls/s",
             "Call starts per second (real time); the carrier's contract says how many.");
    s.number<uint32_t>("calls_at_once", calls_at_once, 1, 100'000, "calls",
                       "Calls up at the same time: the carrier's channels, the voice model's sessions.");
    s.number<uint32_t>("waiting_max", waiting_max, 1, 10'000'000, "requests", "Further requests are refused.");
    s.duration("slot_expiry", slot_expiry, 1s, 10min, "A granted slot must be dialled by then (real time).");
    s.duration(
      "refusal_pause_max", refusal_pause_max, 1s, 1h,
      "Where the carrier goes on refusing for the rate, the pause doubles up to this (real time); a longer one "
      "that the carrier names is kept.");
  }
};

/// The pacer with what its own node asks besides.
using checked_pacer_actor = pacer_actor::extend<
  // The slots of the journal's open calls, whole. What differs at two checks in
  // a row is put right: messages that were under way are there by then.
  caf::replies_to<check_slots>::with<slots_checked>>;

struct pacer_state {
  explicit pacer_state(checked_pacer_actor::pointer self) : self{self} {}

  caf::result<slot_grant> admit(const slot_request& request);
  caf::result<slot_used> use(const use_slot& order);
  void dialled(const slot_dialled& order);
  void give_back(slot_id slot);
  caf::result<campaign_gated> gate(const gate_campaign& order);
  caf::result<dials_settled> settle(const settle_dials& order);
  void adopt(const adopt_slots& order);
  void hold(const hold_dials& order);
  slots_checked check(const check_slots& open);
  void open(const open_dials& order);
  void turn();

  enum class stage : uint8_t { granted, used, busy };
  struct slot {
    campaign_id campaign;
    pacer_state::stage stage = stage::granted;
    caf::actor_clock::time_point expires;
    caf::actor_clock::time_point dial_until{}; ///< from then on no dial on it can reach the carrier
    bool settled = false;                      ///< what became of its dial is known
  };
  struct queued {
    slot_request request;
    reply<slot_grant> answer;
    caf::actor_clock::time_point until; ///< nobody waits for the answer any longer
  };
  struct share {
    bool open = true;
    uint32_t held = 0;
    std::list<queued> waiting; ///< oldest first
    std::unordered_map<prospect_id, std::list<queued>::iterator> places;
    std::vector<reply<campaign_gated>> closing; ///< answered when no slot can dial any more
  };

  struct settling {
    reply<dials_settled> answer;
    std::vector<slot_id> open;
    uint32_t unknown = 0;
  };

  checked_pacer_actor::pointer self;
  context_ptr ctx;
  pacer_settings limits;
  id_source ids{0};
  std::map<slot_id, slot> held; ///< every slot that is out: held = granted - returned
  std::map<campaign_id, share> campaigns;
  /// Each ends when its slots' time is over, and there are `waiting_max` at most.
  std::vector<settling> settlings;
  campaign_id last_served; ///< round robin goes on behind it
  uint32_t waiting = 0;
  bool dials_open = true; ///< false: who would dial is away
  caf::actor_clock::time_point next_start;
  // What the last check found wrong, once.
  std::set<slot_id> leak_suspects;
  std::set<slot_id> missing_suspects;
  // The carrier's refusals for the rate.
  std::chrono::milliseconds pause{0}; ///< the last one; 0: none, or forgotten
  caf::actor_clock::time_point pause_until;
  alarm timer;
  std::optional<pacer_metrics> metrics;
  static inline constexpr const char* name = "pacer";

private:
  std::chrono::milliseconds grown_pause(std::chrono::milliseconds asked) const;
  std::optional<queued> next_of(share& campaign);
  bool grant_one();
  void show() const;
  void revoke(const std::function<bool(const slot&)>& of_them);
  void answer_closing(share& campaign, campaign_id id);
  bool may_still_dial(const slot& x) const;
  bool is_unknown(const slot& x) const;
  void answer_settling();
};

/// Slots for call starts: as many at once as the carrier has channels, spaced
/// evenly to its calls per second (carriers count over a rolling second and
/// answer bursts with 429), taken in turns by the campaigns that wait.
///
/// A carrier that refuses for the rate is left alone for as long as it asks. A
/// refusal soon after such a pause shows that it was too short: the next one is
/// twice as long, up to `refusal_pause_max`. Refusals within a pause are of dials
/// that were under way already and show nothing. Once no refusal has come for as
/// long again as the pause was, and for the longest that a dial takes, the
/// next one counts as the first.
checked_pacer_actor::behavior_type
pacer(checked_pacer_actor::stateful_pointer<pacer_state> self, context_ptr ctx, pacer_settings limits);

} // namespace parley
