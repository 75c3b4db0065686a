#include "actors/conversation/stages.hpp"

#include "actors/research/prompt_template.hpp"

#include <algorithm>
#include <array>

namespace parley::mind {
namespace {

bool objecting(const conversation_state& x) {
  return !x.objections.empty() && x.objections.back().turn == x.callee_turns && x.callee_turns > 0;
}

/// The stage apart from an objection that was just raised.
stage stage_beneath(const conversation_state& x) {
  if (x.ending || x.ended || x.meeting || x.moved || x.cancelled || x.callback_set)
    return stage::closing;
  if (!x.disclosed || !x.identity_confirmed)
    return stage::opening;
  const auto need = x.bant[bant_key::need].value;
  if (!x.value_heard && need == bant_value::unknown)
    return stage::value_proposition;
  if (need == bant_value::unknown || need == bant_value::no)
    return stage::discovery;
  return qualified(x.bant) ? stage::booking : stage::qualification;
}

const char* name_of(bant_key key) {
  static constexpr std::array<const char*, 4> names{"budget", "authority", "need", "timeline"};
  return names[static_cast<size_t>(key)];
}

} // namespace

stage derive_stage(const conversation_state& x) {
  const auto beneath = stage_beneath(x);
  return beneath != stage::closing && beneath != stage::opening && objecting(x) ? stage::objection : beneath;
}

std::string end_reason_for(disposition how) {
  switch (how) {
    case disposition::meeting_booked: return "meeting_booked";
    case disposition::callback: return "callback_set";
    case disposition::not_interested: return "not_interested";
    case disposition::not_qualified: return "not_qualified";
    case disposition::wrong_person: return "wrong_person";
    case disposition::do_not_call: return "opted_out";
    default: return "done";
  }
}

std::string goal_of(const conversation_state& x, const briefing& about) {
  const auto person = about.person.name.empty() ? std::string{"the person"} : one_line(about.person.name, 120);
  if (x.wants_cancel && !x.cancelled && x.identity_confirmed && x.stage != stage::closing)
    return "The person does not want the meeting to take place: do not argue or ask about anything else, and use "
           "cancel_meeting.";
  if (x.wants_move && !x.moved && x.stage != stage::opening && x.stage != stage::closing)
    return "The person wants another time for the meeting: agree on one of the slots of check_calendar_availability, "
           "then use reschedule_meeting. Do not ask about anything else.";
  switch (x.stage) {
    case stage::opening:
      if (x.gatekeeper && x.last_attempt)
        return "Somebody else answers for " + person
               + ": say whom you call and that you are an AI assistant, tell nothing else about the matter, and ask "
                 "whether "
               + person
               + " can come to the phone. If not, thank whoever answered, say goodbye and use end_call with the reason "
                 "done; no further call can be promised.";
      if (x.gatekeeper)
        return "Somebody else answers for " + person
               + ": say whom you call and that you are an AI assistant, tell "
                 "nothing else about the matter, and ask when "
               + person
               + " can be reached. Use schedule_callback for the time that is named, else use end_call with the reason "
                 "done.";
      return "Say the words of the disclosure first, then make sure that you speak with " + person + ".";
    case stage::value_proposition:
      return "Say in under 15 seconds why the offer matters to " + person + ", and ask whether it is relevant.";
    case stage::discovery:
      if (x.bant[bant_key::need].value == bant_value::no)
        return "The person sees no need: ask one question that could show one, and accept the answer.";
      return "Find out how the person handles this today and what problem that causes.";
    case stage::qualification:
      return "Find out how much it matters, who decides, by when, and whether there is money for it. One question at a "
             "time.";
    case stage::booking:
      if (x.slots.empty())
        return "Agree on a meeting: ask for a day, then use check_calendar_availability.";
      if (x.accepted_slots.empty())
        return "Offer two of the slots and wait until the person accepts one.";
      if (x.emails_confirmed.empty())
        return "Read the e-mail address back and have it confirmed, then use book_meeting.";
      return "Use book_meeting now.";
    case stage::objection:
      return "The person objects (" + std::string{to_string(x.objections.back().kind)}
             + "): show that you understood, answer in one or two sentences, then ask one question.";
    case stage::closing: {
      const auto how = x.ending ? x.ending->how : conclude(x);
      if (how == disposition::wrong_person)
        return "This is not the person you want: apologise, say goodbye and use end_call with the reason wrong_person.";
      if (how == disposition::meeting_booked)
        return "Confirm the meeting, say goodbye and use end_call with the reason meeting_booked.";
      if (how == disposition::meeting_moved)
        return "Confirm the meeting's new time, say goodbye and use end_call with the reason done.";
      if (how == disposition::meeting_cancelled)
        return "Confirm that the meeting is called off, say goodbye and use end_call with the reason done.";
      if (how == disposition::gatekeeper)
        return std::string{"Thank whoever answered, say goodbye and use end_call with the reason "}
               + (x.callback_set || (x.callback_wished && !x.last_attempt) ? "callback_set." : "done.");
      return "Do not argue or ask any more: thank the person, say goodbye and use end_call with the reason "
             + end_reason_for(how) + ".";
    }
    case stage::count_: break;
  }
  return {};
}

std::vector<std::string> ask_about(const conversation_state& x) {
  if (x.wants_cancel && !x.cancelled && x.identity_confirmed)
    return {};
  if (x.wants_move && !x.moved && x.identity_confirmed)
    return {"meeting time"};
  switch (stage_beneath(x)) {
    case stage::value_proposition:
    case stage::discovery: return {"current process", "need"};
    case stage::qualification: {
      static constexpr std::array order{bant_key::need, bant_key::authority, bant_key::timeline, bant_key::budget};
      std::vector<std::string> out;
      for (const auto wanted : {bant_value::unknown, bant_value::weak, bant_value::no})
        for (const auto key : order)
          if (x.bant[key].value == wanted)
            out.emplace_back(name_of(key));
      return out;
    }
    case stage::booking: return {"meeting time", "e-mail"};
    default: return {};
  }
}

std::string next_best_action(const conversation_state& x) {
  if (x.ending || x.ended)
    return "say goodbye";
  if (x.meeting)
    return "confirm the meeting and say goodbye";
  if (x.moved)
    return "confirm the meeting's new time and say goodbye";
  if (x.wants_cancel)
    return "call the meeting off";
  if (x.wants_move)
    return "agree on another time for the meeting";
  const auto now = derive_stage(x);
  if (x.callback_asked && x.last_attempt && !x.gatekeeper && now != stage::booking)
    return "offer a meeting or that an account manager writes";
  if (x.callback_asked && !x.last_attempt && !x.callback_set)
    return x.callback_wished ? "schedule the call-back" : "agree on a time for the call-back";
  if (x.gatekeeper)
    return x.last_attempt ? "ask whether the person can come to the phone" : "ask when the person can be reached";
  if (x.wants_human)
    return x.hands_over     ? "hand the call over"
           : x.last_attempt ? "offer that an account manager writes"
                            : "offer that a colleague calls";
  switch (now) {
    case stage::opening: return x.disclosed ? "confirm the person" : "disclose who calls";
    case stage::value_proposition: return "say what the offer is worth";
    case stage::objection: return "answer the objection: " + std::string{to_string(x.objections.back().kind)};
    case stage::booking:
      return x.slots.empty()              ? "find a slot"
             : x.accepted_slots.empty()   ? "have a slot accepted"
             : x.emails_confirmed.empty() ? "confirm the e-mail"
                                          : "book the meeting";
    case stage::closing: return "say goodbye";
    default: {
      const auto open = ask_about(x);
      return open.empty() ? "summarise" : "ask about " + open.front();
    }
  }
}

std::optional<std::string> not_qualified_because(const conversation_state& x, const conversation_policy& policy) {
  for (size_t i = 0; i < x.bant.items.size(); ++i) {
    const auto& item = x.bant.items[i];
    if (item.value == bant_value::no && x.callee_turns >= item.turn + policy.no_grace_turns)
      return std::string{bant_key_names[i]} + " is a no, and stayed one";
  }
  if (!qualified(x.bant) && x.asking_turns >= policy.qualification_turns)
    return "not qualified after " + std::to_string(x.asking_turns) + " answers";
  return std::nullopt;
}

disposition conclude(const conversation_state& x) {
  if (x.opted_out)
    return disposition::do_not_call;
  if (x.meeting)
    return disposition::meeting_booked;
  if (x.moved)
    return disposition::meeting_moved;
  if (x.cancelled)
    return disposition::meeting_cancelled;
  if (x.gatekeeper && !x.wrong_person)
    return disposition::gatekeeper; // with or without a time to call again
  if (x.callback_set)
    return disposition::callback;
  if (x.wrong_person)
    return disposition::wrong_person;
  if (x.ended && x.disposition != disposition::none)
    return x.disposition;
  if (x.ending)
    return x.ending->how;
  if (x.callback_asked && !x.last_attempt)
    return disposition::callback;
  if (qualified(x.bant))
    return disposition::qualified;
  if (objecting(x))
    return disposition::not_interested;
  const bool all_known
    = std::ranges::none_of(x.bant.items, [](const bant_item& i) { return i.value == bant_value::unknown; });
  if (any_no(x.bant) || all_known)
    return disposition::not_qualified;
  return x.ended || x.callback_asked ? disposition::no_decision : disposition::hung_up;
}

} // namespace parley::mind
