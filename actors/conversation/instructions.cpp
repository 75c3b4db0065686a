#include "actors/conversation/instructions.hpp"

#include "actors/conversation/speech_rules.hpp"
#include "actors/conversation/spoken_time.hpp"
#include "actors/conversation/stages.hpp"
#include "actors/conversation/thinking.hpp"

#include "conversation_prompt.inc" // made by CMake from config/prompts/conversation.md

namespace parley::mind {
namespace {

/// A campaign's sentence with {{agent}}, {{company}} and {{person}} filled in.
std::variant<std::string, template_error>
sentence(const std::string& text, const conversation_policy& policy, const briefing& about) {
  const auto person = about.person.name.empty() ? std::string{"the right person"} : one_line(about.person.name, 120);
  auto out = render(one_line(text), {{"agent", one_line(policy.agent_name, 80)},
                                     {"company", one_line(policy.company_name, 120)},
                                     {"person", person}});
  if (auto* filled = std::get_if<std::string>(&out))
    *filled = one_line(*filled);
  return out;
}

std::string known(const bant_item& item) {
  auto out = std::string{to_string(item.value)};
  if (item.value != bant_value::unknown)
    out += ", \"" + one_line(item.quote, 200) + "\"";
  return out;
}

std::string role(const conversation_policy& policy) {
  return "You are " + one_line(policy.agent_name, 80) + ", an AI assistant that calls people by telephone for "
         + one_line(policy.company_name, 120)
         + ". You are friendly, brief and honest, you listen more than you speak, and you let the person finish.";
}

template <class T, class F>
std::vector<std::string> texts(const std::vector<T>& list, F&& text) {
  std::vector<std::string> out;
  for (const auto& one : list)
    out.push_back(text(one));
  return out;
}

} // namespace

std::string_view conversation_template() {
  return conversation_prompt_text;
}

std::variant<std::string, template_error>
instructions(const conversation_state& x, wall_time now, const conversation_policy& policy, const briefing& about,
             std::string_view prompt) {
  placeholders values;
  for (const auto& [name, text] :
       {std::pair{"say_first", &policy.say_first}, {"confirm", &policy.confirm}, {"opt_out", &policy.opt_out}}) {
    auto filled = sentence(*text, policy, about);
    if (auto* error = std::get_if<template_error>(&filled))
      return template_error{std::string{name} + ": " + error->what};
    values[name] = std::get<std::string>(std::move(filled));
  }
  if (policy.record && policy.announce_recording && !x.recording_announced && !x.recording_objected)
    values["say_first"] = with_recording_notice(values["say_first"]);
  values["recording_rule"]
    = x.recording_objected ? "This call is not recorded, as the person wishes; never say that it is."
      : policy.record      ? "This call is recorded. When the person does not want that, say that the recording is off "
                             "and go on."
                           : "";
  values["transfer_rule"]
    = policy.may_transfer && !x.transfer_failed
        ? "When the person asks to speak with a human, say in one sentence that you connect them"
            + (policy.manager_name.empty() ? std::string{} : " with " + one_line(policy.manager_name, 80))
            + " and use transfer_to_human."
        : "";
  values["callback_rule"]
    = policy.last_attempt
        ? "This is the last call to the person: never say that anybody calls again, neither you nor a colleague. When "
          "the time is bad, say that no further call can be promised, and offer a meeting or that an account manager "
          "writes."
        : "When the time is bad, agree on another and use schedule_callback.";
  values["gatekeeper_rule"]
    = std::string{"When somebody else answers for the person, say only whom and for which company "
                  "you call, "}
      + (policy.last_attempt ? "ask whether the person can come to the phone, and if not, say goodbye."
                             : "ask when the person can be reached and use schedule_callback.");
  const auto list = [&](const char* name, const char* title, const std::vector<std::string>& items) {
    values[name] = bullets(items);
    values[std::string{name} + "_title"] = values[name].empty() ? "" : title;
  };
  const auto text_of = [](const reasoned& r) { return r.text; };
  list("talking_points", "Talking points:", texts(about.plan.talking_points, text_of));
  list("pain_points", "Pain points:", texts(about.plan.pain_points, text_of));
  list("objections", "Objections:", texts(about.plan.objections, [](const objection_strategy& o) {
         return std::string{to_string(o.kind)} + ": " + o.answer;
       }));
  values["ask_about"] = bullets(ask_about(x));
  values["ask_title"] = values["ask_about"].empty() ? "" : "Ask about:";
  values["role"] = role(policy);
  values["company"] = one_line(policy.company_name, 120);
  values["company_about"] = paragraph(policy.company_about);
  values["callback_number"] = one_line(policy.callback_number, 40);
  values["reach_rule"] = policy.callback_number.empty()
                           ? "Asked for a number to call us at, say that you have none to give; never make one up."
                           : "Asked how to reach us, say the telephone number under Company digit by digit, and no "
                             "other.";
  values["offer"] = paragraph(policy.offer);
  values["objective"] = paragraph(policy.objective);
  values["script"] = paragraph(policy.script);
  values["person_name"] = one_line(about.person.name, 120);
  values["person_role"] = one_line(about.person.role, 120);
  values["person_company"] = one_line(about.person.company, 120);
  values["person_email"] = one_line(about.person.email, 254);
  // The carrier dials the number alone, so whoever or whatever answers is to be asked.
  const auto extension = one_line(about.person.extension, 20);
  values["person_extension"] = extension;
  values["extension_rule"] = extension.empty() ? ""
                                               : "The person's number has the extension " + extension
                                                   + ": when somebody else or a switchboard answers, ask to be put "
                                                     "through to it.";
  const auto& meeting = about.person.meeting;
  values["person_meeting"]
    = meeting ? iso_seconds(meeting->at) + ", that is " + local_spoken(meeting->at, about.person.zone) : "";
  values["meeting_rule"]
    = meeting ? "The person has a meeting with us already (under Person). When the person wants another time for it, "
                "agree on a slot from check_calendar_availability and use reschedule_meeting. When the person wants no "
                "meeting at all, use cancel_meeting and do not argue."
              : "";
  values["local_time"] = local_iso(now, about.person.zone);
  values["approach"] = std::string{to_string(about.plan.way)};
  values["history"] = bullets(about.history);
  values["stage"] = std::string{to_string(x.stage)};
  values["goal"] = one_line(goal_of(x, about));
  for (size_t i = 0; i < x.bant.items.size(); ++i)
    values[std::string{bant_key_names[i]}] = known(x.bant.items[i]);
  values["sentences_max"] = std::to_string(policy.sentences_max);
  values["correction"] = bullets(x.corrections);
  values["resume"] = paragraph(about.resume);
  return render(prompt, values);
}

std::string fingerprint(const conversation_state& x, const briefing& about) {
  auto out = std::string{to_string(x.stage)} + "|" + goal_of(x, about);
  for (const auto& item : x.bant.items)
    out += "|" + std::string{to_string(item.value)};
  if (x.recording_objected)
    out += "|not recorded";
  for (const auto& one : x.corrections)
    out += "|" + one;
  return out;
}

} // namespace parley::mind
