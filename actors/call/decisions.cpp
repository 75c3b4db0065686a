#include "actors/call/core.hpp"

#include <algorithm>

namespace parley::calls {

/// Statuses only move forward: a late "ringing" does not undo an answer.
static int rank(carrier_status s) {
  switch (s) {
    case carrier_status::unknown: return 0;
    case carrier_status::queued: return 1;
    case carrier_status::initiated: return 2;
    case carrier_status::ringing: return 3;
    case carrier_status::in_progress: return 4;
    default: return 5;
  }
}

decision begin(const state& s, wall_time not_after) {
  decision d;
  if (s.phase != phase::intended)
    return d;
  if (s.hang_up_asked) {
    d.events.push_back(call_not_created{"stopped before the dial", false, s.intended_at});
    return d;
  }
  d.effects.push_back(do_originate{not_after});
  d.effects.push_back(do_prepare_voice{});
  d.effects.push_back(do_tell_phase{phase::intended});
  return d;
}

decision recover(const state& s, wall_time now) {
  decision d;
  switch (s.phase) {
    case phase::intended:
      // The dial may or may not have left before the node died.
      d.events.push_back(submission_doubted{"the node stopped before the carrier's answer was stored", now});
      d.effects.push_back(do_seek_evidence{});
      break;
    case phase::unknown: d.effects.push_back(do_seek_evidence{}); break;
    case phase::unresolved:
      d.effects.push_back(do_seek_evidence{});
      d.effects.push_back(do_tell_unresolved{});
      break;
    case phase::ended:
      d.effects.push_back(do_tell_end{});
      d.effects.push_back(do_tell_phase{phase::ended});
      break;
    case phase::submitted: d.effects.push_back(do_check_queue{}); [[fallthrough]];
    default: d.effects.push_back(do_seek_evidence{});
  }
  // The media plane of this life counts streams from one again.
  if (s.phase != phase::ended && (s.media_generation > 0 || s.pulled))
    d.events.push_back(media_changed{0, false, "taken up again"});
  // The node may have died between the commit and the line's; listing twice is listing once.
  if (s.opted_out)
    d.effects.push_back(do_suppress{"recovered"});
  if (s.phase != phase::ended)
    d.effects.push_back(do_tell_phase{s.phase});
  if (s.phase == phase::talking)
    d.effects.push_back(do_await_stream{});
  // At worst the carrier says that it records already.
  if (s.phase == phase::talking && s.recording == recording_phase::wanted)
    d.effects.push_back(do_record{});
  return d;
}

/// A call that shows up after everybody had given it up is hung up: nobody is
/// there to talk, and the lawful hours that it was dialled in may be over.
static void hang_up_late(const state& s, decision& d) {
  d.effects.push_back(do_take_slot{});
  if (!s.hang_up_asked)
    d.events.push_back(hang_up_asked{"showed up after it had been given up"});
  d.effects.push_back(do_hang_up{false});
}

decision on_originated(const state& s, const originated& answer, wall_time now) {
  decision d;
  switch (answer.outcome) {
    case submission::created:
      if (s.phase == phase::ended) { // too late: nobody waits for this call any more
        d.effects.push_back(do_end_stray{answer.sid});
        return d;
      }
      if (s.sid.empty())
        d.events.push_back(call_submitted{answer.sid, now});
      if (s.phase == phase::unresolved)
        hang_up_late(s, d);
      else if (s.hang_up_asked)
        d.effects.push_back(do_hang_up{true});
      else
        d.effects.push_back(do_check_queue{});
      break;
    case submission::not_created:
      if (!s.sid.empty() || s.phase == phase::ended)
        return d; // a callback proved otherwise
      d.events.push_back(call_not_created{answer.reason, answer.number_bad, now});
      if (answer.opted_out) {
        d.events.push_back(opted_out{"carrier"});
        d.effects.push_back(do_suppress{"carrier"});
      }
      if (answer.account_bad)
        d.effects.push_back(do_tell_trouble{answer.reason});
      if (answer.retry_after.count() > 0)
        d.effects.push_back(do_hold_dials{answer.retry_after});
      break;
    default:
      if (!s.sid.empty() || (s.phase != phase::intended && s.phase != phase::submitted))
        return d; // known by now, or doubted already
      d.events.push_back(submission_doubted{answer.reason, now});
      d.effects.push_back(do_seek_evidence{});
  }
  return d;
}

decision on_carrier(const state& s, const std::string& sid, const call_status_event& event, wall_time now) {
  decision d;
  if (!s.sid.empty() && sid != s.sid)
    return d; // not ours: another attempt's call, or a forgery that got past the signature
  if (s.phase == phase::ended) {
    if (s.sid.empty() && !is_final(event.status))
      d.effects.push_back(do_end_stray{sid});
    return d;
  }
  if (rank(event.status) < rank(s.status))
    return d;
  // Our own hang-up is answered before the carrier has counted the seconds.
  if (event.status == s.status && event.duration.count() <= s.duration_s)
    return d;
  d.events.push_back(carrier_reported{sid, event.status, event.duration.count(), event.sip_code, now});
  if (s.phase == phase::unresolved) {
    if (!is_final(event.status))
      hang_up_late(s, d);
    return d;
  }
  if (event.status == carrier_status::queued && s.phase == phase::unknown)
    d.effects.push_back(do_check_queue{});
  if (event.status == carrier_status::ringing)
    d.effects.push_back(do_tell_phase{phase::ringing});
  if (event.status == carrier_status::in_progress)
    d.effects.push_back(do_tell_phase{phase::talking});
  const bool spared = s.only_if_ringing && event.status == carrier_status::in_progress;
  if (s.hang_up_asked && !spared && !is_final(event.status))
    d.effects.push_back(do_hang_up{s.only_if_ringing});
  return d;
}

decision on_sid(const state& s, const std::string& sid, wall_time now) {
  decision d;
  const bool open = s.phase == phase::intended || s.phase == phase::unknown || s.phase == phase::unresolved;
  if (sid.empty() || !s.sid.empty() || !open)
    return d;
  d.events.push_back(call_submitted{sid, now});
  if (s.phase == phase::unresolved)
    hang_up_late(s, d);
  d.effects.push_back(do_seek_evidence{}); // how far it is
  return d;
}

decision on_queue_checked(const state& s, carrier_status seen) {
  decision d;
  const bool waits = seen == carrier_status::queued;
  if (!waits || s.phase != phase::submitted || s.hang_up_asked)
    return d;
  d.events.push_back(hang_up_asked{"still queued at the carrier", true});
  d.effects.push_back(do_hang_up{true});
  return d;
}

decision on_machine(const state& s, answered_by who, wall_time now) {
  decision d;
  if (s.phase == phase::ended || s.who == who)
    return d;
  d.events.push_back(answer_classified{who});
  if (leaves_message(s, who)) {
    d.events.push_back(message_begun{now});
    d.effects.push_back(do_leave_message{});
    return d;
  }
  // Machines are hung up on; a person who already talks was misjudged.
  const bool talked
    = std::any_of(s.transcript.begin(), s.transcript.end(), [](const turn& t) { return t.who == speaker::callee; });
  if (is_machine(who) && (!talked || s.transcript.size() < 3) && s.wish == disposition::none
      && s.message == message_phase::none && !is_handed_over(s.transfer)) {
    // A fax is nobody's phone: no attempt reaches a person there.
    const bool fax = who == answered_by::fax;
    d.events.push_back(outcome_decided{
      fax ? disposition::invalid_number : disposition::machine, fax ? "fax machine" : "answering machine", {}});
    d.events.push_back(hang_up_asked{fax ? "fax machine" : "answering machine"});
    d.effects.push_back(do_hang_up{false});
  }
  return d;
}

decision on_list(const state& s, const std::vector<carrier_call>& listed, const std::set<std::string>& known,
                 wall_time now, std::chrono::milliseconds grace) {
  decision d;
  if (s.phase != phase::unknown && s.phase != phase::unresolved)
    return d;
  using namespace std::chrono_literals;
  // The one created nearest to the intent, of those that no other call of ours has.
  const carrier_call* ours = nullptr;
  for (const auto& call : listed) {
    const bool possible
      = call.direction == "outbound-api" && call.created >= s.intended_at - 2min && !known.contains(call.sid);
    if (possible && (!ours || call.created < ours->created))
      ours = &call;
  }
  if (ours) {
    d.events.push_back(call_submitted{ours->sid, now});
    if (rank(ours->status) < rank(carrier_status::initiated))
      d.effects.push_back(do_check_queue{});
    if (ours->status != carrier_status::unknown)
      d.events.push_back(carrier_reported{ours->sid, ours->status, ours->duration.count(), 0, now});
    if (s.phase == phase::unresolved) {
      if (!is_final(ours->status))
        hang_up_late(s, d);
      return d;
    }
    const bool spared = s.only_if_ringing && ours->status == carrier_status::in_progress;
    if (s.hang_up_asked && !spared && !is_final(ours->status))
      d.effects.push_back(do_hang_up{s.only_if_ringing});
    return d;
  }
  if (s.phase == phase::unresolved) {
    // What was given up to a person is not dialled again by lists alone; the
    // operator is shown that they were empty.
    if (s.placed)
      d.events.push_back(placed_unseen{now});
    else if (s.absences.size() < 2 && (s.absences.empty() || now - s.absences.front() >= grace))
      d.events.push_back(absence_seen{now});
    return d;
  }
  if (s.ended_at)
    return d;
  const bool second = !s.absences.empty() && now - s.absences.front() >= grace;
  if (second || s.absences.empty() || s.blind_since) // the last: the carrier can be asked again
    d.events.push_back(absence_seen{now});
  if (second) {
    d.events.push_back(call_not_created{"two complete lists of the carrier do not show it", false, now});
  }
  return d;
}

decision on_sid_unknown(const state& s, wall_time now, std::chrono::milliseconds grace) {
  decision d;
  if (s.sid.empty() || s.ended_at || s.phase == phase::ended || s.media_up)
    return d;
  // Those from before the SID came to us say nothing about it.
  const auto first
    = std::find_if(s.absences.begin(), s.absences.end(), [&](wall_time at) { return at >= s.submitted_at; });
  if (first == s.absences.end()) {
    d.events.push_back(absence_seen{now});
  } else if (now - *first >= grace) {
    d.events.push_back(absence_seen{now});
    d.events.push_back(carrier_reported{s.sid, carrier_status::failed, 0, 0, now});
  }
  return d;
}

decision on_look_failed(const state& s, wall_time now, std::chrono::milliseconds grace) {
  decision d;
  if (s.phase == phase::unresolved && s.placed && !s.ended_at)
    d.events.push_back(placed_unseen{now});
  if (s.phase != phase::unknown || s.ended_at)
    return d;
  if (!s.blind_since) {
    d.events.push_back(evidence_missed{now});
    return d;
  }
  const auto& policy = s.brief.policy;
  const bool outlived = now - s.intended_at >= policy.ring_timeout + policy.call_limit + grace;
  if (now - *s.blind_since < 3 * grace || !outlived)
    return d;
  d.events.push_back(submission_given_up{now});
  d.effects.push_back(do_return_slot{s.slot});
  d.effects.push_back(do_close_voice{});
  d.effects.push_back(do_tell_phase{phase::unresolved});
  d.effects.push_back(do_tell_unresolved{});
  return d;
}

decision resolve(const state& s, bool placed, const std::string& reason, wall_time now) {
  decision d;
  if (s.phase != phase::unresolved || s.placed || s.ended_at)
    return d;
  d.events.push_back(submission_resolved{placed, now, {reason}});
  if (placed)
    d.effects.push_back(do_seek_evidence{});
  else
    d.events.push_back(call_not_created{"an operator found that the carrier never had it", false, now});
  d.effects.push_back(do_answer_resolved{placed});
  return d;
}

decision on_media(const state& s, uint32_t generation, bool up, const std::string& reason) {
  decision d;
  if (s.phase == phase::ended || generation < s.media_generation)
    return d;
  d.events.push_back(media_changed{generation, up, reason});
  if (up)
    d.effects.push_back(do_converse{});
  return d;
}

bool is_taken_from_agent(const state& s) {
  return is_handed_over(s.transfer) || s.message == message_phase::asked || s.message == message_phase::left;
}

decision
on_outcome(const state& s, disposition outcome, const std::string& reason, std::optional<wall_time> callback_at) {
  decision d;
  // Nothing outweighs an opt-out, and a call that is no longer the agent's ends as others say.
  if (s.phase == phase::ended || s.opted_out || is_taken_from_agent(s))
    return d;
  d.events.push_back(outcome_decided{outcome, reason, callback_at});
  return d;
}

decision on_meeting(const state& s, meeting_id meeting) {
  decision d;
  if (s.phase != phase::ended && s.meeting != meeting)
    d.events.push_back(meeting_agreed{meeting});
  return d;
}

decision on_concluded(const state& s, disposition outcome, std::optional<wall_time> callback_at, json mind) {
  decision d;
  if (s.phase == phase::ended)
    return d;
  d.events.push_back(
    conversation_noted{s.stage, s.sentiment, {{"concluded", {{"outcome", outcome}}, *s.ended_at}, std::move(mind)}});
  // "Hung up" is what the line says anyway, and a machine has no opinion.
  const bool says_something = outcome != disposition::none && outcome != disposition::hung_up;
  if (s.wish == disposition::none && says_something && !is_machine(s.who))
    d.events.push_back(outcome_decided{outcome, "as the talk stood when the line went", callback_at});
  return d;
}

decision on_opt_out(const state& s, const std::string& source) {
  decision d;
  if (s.opted_out)
    return d;
  d.events.push_back(opted_out{source});
  d.effects.push_back(do_suppress{source});
  if (s.phase != phase::ended) {
    d.events.push_back(hang_up_asked{"opted out"});
    // 47 CFR 64.1200(b)(3): the call ends immediately, also while the store is away.
    d.at_once.push_back(do_hang_up{false});
  }
  return d;
}

decision on_talk_over(const state& s, const std::string& reason) {
  return is_taken_from_agent(s) ? decision{} : hang_up(s, reason, false);
}

decision hang_up(const state& s, const std::string& reason, bool only_ringing) {
  decision d;
  const bool asked_already = s.hang_up_asked && (only_ringing || !s.only_if_ringing);
  if (s.phase == phase::ended || asked_already || (only_ringing && s.phase == phase::talking))
    return d;
  d.events.push_back(hang_up_asked{reason, only_ringing});
  if (!s.sid.empty())
    d.effects.push_back(do_hang_up{only_ringing});
  return d;
}

decision close(const state& s, wall_time now) {
  decision d;
  if (s.phase == phase::ended)
    return d;
  d.events.push_back(call_closed{outcome_of(s), now});
  d.effects.push_back(do_close_voice{});
  d.effects.push_back(do_tell_phase{phase::ended});
  d.effects.push_back(do_tell_end{});
  return d;
}

} // namespace parley::calls
