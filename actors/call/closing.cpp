// How a call ended, and what goes out then.
#include "actors/call/core.hpp"
#include "runtime/crm_identity.hpp"

#include <algorithm>

namespace parley::calls {

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
      // SIP codes that say the number is no number; that the person's side
      // refuses the call (not again today); that it wants none at all
      // (RFC 8197: "unwanted").
      switch (s.sip_code) {
        case 404:
        case 410:
        case 484:
        case 604: return disposition::invalid_number;
        case 403:
        case 603:
        case 608: return disposition::failed;
        case 607: return disposition::do_not_call;
        default: return s.number_bad ? disposition::invalid_number : disposition::congestion;
      }
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
      if (s.hang_up_asked && s.sid.empty() && s.phase != phase::unknown && !s.placed)
        return disposition::canceled;
      // With an end it is settled: by the carrier's late refusal or its lists, or by an operator.
      if (!s.ended_at && ((s.phase == phase::unknown && s.absences.size() < 2) || s.phase == phase::unresolved))
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
  e.opted_out = s.opted_out || s.outcome == disposition::do_not_call;
  e.created = s.created;
  return e;
}

static std::string readable(const std::vector<turn>& transcript) {
  std::string out;
  for (const auto& t : transcript)
    out += (t.who == speaker::agent ? "Agent: " : "Person: ") + t.text + "\n";
  return out;
}

std::vector<row> closing_rows(const state& s, const number_hasher& keys, wall_time now) {
  std::vector<row> rows;
  const auto key = [&](const char* purpose) { return keys.of(purpose, to_string(s.id)); };
  const auto outcome = std::string{to_string(outcome_of(s))};
  const auto summary = s.mind.value("summary", std::string{});
  const auto words = readable(s.transcript);
  crm_activity activity;
  activity.key = to_string(key("crm"));
  activity.kind = crm_activity_kind::call;
  activity.contact = identity_of(s.brief.person);
  activity.contact_name = s.brief.person.name;
  activity.contact_company = s.brief.person.company;
  activity.contact_role = s.brief.person.role;
  activity.at = s.answered_at.value_or(s.intended_at);
  activity.title = s.brief.policy.name + ": " + outcome;
  activity.body = summary + (words.empty() ? "" : "\n\n" + words);
  activity.outcome = outcome;
  activity.from = s.brief.policy.from_number;
  activity.to = s.brief.person.phone;
  activity.duration = std::chrono::seconds{s.duration_s};
  rows.push_back(outbox_row{key("crm"), s.prospect, "crm_activity", json(activity).dump(), now});
  // The carrier tells of a recording after the call's end, when nobody would
  // take the call up again whose node dies with that webhook in its hands.
  if (!s.recording_sid.empty() && !s.recording_told) {
    keep_recording due;
    due.call = s.id;
    due.prospect = s.prospect;
    due.recording_sid = s.recording_sid;
    rows.push_back(outbox_row{key("recording_due"), s.prospect, "recording_due", json(due).dump(), now});
  }
  if (s.transcript.empty())
    return rows;
  const auto title = "Call of " + to_iso(s.intended_at).substr(0, 10) + ", " + outcome + ". ";
  const auto remember = [&](const char* type, const std::string& content) {
    context_row c;
    c.id = key(type);
    c.prospect = s.prospect;
    c.context_type = type;
    c.content = title + content;
    c.metadata = json{{"call", s.id}, {"outcome", outcome}, {"topics", s.mind.value("topics", json::array())}}.dump();
    c.created_at = now;
    rows.push_back(std::move(c));
  };
  remember("transcript", words);
  remember("note", summary.empty() ? words : summary);
  return rows;
}

} // namespace parley::calls
