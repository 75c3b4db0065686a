#include "actors/line/line.hpp"

#include "runtime/telephony/dial_outcome.hpp"

namespace parley {

using namespace std::chrono_literals;

/// Requests that may wait for their turn at one number; people share a number
/// in twos and threes, not in dozens.
static constexpr size_t waiting_max = 16;

/// Sets a line's chance apart from that of other owners. Ids carry the time
/// besides, so that a run with the same seed repeats and another one differs.
static constexpr uint64_t line_salt = 0x6c696e655f696473;

/// Whatever ends us, no slot stays behind: a call that is not told to begin
/// never dials on it. In the destructor, because that also runs on a kill.
line_state::~line_state() {
  for (const auto& slot : slots)
    caf::anon_send(ctx->pacer, return_slot{slot});
}

void line_state::return_to_pacer(slot_id slot) {
  if (slots.erase(slot) > 0)
    self->send(ctx->pacer, return_slot{slot});
}

void line_state::start(context_ptr context, shard_door parent, line_id line) {
  ctx = std::move(context);
  door = std::move(parent);
  id = line;
  ids = id_source{ctx->seed_for(line) ^ line_salt};
  lines::state fresh;
  fresh.id = line;
  journal.load(
    self, ctx, line, stream_kind::line, std::move(fresh), [this](auto& effect) { perform(effect); },
    [this] {
      if (journal.state().call_up) // its end may have been told while nobody listened
        tell_to(self, *ctx, entity::call, *journal.state().call_up, ask_call_end{*journal.state().call_up});
      for (auto& order : std::exchange(before_load, {}))
        order();
    });
}

void line_state::receive(dial_request request) {
  ++handled;
  slots.insert(request.slot);
  if (!journal.loaded()) {
    before_load.push_back([this, request = std::move(request)]() mutable {
      --handled;
      receive(std::move(request));
    });
    return;
  }
  if (waiting.size() >= waiting_max) {
    return_to_pacer(request.slot);
    return; // the prospect asks again when its due row wakes it
  }
  waiting.push_back(std::move(request));
  if (!gating)
    next();
}

void line_state::next() {
  gating = false;
  while (!waiting.empty()) {
    const auto& request = waiting.front();
    if (auto answer = lines::answer_at_once(journal.state(), request, ctx->clock.now())) {
      refuse(*answer);
      continue;
    }
    gating = true;
    check_lists();
    return;
  }
  timer.set(self, 2s);
}

/// Answers the first request without the gate. The ledger shows why nothing
/// was dialled; a call that was begun before has its row already.
void line_state::refuse(const dial_answer& answer) {
  const auto& request = waiting.front();
  const auto now = ctx->clock.now();
  std::vector<row> rows;
  if (answer.verdict != dial_verdict::dialled)
    rows.push_back(lines::own_row(journal.state(), request, answer, ids.next<uuid>(now, id.home()), now));
  lines::decision d;
  d.effects = {lines::do_return_slot{request.slot}, lines::do_answer{answer}};
  journal.take(std::move(d), {}, std::move(rows));
  waiting.pop_front();
}

void line_state::check_lists() {
  self->request(ctx->journal, ctx->settings.journal_timeout, parley::check_lists{id, waiting.front().number})
    .then([this](const list_hits& lists) { check_gate(lists); },
          [this](const caf::error& e) { give_up(e, "lists_unreadable", "The do-not-call lists could not be read."); });
}

void line_state::check_gate(const list_hits& lists) {
  auto check = lines::gate_question(journal.state(), waiting.front(), lists, ctx->clock.now());
  self->request(ctx->compliance, ctx->settings.request_timeout, std::move(check))
    .then(
      [this](gate_answer& gate) {
        if (gate.verdict == dial_verdict::dialled)
          confirm_slot(std::move(gate));
        else
          finish(gate, false);
      },
      [this](const caf::error& e) { give_up(e, "gate_silent", "The gate did not answer."); });
}

void line_state::confirm_slot(gate_answer gate) {
  self->request(ctx->pacer, ctx->settings.request_timeout, use_slot{waiting.front().slot, {}})
    .then([this, gate](const slot_used&) { finish(gate, true); },
          [this, gate](const caf::error&) { finish(gate, false); });
}

void line_state::finish(const gate_answer& gate, bool slot_ok) {
  const auto now = ctx->clock.now();
  // A suppression may have come while the gate was asked.
  const bool suppressed = journal.state().suppressed_at && gate.verdict == dial_verdict::dialled;
  const auto verdict = suppressed ? lines::suppressed_meanwhile(gate, now) : gate;
  const auto call = ids.next<call_id>(now, id.home());
  const auto ledger = ids.next<uuid>(now, id.home());
  auto dial = lines::decide(journal.state(), waiting.front(), verdict, slot_ok, call, ledger, now, ctx->lease_end());
  journal.take(std::move(dial.what), std::move(dial.streams), std::move(dial.rows));
  waiting.pop_front();
  next();
}

void line_state::give_up(const caf::error& e, const char* reason, const char* sentence) {
  spdlog::warn("line {}: {} ({}); the prospect tries again later", to_string(id), reason, self->system().render(e));
  refuse(lines::without_gate(waiting.front(), reason, sentence, ctx->clock.now()));
  next();
}

void line_state::receive(const line_released& order) {
  ++handled;
  if (!journal.loaded()) {
    before_load.push_back([this, order] {
      --handled;
      receive(order);
    });
    return;
  }
  journal.take(lines::on_call_over(journal.state(), order.end, ctx->clock.now()));
  timer.set(self, 2s);
}

caf::result<line_settled> line_state::receive(const suppress_line& order) {
  ++handled;
  const reply<line_settled> answer{self};
  auto later = answer.later();
  if (journal.loaded())
    suppress(order, answer);
  else
    before_load.push_back([this, order, answer] { suppress(order, answer); });
  return later;
}

void line_state::suppress(const suppress_line& order, const reply<line_settled>& answer) {
  journal.take(lines::suppress(journal.state(), order, ctx->clock.now()));
  timer.set(self, 2s);
  if (order.remove)
    answer(line_settled{id, journal.state().call_up, true});
  else if (answer.pending()) // nobody waits where it was told
    settle(answer);
}

/// What waits for its turn or its gate is refused from now on, so there is at
/// most the dial of the call that is up. The pacer knows how far that is: the
/// call tells it what came of the dial, and each slot's time runs out. A dial whose
/// time is over is asked for all the same: nobody may know what became of it.
void line_state::settle(const reply<line_settled>& answer) {
  const auto& s = journal.state();
  const auto now = ctx->clock.now();
  if (!s.call_up)
    return answer(line_settled{id, {}, true});
  ++settling;
  const auto done = [this, answer, asked = s.call_up](bool known) {
    --settling;
    const auto& up = journal.state().call_up;
    answer(line_settled{id, up, known || up != asked}); // it may have ended meanwhile
  };
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(ctx->clock.real(s.dial_until - now));
  self->request(ctx->pacer, std::max(left, 0ms) + ctx->settings.request_timeout, settle_dials{{s.dial_slot}})
    .then([done](const dials_settled& x) { done(x.unknown == 0); }, [done](const caf::error&) { done(false); });
}

/// Asks to be let go until the door does so: an order may be on its way.
void line_state::rest() {
  if (journal.loaded() && journal.settled() && waiting.empty() && !gating && settling == 0)
    self->send(door, retire_request{{entity::line, id}, handled});
  timer.set(self, 5s);
}

void line_state::perform(lines::core::effect& effect) {
  if (auto* start = std::get_if<lines::do_start_call>(&effect)) {
    slots.erase(start->slot);
    // Suppressed while the intent was stored: told to end first, the call ends
    // as never created instead of being dialled.
    if (journal.state().suppressed_at)
      tell_to(self, *ctx, entity::call, start->call, end_call{start->call, false, "the number is not to be called"});
    tell_to(self, *ctx, entity::call, start->call, start_call{start->call, start->not_after});
  } else if (auto* answer = std::get_if<lines::do_answer>(&effect)) {
    tell_to(self, *ctx, entity::prospect, answer->answer.prospect, std::move(answer->answer));
  } else if (auto* slot = std::get_if<lines::do_return_slot>(&effect)) {
    return_to_pacer(slot->slot);
  }
}

line_actor::behavior_type line(line_actor::stateful_pointer<line_state> self, context_ptr ctx, shard_door parent,
                               caf::actor_id parent_id, line_id id) {
  begin(self, ctx, parent_id, line_state::name, to_string(id));
  self->state.start(std::move(ctx), std::move(parent), id);
  return {
    [self](dial_request& x) { self->state.receive(std::move(x)); },
    [self](const line_released& x) { self->state.receive(x); },
    [self](const suppress_line& x) { return self->state.receive(x); },
    [self](tick_atom) {
      if (self->state.timer.rings(self->clock().now()))
        self->state.rest();
    },
    [self](retire_atom) { self->quit(); },
    [self](const inspect_state&) -> caf::result<inspected_state> {
      const auto& s = self->state;
      return inspected_state{json{
        {"state", lines::core::public_part(s.journal.state())},
        {"version", s.journal.version()},
        {"waiting",
         s.waiting.size()}}.dump()};
    },
  };
}

} // namespace parley
