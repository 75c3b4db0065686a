// Doors and services of a node as others reach them. Some planted bugs live
// here: what a hop leaves out or says too early.
#include "tests/simulation/adapters.hpp"

namespace parley::simulation {
namespace {

/// Hands a request on and its answer back, both over a wire.
template <class Reply, class Request, class Self, class Handle>
auto hop(Self self, const Handle& to) {
  return [self, to](const Request& x) -> caf::result<Reply> {
    reply<Reply> answer{self};
    self->request(to(), caf::infinite, across_the_wire(self->system(), x))
      .then([self, answer](const Reply& y) { answer(across_the_wire(self->system(), y)); },
            [answer](caf::error& e) { answer(std::move(e)); });
    return answer.later();
  };
}

template <class Message, class Self, class Handle>
auto hand_on(Self self, const Handle& to) {
  return [self, to](const Message& x) { caf::anon_send(to(), across_the_wire(self->system(), x)); };
}

/// The opt-out of a call never reaches its line, nor its prospect.
bool forgets(tell& x) {
  if (auto* end = std::get_if<call_ended>(&x.what))
    end->opted_out = false;
  else if (auto* freed = std::get_if<line_released>(&x.what))
    freed->end.opted_out = false;
  else if (const auto* suppress = std::get_if<suppress_line>(&x.what); suppress && suppress->source != "command")
    return true;
  return false;
}

/// The dial is asked of a line that no other person has.
void split_line(tell& x) {
  if (auto* request = std::get_if<dial_request>(&x.what)) {
    request->line.high ^= request->brief.person.id.high;
    x.to.id = request->line;
  }
}

} // namespace

shard_door::behavior_type door_hop(shard_door::pointer self, outside* o, std::function<shard_door()> inner) {
  guard(self);
  const auto steer = hop<call_steered, steer_call>(self, inner);
  const auto suppress = hop<line_settled, suppress_line>(self, inner);
  const auto confirm = hop<slot_confirmed, confirm_slot>(self, inner);
  return {
    hand_on<carrier_event>(self, inner),
    [=](const tell& sent) {
      auto x = across_the_wire(self->system(), sent);
      if (o->has(bug::forget_opt_out) && forgets(x))
        return;
      if (o->has(bug::line_per_person))
        split_line(x);
      caf::anon_send(inner(), std::move(x));
    },
    hop<campaign_state, campaign_command>(self, inner),
    hop<manager_assigned, assign_manager>(self, inner),
    hop<free_slots, find_slots>(self, inner),
    hop<slot_held, hold_slot>(self, inner),
    [=](const confirm_slot& x) -> caf::result<slot_confirmed> {
      if (!o->has(bug::book_unconfirmed))
        return confirm(x);
      return slot_confirmed{across_the_wire(self->system(), x).meeting};
    },
    hop<meeting_changed, move_meeting>(self, inner),
    hop<meeting_changed, cancel_meeting>(self, inner),
    [=](const steer_call& x) -> caf::result<call_steered> {
      if (!o->has(bug::hang_up_unstored) || x.what != call_order::hang_up)
        return steer(x);
      caf::anon_send(inner(), across_the_wire(self->system(), x));
      return call_steered{x.call, "The call is being hung up."};
    },
    [=](const suppress_line& x) -> caf::result<line_settled> {
      if (!o->has(bug::settle_unasked))
        return suppress(x);
      caf::anon_send(inner(), across_the_wire(self->system(), x));
      return line_settled{x.line, {}, true};
    },
    hand_on<retire_request>(self, inner),
    hop<inspected_state, inspect_state>(self, inner),
    [](opposite_atom, const caf::actor&) {}, // there is one node
    [=](tick_atom) { caf::anon_send(inner(), tick_atom::value); },
  };
}

pacer_actor::behavior_type pacer_hop(pacer_actor::pointer self, outside* o, pacer_actor real) {
  guard(self);
  const auto to = [real] { return real; };
  const auto gate = hop<campaign_gated, gate_campaign>(self, to);
  return {
    hop<slot_grant, slot_request>(self, to),
    hop<slot_used, use_slot>(self, to),
    [=](const slot_dialled& x) {
      caf::anon_send(real, across_the_wire(self->system(), x));
      if (o->has(bug::return_slot_early))
        caf::anon_send(real, return_slot{x.slot});
    },
    [=](const return_slot& x) {
      if (!o->has(bug::leak_slot))
        caf::anon_send(real, across_the_wire(self->system(), x));
    },
    [=](const gate_campaign& x) -> caf::result<campaign_gated> {
      if (o->has(bug::ignore_pause) && !x.open)
        return campaign_gated{x.campaign, false};
      return gate(x);
    },
    [=](const adopt_slots& x) {
      if (!o->has(bug::forget_slots))
        caf::anon_send(real, across_the_wire(self->system(), x));
    },
    hand_on<hold_dials>(self, to),
    hand_on<open_dials>(self, to),
    hop<dials_settled, settle_dials>(self, to),
    [](tick_atom) {},
    hop<inspected_state, inspect_state>(self, to),
  };
}

memory_actor::behavior_type memory_hop(memory_actor::pointer self, memory_actor real) {
  guard(self);
  const auto to = [real] { return real; };
  return {hop<recollection, recall>(self, to), hop<emails_remembered, remember_emails>(self, to),
          hop<inspected_state, inspect_state>(self, to)};
}

compliance_actor::behavior_type compliance_hop(compliance_actor::pointer self, outside* o, compliance_actor real) {
  guard(self);
  const auto to = [real] { return real; };
  const auto check = hop<gate_answer, gate_check>(self, to);
  const auto find_time = hop<call_time, find_call_time>(self, to);
  return {
    [=](const gate_check& x) -> caf::result<gate_answer> {
      if (!o->has(bug::skip_gate) && !o->has(bug::ignore_hours))
        return check(x);
      gate_answer all_well;
      all_well.verdict = dial_verdict::dialled;
      all_well.reason = "allowed";
      all_well.lawful_until = x.now + std::chrono::hours{1};
      return all_well;
    },
    [=](const find_call_time& x) -> caf::result<call_time> {
      if (!o->has(bug::ignore_hours))
        return find_time(x);
      call_time at_once;
      at_once.possible = true;
      at_once.at = x.from;
      at_once.until = x.from + std::chrono::hours{1};
      at_once.zone = "America/New_York";
      return at_once;
    },
    hop<recording_rule, recording_check>(self, to),
    hop<inspected_state, inspect_state>(self, to),
  };
}

} // namespace parley::simulation
