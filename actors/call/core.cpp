#include "actors/call/core.hpp"

#include <algorithm>

namespace parley::calls {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(state, id, campaign, prospect, line, slot, attempt, phase, sid, status,
                                                who, intended_at, submitted_at, answered_at, ended_at, duration_s,
                                                sip_code, number_bad, doubted_at, absences, media_generation, media_up,
                                                wish, wish_reason, callback_at, opted_out, meeting, hang_up_asked,
                                                outcome, stage, sentiment)

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

/// Statuses only move forward: a late "ringing" does not undo an answer.
int rank(carrier_status s) {
  switch (s) {
    case carrier_status::unknown: return 0;
    case carrier_status::queued: return 1;
    case carrier_status::initiated: return 2;
    case carrier_status::ringing: return 3;
    case carrier_status::in_progress: return 4;
    default: return 5;
  }
}

void report(state& s, const carrier_reported& e) {
  if (s.sid.empty())
    s.sid = e.sid;
  if (s.phase == phase::ended)
    return;
  s.status = e.status;
  if (e.sip_code)
    s.sip_code = e.sip_code;
  if (e.status == carrier_status::in_progress && !s.answered_at)
    s.answered_at = e.at;
  if (is_final(e.status)) {
    s.ended_at = e.at;
    s.duration_s = e.duration_s;
    // Only the end was heard of: it was answered all the same.
    if (e.status == carrier_status::completed && !s.answered_at)
      s.answered_at = e.at - std::chrono::seconds{e.duration_s};
  } else if (e.status == carrier_status::in_progress) {
    s.phase = phase::talking;
  } else if (e.status == carrier_status::ringing) {
    s.phase = phase::ringing;
  } else if (s.phase == phase::intended || s.phase == phase::unknown) {
    s.phase = phase::submitted;
  }
}

} // namespace

void core::apply(state& s, const event& e) {
  std::visit(overloaded{
               [&](const call_intended& x) {
                 s.id = x.call;
                 s.campaign = x.campaign;
                 s.prospect = x.prospect;
                 s.line = x.line;
                 s.slot = x.slot;
                 s.attempt = x.attempt;
                 s.intended_at = x.at;
                 s.brief = x.personal.brief;
               },
               [&](const call_submitted& x) {
                 s.sid = x.sid;
                 s.submitted_at = x.at;
                 if (s.phase == phase::intended || s.phase == phase::unknown)
                   s.phase = phase::submitted;
               },
               [&](const call_not_created& x) {
                 s.number_bad = x.number_bad;
                 s.wish_reason = x.reason;
                 s.ended_at = x.at;
               },
               [&](const submission_doubted& x) {
                 s.phase = phase::unknown;
                 s.doubted_at = x.at;
                 s.wish_reason = x.reason;
               },
               [&](const absence_seen& x) { s.absences.push_back(x.at); },
               [&](const carrier_reported& x) { report(s, x); },
               [&](const answer_classified& x) { s.who = x.who; },
               [&](const media_changed& x) {
                 s.media_generation = x.generation;
                 s.media_up = x.up;
               },
               [&](const turn_spoken& x) {
                 auto said = x.personal.said;
                 // The model orders late transcripts by item; audio time does the same.
                 const auto place
                   = std::upper_bound(s.transcript.begin(), s.transcript.end(), said,
                                      [](const turn& a, const turn& b) { return a.started_ms < b.started_ms; });
                 s.transcript.insert(place, std::move(said));
               },
               [&](const conversation_noted& x) {
                 s.stage = x.stage;
                 s.sentiment = x.sentiment;
                 s.notes.push_back(x.personal.what);
                 s.mind = x.personal.mind;
               },
               [&](const outcome_decided& x) {
                 s.wish = x.outcome;
                 s.wish_reason = x.reason;
                 s.callback_at = x.callback_at;
               },
               [&](const calls::opted_out&) {
                 s.opted_out = true;
                 s.wish = disposition::do_not_call;
               },
               [&](const meeting_agreed& x) { s.meeting = x.meeting; },
               [&](const calls::hang_up_asked&) { s.hang_up_asked = true; },
               [&](const call_closed& x) {
                 s.phase = phase::ended;
                 s.outcome = x.outcome;
                 if (!s.ended_at)
                   s.ended_at = x.at;
               },
             },
             e);
}

std::vector<row> core::rows(const state& s) {
  call_row r;
  r.id = s.id;
  r.campaign = s.campaign;
  r.prospect = s.prospect;
  r.call_sid = s.sid;
  r.status = std::string{to_string(s.phase)};
  r.initiated_at = s.intended_at;
  r.connected_at = s.answered_at;
  if (s.phase == phase::ended) {
    r.ended_at = s.ended_at;
    r.transcript = json(s.transcript).dump();
    r.metadata
      = json{{"attempt", s.attempt},    {"answered_by", s.who}, {"carrier_status", s.status}, {"sip_code", s.sip_code},
             {"reason", s.wish_reason}, {"stage", s.stage},     {"notes", s.notes},           {"mind", s.mind}}
          .dump();
  } else {
    r.metadata = json{{"attempt", s.attempt}, {"answered_by", s.who}, {"stage", s.stage}}.dump();
  }
  r.duration_seconds = static_cast<int32_t>(s.duration_s);
  r.sentiment_score = s.sentiment;
  r.outcome = s.outcome;
  r.meeting_booked = s.meeting.has_value();
  r.created_at = s.intended_at;
  return {std::move(r)};
}

json core::public_part(const state& s) {
  return s;
}

json core::personal_part(const state& s) {
  return {{"brief", s.brief}, {"transcript", s.transcript}, {"notes", s.notes}, {"mind", s.mind}};
}

state core::restore(const json& open, const json& personal) {
  auto s = open.get<state>();
  if (!personal.empty()) {
    s.brief = personal.value("brief", call_brief{});
    s.transcript = personal.value("transcript", std::vector<turn>{});
    s.notes = personal.value("notes", std::vector<note>{});
    s.mind = personal.value("mind", json::object());
  }
  return s;
}

// --- decisions -----------------------------------------------------------------

decision begin(const state& s, wall_time not_after) {
  decision d;
  if (s.phase != phase::intended)
    return d;
  if (s.hang_up_asked) {
    d.events.push_back(call_not_created{"stopped before the dial", false, not_after});
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
    case phase::ended: d.effects.push_back(do_tell_end{}); return d;
    default: d.effects.push_back(do_seek_evidence{});
  }
  d.effects.push_back(do_tell_phase{s.phase});
  return d;
}

decision on_originated(const state& s, const originated& answer, wall_time now) {
  decision d;
  switch (answer.outcome) {
    case submission::created:
      if (s.phase == phase::ended) { // too late: nobody waits for this call any more
        d.effects.push_back(do_hang_up{false});
        return d;
      }
      if (s.sid.empty())
        d.events.push_back(call_submitted{answer.sid, now});
      if (s.hang_up_asked)
        d.effects.push_back(do_hang_up{true});
      break;
    case submission::not_created:
      if (!s.sid.empty() || s.phase == phase::ended)
        return d; // a callback proved otherwise
      d.events.push_back(call_not_created{answer.reason, answer.number_bad, now});
      break;
    default:
      if (!s.sid.empty() || s.phase == phase::ended)
        return d;
      d.events.push_back(submission_doubted{answer.reason, now});
      d.effects.push_back(do_seek_evidence{});
  }
  return d;
}

decision on_carrier(const state& s, const std::string& sid, const call_status_event& event, wall_time now) {
  decision d;
  if (!s.sid.empty() && sid != s.sid)
    return d; // not ours: another attempt's call, or a forgery that got past the signature
  if (s.phase == phase::ended || rank(event.status) < rank(s.status))
    return d;
  // Our own hang-up is answered before the carrier has counted the seconds.
  if (event.status == s.status && event.duration.count() <= s.duration_s)
    return d;
  d.events.push_back(carrier_reported{sid, event.status, event.duration.count(), event.sip_code, now});
  if (event.status == carrier_status::ringing)
    d.effects.push_back(do_tell_phase{phase::ringing});
  if (event.status == carrier_status::in_progress)
    d.effects.push_back(do_tell_phase{phase::talking});
  if (s.hang_up_asked && !is_final(event.status))
    d.effects.push_back(do_hang_up{false});
  return d;
}

decision on_machine(const state& s, answered_by who, wall_time) {
  decision d;
  if (s.phase == phase::ended || s.who == who)
    return d;
  d.events.push_back(answer_classified{who});
  // Machines are hung up on; a person who already talks was misjudged.
  const bool talked
    = std::any_of(s.transcript.begin(), s.transcript.end(), [](const turn& t) { return t.who == speaker::callee; });
  if (is_machine(who) && (!talked || s.transcript.size() < 3) && s.wish == disposition::none) {
    d.events.push_back(outcome_decided{disposition::machine, "answering machine", {}});
    d.events.push_back(hang_up_asked{"answering machine"});
    d.effects.push_back(do_hang_up{false});
  }
  return d;
}

decision
on_list(const state& s, const std::vector<carrier_call>& listed, wall_time now, std::chrono::milliseconds grace) {
  decision d;
  if (s.phase != phase::unknown)
    return d;
  using namespace std::chrono_literals;
  for (const auto& call : listed)
    if (call.direction == "outbound-api" && call.created >= s.intended_at - 2min) {
      d.events.push_back(call_submitted{call.sid, now});
      if (call.status != carrier_status::unknown)
        d.events.push_back(carrier_reported{call.sid, call.status, call.duration.count(), 0, now});
      if (s.hang_up_asked && !is_final(call.status))
        d.effects.push_back(do_hang_up{false});
      return d;
    }
  if (s.absences.empty()) {
    d.events.push_back(absence_seen{now});
  } else if (now - s.absences.front() >= grace) {
    d.events.push_back(absence_seen{now});
    d.events.push_back(call_not_created{"two complete lists of the carrier do not show it", false, now});
  }
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

decision
on_outcome(const state& s, disposition outcome, const std::string& reason, std::optional<wall_time> callback_at) {
  decision d;
  if (s.phase == phase::ended || s.opted_out)
    return d; // nothing outweighs an opt-out
  d.events.push_back(outcome_decided{outcome, reason, callback_at});
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
    d.effects.push_back(do_hang_up{false});
  }
  return d;
}

decision hang_up(const state& s, const std::string& reason, bool only_ringing) {
  decision d;
  if (s.phase == phase::ended || s.hang_up_asked || (only_ringing && s.phase == phase::talking))
    return d;
  d.events.push_back(hang_up_asked{reason});
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

disposition outcome_of(const state& s) {
  if (s.outcome != disposition::none)
    return s.outcome;
  if (s.opted_out)
    return disposition::do_not_call;
  if (s.meeting)
    return disposition::meeting_booked;
  if (s.wish != disposition::none)
    return s.wish;
  switch (s.status) {
    case carrier_status::busy: return disposition::busy;
    case carrier_status::no_answer: return disposition::no_answer;
    case carrier_status::canceled: return disposition::canceled;
    case carrier_status::failed: {
      // SIP: these say that the number is no number (compliance-facts, codes).
      const bool bad = s.sip_code == 404 || s.sip_code == 410 || s.sip_code == 484 || s.sip_code == 604;
      return bad || s.number_bad ? disposition::invalid_number : disposition::congestion;
    }
    case carrier_status::completed: {
      if (is_machine(s.who))
        return disposition::machine;
      const bool talked
        = std::any_of(s.transcript.begin(), s.transcript.end(), [](const turn& t) { return t.who == speaker::callee; });
      if (!talked)
        return s.hang_up_asked ? disposition::failed : disposition::dead_air;
      return s.hang_up_asked ? disposition::no_decision : disposition::hung_up;
    }
    default:
      if (s.hang_up_asked && s.sid.empty() && s.phase != phase::unknown)
        return disposition::canceled;
      if (s.phase == phase::unknown && s.absences.size() < 2)
        return disposition::submission_unknown;
      return s.number_bad ? disposition::invalid_number : disposition::congestion;
  }
}

call_ended end_of(const state& s) {
  call_ended e;
  e.call = s.id;
  e.campaign = s.campaign;
  e.prospect = s.prospect;
  e.line = s.line;
  e.attempt = s.attempt;
  e.outcome = s.outcome;
  e.at = s.ended_at.value_or(s.intended_at);
  e.callback_at = s.callback_at;
  e.opted_out = s.opted_out;
  return e;
}

static std::string readable(const std::vector<turn>& transcript) {
  std::string out;
  for (const auto& t : transcript)
    out += (t.who == speaker::agent ? "Agent: " : "Person: ") + t.text + "\n";
  return out;
}

std::vector<row> closing_rows(const state& s, const uuid& crm_key, const uuid& context_key, wall_time now) {
  std::vector<row> rows;
  const auto outcome = std::string{to_string(outcome_of(s))};
  const auto summary = s.mind.value("summary", std::string{});
  crm_activity activity;
  activity.key = to_string(crm_key);
  activity.kind = crm_activity_kind::call;
  activity.contact = {s.brief.person.crm_id, s.brief.person.email, s.brief.person.phone};
  activity.contact_name = s.brief.person.name;
  activity.contact_company = s.brief.person.company;
  activity.contact_role = s.brief.person.role;
  activity.at = s.answered_at.value_or(s.intended_at);
  activity.title = s.brief.policy.name + ": " + outcome;
  activity.body = summary + (s.transcript.empty() ? "" : "\n\n" + readable(s.transcript));
  activity.outcome = outcome;
  activity.from = s.brief.policy.from_number;
  activity.to = s.brief.person.phone;
  activity.duration = std::chrono::seconds{s.duration_s};
  rows.push_back(outbox_row{crm_key, s.prospect, "crm_activity", json(activity).dump(), now});
  if (!s.transcript.empty()) {
    context_row c;
    c.id = context_key;
    c.prospect = s.prospect;
    c.context_type = "transcript";
    c.content = "Call of " + to_iso(s.intended_at).substr(0, 10) + ", " + outcome + ". "
                + (summary.empty() ? readable(s.transcript) : summary);
    c.metadata = json{{"call", s.id}, {"outcome", outcome}, {"topics", s.mind.value("topics", json::array())}}.dump();
    c.created_at = now;
    rows.push_back(std::move(c));
  }
  return rows;
}

} // namespace parley::calls
