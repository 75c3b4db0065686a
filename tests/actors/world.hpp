#pragma once

#include "actors/pacer/pacer.hpp"
#include "runtime/json.hpp"
#include "tests/actors/actor_fixture.hpp"
#include "tests/actors/fake_journal.hpp"

namespace parley::test {

/// The actors of campaigns over a store in memory: real shards, pacer and
/// memory; the ports, compliance and the calls are played by the test. A door
/// of the test's own stands before each shard and shows what goes through.
struct world : actor_fixture {
  static constexpr uint16_t shards = 2;

  world();
  ~world();

  fake_store store;
  pacer_settings limits;
  std::vector<shard_door> inner; ///< the shards themselves, behind the doors
  pacer_actor pacing;

  // What compliance says, and what it was asked.
  std::function<gate_answer(const gate_check&)> gate;
  std::function<call_time(const find_call_time&)> time;
  std::function<recording_rule(const recording_check&)> recording = [](const auto&) { return recording_rule{}; };
  std::vector<gate_check> checks;
  std::vector<find_call_time> times;
  bool compliance_silent = false;
  bool hold_time = false;
  std::vector<reply<call_time>> time_asked; ///< with `times`, while held
  bool hold_recording = false;
  std::vector<reply<recording_rule>> recording_asked; ///< while held; never answered
  void answer_time(size_t question);

  // The CRM.
  bool hold_crm = false;
  std::vector<reply<crm_contact>> crm_asked;
  std::vector<std::pair<size_t, crm_contact>> crm_answers;
  void answer_crm(size_t question, crm_contact contact);

  /// The language model's words, once `context->has_llm` is set.
  std::string completion_text;
  bool completion_fails = false;
  std::vector<completion_request> completions; ///< what it was asked

  /// Orders to calls, which the test plays.
  struct order_to_call {
    call_id call;
    order what;
  };
  std::vector<order_to_call> to_calls;
  /// Orders that went through a door and are still to come: false drops one.
  std::function<bool(const parley::tell&)> through = [](const auto&) { return true; };
  std::vector<parley::tell> told; ///< all that went through the doors

  campaign_policy policy(uint64_t n) const;
  /// Stores a draft campaign.
  campaign_id make_campaign(const campaign_policy& policy);
  campaign_id make_campaign(uint64_t n) { return make_campaign(policy(n)); }
  /// A person on a campaign's list, in the shard of their number.
  prospect_id make_prospect(uint64_t n, const std::string& phone, std::vector<campaign_id> campaigns);
  void list(prospect_id prospect, campaign_id campaign);

  /// Lets the store commit what it held, and end the enrolling that it held.
  void release();
  std::shared_ptr<answer<campaign_state>> command(campaign_id campaign, campaign_action action);
  void order_to(entity kind, const uuid& id, order what);

  campaign_status status(campaign_id campaign) const { return store.campaigns.at(campaign).status; }
  enrolment_row enrolment(campaign_id campaign, prospect_id prospect) const {
    return store.enrolments.at({campaign, prospect});
  }
  /// Calls that were told to begin, in order.
  std::vector<call_id> begun() const;
  /// The brief a call was born with.
  call_brief brief_of(call_id call) const;
  json state_of(const uuid& stream) const { return json::parse(store.streams.at(stream).state); }

  /// Plays the call: handed to the carrier, then over.
  void dialled(call_id call);
  void end(call_id call, disposition outcome, bool opted_out = false, bool created = true);
};

} // namespace parley::test
