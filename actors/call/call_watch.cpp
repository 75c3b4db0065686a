// The call's watchdog: evidence about calls whose fate is open, and bounded
// waits. Timers alone decide nothing about the carrier's side.
#include "actors/call/call.hpp"
#include "actors/call/call_figures.hpp"

namespace parley {

using namespace std::chrono_literals;

/// A look at the carrier repairs webhooks that were lost.
void call_state::hear_fetched(const carrier_call& x) {
  const auto now = ctx->clock.now();
  take(calls::on_carrier(journal.state(), x.sid, {x.status, x.duration, 0}, now));
  if (x.who != answered_by::not_asked)
    take(calls::on_machine(journal.state(), x.who, now));
}

/// A call whose fate is open is looked up: what our inbox holds comes first,
/// then the carrier's own list.
void call_state::seek_evidence() {
  self->request(ctx->journal, ctx->settings.journal_timeout, read_inbox{id})
    .then(
      [this](const inbox_events& stored) {
        for (const auto& event : stored.events)
          hear_carrier(event);
        look_up();
      },
      [this](const caf::error&) {
        // What was not read may be the proof that the carrier has the call: its
        // absence from a list would prove nothing.
        if (journal.state().sid.empty())
          take(calls::on_look_failed(journal.state(), ctx->clock.now(), grace()));
        else
          look_up();
      });
}

void call_state::look_up() {
  const auto& s = journal.state();
  if (s.phase == calls::phase::ended || originating)
    return;
  if (!s.sid.empty()) {
    self->request(ctx->telephony, ctx->settings.vendor_timeout, fetch_call{id, s.sid})
      .then(
        [this](const carrier_call& x) {
          hear_fetched(x);
          if (journal.state().hang_up_asked && !is_final(x.status))
            hang_up(journal.state().only_if_ringing);
        },
        [this](const caf::error& e) { // of any other error the watchdog asks again
          if (e == ec::not_found)
            take(calls::on_sid_unknown(journal.state(), ctx->clock.now(), grace()));
        });
    return;
  }
  if (s.phase != calls::phase::unknown && s.phase != calls::phase::unresolved)
    return;
  self
    ->request(ctx->telephony, ctx->settings.vendor_timeout,
              find_calls{s.brief.person.phone, s.brief.policy.from_number})
    .then([this](const carrier_calls& x) { exclude_known(x); },
          [this](const caf::error&) { // an incomplete list proves nothing
            take(calls::on_look_failed(journal.state(), ctx->clock.now(), grace()));
          });
}

/// Earlier calls to the same number are listed, too: those that our store
/// knows are not this one.
void call_state::exclude_known(const carrier_calls& listed) {
  std::vector<std::string> sids;
  for (const auto& call : listed.calls)
    sids.push_back(call.sid);
  self->request(ctx->journal, ctx->settings.journal_timeout, find_known_sids{id, std::move(sids)})
    .then(
      [this, listed](const known_sids& known) {
        take(calls::on_list(journal.state(), listed.calls, {known.sids.begin(), known.sids.end()}, ctx->clock.now(),
                            grace()));
      },
      [this](const caf::error&) {
        // A call on the list may be ours or an earlier one: a list that cannot
        // be told apart proves as little as one that was not read.
        take(calls::on_look_failed(journal.state(), ctx->clock.now(), grace()));
      });
}

/// Second look before a call that no list shows counts as never created, wall
/// time.
std::chrono::milliseconds call_state::grace() const {
  return std::max<std::chrono::milliseconds>(ctx->settings.submission_grace,
                                             ctx->clock.wall(ctx->settings.watchdog_floor));
}

/// Between looks at the carrier, real time: often enough that no call hangs,
/// never so often that the looking is what the carrier is busy with.
std::chrono::nanoseconds call_state::watch_interval() const {
  return std::max<std::chrono::nanoseconds>(ctx->clock.real(60s), ctx->settings.watchdog_floor);
}

call_state::~call_state() {
  show_unresolved(false);
}

/// A gauge: each node shows the calls that it keeps.
void call_state::show_unresolved(bool now) {
  if (std::exchange(shown_unresolved, now) != now)
    gauge_unresolved(ctx->telemetry, journal.state().brief.policy).Increment(now ? 1 : -1);
}

/// What nobody could find out is left to an operator.
void call_state::steer_resolve(const steer_call& order, const reply<call_steered>& answer) {
  const auto& s = journal.state();
  const bool placed = order.what == call_order::resolve_placed;
  auto decided = calls::resolve(s, placed, order.text, ctx->clock.now());
  if (!decided.events.empty()) {
    resolving.push_back(answer);
    return take(std::move(decided));
  }
  answer(caf::make_error(
    ec::wrong_state,
    std::string{s.phase == calls::phase::unknown
                  ? "the carrier is still being asked what became of it; wait until it is shown as submission_unknown"
                : s.phase == calls::phase::unresolved ? "somebody has resolved it already; its end is being stored"
                                                      : "what became of it is known; only a call that is shown as "
                                                        "submission_unknown waits for a word"}));
}

bool call_state::perform_doubt(calls::core::effect& effect) {
  const auto& s = journal.state();
  if (std::holds_alternative<calls::do_tell_unresolved>(effect)) {
    spdlog::warn("call {}: nobody can find out whether the carrier has it; `parley call resolve` ends the wait",
                 to_string(id));
    tell_to(self, *ctx, entity::prospect, s.prospect, call_unresolved{id, s.campaign, s.prospect});
  } else if (auto* back = std::get_if<calls::do_return_slot>(&effect)) {
    self->send(ctx->pacer, return_slot{back->slot});
  } else if (std::holds_alternative<calls::do_take_slot>(effect)) {
    self->send(ctx->pacer, adopt_slots{{held_slot{s.slot, s.campaign, !s.sid.empty()}}});
  } else if (auto* resolved = std::get_if<calls::do_answer_resolved>(&effect)) {
    for (const auto& answer : std::exchange(resolving, {}))
      answer(call_steered{id, resolved->placed
                                ? "It counts as placed: the carrier is asked how it ended, and the attempt is used."
                                : "It counts as never placed: the attempt is not counted and may be repeated."});
  } else {
    return false;
  }
  return true;
}

void call_state::watch() {
  if (!journal.loaded())
    return;
  if (journal.version() == 0)
    return rest();
  const auto& s = journal.state();
  const auto now = self->clock().now();
  if (recover_at && now >= *recover_at) {
    recover_at.reset();
    if (!fresh)
      recover();
  }
  if (answer_by && now >= *answer_by)
    doubt_dial("the carrier's adapter is silent for " + settings::to_text(ctx->settings.dial_timeout));
  if (s.phase == calls::phase::ended)
    return rest();
  if (s.ended_at) {
    if (!concluding && closing_since && now - *closing_since >= last_words_wait())
      return conclude();
    timer.set(self, last_words);
    return;
  }
  if (handing && now >= handing_by)
    played_out();
  if (over_after_playback && now >= over_by && !s.hang_up_asked)
    take(calls::on_talk_over(s, "the end of the last words was not told"));
  if (voice_lost && (s.answered_at || now >= rung_long_enough()))
    take(calls::hang_up(s, *std::exchange(voice_lost, std::nullopt), false));
  if (queue_check && now >= *queue_check) {
    queue_check.reset();
    check_queue();
  }
  if (pull_at && now >= *pull_at) {
    pull_at.reset();
    take(calls::on_no_stream(s, ctx->clock.now()));
  }
  if (reading && reading->again_at && now >= *reading->again_at)
    read_tools();
  if (now >= next_look) {
    // What waits for an operator may wait for days: the carrier is asked less often.
    next_look = now + watch_interval() * (s.phase == calls::phase::unresolved ? 10 : 1);
    if (!originating)
      seek_evidence();
  }
  timer.set(self, watch_interval());
  if (answer_by)
    timer.set(self, *answer_by);
  if (queue_check)
    timer.set(self, *queue_check);
  if (pull_at)
    timer.set(self, *pull_at);
  if (reading && reading->again_at)
    timer.set(self, *reading->again_at);
  if (voice_lost)
    timer.set(self, rung_long_enough());
  if (over_after_playback && now < over_by)
    timer.set(self, over_by);
  if (handing)
    timer.set(self, handing_by);
}

/// How long the person's last words may still come in: an opt-out that was
/// spoken but is not written down yet must not be lost.
std::chrono::milliseconds call_state::last_words_wait() const {
  const auto& s = journal.state();
  if (unwritten_since && mind)
    return last_words_max;
  if (s.media_up)
    return 4 * last_words;
  return s.transcript.empty() ? 0ms : std::chrono::milliseconds{last_words};
}

void call_state::check_queue() {
  const auto& s = journal.state();
  if (s.sid.empty() || s.phase != calls::phase::submitted)
    return;
  self->request(ctx->telephony, ctx->settings.vendor_timeout, fetch_call{id, s.sid})
    .then(
      [this](const carrier_call& x) {
        hear_fetched(x);
        take(calls::on_queue_checked(journal.state(), x.status));
      },
      [this](const caf::error&) { queue_check = self->clock().now() + ctx->settings.watchdog_floor; });
}

} // namespace parley
