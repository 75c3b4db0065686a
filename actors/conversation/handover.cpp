// What a call may come to besides a talk with the agent: a human who takes
// over, a recording, a machine that gets a message.
#include "actors/conversation/speech_rules.hpp"
#include "actors/conversation/stages.hpp"
#include "actors/conversation/thinking.hpp"
#include "actors/conversation/words.hpp"

#include <algorithm>

namespace parley::mind {
namespace {

/// A person who does not mind is none who objects.
bool does_not_mind(const words& said) {
  static const std::vector<phrase> table{"mind|minds", "care|cares|bother|bothers|matter|matters",
                                         "problem|objection|objections|issue|worry|worries", "fine|ok|okay with"};
  return find_any(table, said).has_value();
}

bool refuses_recording(const clause& part) {
  static const std::vector<phrase> refusals{
    "not * * record|recorded|recording|recordings|tape|taped",
    "stop|end|quit|cancel|pause|cease|drop ?with ?the|this|that|your|my ?call record|recording|recordings|taping",
    "turn|switch|shut ?that|the|your|this ?off recording|recorder|tape ?machine ?off",
    "turn|switch|shut off ?the|that|your|this recording|recorder",
    "problem|issue|issues with * recorded|recording",
    "do mind * recorded|recording",
    "no recording|recordings|tape|taping",
    "without ?this|me|it|the|a ?call ?being recorded|recording",
    "object|objection * * recorded|recording",
    "against * recorded|recording",
    "off the record",
    "delete|erase ?that|the|this recording"};
  static const std::vector<phrase> of_others{"we|they|he|she do|does|did not record", "you do|did not record",
                                             "a|any|our record"};
  const auto& said = part.plain;
  if (!find_any(refusals, said) || find_any(of_others, said))
    return false;
  // "I do not mind being recorded" holds a refusal's words and is none; "I do
  // have a problem with being recorded" is one, with "do not" or without.
  if (does_not_mind(said)) {
    static const std::vector<phrase> still{"object to * recorded|recording", "have a problem|objection|issue",
                                           "do mind", "stop|end|quit|turn|switch"};
    return find_any(still, said).has_value();
  }
  // "Is this not recorded?" only asks.
  static const std::vector<phrase> asks{"^ is|are|was|were|why|do|did"};
  return !(part.question && find_any(asks, said));
}

} // namespace

bool announces_recording(std::string_view text) {
  static const std::vector<phrase> table{"recorded", "record|recording this|the|our|all|your call|calls|conversation"};
  return std::ranges::any_of(clauses(text), [](const clause& part) {
    const auto found = find_any(table, part.plain);
    return found && !part.question && !negated(part.plain, found->begin)
           && !find_any({"not ?be ?being recorded|recording"}, part.plain);
  });
}

std::optional<std::string> recording_objection(std::string_view callee_text) {
  for (const auto& part : clauses(callee_text))
    if (refuses_recording(part))
      return shortened(part.sentence, 300);
  return std::nullopt;
}

std::string with_recording_notice(const std::string& say_first) {
  if (announces_recording(say_first))
    return say_first;
  auto text = trimmed(say_first);
  while (!text.empty() && (text.back() == '.' || text.back() == '!'))
    text.pop_back();
  return text + ", and this call is recorded.";
}

void thinking::on(const input::answered&) {
  // Where the law wants no word about it there is nothing to wait for.
  if (policy_.record && !policy_.announce_recording)
    allow_recording();
}

void thinking::allow_recording() {
  if (x.recording_allowed || x.recording_objected || x.ended)
    return;
  x.recording_allowed = true;
  give(directive::recording{true});
}

void thinking::object_to_recording(const std::string& quote) {
  if (std::exchange(x.recording_objected, true))
    return;
  note("recording_objected", {{"quote", quote}});
  give(directive::recording{false});
  x.corrections.push_back("The person does not want to be recorded: say that the recording is off now, and go on.");
}

void thinking::await_beep(uint32_t turn) {
  if (std::exchange(x.machine_heard, true))
    return;
  note("machine_heard", {{"turn", turn}});
  x.corrections = {"An answering machine speaks. Say nothing at all."};
  give(directive::wake_me{policy_.beep_wait_max, machine_alarm});
}

void thinking::use(const std::string& id, const transfer_arguments& args) {
  constexpr auto tool = "transfer_to_human";
  if (x.handing_over)
    return refuse(id, tool, "The call is being handed over already. Say nothing more.");
  if (x.transfer_failed)
    return refuse(id, tool,
                  std::string{"No colleague can take the call. Say so, and "}
                    + (x.last_attempt ? "offer that an account manager writes; promise no further call."
                                      : "ask when somebody may call the person back."));
  if (!x.disclosed)
    return refuse(id, tool, "Say first who calls, in the words of the disclosure.");
  if (x.wrong_person)
    return refuse(id, tool, "This is not the person you want: apologise, say goodbye and use end_call.");
  if (x.booking || x.waiting)
    return refuse(id, tool, "A booking is under way. Wait for its result first.");
  x.handing_over = true;
  x.ending.reset();
  note("transfer_asked", {{"reason", args.reason}});
  accept(id, {{"ok", true}, {"note", "The call is handed over now. Say nothing more."}}, directive::respond::no);
  give(directive::transfer{args.reason});
}

void thinking::on(const input::transfer_failed&) {
  if (x.ended || !std::exchange(x.handing_over, false))
    return;
  note("transfer_failed", nlohmann::json::object());
  x.wants_human = true;
  x.transfer_failed = true;
  x.hands_over = false; // the next try would fail as well
  x.next_action = next_best_action(x);
  give(directive::speak{
    "No colleague can take the call. Apologise in one sentence, and "
    + std::string{x.last_attempt
                    ? "offer that an account manager writes. No further call can be promised: promise none."
                    : "ask when somebody may call the person back."}});
}

} // namespace parley::mind
