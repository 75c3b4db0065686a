#include "tests/actors/world.hpp"

#include "actors/call/core.hpp"
#include "actors/campaign/core.hpp"
#include "actors/memory/memory.hpp"
#include "actors/shard/shard.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

template <class Message, class Self, class Handle>
auto pass_on(Self self, const Handle& to) {
  return [self, to](const Message& x) { return self->delegate(to(), x); };
}

shard_door::behavior_type door(shard_door::pointer self, world* w, uint16_t number) {
  guard(self);
  const auto inner = [w, number] { return w->inner[number]; };
  return {
    pass_on<carrier_event>(self, inner),
    [=](tell& x) {
      w->told.push_back(x);
      if (!w->through(x))
        return;
      if (x.to.kind == entity::call)
        w->to_calls.push_back({call_id{x.to.id}, std::move(x.what)});
      else
        caf::anon_send(inner(), std::move(x));
    },
    pass_on<campaign_command>(self, inner),
    pass_on<assign_manager>(self, inner),
    pass_on<find_slots>(self, inner),
    pass_on<hold_slot>(self, inner),
    pass_on<confirm_slot>(self, inner),
    pass_on<move_meeting>(self, inner),
    pass_on<cancel_meeting>(self, inner),
    pass_on<steer_call>(self, inner),
    pass_on<suppress_line>(self, inner),
    [](const retire_request&) {},
    pass_on<inspect_state>(self, inner),
    [](opposite_atom, const caf::actor&) {},
    [](tick_atom) {},
  };
}

compliance_actor::behavior_type fake_compliance(compliance_actor::pointer self, world* w) {
  guard(self);
  return {
    [=](const gate_check& x) -> caf::result<gate_answer> {
      if (w->compliance_silent)
        return caf::make_error(ec::abandoned);
      w->checks.push_back(x);
      return w->gate(w->checks.back());
    },
    [=](const recording_check& x) -> caf::result<recording_rule> {
      if (!w->hold_recording)
        return w->recording(x);
      w->recording_asked.emplace_back(self);
      return w->recording_asked.back().later();
    },
    [=](const find_call_time& x) -> caf::result<call_time> {
      w->times.push_back(x);
      if (w->hold_time) {
        w->time_asked.emplace_back(self);
        return w->time_asked.back().later();
      }
      return w->time(w->times.back());
    },
    [=](const inspect_state& x) -> caf::result<inspected_state> { // the question that is answered now
      w->time_asked.at(x.actor)(w->time(w->times.at(x.actor)));
      return inspected_state{"{}"};
    },
  };
}

crm_port::behavior_type fake_crm(crm_port::pointer self, world* w) {
  guard(self);
  return {
    [=](const find_contact&) -> caf::result<crm_contact> {
      if (!w->hold_crm)
        return crm_contact{};
      reply<crm_contact> answer{self};
      w->crm_asked.push_back(answer);
      return answer.later();
    },
    [=](const crm_activity&) -> caf::result<crm_written> {
      for (auto& [question, contact] : std::exchange(w->crm_answers, {}))
        w->crm_asked.at(question)(contact);
      return crm_written{"1"};
    },
    [](const search_contacts&) -> caf::result<crm_contacts> { return crm_contacts{}; },
  };
}

llm_port::behavior_type fake_llm(llm_port::pointer self, world* w) {
  guard(self);
  return {
    [=](const completion_request& x) -> caf::result<completion> {
      w->completions.push_back(x);
      if (w->completion_fails)
        return caf::make_error(ec::vendor_unavailable, std::string{"as the test wants"});
      completion out;
      out.text = w->completion_text;
      return out;
    },
  };
}

} // namespace

world::world() {
  context->shard_count = store.shards = shards;
  context->caller_number = "+12025550100";
  limits.calls_per_second = 1000;
  gate = [this](const gate_check&) {
    gate_answer out;
    out.verdict = dial_verdict::dialled;
    out.reason = "allowed";
    out.lawful_until = wall->now() + 1h;
    return out;
  };
  time = [](const find_call_time& x) {
    call_time out;
    out.possible = true;
    out.at = x.from;
    out.until = x.from + 1h;
    out.zone = "America/New_York";
    return out;
  };
  context->journal = sys.spawn(fake_journal, &store);
  context->compliance = sys.spawn(fake_compliance, this);
  context->crm = sys.spawn(fake_crm, this);
  context->llm = sys.spawn(fake_llm, this);
  pacing = sys.spawn(parley::pacer, context_ptr{context}, limits);
  context->pacer = pacing;
  context->memory = sys.spawn(parley::memory, context_ptr{context});
  for (uint16_t i = 0; i < shards; ++i)
    context->doors.push_back(sys.spawn(door, this, i));
  for (uint16_t i = 0; i < shards; ++i)
    inner.push_back(sys.spawn(shard, context_ptr{context}, i));
  settle();
}

world::~world() {
  hold_crm = hold_time = store.hold_enrolling = false;
  // Twice: the first round may wake somebody who then starts a worker.
  for (int round = 0; round < 2; ++round) {
    for (const auto& [id, entry] : tree.snapshot())
      if (auto handle = caf::actor_cast<caf::actor>(entry.address))
        caf::anon_send_exit(handle, caf::exit_reason::kill);
    settle();
  }
  // Not before: nobody may be woken from outside of an actor, and the dead are not.
  crm_asked.clear();
  time_asked.clear();
  store.held.clear();
  store.enrolling.clear();
  const auto stop = [this](const auto& handle) {
    caf::anon_send_exit(handle, caf::exit_reason::kill);
    settle();
  };
  stop(context->journal);
  stop(context->compliance);
  stop(context->crm);
  stop(context->llm);
  stop(context->pacer);
  stop(context->memory);
  for (const auto& x : context->doors)
    stop(x);
  context->doors.clear(); // each holds the context, and that the doors
  inner.clear();
  pacing = pacer_actor{};
  while (coordinator.trigger_timeout())
    settle();
}

campaign_policy world::policy(uint64_t n) const {
  campaign_policy p;
  p.campaign = campaign_id{uuid{n, n}};
  p.name = "campaign " + std::to_string(n);
  p.company = "Northwind";
  p.min_probability = 0;
  return p;
}

campaign_id world::make_campaign(const campaign_policy& policy) {
  append batch;
  batch.streams.push_back(aggregate<campaigns::core>::birth(policy.campaign, stream_kind::campaign,
                                                            {campaigns::campaign_created{policy, json::object(), {}}},
                                                            wall->now(), batch.rows));
  store.write(batch);
  return policy.campaign;
}

prospect_id world::make_prospect(uint64_t n, const std::string& phone, std::vector<campaign_id> campaigns) {
  prospect_row r;
  r.id = prospect_id{uuid{1000 + n, (n << 16) | context->hasher.line(phone).home()}};
  r.name = "Ann Lee";
  r.phone = phone;
  store.prospects[r.id] = r;
  for (const auto& campaign : campaigns)
    list(r.id, campaign);
  return r.id;
}

void world::list(prospect_id prospect, campaign_id campaign) {
  enrolment_row row;
  row.campaign = campaign;
  row.prospect = prospect;
  store.enrolments.try_emplace({campaign, prospect}, row);
}

void world::answer_time(size_t question) {
  inspect_state which;
  which.actor = question;
  tell(context->compliance, which);
}

void world::answer_crm(size_t question, crm_contact contact) {
  crm_answers.emplace_back(question, std::move(contact));
  tell(context->crm, crm_activity{});
}

void world::release() {
  tell(context->journal, read_events{});
}

std::shared_ptr<answer<campaign_state>> world::command(campaign_id campaign, campaign_action action) {
  return ask<campaign_state>(context->door_of(campaign), campaign_command{campaign, action});
}

void world::order_to(entity kind, const uuid& id, order what) {
  tell(context->door_of(id), parley::tell{{kind, id}, 0, std::move(what)});
}

std::vector<call_id> world::begun() const {
  std::vector<call_id> out;
  for (const auto& x : to_calls)
    if (std::holds_alternative<start_call>(x.what))
      out.push_back(x.call);
  return out;
}

call_brief world::brief_of(call_id call) const {
  const auto& stream = store.streams.at(call);
  return calls::core::restore(json::parse(stream.state), json::parse(stream.personal_state)).brief;
}

void world::dialled(call_id call) {
  tell(context->pacer, slot_dialled{state_of(call).at("slot").get<slot_id>()});
}

void world::end(call_id call, disposition outcome, bool opted_out, bool created) {
  const auto& stream = store.streams.at(call);
  auto end = calls::end_of(calls::core::restore(json::parse(stream.state), json::parse(stream.personal_state)));
  end.outcome = outcome;
  end.opted_out = opted_out;
  end.created = created;
  end.at = wall->now();
  tell(context->pacer, return_slot{state_of(call).at("slot").get<slot_id>()});
  order_to(entity::prospect, end.prospect, end);
  order_to(entity::line, end.line, line_released{end});
}

} // namespace parley::test
