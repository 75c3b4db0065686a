#include "actors/call/core.hpp"

#include <algorithm>
#include <utility>

namespace parley::calls {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(state, id, campaign, prospect, line, slot, attempt, phase, sid, status,
                                                who, intended_at, submitted_at, answered_at, ended_at, duration_s,
                                                sip_code, number_bad, doubted_at, absences, blind_since, slot_returned,
                                                placed, media_generation, media_up, pulled, wish, wish_reason,
                                                callback_at, opted_out, meeting, hang_up_asked, only_if_ringing,
                                                created, outcome, stage, sentiment, transfer, transfer_to,
                                                transfer_name, transfer_at, transfer_callback, transfer_s, message,
                                                recording, recording_sid, recording_told, recording_available)

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

/// The carrier has it: whatever was believed of it before it had a SID, that it
/// was never created or is over, is not so. An end that is stored stays.
void prove(state& s, const std::string& sid) {
  if (!s.sid.empty())
    return;
  s.sid = sid;
  if (s.phase == phase::ended)
    return;
  s.created = true;
  s.ended_at.reset();
}

void report(state& s, const carrier_reported& e) {
  prove(s, e.sid);
  if (s.phase == phase::ended)
    return;
  s.status = e.status;
  if (e.sip_code)
    s.sip_code = e.sip_code;
  if (e.status == carrier_status::in_progress && !s.answered_at)
    s.answered_at = e.at;
  if (e.status == carrier_status::in_progress && s.only_if_ringing)
    s.hang_up_asked = s.only_if_ringing = false; // somebody is there: the talk goes on
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
  } else if (s.phase == phase::intended || s.phase == phase::unknown || s.phase == phase::unresolved) {
    s.phase = phase::submitted;
  }
  if (!is_final(e.status))
    s.slot_returned = false; // taken again, if it was
}

/// Writes the rule that a turn broke beside its words. The turn is known by its
/// item; without one it is the agent's last.
void mark(std::vector<turn>& transcript, const json& broken) {
  const auto rule = broken.value("rule", std::string{});
  const auto item = broken.value("item", std::string{});
  const auto found = std::find_if(transcript.rbegin(), transcript.rend(), [&](const turn& t) {
    return t.who == speaker::agent && (item.empty() || t.item == item);
  });
  if (rule.empty() || found == transcript.rend())
    return;
  auto& marks = found->marks;
  if (std::find(marks.begin(), marks.end(), rule) == marks.end())
    marks.push_back(rule);
}

/// The notes with their places among the turns as the transcript stands now: a
/// note of the conversation comes right after the last turn that it had heard.
std::vector<note> placed_notes(const state& s) {
  auto out = s.notes;
  for (auto& one : out) {
    if (!one.agent_turns || !one.callee_turns)
      continue;
    auto agent = *one.agent_turns;
    auto callee = *one.callee_turns;
    one.spoken = 0;
    for (size_t i = 0; i < s.transcript.size() && (agent > 0 || callee > 0); ++i) {
      auto& left = s.transcript[i].who == speaker::agent ? agent : callee;
      if (left == 0)
        continue; // of this side it had heard no more
      --left;
      one.spoken = i + 1;
    }
  }
  return out;
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
                 prove(s, x.sid);
                 s.submitted_at = x.at;
                 if (s.phase == phase::intended || s.phase == phase::unknown || s.phase == phase::unresolved)
                   s.phase = phase::submitted;
                 s.slot_returned = false;
               },
               [&](const call_not_created& x) {
                 s.number_bad = x.number_bad;
                 s.wish_reason = x.reason;
                 s.created = false;
                 s.ended_at = x.at;
               },
               [&](const submission_doubted& x) {
                 s.phase = phase::unknown;
                 s.doubted_at = x.at;
                 s.wish_reason = x.reason;
               },
               [&](const absence_seen& x) {
                 s.absences.push_back(x.at);
                 s.blind_since.reset();
               },
               [&](const evidence_missed& x) { s.blind_since = x.at; },
               [&](const submission_given_up&) {
                 s.phase = phase::unresolved;
                 s.slot_returned = true;
               },
               [&](const submission_resolved& x) {
                 s.placed = x.placed;
                 s.notes.push_back({"resolved", {{"placed", x.placed}, {"reason", x.personal.reason}}, x.at});
               },
               [&](const placed_unseen& x) { s.ended_at = x.at; },
               [&](const carrier_reported& x) { report(s, x); },
               [&](const answer_classified& x) { s.who = x.who; },
               [&](const media_changed& x) {
                 s.media_generation = x.generation;
                 s.media_up = x.up;
                 s.pulled = false;
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
                 auto& noted = s.notes.back();
                 noted.spoken = s.transcript.size();
                 s.mind = x.personal.mind;
                 const auto heard = s.mind.value("state", json::object());
                 if (heard.contains("agent_turns") && heard.contains("callee_turns")) {
                   noted.agent_turns = heard["agent_turns"].get<uint32_t>();
                   noted.callee_turns = heard["callee_turns"].get<uint32_t>();
                 }
                 if (noted.kind == "rule_violation")
                   mark(s.transcript, noted.detail);
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
               [&](const calls::hang_up_asked& x) {
                 s.hang_up_asked = true;
                 s.only_if_ringing = x.only_ringing;
               },
               [&](const call_closed& x) {
                 s.phase = phase::ended;
                 s.outcome = x.outcome;
                 if (!s.ended_at)
                   s.ended_at = x.at;
               },
               [&](const auto& x) { apply_live(s, x); },
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
             {"reason", s.wish_reason}, {"stage", s.stage},     {"notes", placed_notes(s)},   {"mind", s.mind},
             {"transfer", s.transfer},  {"message", s.message}, {"recording", s.recording}}
          .dump();
  } else {
    r.metadata = json{{"attempt", s.attempt}, {"answered_by", s.who}, {"stage", s.stage}}.dump();
  }
  r.duration_seconds = static_cast<int32_t>(s.duration_s);
  r.sentiment_score = s.sentiment;
  // It stands in the place of a disposition until there is one.
  r.outcome = s.phase == phase::unresolved ? disposition::submission_unknown : s.outcome;
  r.meeting_booked = s.meeting.has_value();
  r.recording_url = recording_name(s);
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

std::optional<held_slot> slot_of(const std::string& stored) {
  const auto state = json::parse(stored, nullptr, false);
  if (!state.is_object() || !state.contains("slot") || state.at("phase").get<phase>() == phase::ended
      || state.value("slot_returned", false))
    return std::nullopt;
  return held_slot{state.at("slot").get<slot_id>(), state.at("campaign").get<campaign_id>(),
                   !state.value("sid", std::string{}).empty() || !state.value("created", true)};
}

} // namespace parley::calls
