#include "tests/simulation/carrier.hpp"

#include "runtime/journal/carrier_event_json.hpp"

namespace parley::simulation {

using namespace std::chrono_literals;

std::string name_of(const carrier_event& event) {
  if (const auto* status = std::get_if<call_status_event>(&event.what))
    return "status." + std::string{to_string(status->status)};
  return std::string{kind_of(event)};
}

phone_call* carrier::find(const std::string& sid) {
  const auto found = calls_.find(sid);
  return found == calls_.end() ? nullptr : &found->second;
}

size_t carrier::open() const {
  size_t out = 0;
  for (const auto& [sid, c] : calls_)
    out += c.ended ? 0 : 1;
  return out;
}

carrier_call carrier::shown(const phone_call& c) const {
  carrier_call out;
  out.sid = c.sid;
  out.to = c.to;
  out.from = c.from;
  out.direction = "outbound-api";
  out.status = c.status;
  out.who = c.verdict;
  out.created = c.created;
  out.started = c.answered;
  out.ended = c.ended;
  if (c.answered && c.ended)
    out.duration = std::chrono::duration_cast<std::chrono::seconds>(*c.ended - *c.answered);
  return out;
}

// --- the API --------------------------------------------------------------------

dial_reply carrier::create(const originate& x) {
  watch_creation(x);
  phone_call c;
  const auto number = std::to_string(++last_sid_);
  c.sid = "CA" + std::string(32 - number.size(), '0') + number;
  c.call = x.call;
  c.to = x.to;
  c.from = x.from;
  c.created = o_.wall();
  c.ring_timeout = x.ring_timeout;
  c.wait_for_beep = x.wait_for_beep;
  c.who = picks_up(x.to);
  o_.note("carrier: creates " + c.sid + " for call " + to_string(x.call) + " to " + x.to);
  nanoseconds queue = o_.people.between(50ms, 800ms);
  if (o_.faults.percent(o_.weather.carrier)) {
    queue = o_.faults.between(3s, 15min);
    o_.hit("queued_late", "dial");
  }
  c.listed = c.created;
  if (o_.faults.percent(o_.weather.carrier))
    c.listed += std::chrono::duration_cast<std::chrono::milliseconds>(o_.faults.between(1s, 8min));
  dial_reply reply;
  reply.status = 201;
  reply.sid = c.sid;
  o_.after(queue, [this, sid = c.sid] { ring(sid); });
  o_.after(queue + x.time_limit + x.ring_timeout + 1min, [this, sid = c.sid] {
    if (auto* c = find(sid); c && !c->ended)
      finish(*c, c->answered ? carrier_status::completed : carrier_status::failed);
  });
  calls_.emplace(c.sid, std::move(c));
  return reply;
}

caf::expected<carrier_call> carrier::fetch(const std::string& sid) {
  const auto* c = find(sid);
  if (!c)
    return caf::make_error(ec::not_found, sid);
  return shown(*c);
}

caf::expected<carrier_calls> carrier::list(const find_calls& x) {
  carrier_calls out;
  for (const auto& [sid, c] : calls_) {
    if (c.to != x.to || c.from != x.from)
      continue;
    if (c.listed <= o_.wall())
      out.calls.push_back(shown(c));
    else
      o_.hit("list_late", "find_calls");
  }
  return out;
}

caf::expected<carrier_call> carrier::end(const std::string& sid, bool cancel) {
  auto* c = find(sid);
  if (!c)
    return caf::make_error(ec::not_found, sid);
  if (!c->ended && (!cancel || !c->answered))
    finish(*c, c->answered ? carrier_status::completed : carrier_status::canceled);
  return shown(*c);
}

caf::expected<carrier_call> carrier::leave_message(const parley::leave_message& x) {
  auto* c = find(x.sid);
  if (!c || c->ended || !c->answered)
    return caf::make_error(ec::wrong_state, x.sid);
  c->redirected = c->message_left = true;
  if (std::exchange(c->stream_up, false))
    node_.stream_closed(*c);
  o_.after(o_.people.between(5s, 20s), [this, sid = x.sid] {
    if (auto* c = find(sid); c && !c->ended)
      finish(*c, carrier_status::completed);
  });
  return shown(*c);
}

caf::expected<carrier_call> carrier::transfer(const transfer_call& x) {
  auto* c = find(x.sid);
  if (!c || c->ended || !c->answered)
    return caf::make_error(ec::wrong_state, x.sid);
  c->redirected = c->handed_over = true;
  if (std::exchange(c->stream_up, false))
    node_.stream_closed(*c);
  const bool taken = o_.people.percent(60);
  const auto talk = taken ? o_.people.between(20s, 3min) : nanoseconds{x.ring_timeout};
  o_.after(talk, [this, sid = x.sid, taken, talk] {
    auto* c = find(sid);
    if (!c || c->ended)
      return;
    tell(*c, transfer_ended_event{taken, std::chrono::duration_cast<std::chrono::seconds>(talk)});
    finish(*c, carrier_status::completed);
  });
  return shown(*c);
}

caf::expected<carrier_call> carrier::redirect(const std::string& sid) {
  auto* c = find(sid);
  if (!c || c->ended || !c->answered)
    return caf::make_error(ec::wrong_state, sid);
  if (std::exchange(c->stream_up, false))
    node_.stream_closed(*c);
  o_.after(500ms, [this, sid] { ask_what_next(sid); });
  return shown(*c);
}

caf::expected<recording_started> carrier::record(const start_recording& x) {
  auto* c = find(x.sid);
  if (!c || c->ended || !c->answered)
    return caf::make_error(ec::wrong_state, x.sid);
  if (c->recording.empty()) {
    c->recording = "RE" + c->sid.substr(2);
    recordings_.insert(c->recording);
  }
  return recording_started{c->recording};
}

caf::expected<recording_stopped> carrier::stop_record(const stop_recording& x) {
  return recording_stopped{x.recording_sid};
}

caf::expected<recording_audio> carrier::fetch_record(const fetch_recording& x) {
  if (!recordings_.contains(x.recording_sid))
    return caf::make_error(ec::not_found, x.recording_sid);
  return recording_audio{"audio of " + x.recording_sid, "audio/wav"};
}

caf::expected<recording_deleted> carrier::delete_record(const delete_recording& x) {
  recordings_.erase(x.recording_sid);
  return recording_deleted{x.recording_sid};
}

// --- the call's life -----------------------------------------------------------------

void carrier::ring(const std::string& sid) {
  auto* c = find(sid);
  if (!c || c->ended)
    return;
  c->status = carrier_status::initiated;
  tell(*c, call_status_event{carrier_status::initiated, 0s, 0});
  if (c->who == pick_up::dead_number) {
    o_.after(o_.people.between(200ms, 2s), [this, sid] {
      if (auto* c = find(sid); c && !c->ended)
        finish(*c, carrier_status::failed);
    });
    return;
  }
  o_.after(o_.people.between(300ms, 3s), [this, sid] {
    if (auto* c = find(sid); c && !c->ended)
      begin_ringing(*c);
  });
}

void carrier::begin_ringing(phone_call& c) {
  c.status = carrier_status::ringing;
  c.rang = o_.wall();
  watch_ring(c);
  o_.note("carrier: rings " + c.sid);
  o_.moment("ringing");
  tell(c, call_status_event{carrier_status::ringing, 0s, 0});
  nanoseconds until = c.ring_timeout;
  if (c.who == pick_up::busy)
    until = o_.people.between(1s, 3s);
  else if (c.who != pick_up::nobody)
    until = o_.people.between(2s, 18s);
  o_.after(until, [this, sid = c.sid] {
    auto* c = find(sid);
    if (!c || c->ended)
      return;
    if (c->who == pick_up::busy)
      finish(*c, carrier_status::busy);
    else if (c->who == pick_up::nobody)
      finish(*c, carrier_status::no_answer);
    else
      answer(*c);
  });
}

void carrier::answer(phone_call& c) {
  c.status = carrier_status::in_progress;
  c.answered = o_.wall();
  o_.note("carrier: " + c.sid + " is answered");
  tell(c, call_status_event{carrier_status::in_progress, 0s, 0});
  const auto verdict = c.who == pick_up::machine
                         ? (c.wait_for_beep ? answered_by::machine_end_beep : answered_by::machine_start)
                       : c.who == pick_up::fax ? answered_by::fax
                                               : answered_by::human;
  o_.after(o_.people.between(1s, 4s), [this, sid = c.sid, verdict] {
    auto* c = find(sid);
    if (!c || c->ended)
      return;
    c->verdict = verdict;
    tell(*c, machine_detection_event{verdict, 2s});
  });
  // It fetches its instructions; nobody there means an error and the end.
  o_.after(o_.people.between(50ms, 400ms), [this, sid = c.sid] {
    auto* c = find(sid);
    if (!c || c->ended)
      return;
    if (!node_.node_up())
      return finish(*c, carrier_status::completed);
    connect(sid);
  });
  if (c.who != pick_up::person)
    o_.after(o_.people.between(20s, 60s), [this, sid = c.sid] { hang_up(sid); }); // the machine's time is up
}

void carrier::connect(const std::string& sid) {
  auto* c = find(sid);
  if (!c || c->ended || c->stream_up || c->redirected)
    return;
  if (!node_.node_up() || !node_.expects_stream(c->call)) {
    o_.after(o_.people.between(1s, 3s), [this, sid] { ask_what_next(sid); });
    return;
  }
  ++c->stream;
  c->stream_up = true;
  c->refused_since.reset();
  o_.note("carrier: stream " + std::to_string(c->stream) + " of " + sid);
  node_.stream_opened(*c);
}

/// The stream is gone: a pause, then the carrier asks for the next verb. It
/// ends a call that nobody has an answer for in 15 s.
void carrier::ask_what_next(const std::string& sid) {
  auto* c = find(sid);
  if (!c || c->ended || c->stream_up || c->redirected)
    return;
  if (!node_.node_up()) {
    if (!c->refused_since)
      c->refused_since = o_.now;
    if (o_.now - *c->refused_since >= 15s)
      return finish(*c, carrier_status::completed);
    o_.after(2s, [this, sid] { ask_what_next(sid); });
    return;
  }
  c->refused_since.reset();
  if (++c->rounds > 10)
    return finish(*c, carrier_status::completed);
  tell(*c, resume_requested_event{c->rounds});
  o_.after(o_.people.between(3s, 6s), [this, sid] {
    if (node_.node_up())
      connect(sid);
    else
      ask_what_next(sid);
  });
}

void carrier::hang_up(const std::string& sid) {
  if (auto* c = find(sid); c && !c->ended)
    finish(*c, carrier_status::completed);
}

void carrier::finish(phone_call& c, carrier_status status) {
  c.status = status;
  c.ended = o_.wall();
  o_.note("carrier: " + c.sid + " is over, " + std::string{to_string(status)});
  if (std::exchange(c.stream_up, false))
    node_.stream_closed(c);
  call_status_event event{status, shown(c).duration, 0};
  if (status == carrier_status::failed && c.who == pick_up::dead_number)
    event.sip_code = 404;
  tell(c, event);
  if (!c.recording.empty())
    tell_recording(c);
}

void carrier::tell_recording(phone_call& c) {
  o_.after(o_.people.between(1s, 30s), [this, sid = c.sid] {
    auto* c = find(sid);
    tell(*c, recording_event{c->recording, true, shown(*c).duration});
  });
}

void carrier::close_stream(phone_call& c) {
  if (std::exchange(c.stream_up, false))
    o_.after(o_.people.between(1s, 4s), [this, sid = c.sid] { ask_what_next(sid); });
}

void carrier::break_streams() {
  for (auto& [sid, c] : calls_)
    close_stream(c);
}

// --- webhooks --------------------------------------------------------------------------

void carrier::tell(phone_call& c, decltype(carrier_event::what) what) {
  carrier_event event{c.call, c.sid, c.sequence++, o_.wall(), std::move(what)};
  const auto kind = name_of(event);
  o_.hit("webhook", kind);
  auto delay = o_.people.between(20ms, 300ms);
  bool late = false;
  if (o_.faults.percent(o_.weather.webhook)) {
    switch (o_.faults.below(4)) {
      case 0: o_.hit("webhook_lost", kind); return;
      case 1:
        o_.hit("webhook_doubled", kind);
        o_.after(delay + o_.faults.between(0s, 5s), [this, event, kind] { deliver(event, kind, false, 0); });
        break;
      case 2:
        o_.hit("webhook_reordered", kind);
        delay = o_.faults.between(1s, 10s);
        break;
      default: late = true; delay = o_.faults.between(1min, 20min);
    }
  }
  o_.after(delay, [this, event, kind, late] { deliver(event, kind, late, 0); });
}

/// Tried twice, as carriers do where they cannot connect.
void carrier::deliver(const carrier_event& event, const std::string& kind, bool late, uint32_t tries) {
  if (!node_.node_up()) {
    if (tries < 1)
      o_.after(o_.people.between(500ms, 3s),
               [this, event, kind, late, tries] { deliver(event, kind, late, tries + 1); });
    else
      o_.hit("webhook_unreached", kind);
    return;
  }
  if (late)
    o_.hit(find(event.sid)->ended ? "webhook_after_end" : "webhook_late", kind);
  node_.bring(event, [this, event, kind](bool accepted) {
    if (!accepted) {
      o_.hit("webhook_refused", kind);
      return;
    }
    const auto stored = o_.store->ask(read_inbox{event.call});
    for (const auto& known : stored->events)
      if (known.sid == event.sid && known.sequence == event.sequence && kind_of(known) == kind_of(event))
        return;
    o_.broke(promise::inbox_first,
             "webhook " + kind + " of " + event.sid + " was acknowledged before it was in the inbox");
  });
}

} // namespace parley::simulation
