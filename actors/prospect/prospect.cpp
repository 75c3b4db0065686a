#include "actors/prospect/prospect.hpp"

#include "actors/memory/query.hpp"

namespace parley {

using namespace std::chrono_literals;

/// Real time after which a prospect that waits for an answer looks around:
/// its due row stays, so going back to sleep loses nothing.
static constexpr auto patience = 60s;

void prospect_state::start(context_ptr context, shard_door parent, prospect_id prospect) {
  ctx = std::move(context);
  door = std::move(parent);
  id = prospect;
  busy_since = self->clock().now();
  journal.load(
    self, ctx, prospect, stream_kind::prospect, prospects::state{prospect, {}, {}, false},
    [this](auto& effect) { perform(effect); },
    [this] {
      for (auto& order : std::exchange(before_load, {}))
        order();
    });
}

template <class Order>
bool prospect_state::too_early(Order& order) {
  if (journal.loaded())
    return false;
  before_load.push_back([this, order]() mutable {
    --handled;
    receive(std::move(order));
  });
  return true;
}

void prospect_state::set_busy(const char* what) {
  busy_with = what;
  busy_since = self->clock().now();
}

void prospect_state::receive(wake_prospect order) {
  ++handled;
  if (too_early(order))
    return;
  if (talks_elsewhere(order.policy.campaign)) {
    // One campaign at a time: the other one asks again in a while.
    const auto now = ctx->clock.now();
    journal.take(prospects::sleep(journal.state(), order.policy.campaign, now + 30min, "other_campaign",
                                  "Another campaign talks to this person at the moment.", now));
    return;
  }
  halted = false;
  const bool fresh = !policy;
  policy = std::move(order.policy);
  if (fresh) {
    ++turn;
    person.reset(); // another import may have changed it
    recalled.clear();
  }
  if (fresh || !*busy_with)
    continue_with();
}

void prospect_state::receive(const reopen_enrolment& order) {
  ++handled;
  if (too_early(order))
    return;
  auto decided = prospects::on_reopen(journal.state(), order.campaign, ctx->clock.now());
  if (!decided.events.empty())
    return journal.take(std::move(decided));
  const auto known = journal.state().campaigns.find(order.campaign);
  prospects::core::effect rested = prospects::do_rest{
    order.campaign, known == journal.state().campaigns.end() ? enrolment_state::blocked : known->second.state};
  perform(rested);
}

bool prospect_state::talks_elsewhere(campaign_id campaign) {
  if (policy)
    return policy->campaign != campaign;
  const auto other = prospects::other_call_up(journal.state(), campaign);
  if (!other)
    return false;
  // Its end may have been told while nobody listened.
  const auto call = *journal.state().campaigns.at(*other).call_up;
  tell_to(self, *ctx, entity::call, call, ask_call_end{call});
  return true;
}

void prospect_state::continue_with() {
  if (!policy)
    return;
  if (!person) {
    set_busy("profile");
    self->request(ctx->journal, ctx->settings.journal_timeout, load_prospect{id})
      .then(
        [this, now = turn](prospect_row& x) {
          if (now != turn)
            return;
          person = std::move(x);
          continue_with();
        },
        [this, now = turn](const caf::error& e) { give_up(now, e, "the profile could not be read"); });
    return;
  }
  switch (prospects::next_step(journal.state(), *policy)) {
    case prospects::step::refuse: return refuse();
    case prospects::step::research: return research();
    case prospects::step::find_time: return find_time();
    case prospects::step::ask_call: {
      set_busy("call");
      const auto call = *journal.state().campaigns.at(policy->campaign).call_up;
      tell_to(self, *ctx, entity::call, call, ask_call_end{call});
      timer.set(self, patience);
      return;
    }
    default: {
      prospects::core::effect rested
        = prospects::do_rest{policy->campaign, journal.state().campaigns.at(policy->campaign).state};
      perform(rested);
    }
  }
}

void prospect_state::refuse() {
  auto refused
    = prospects::refuse(journal.state(), *policy, ledger_id(), ctx->hasher.line(person->phone), ctx->clock.now());
  set_busy("");
  journal.take(std::move(refused.what), {}, std::move(refused.rows));
}

void prospect_state::research() {
  set_busy("research");
  const auto worker = self->spawn(parley::research, ctx, self->id(), id);
  researcher = worker;
  // CRM, then enrichment beside the mails, then the model up to twice.
  self->request(worker, ctx->settings.vendor_timeout * 5, research_prospect{*person, *policy})
    .then(
      [this, worker, now = turn](const prospect_researched& found) {
        self->send_exit(worker, caf::exit_reason::user_shutdown);
        if (now != turn)
          return; // for another campaign, or for this one before it was halted
        researcher = research_actor{};
        auto decided = prospects::on_researched(journal.state(), *policy, found, ctx->clock.now());
        if (decided.events.empty())
          return continue_with();
        set_busy("");
        journal.take(std::move(decided));
      },
      [this, worker, now = turn](const caf::error& e) {
        self->send_exit(worker, caf::exit_reason::user_shutdown);
        if (now == turn)
          researcher = research_actor{};
        give_up(now, e, "research did not answer");
      });
}

/// Chance that stays with the person's number, so that a run with the same
/// seed repeats; the person's id is made anew by each import.
uint64_t prospect_state::chance() const {
  return ctx->seed_for(ctx->hasher.line(person->phone));
}

/// Each version of the stream has at most one row in the ledger.
uuid prospect_state::ledger_id() const {
  return ctx->hasher.of("ledger", to_string(id) + " " + std::to_string(journal.version()));
}

void prospect_state::find_time() {
  set_busy("time");
  auto ask = prospects::time_question(journal.state(), *policy, *person, chance(), ctx->clock.now());
  self->request(ctx->compliance, ctx->settings.request_timeout, std::move(ask))
    .then(
      [this, now = turn](const call_time& time) {
        if (now == turn)
          hear_time(time);
      },
      [this, now = turn](const caf::error& e) { give_up(now, e, "no calling time could be computed"); });
}

void prospect_state::hear_time(const call_time& time) {
  const auto now = ctx->clock.now();
  auto decided = prospects::on_call_time(journal.state(), *policy, time, now);
  if (decided.events.empty())
    return recall_then_ask(time);
  std::vector<row> rows;
  if (!time.possible)
    rows.push_back(
      prospects::no_time_row(journal.state(), *policy, time, ledger_id(), ctx->hasher.line(person->phone), now));
  set_busy("");
  journal.take(std::move(decided), {}, std::move(rows));
}

/// Research runs once per campaign, calls come after it: what was said in
/// them is recalled before each further one.
void prospect_state::recall_then_ask(const call_time& time) {
  set_busy("memory");
  self->request(ctx->memory, ctx->settings.request_timeout, recall{id, 5, memory_query(*policy)})
    .then(
      [this, time, now = turn](recollection& x) {
        if (now != turn)
          return;
        recalled = std::move(x.interactions);
        find_meeting(time);
      },
      [this, time, now = turn](const caf::error& e) {
        if (now != turn)
          return;
        spdlog::info("prospect {}: goes on without the memory ({})", to_string(id), self->system().render(e));
        find_meeting(time);
      });
}

/// A meeting that the person has with us already: they may want to move it.
void prospect_state::find_meeting(const call_time& time) {
  load_meetings ask;
  ask.prospect = id;
  ask.from = ctx->clock.now();
  self->request(ctx->journal, ctx->settings.journal_timeout, std::move(ask))
    .then(
      [this, time, now = turn](meeting_rows& x) {
        if (now != turn)
          return;
        next_meeting.reset();
        if (!x.rows.empty()) {
          next_meeting = std::move(x.rows.front());
          next_meeting->papers.clear(); // the diary's business
        }
        ask_slot(time);
      },
      [this, time, now = turn](const caf::error& e) {
        if (now != turn)
          return;
        spdlog::warn("prospect {}: goes on without its meetings ({})", to_string(id), self->system().render(e));
        next_meeting.reset();
        ask_slot(time);
      });
}

void prospect_state::ask_slot(const call_time& time) {
  set_busy("slot");
  // A slot that comes after the window is of no use.
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
    std::clamp<std::chrono::nanoseconds>(ctx->clock.real(time.until - ctx->clock.now()), 100ms, 10min));
  self->request(ctx->pacer, left, slot_request{policy->campaign, id, policy->calls_at_once, left})
    .then(
      [this, time, now = turn](const slot_grant& grant) {
        if (now == turn && !halted && ctx->clock.now() < time.until && !journal.state().opted_out)
          return ask_line(grant, time);
        self->send(ctx->pacer, return_slot{grant.slot});
        if (now == turn)
          halted ? lie_down() : continue_with();
      },
      [this, now = turn](const caf::error& e) {
        if (now == turn && e == caf::sec::request_timeout)
          return find_time(); // the window closed while we waited
        give_up(now, e, "no slot");
      });
}

void prospect_state::ask_line(const slot_grant& grant, const call_time& time) {
  set_busy("line");
  auto r = prospects::request_of(journal.state(), *policy, *person, time, ctx->hasher.line(person->phone));
  r.slot = grant.slot;
  r.slot_expires = grant.expires;
  if (r.brief.policy.from_number.empty())
    r.brief.policy.from_number = ctx->caller_number;
  r.brief.history = prospects::history_of(recalled, r.brief.history);
  r.brief.meeting = next_meeting;
  const auto line = r.line;
  tell_to(self, *ctx, entity::line, line, std::move(r));
  timer.set(self, patience);
}

void prospect_state::receive(const dial_answer& answer) {
  ++handled;
  if (too_early(answer))
    return;
  if (!policy || policy->campaign != answer.campaign)
    return timer.set(self, 1s); // asked again, the line answers as before
  auto decided = prospects::on_dial_answer(journal.state(), *policy, answer, ctx->clock.now());
  if (decided.events.empty())
    return;
  if (answer.verdict == dial_verdict::dialled) {
    set_busy("call");
    timer.set(self, patience);
  } else {
    set_busy("");
  }
  journal.take(std::move(decided));
}

void prospect_state::receive(const call_ended& end) {
  ++handled;
  if (too_early(end))
    return;
  const auto drawn = ctx->seed_for(end.line) * 0x9e3779b97f4a7c15ULL + static_cast<uint64_t>(end.attempt);
  auto decided = prospects::on_call_ended(journal.state(), end, ctx->clock.now(), drawn >> 20);
  if (policy && policy->campaign == end.campaign && !decided.effects.empty())
    set_busy("");
  journal.take(std::move(decided));
  if (!policy)
    timer.set(self, 1s);
}

void prospect_state::receive(const call_unresolved& told) {
  ++handled;
  if (too_early(told))
    return;
  auto decided = prospects::on_call_unresolved(journal.state(), told, ctx->clock.now());
  if (policy && policy->campaign == told.campaign && !decided.effects.empty())
    set_busy("");
  journal.take(std::move(decided));
  if (!policy)
    timer.set(self, 1s);
}

void prospect_state::receive(const campaign_halted& order) {
  ++handled;
  if (too_early(order))
    return;
  if (!policy || policy->campaign != order.campaign)
    return timer.set(self, 1s);
  halted = true;
  const bool call_up = journal.state().campaigns.contains(order.campaign)
                       && journal.state().campaigns.at(order.campaign).call_up.has_value();
  // A dial that the line is deciding now ends by itself: its slot is revoked.
  if (call_up || std::string_view{busy_with} == "line")
    return;
  lie_down();
}

/// Back to sleep: the due row is still there and wakes us when it runs again.
void prospect_state::lie_down() {
  prospects::core::effect rested = prospects::do_rest{policy->campaign, enrolment_state::waiting};
  perform(rested);
}

void prospect_state::give_up(uint64_t of_turn, const caf::error& e, const char* what) {
  if (of_turn != turn || !policy)
    return;
  spdlog::info("prospect {}: {} ({}); sleeps and tries again", to_string(id), what, self->system().render(e));
  set_busy("");
  const auto now = ctx->clock.now();
  journal.take(prospects::sleep(journal.state(), policy->campaign, now + 10min, "retry", what, now));
}

void prospect_state::look_around() {
  const std::string_view doing{busy_with};
  if (!policy)
    return rest();
  if (doing != "line" && doing != "call")
    return; // everything else is a request with a limit of its own
  if (self->clock().now() < busy_since + patience)
    return timer.set(self, busy_since + patience);
  continue_with(); // the same attempt again: line and call answer it as before
}

/// Asks to be let go until the door does so: an order may be on its way.
void prospect_state::rest() {
  if (policy)
    return;
  if (journal.loaded() && journal.settled() && before_load.empty())
    self->send(door, retire_request{{entity::prospect, id}, handled});
  timer.set(self, 5s);
}

void prospect_state::end_turn() {
  ++turn;
  policy.reset();
  set_busy("");
  if (researcher)
    self->send_exit(std::exchange(researcher, research_actor{}), caf::exit_reason::user_shutdown);
}

void prospect_state::perform(prospects::core::effect& effect) {
  if (auto* rested = std::get_if<prospects::do_rest>(&effect)) {
    self->send(ctx->door_of(id), tell{{entity::campaign_shard, rested->campaign},
                                      0,
                                      prospect_rested{id, rested->campaign, rested->state}});
    if (policy && policy->campaign == rested->campaign)
      end_turn();
    timer.set(self, 1s);
  } else if (policy && policy->campaign == std::get<prospects::do_continue>(effect).campaign) {
    continue_with();
  }
}

prospect_actor::behavior_type prospect(prospect_actor::stateful_pointer<prospect_state> self, context_ptr ctx,
                                       shard_door parent, caf::actor_id parent_id, prospect_id id) {
  begin(self, ctx, parent_id, prospect_state::name, to_string(id));
  self->state.start(std::move(ctx), std::move(parent), id);
  return {
    [self](wake_prospect& x) { self->state.receive(std::move(x)); },
    [self](const campaign_halted& x) { self->state.receive(x); },
    [self](const reopen_enrolment& x) { self->state.receive(x); },
    [self](const dial_answer& x) { self->state.receive(x); },
    [self](const call_ended& x) { self->state.receive(x); },
    [self](const call_unresolved& x) { self->state.receive(x); },
    [self](tick_atom) {
      if (self->state.timer.rings(self->clock().now()))
        self->state.look_around();
    },
    [self](retire_atom) { self->quit(); },
    [self](const inspect_state&) -> caf::result<inspected_state> {
      const auto& s = self->state;
      return inspected_state{json{
        {"state", prospects::core::public_part(s.journal.state())},
        {"version", s.journal.version()},
        {"waits_for",
         s.busy_with}}.dump()};
    },
  };
}

} // namespace parley
