// What a call may come to besides the talk: handed over to a human, a message
// to a machine, a recording.
#include "actors/call/core.hpp"
#include "actors/call/voicemail.hpp"
#include "actors/compliance/zones.hpp"

#include <algorithm>

namespace parley::calls {

using namespace std::chrono_literals;

/// A hand-over that lasted longer than the announcement, the ringing, the
/// question to whoever picked up and the apology together was taken by somebody.
static constexpr auto unanswered_max = 90s;

void apply_live(state& s, const call_pulled&) {
  s.pulled = true;
}

void apply_live(state& s, const pull_failed&) {
  s.pulled = false;
}

void apply_live(state& s, const transfer_begun& e) {
  s.transfer = transfer_phase::asked;
  s.transfer_to = e.to;
  s.transfer_name = e.name;
  s.transfer_at = e.at;
  s.transfer_callback = e.callback_at;
  s.notes.push_back({"transfer", {{"reason", e.personal.reason}, {"name", e.name}}, e.at});
}

void apply_live(state& s, const transfer_accepted&) {
  s.transfer = transfer_phase::under_way;
}

void apply_live(state& s, const transfer_dropped& e) {
  s.transfer = transfer_phase::refused;
  s.wish_reason = e.reason;
}

void apply_live(state& s, const transfer_ended& e) {
  s.transfer = e.connected ? transfer_phase::connected : transfer_phase::unanswered;
  s.transfer_s = e.duration_s;
}

void apply_live(state& s, const message_begun&) {
  s.message = message_phase::asked;
}

void apply_live(state& s, const message_left&) {
  s.message = message_phase::left;
}

void apply_live(state& s, const message_dropped&) {
  s.message = message_phase::refused;
}

void apply_live(state& s, const recording_allowed&) {
  s.recording = recording_phase::wanted;
}

void apply_live(state& s, const recording_begun& e) {
  s.recording_sid = e.sid;
  if (s.recording != recording_phase::objected)
    s.recording = recording_phase::running;
}

void apply_live(state& s, const recording_dropped&) {
  if (s.recording != recording_phase::objected)
    s.recording = recording_phase::refused;
}

void apply_live(state& s, const recording_objected&) {
  s.recording = recording_phase::objected;
}

void apply_live(state& s, const recording_made& e) {
  s.recording_sid = e.sid;
  s.recording_told = true;
  s.recording_available = e.available;
}

// --- handing over --------------------------------------------------------------

std::string why_no_transfer(const state& s) {
  if (s.phase == phase::ended || s.ended_at)
    return "the call is over";
  if (s.phase != phase::talking || !s.answered_at || s.sid.empty())
    return "nobody has answered yet";
  if (s.hang_up_asked)
    return "the call is being hung up";
  if (s.transfer == transfer_phase::asked || is_handed_over(s.transfer))
    return "the call is handed over already";
  if (s.message != message_phase::none || is_machine(s.who))
    return "a machine answered";
  return {};
}

decision begin_transfer(const state& s, const transfer_wish& wish, wall_time now) {
  decision d;
  if (!why_no_transfer(s).empty())
    return d;
  const auto callback_at = s.brief.last_attempt ? std::nullopt : wish.callback_at;
  d.events.push_back(transfer_begun{wish.to, wish.name, callback_at, now, {wish.reason}});
  d.effects.push_back(do_transfer{});
  return d;
}

decision on_transfer_answer(const state& s, const std::string& error, wall_time now) {
  decision d;
  if (s.transfer != transfer_phase::asked)
    return d;
  if (!error.empty()) {
    d.events.push_back(transfer_dropped{error});
    if (!s.ended_at)
      d.effects.push_back(do_take_back{error});
    return d;
  }
  d.events.push_back(transfer_accepted{now});
  d.effects.push_back(do_close_voice{});
  // The human who takes over has agreed to nothing.
  if (s.recording == recording_phase::running && !s.recording_told)
    d.effects.push_back(do_stop_recording{s.recording_sid});
  return d;
}

disposition nobody_took(const state& s) {
  return s.brief.last_attempt ? disposition::no_decision : disposition::callback;
}

static decision transfer_settled(const state& s, bool connected, int64_t duration_s, bool told) {
  decision d;
  if (s.phase == phase::ended || (s.transfer != transfer_phase::asked && s.transfer != transfer_phase::under_way))
    return d;
  d.events.push_back(transfer_ended{connected, duration_s, told});
  if (connected)
    d.events.push_back(outcome_decided{disposition::transferred, "handed over to a human", {}});
  else
    d.events.push_back(
      outcome_decided{nobody_took(s), "nobody took the call that was handed over", s.transfer_callback});
  return d;
}

decision on_transfer_ended(const state& s, const transfer_ended_event& event) {
  return transfer_settled(s, event.connected, event.duration.count(), true);
}

decision settle_transfer(const state& s) {
  const bool lasted = s.transfer == transfer_phase::under_way && s.transfer_at && s.ended_at
                      && *s.ended_at - *s.transfer_at > unanswered_max;
  return transfer_settled(s, lasted, 0, false);
}

static weekly_hours hours_of(const manager_row* manager) {
  constexpr auto office = "mon-fri 09:00-17:00";
  const bool own = manager && !manager->working_hours.empty();
  try {
    return parse_weekly_hours(own ? manager->working_hours : office);
  } catch (const std::invalid_argument&) { // checked when they were configured; a callback must not fail by them
    return parse_weekly_hours(office);
  }
}

static const time_zone& zone_of(const manager_row* manager, const std::string& zone) {
  const auto* where = find_zone(manager && !manager->timezone.empty() ? manager->timezone : zone);
  return where ? *where : *find_zone("UTC");
}

bool is_at_work(const manager_row& manager, const std::string& zone, wall_time now) {
  const auto local = local_time(zone_of(&manager, zone), now);
  return hours_of(&manager).on(std::chrono::weekday{local.date}).contains(local.time_of_day);
}

wall_time next_working_time(const manager_row* manager, const std::string& zone, wall_time now) {
  const auto hours = hours_of(manager);
  const auto& where = zone_of(manager, zone);
  const auto from = std::chrono::ceil<std::chrono::minutes>(now + 1h);
  const auto today = local_time(where, from).date;
  for (int ahead = 0; ahead <= 14; ++ahead) {
    const auto date = today + std::chrono::days{ahead};
    for (const auto& span : hours.on(std::chrono::weekday{date}))
      if (const auto stretch = span_on(where, date, span); stretch && stretch->end > from + 15min)
        return std::max<wall_time>(from, stretch->begin);
  }
  return now + 24h; // nobody works for two weeks: the person's own lawful hours decide
}

// --- a message to a machine --------------------------------------------------------

bool leaves_message(const state& s, answered_by who) {
  const bool greeting_over = who == answered_by::machine_end_beep || who == answered_by::machine_end_silence
                             || who == answered_by::machine_end_other;
  // A person who is past the opening was misjudged.
  const bool talks = s.stage != "opening";
  return greeting_over && !talks && s.phase == phase::talking && !s.ended_at && !s.sid.empty() && !s.hang_up_asked
         && s.wish == disposition::none && s.message == message_phase::none && s.transfer == transfer_phase::none
         && !voicemail_for(s.brief.policy, s.brief.person.name).text.empty();
}

decision on_message_answer(const state& s, const std::string& error, wall_time now) {
  decision d;
  if (s.message != message_phase::asked)
    return d;
  if (error.empty()) {
    d.events.push_back(message_left{now});
    d.events.push_back(outcome_decided{disposition::machine_message, "answering machine, message left", {}});
    d.effects.push_back(do_close_voice{});
    return d;
  }
  d.events.push_back(message_dropped{error});
  d.events.push_back(outcome_decided{disposition::machine, "answering machine; no message: " + error, {}});
  if (s.phase != phase::ended) {
    d.events.push_back(hang_up_asked{"answering machine"});
    d.effects.push_back(do_hang_up{false});
  }
  return d;
}

// --- recording -------------------------------------------------------------------

decision on_recording_wish(const state& s, bool allowed, wall_time now) {
  decision d;
  if (!allowed) {
    if (s.recording == recording_phase::objected)
      return d;
    d.events.push_back(recording_objected{now});
    if (s.recording == recording_phase::running && !s.recording_told)
      d.effects.push_back(do_stop_recording{s.recording_sid});
    return d;
  }
  if (!s.brief.policy.record_calls || s.recording != recording_phase::none || s.phase != phase::talking || s.ended_at
      || s.sid.empty() || is_handed_over(s.transfer) || s.message != message_phase::none)
    return d;
  d.events.push_back(recording_allowed{now});
  d.effects.push_back(do_record{});
  return d;
}

decision on_recording_answer(const state& s, const std::string& sid, const std::string& error) {
  decision d;
  if (!error.empty()) {
    if (s.recording == recording_phase::wanted)
      d.events.push_back(recording_dropped{error});
    return d;
  }
  if (!s.recording_sid.empty())
    return d;
  d.events.push_back(recording_begun{sid});
  // They objected, or the call was handed over, while it began.
  if ((s.recording == recording_phase::objected || is_handed_over(s.transfer)) && !s.recording_told)
    d.effects.push_back(do_stop_recording{sid});
  return d;
}

decision on_recording_made(const state& s, const recording_event& event, const number_hasher& keys, wall_time now,
                           std::vector<row>& rows) {
  decision d;
  if (s.recording_told && s.recording_sid == event.recording_sid)
    return d;
  d.events.push_back(recording_made{event.recording_sid, event.available, event.duration.count()});
  if (!event.available)
    return d;
  keep_recording keep;
  keep.call = s.id;
  keep.prospect = s.prospect;
  keep.recording_sid = event.recording_sid;
  keep.duration_seconds = static_cast<int32_t>(event.duration.count());
  keep.discard = s.recording == recording_phase::objected;
  rows.push_back(outbox_row{keys.of("recording", to_string(s.id) + event.recording_sid), s.prospect, "recording",
                            json(keep).dump(), now});
  return d;
}

std::string recording_name(const state& s) {
  const bool kept = s.recording_available && s.recording != recording_phase::objected;
  return kept ? "parley:recordings/" + to_string(s.id) : std::string{};
}

// --- taken up again ----------------------------------------------------------------

decision on_no_stream(const state& s, wall_time now) {
  decision d;
  const bool came = s.media_up || s.media_generation > 0;
  // A hand-over or a message has its own TwiML, which a pull would cut short.
  const bool agents = (s.transfer == transfer_phase::none || s.transfer == transfer_phase::refused)
                      && (s.message == message_phase::none || s.message == message_phase::refused);
  // By then the carrier has ended it, also where it cannot be asked.
  const bool outlived = s.answered_at && now >= *s.answered_at + s.brief.policy.call_limit;
  if (came || s.pulled || !agents || outlived || s.phase != phase::talking || s.ended_at || s.hang_up_asked
      || s.sid.empty())
    return d;
  d.events.push_back(call_pulled{now});
  d.effects.push_back(do_prepare_voice{}); // or the person waits one round longer
  d.effects.push_back(do_pull{});
  return d;
}

decision on_pull_failed(const state& s, const std::string& reason, bool over) {
  decision d;
  if (!s.pulled || s.phase == phase::ended)
    return d;
  d.events.push_back(pull_failed{reason});
  if (over)
    d.effects.push_back(do_seek_evidence{});
  else
    d.effects.push_back(do_await_stream{});
  return d;
}

decision on_resume(const state& s) {
  decision d;
  if (s.phase == phase::ended || s.ended_at || s.hang_up_asked)
    return d;
  if (s.transfer == transfer_phase::asked)
    d.effects.push_back(do_transfer{});
  else if (s.message == message_phase::asked)
    d.effects.push_back(do_leave_message{});
  else if (!is_handed_over(s.transfer) && s.message == message_phase::none)
    d.effects.push_back(do_prepare_voice{});
  return d;
}

} // namespace parley::calls
