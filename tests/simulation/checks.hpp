#pragma once

#include "tests/simulation/node.hpp"

namespace parley::simulation {

/// Where a number is, and when it may be called there by law. Written down
/// apart from the rules that the node reads, so that it is a witness.
struct place {
  std::string area; ///< e.g. +1614
  std::string zone; ///< IANA
  int from_hour = 8;
  int until_hour = 21;
};
const std::vector<place>& places();

inline time_range time_of(const meeting_row& x) {
  return {x.scheduled_at, x.scheduled_at + std::chrono::minutes{x.duration_minutes}};
}

/// What must hold whatever goes wrong. Each finding goes to `outside::broke`.
class checks {
public:
  checks(outside& o, carrier& phone, vendors& offices);
  ~checks();

  // Limits that the campaigns were given.
  int32_t calls_per_person_day = 3;
  int32_t attempts_max = 3;
  int32_t calls_at_once = 4;
  std::map<campaign_id, int32_t> calls_at_once_of;
  /// How the person at a number talks.
  std::function<plot(const std::string& number)> plot_of = [](const auto&) { return plot::books; };

  // What a manager or a person was promised.
  void closed(campaign_id campaign) { closed_.insert(campaign); }
  void opened(campaign_id campaign) { closed_.erase(campaign); }
  void opted_out(const std::string& number) { left_alone_.insert(number); }
  void hung_up(call_id call);

  /// A dial has reached the carrier: may it?
  void on_creation(const originate& x);
  /// A phone begins to ring: no other call may be up there, nor have rung for
  /// the same attempt.
  void on_ring(const phone_call& c);
  /// An append was stored: its events come to the state that goes with them, a
  /// call ends once, and nobody is booked twice.
  void on_commit(const append& x);
  /// Nothing runs: live states are what is stored, and slots are where the
  /// open calls are.
  void at_rest(const node& n);
  /// A node begins.
  void reborn() { slots_lost_ = 0; }
  /// Everybody who is to be called has something that wakes them.
  /// @param over No call is up and no campaign runs any more.
  void check_due(bool over);
  /// Whether the calendars show other than the journal does.
  bool calendar_differs();
  /// Everything is over.
  void at_end(const node& n);
  /// Calls that wait for an operator's word.
  std::vector<call_id> unresolved();
  /// Everything that was begun has come to its end; else what has not.
  std::string unfinished(const node& n);
  /// Who lives in the node and what for.
  std::string who_waits(const node& n) const;

private:
  struct attempt_name {
    prospect_id prospect;
    campaign_id campaign;
    int32_t number = 0;
    auto operator<=>(const attempt_name&) const = default;
  };
  struct creation {
    wall_time at{};
    call_id call;
  };

  struct folds;

  void check_law(const originate& x);
  void check_at_once(call_id call, campaign_id campaign);
  template <class Core>
  void fold(const stream_write& write);
  void check_one_end(const stream_write& write);
  void check_booked(const meeting_row& meeting, bool fresh);
  std::vector<const crm_activity*> entries_of(const node& n, const uuid& id) const;
  void check_streams();
  bool is_tidied(const meeting_row& meeting) const;
  void check_meetings(const node& n);
  void check_calls(const node& n);
  void check_outcome(call_id call);
  template <class Core>
  void check_replay(stream_kind kind);
  template <class Core, class Actor, class State>
  void compare_live(const node& n, const caf::actor& handle, const std::string& what);

  outside& o_;
  carrier& phone_;
  vendors& offices_;
  std::set<campaign_id> closed_;
  std::set<std::string> left_alone_;
  std::map<attempt_name, call_id> attempts_;
  std::map<std::pair<prospect_id, campaign_id>, int32_t> made_; ///< calls that the carrier had
  std::map<prospect_id, std::vector<creation>> creations_;
  std::set<call_id> dialled_;
  std::map<call_id, attempt_name> attempt_of_;
  std::map<attempt_name, std::string> rang_;    ///< SID of its first ringing
  std::map<std::string, prospect_id> first_at_; ///< who was called first at a number
  std::map<call_id, campaign_id> campaign_of_;
  std::map<uuid, int> ends_; ///< of calls, so far
  std::unique_ptr<folds> folds_;
  double slots_lost_ = 0; ///< that the slot audit of this life found
};

} // namespace parley::simulation
