#include "actors/conversation/core.hpp"

#include "actors/conversation/instructions.hpp"
#include "actors/conversation/speech_rules.hpp"
#include "actors/conversation/stages.hpp"
#include "actors/conversation/thinking.hpp"
#include "actors/conversation/words.hpp"

#include <algorithm>

namespace parley::mind {
namespace {

constexpr const char* ending_alarm = "ending";
constexpr const char* words_alarm = "words";

/// How many of its own turns the agent has to end: more where there is
/// something to confirm.
uint32_t ending_turns_max(disposition how) {
  return how == disposition::meeting_booked || how == disposition::meeting_moved || how == disposition::callback
             || how == disposition::gatekeeper
           ? 4
           : 2;
}

std::string farewell(disposition how) {
  switch (how) {
    case disposition::wrong_person: return "I am sorry to have bothered you. Goodbye.";
    case disposition::meeting_moved:
    case disposition::meeting_booked: return "Thank you, and see you then. Goodbye.";
    case disposition::callback: return "Thank you, talk to you then. Goodbye.";
    case disposition::gatekeeper: return "Thank you for your help. Goodbye.";
    default: return "Thank you for your time. Goodbye.";
  }
}

} // namespace

reaction step(conversation_state state, const input::any& in, wall_time now, const conversation_policy& policy,
              const briefing& about) {
  thinking mind{state, now, policy, about};
  std::visit([&](const auto& one) { mind.on(one); }, in);
  auto out = mind.take();
  return {std::move(state), std::move(out)};
}

void thinking::note(std::string kind, nlohmann::json data) {
  give(directive::record{std::move(kind), std::move(data)});
}

void thinking::on(const input::session_started&) {
  x.hands_over = policy_.may_transfer && !x.transfer_failed;
  x.last_attempt = policy_.last_attempt;
  x.next_action = next_best_action(x);
  issue("start");
}

void thinking::on(const input::agent_turn& heard) {
  turn spoken{party::agent,  ++x.agent_turns, shortened(heard.text, 8000), heard.item,
              heard.started, heard.ended,     heard.interrupted,           {}};
  x.corrections.clear();
  for (auto& broken : check_agent_turn(spoken, x, policy_)) {
    note("rule_violation", {{"rule", broken.rule},
                            {"hard", broken.rule == "disclosure" || broken.rule == "honesty"},
                            {"item", spoken.item},
                            {"detail", broken.detail}});
    spoken.marks.push_back(broken.rule);
    x.corrections.push_back(std::move(broken.correction));
  }
  if (!x.disclosed && discloses(spoken.text, policy_)) {
    x.disclosed = true;
    note("disclosed", {{"item", spoken.item}});
  }
  if (policy_.record && !x.recording_announced && announces_recording(spoken.text)) {
    x.recording_announced = true;
    note("recording_announced", {{"item", spoken.item}});
    allow_recording();
  }
  x.opt_out_offered = x.opt_out_offered || (x.disclosed && offers_opt_out(spoken.text));
  x.asked_if_ai = x.asked_if_ai && !owns_up(spoken.text);
  for (auto& email : emails_in(spoken.text))
    if (std::ranges::find(x.emails_read_back, email) == x.emails_read_back.end())
      x.emails_read_back.push_back(std::move(email));
  const bool goodbye = says_goodbye(spoken.text);
  x.turns.push_back(std::move(spoken));
  if (x.ended)
    return;
  if (x.ending) {
    ++x.ending->agent_turns;
    if ((goodbye && !heard.interrupted) || x.ending->agent_turns >= ending_turns_max(x.ending->how))
      return hang_up(true, x.ending->how, x.ending->why);
    if (x.ending->agent_turns + 1 == ending_turns_max(x.ending->how))
      give(directive::speak{"Say exactly: \"" + farewell(x.ending->how) + "\""});
  }
  settle();
}

void thinking::on(const input::callee_turn& heard) {
  turn spoken{
    party::callee, ++x.callee_turns, shortened(heard.text, 8000), heard.item, heard.started, heard.ended, false, {}};
  x.turns.push_back(spoken);
  x.awaits_speech = false;
  // An opt-out counts even when the call is ending or over.
  if (const auto wish = opt_out_wish(spoken.text))
    return opt_out("transcript", *wish);
  if (x.ended)
    return;
  if (const auto quote = recording_objection(spoken.text); quote && policy_.record)
    object_to_recording(*quote);
  hear(spoken);
  retry_waiting(false);
  settle();
  if (policy_.side_analysis && !x.ending && !x.ended)
    give(analysis_question(x, policy_, about_));
}

void thinking::on(const input::key_pressed& key) {
  note("key", {{"digit", shortened(key.digit, 4)}});
  if (key.digit == policy_.opt_out_key)
    opt_out("key", key.digit);
}

void thinking::on(const input::silence& quiet) {
  if (x.ended || x.handing_over || x.machine_heard || quiet.lasted < policy_.dead_air_max)
    return;
  if (x.ending)
    return hang_up(true, x.ending->how, x.ending->why);
  if (!x.awaits_speech) {
    x.awaits_speech = true;
    return give(directive::speak{"The line is silent. Ask in one short sentence whether the person is still there."});
  }
  const auto how = conclude(x);
  hang_up(false, how == disposition::hung_up ? disposition::dead_air : how, "nobody speaks any more");
}

void thinking::on(const input::woken& alarm) {
  if (x.ended)
    return;
  if (alarm.why == words_alarm) {
    retry_waiting(true);
    settle();
  } else if (alarm.why == machine_alarm && x.machine_heard) {
    hang_up(false, disposition::machine, "an answering machine speaks, and its beep was not heard");
  } else if (alarm.why == ending_alarm && x.ending) {
    hang_up(true, x.ending->how, x.ending->why);
  }
}

void thinking::on(const input::call_over&) {
  if (x.ended)
    return;
  const auto how = conclude(x);
  keep_callback_wish(how);
  x.ended = true;
  x.disposition = how;
  x.stage = stage::closing;
}

void thinking::on(const input::operator_say& order) {
  if (x.ended)
    return;
  note("operator_said", nlohmann::json::object());
  give(directive::speak{"A colleague of yours listens in and wants you to say this now, in your own words: \""
                        + one_line(order.text, 1000) + "\""});
}

void thinking::opt_out(const std::string& source, const std::string& words) {
  if (x.opted_out)
    return;
  x.opted_out = true;
  note("opt_out", {{"source", source}, {"words", words}});
  give(directive::list_opt_out{source, words});
  // 47 CFR 64.1200(b)(3) wants the call ended at once: no last word of ours.
  hang_up(false, disposition::do_not_call, "opt-out by " + source);
}

void thinking::begin_ending(disposition how, const std::string& why) {
  if (x.ending || x.ended)
    return;
  x.ending = ending{how, why, 0};
  note("ending", {{"disposition", to_string(how)}, {"reason", why}});
  const auto turns = ending_turns_max(how);
  give(directive::wake_me{policy_.ending_max * (turns / 2), ending_alarm});
}

void thinking::hang_up(bool after_playout, disposition how, const std::string& why) {
  // Nobody may be left waiting for the answer to a tool that hasn't begun.
  if (x.waiting) {
    refuse(x.waiting->tool_call_id, x.waiting->name, "The call is over.");
    x.waiting.reset();
  }
  keep_callback_wish(how);
  x.ended = true;
  x.disposition = how;
  x.disposition = conclude(x); // the facts come before what was meant
  const auto before = x.stage;
  x.stage = stage::closing;
  if (before != x.stage)
    note("stage_changed", {{"from", to_string(before)}, {"to", to_string(x.stage)}, {"because", why}});
  x.next_action = next_best_action(x);
  give(directive::end_call{after_playout, x.disposition, why});
}

void thinking::keep_callback_wish(disposition how) {
  const bool kept = how == disposition::callback || how == disposition::gatekeeper;
  if (kept && !x.last_attempt && !x.callback_set && x.callback_wished && *x.callback_wished > now_)
    give(directive::schedule_callback{"", *x.callback_wished, "as the person asked"});
}

void thinking::settle() {
  if (x.ended)
    return;
  if (!x.ending && !x.meeting) {
    if (x.wrong_person)
      begin_ending(disposition::wrong_person, "another person answered");
    else if (x.objection_turns >= policy_.objections_max)
      begin_ending(x.gatekeeper ? disposition::gatekeeper : disposition::not_interested,
                   "objection number " + std::to_string(x.objection_turns));
    else if (x.gatekeeper && x.callee_turns >= x.gatekeeper_since + policy_.gatekeeper_turns)
      begin_ending(disposition::gatekeeper, "the person cannot be reached now");
    else if (const auto why = not_qualified_because(x, policy_);
             why && !x.callback_asked && !x.wants_move && !x.wants_cancel)
      begin_ending(disposition::not_qualified, *why);
  }
  std::string reason;
  const auto because = [&](const char* why) { reason += (reason.empty() ? "" : "+") + std::string{why}; };
  if (const auto next = derive_stage(x); next != x.stage) {
    note("stage_changed", {{"from", to_string(x.stage)},
                           {"to", to_string(next)},
                           {"because", x.ending ? x.ending->why : next_best_action(x)}});
    x.stage = next;
    because(x.ending ? "ending" : "stage");
  }
  x.next_action = next_best_action(x);
  if (!x.corrections.empty())
    because("correction");
  if (fingerprint(x, about_) != x.issued)
    issue(reason.empty() ? (x.stage == stage::booking ? "booking" : "bant") : reason);
}

void thinking::issue(std::string reason) {
  const auto prompt = policy_.prompt.empty() ? conversation_template() : std::string_view{policy_.prompt};
  auto text = instructions(x, now_, policy_, about_, prompt);
  if (const auto* error = std::get_if<template_error>(&text)) {
    // A campaign's own template is checked when it is saved; one that went bad
    // must not leave the agent without its rules.
    note("rule_violation", {{"rule", "template"}, {"hard", false}, {"item", ""}, {"detail", error->what}});
    const conversation_policy defaults;
    auto safe = policy_;
    safe.say_first = defaults.say_first;
    safe.confirm = defaults.confirm;
    safe.opt_out = defaults.opt_out;
    text = instructions(x, now_, safe, about_, conversation_template());
  }
  x.issued = fingerprint(x, about_);
  give(directive::update_instructions{std::get<std::string>(std::move(text)), std::move(reason)});
}

} // namespace parley::mind
