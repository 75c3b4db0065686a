#include "actors/conversation/recovery.hpp"
#include "actors/conversation/spoken_time.hpp"
#include "actors/conversation/stages.hpp"
#include "actors/conversation/thinking.hpp"
#include "actors/conversation/words.hpp"

#include <algorithm>
#include <functional>

namespace parley::mind {
namespace {

using directive::respond;

constexpr size_t slots_kept_max = 24;
constexpr uint32_t end_refusals_max = 1;
/// More are never under way at once, unless the model repeats itself.
constexpr size_t open_tools_max = 8;

/// "the need and the budget": what still keeps the person from being qualified.
std::string missing(const bant& known) {
  if (known[bant_key::need].value != bant_value::strong)
    return "need";
  for (const auto key : {bant_key::budget, bant_key::authority, bant_key::timeline})
    if (known[key].value == bant_value::no)
      return std::string{to_string(key)};
  for (const auto key : {bant_key::authority, bant_key::timeline, bant_key::budget})
    if (known[key].value == bant_value::unknown)
      return std::string{to_string(key)};
  return "authority, the timeline or the budget";
}

std::string listed(const std::vector<wall_time>& slots) {
  std::string out;
  for (const auto slot : slots)
    out += (out.empty() ? "" : ", ") + iso_seconds(slot);
  return out;
}

bool contains(const auto& list, const auto& value) {
  return std::ranges::find(list, value) != list.end();
}

} // namespace

std::string iso_seconds(wall_time t) {
  return to_iso(t).substr(0, 19) + "Z";
}

void thinking::open(const input::tool_called& call) {
  if (x.open_tools.size() == open_tools_max) { // of a meeting that may be made the next one has to know
    const auto other = std::ranges::find_if(x.open_tools, std::not_fn(changes_meetings), &tool_under_way::name);
    x.open_tools.erase(other == x.open_tools.end() ? x.open_tools.begin() : other);
  }
  x.open_tools.push_back({call.tool_call_id, call.name, ""});
}

void thinking::close(const std::string& id) {
  std::erase_if(x.open_tools, [&](const auto& tool) { return tool.tool_call_id == id; });
}

void thinking::refuse(const std::string& id, const std::string& tool, const std::string& sentence) {
  close(id);
  note("tool_refused", {{"tool", shortened(tool, 64)}, {"error", sentence}});
  give(directive::answer_tool{id, {{"ok", false}, {"error", sentence}}, x.ended ? respond::no : respond::yes});
}

void thinking::accept(const std::string& id, nlohmann::json output, enum respond respond) {
  close(id);
  give(directive::answer_tool{id, std::move(output), respond});
}

void thinking::on(const input::tool_called& call) {
  auto arguments = read_arguments(call.name, call.arguments, now_, about_.person, policy_);
  if (const auto* wrong = std::get_if<tool_error>(&arguments)) {
    // An opt-out is one whatever its arguments, and hanging up needs no reason
    // once the call is ending.
    if (call.name == "opt_out")
      return use(call.tool_call_id, opt_out_arguments{});
    if (call.name == "end_call" && x.ending)
      return use(call.tool_call_id, end_call_arguments{});
    return refuse(call.tool_call_id, call.name, wrong->sentence);
  }
  if (x.ended) {
    if (std::holds_alternative<opt_out_arguments>(arguments))
      return use(call.tool_call_id, std::get<opt_out_arguments>(arguments));
    if (std::holds_alternative<end_call_arguments>(arguments))
      return accept(call.tool_call_id, {{"ok", true}}, respond::no);
    return refuse(call.tool_call_id, call.name, "The call is over.");
  }
  if (!std::holds_alternative<record_observation_arguments>(arguments)) // which is noted as what it says
    note("tool_called", {{"tool", call.name}, {"arguments", shortened(call.arguments, 500)}});
  open(call);
  std::visit(
    [&](const auto& args) {
      using type = std::decay_t<decltype(args)>;
      if constexpr (std::is_same_v<type, book_meeting_arguments>) {
        if (x.waiting) { // only the latest request counts
          refuse(x.waiting->tool_call_id, x.waiting->name, "A later request of yours took its place.");
          x.waiting.reset();
        }
        use(call.tool_call_id, args, true);
        if (x.waiting)
          x.waiting->arguments = call.arguments;
      } else if constexpr (!std::is_same_v<type, tool_error>) {
        use(call.tool_call_id, args);
      }
    },
    arguments);
}

void thinking::use(const std::string& id, const check_calendar_availability_arguments& args) {
  if (x.ending || x.meeting)
    return refuse(id, "check_calendar_availability",
                  "No further meeting is to be arranged in this call: say goodbye and use end_call.");
  auto minutes = std::max(args.duration_minutes, policy_.meeting_minutes);
  if (const auto& known = about_.person.meeting) // which is to fit when it is moved
    minutes = std::max(minutes, known->minutes);
  give(directive::check_availability{id, args.preferred_dates, minutes});
}

void thinking::on(const input::availability_result& result) {
  if (x.ended)
    return refuse(result.tool_call_id, "check_calendar_availability", "The call is over.");
  if (!result.error.empty())
    return refuse(result.tool_call_id, "check_calendar_availability", result.error);
  auto slots = nlohmann::json::array();
  auto local = nlohmann::json::array();
  for (const auto slot : result.slots) {
    if (slots.size() == policy_.slots_offered_max)
      break;
    slots.push_back(iso_seconds(slot));
    local.push_back(local_spoken(slot, about_.person.zone));
    if (!contains(x.slots, slot)) {
      if (x.slots.size() == slots_kept_max) {
        x.slot_minutes.erase(x.slots.front());
        x.slots.erase(x.slots.begin());
      }
      x.slots.push_back(slot);
    }
    x.slot_minutes[slot] = result.minutes;
  }
  note("slots_offered", {{"slots", slots}});
  // It may be longer than the model asked for, and the person is to know.
  nlohmann::json output{{"ok", true}, {"slots", slots}, {"local", local}, {"duration_minutes", result.minutes}};
  if (slots.empty())
    output["note"] = "Nothing is free on these dates. Ask for another day.";
  settle();
  accept(result.tool_call_id, std::move(output), respond::yes);
}

std::optional<std::string> thinking::booking_refusal(const book_meeting_arguments& args, bool& words_may_help) const {
  words_may_help = false;
  if (x.meeting)
    return "A meeting is already booked for " + iso_seconds(x.meeting->at)
           + ". Confirm it, say goodbye and use end_call.";
  if (x.booking)
    return "A booking is already under way. Wait for its result.";
  if (x.ending)
    return "The call is ending: do not book. Say goodbye and use end_call.";
  if (!x.disclosed)
    return "The person has not been told yet who calls and that you are an AI assistant. Say the words of the "
           "disclosure first.";
  words_may_help = true;
  if (!x.identity_confirmed || x.gatekeeper)
    return "Nobody has confirmed to be the person you call. Make sure of that first, then offer the meeting.";
  if (!qualified(x.bant))
    return "The person is not qualified yet. Find out about the " + missing(x.bant) + " first, then offer the meeting.";
  if (x.slots.empty()) {
    words_may_help = false;
    return "No slot was offered yet. Use check_calendar_availability to check the calendar, and let the person choose.";
  }
  if (!contains(x.slots, args.datetime)) {
    words_may_help = false;
    return "`datetime` must be one of the slots: " + listed(x.slots) + ".";
  }
  if (x.accepted_slots.empty())
    return "The person has not accepted a time yet. Offer the slots aloud and wait for the answer before you book.";
  if (!contains(x.accepted_slots, args.datetime))
    return "The person accepted " + listed(x.accepted_slots) + ", not " + iso_seconds(args.datetime)
           + ". Book one of the slots that the person accepted.";
  if (!contains(x.emails_confirmed, args.prospect_email))
    return "The e-mail address is not confirmed. Read the e-mail address back to the person and wait for a yes before "
           "you book.";
  return std::nullopt;
}

void thinking::use(const std::string& id, const book_meeting_arguments& args, bool may_wait) {
  bool words_may_help = false;
  if (const auto why = booking_refusal(args, words_may_help)) {
    // The model may act on words whose transcript is still on its way.
    const bool words_to_come = !x.turns.empty() && x.turns.back().who == party::agent;
    if (may_wait && words_may_help && words_to_come) {
      x.waiting = tool_under_way{id, "book_meeting", ""};
      return give(directive::wake_me{policy_.words_wait_max, "words"});
    }
    return refuse(id, "book_meeting", *why);
  }
  note("details_confirmed", {{"slot", iso_seconds(args.datetime)}});
  x.booking = tool_under_way{id, "book_meeting", args.meeting_type};
  x.emails_confirmed = {args.prospect_email};
  const auto offered = x.slot_minutes.find(args.datetime);
  const auto minutes = offered == x.slot_minutes.end() ? policy_.meeting_minutes : offered->second;
  give(directive::book{id, args.datetime, args.prospect_email, args.meeting_type, minutes});
}

void thinking::retry_waiting(bool last_time) {
  if (!x.waiting)
    return;
  const auto call = *x.waiting;
  const auto arguments = read_arguments(call.name, call.arguments, now_, about_.person, policy_);
  const auto* args = std::get_if<book_meeting_arguments>(&arguments);
  bool words_may_help = false;
  if (args && booking_refusal(*args, words_may_help) && words_may_help && !last_time && !x.turns.empty()
      && x.turns.back().who == party::agent)
    return;
  x.waiting.reset();
  if (args)
    use(call.tool_call_id, *args, false);
  else // the slot has passed while we waited
    refuse(call.tool_call_id, call.name, std::get<tool_error>(arguments).sentence);
}

void thinking::on(const input::booking_result& result) {
  const auto asked = std::exchange(x.booking, std::nullopt);
  if (!result.ok) {
    // A slot that is gone must not be offered again.
    if (asked && !x.ended) {
      std::erase_if(x.slots, [&](wall_time slot) { return slot == result.at; });
      std::erase_if(x.accepted_slots, [&](wall_time slot) { return slot == result.at; });
      x.slot_minutes.erase(result.at);
    }
    refuse(result.tool_call_id, "book_meeting",
           result.error.empty() ? "The slot is no longer free. Check the calendar for another slot." : result.error);
    if (!x.ended)
      settle();
    return;
  }
  x.meeting = booked_meeting{result.meeting_id, result.at, asked ? asked->arguments : "video",
                             x.emails_confirmed.empty() ? "" : x.emails_confirmed.front(), result.minutes};
  note("meeting_booked",
       {{"meeting_id", result.meeting_id}, {"at", iso_seconds(result.at)}, {"type", x.meeting->type}});
  if (x.ended) { // the call ended while the booking was under way
    x.disposition = conclude(x);
    return give(directive::end_call{true, x.disposition, "a meeting is booked"});
  }
  x.ending.reset(); // a meeting is worth a proper goodbye
  begin_ending(disposition::meeting_booked, "a meeting is booked");
  settle();
  accept(result.tool_call_id,
         {{"ok", true},
          {"meeting_id", result.meeting_id},
          {"datetime", iso_seconds(result.at)},
          {"local", local_spoken(result.at, about_.person.zone)},
          {"duration_minutes", result.minutes}},
         respond::yes);
}

void thinking::use(const std::string& id, const schedule_callback_arguments& args) {
  if (x.meeting)
    return refuse(id, "schedule_callback",
                  "A meeting is booked, so no call-back is needed: say goodbye and use end_call.");
  give(directive::schedule_callback{id, args.datetime, args.reason});
}

void thinking::on(const input::callback_result& result) {
  if (result.at) {
    x.callback_set = result.at;
    note("callback_set", {{"at", iso_seconds(*result.at)}});
  }
  if (x.ended) {
    x.disposition = conclude(x);
    return give(directive::end_call{true, x.disposition, "a call-back is set"});
  }
  if (!result.at)
    return refuse(result.tool_call_id, "schedule_callback",
                  result.error.empty() ? "That time is not possible. Ask for another time." : result.error);
  if (!x.ending)
    begin_ending(x.gatekeeper ? disposition::gatekeeper : disposition::callback, "a call-back is set");
  settle();
  accept(result.tool_call_id,
         {{"ok", true}, {"datetime", iso_seconds(*result.at)}, {"local", local_spoken(*result.at, about_.person.zone)}},
         respond::yes);
}

void thinking::use(const std::string& id, const opt_out_arguments& args) {
  accept(id, {{"ok", true}}, respond::no);
  opt_out("tool", args.reason);
}

std::optional<std::string> thinking::end_refusal(end_reason reason) const {
  switch (reason) {
    case end_reason::meeting_booked:
      return x.meeting
               ? std::nullopt
               : std::optional<std::string>{"No meeting is booked. Use book_meeting first, or give another reason."};
    case end_reason::callback_set:
      if (x.callback_set || (!x.last_attempt && x.callback_asked && x.callback_wished))
        return std::nullopt;
      if (x.last_attempt)
        return "No call-back is set, and none can be: this is the last call. Do not promise one, and give another "
               "reason.";
      return "No call-back is set. Use schedule_callback first, or give another reason.";
    case end_reason::wrong_person:
      return x.identity_confirmed && !x.wrong_person
               ? std::optional<std::string>{"The person has confirmed to be the right one. Give another reason."}
               : std::nullopt;
    case end_reason::not_qualified:
      return qualified(x.bant)
               ? std::optional<std::string>{"The person is qualified. Offer a meeting, or give another reason."}
               : std::nullopt;
    default: return std::nullopt;
  }
}

disposition thinking::factual(end_reason reason) const {
  const auto facts = conclude(x);
  if (x.meeting || x.callback_set || x.wrong_person || x.gatekeeper || x.ending)
    return facts;
  switch (reason) {
    case end_reason::not_interested: return disposition::not_interested;
    case end_reason::not_qualified: return qualified(x.bant) ? disposition::qualified : disposition::not_qualified;
    case end_reason::wrong_person: return x.identity_confirmed ? disposition::no_decision : disposition::wrong_person;
    case end_reason::callback_set:
      return x.callback_asked && !x.last_attempt ? disposition::callback : disposition::no_decision;
    default: return facts == disposition::hung_up ? disposition::no_decision : facts;
  }
}

void thinking::use(const std::string& id, const end_call_arguments& args) {
  if (args.reason == end_reason::opted_out) {
    accept(id, {{"ok", true}}, respond::no);
    return opt_out("tool", "");
  }
  if (!args.follow_up_action.empty())
    x.follow_up_asked = shortened(args.follow_up_action, 300);
  const auto why = x.ending ? std::nullopt : end_refusal(args.reason);
  if (why && x.refused_ends < end_refusals_max) {
    ++x.refused_ends;
    return refuse(id, "end_call", *why);
  }
  accept(id, {{"ok", true}}, respond::no);
  hang_up(true, factual(args.reason),
          x.ending ? x.ending->why : "the agent ended the call: " + std::string{to_string(args.reason)});
}

} // namespace parley::mind
