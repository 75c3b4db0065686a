// The call's watchdog: evidence about calls whose fate is open, and bounded
// waits. Timers alone decide nothing about the carrier's side.
#include "actors/call/call.hpp"

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
      [this](const caf::error&) { look_up(); });
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
        [](const caf::error&) {}); // the watchdog asks again
    return;
  }
  if (s.phase != calls::phase::unknown)
    return;
  self
    ->request(ctx->telephony, ctx->settings.vendor_timeout,
              find_calls{s.brief.person.phone, s.brief.policy.from_number})
    .then([this](const carrier_calls& x) { exclude_known(x); },
          [](const caf::error&) {}); // an incomplete list proves nothing
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
        const auto wait = std::max<std::chrono::milliseconds>(grace, ctx->clock.wall(ctx->settings.watchdog_floor));
        take(calls::on_list(journal.state(), listed.calls, {known.sids.begin(), known.sids.end()}, ctx->clock.now(),
                            wait));
      },
      [](const caf::error&) {}); // asked again by the watchdog
}

/// Between looks at the carrier, real time: often enough that no call hangs,
/// never so often that the looking is what the carrier is busy with.
std::chrono::nanoseconds call_state::watch_interval() const {
  return std::max<std::chrono::nanoseconds>(ctx->clock.real(60s), ctx->settings.watchdog_floor);
}

void call_state::watch() {
  if (!journal.loaded() || journal.version() == 0)
    return;
  const auto& s = journal.state();
  const auto now = self->clock().now();
  if (recover_at && now >= *recover_at) {
    recover_at.reset();
    if (!fresh)
      recover();
  }
  if (s.phase == calls::phase::ended) {
    if (journal.settled())
      self->send(door, retire_request{{entity::call, id}, handled});
    timer.set(self, 1s); // asked again if another order was on its way
    return;
  }
  if (s.ended_at) {
    if (!concluding && closing_since && now - *closing_since >= last_words_wait())
      return conclude();
    timer.set(self, last_words);
    return;
  }
  if (handing && now >= handing_by)
    played_out();
  if (over_after_playback && now >= over_by && !s.hang_up_asked)
    take(calls::hang_up(s, "the end of the last words was not told", false));
  if (voice_lost && (s.answered_at || now >= rung_long_enough()))
    take(calls::hang_up(s, *std::exchange(voice_lost, std::nullopt), false));
  if (queue_check && now >= *queue_check) {
    queue_check.reset();
    check_queue();
  }
  if (now >= next_look) {
    next_look = now + watch_interval();
    if (!originating)
      seek_evidence();
  }
  timer.set(self, watch_interval());
  if (queue_check)
    timer.set(self, *queue_check);
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
