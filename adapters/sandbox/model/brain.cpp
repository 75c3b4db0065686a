#include "adapters/sandbox/model/brain.hpp"

#include "adapters/sandbox/model/agent.hpp"
#include "adapters/sandbox/model/speech.hpp"
#include "adapters/sandbox/model/text.hpp"

#include <algorithm>

namespace parley::sandbox::model {

using nlohmann::json;

namespace {

constexpr int questions_max = 2; // how often one topic is asked about
constexpr int disclosure_lines_max = 12;

std::string follow_up(const std::string& reason) {
  if (reason == "meeting_booked")
    return "send the invitation";
  return reason == "callback_set" ? "call back at the agreed time" : "none";
}

size_t count_words(const std::string& text) {
  const auto words = as_words(text);
  return static_cast<size_t>(std::count(words.begin(), words.end(), ' ')) - 1;
}

} // namespace

reply agent::decide() {
  if (text_.empty())
    noncommittal();
  else if (!m_.ended)
    answer();
  if (!disclosing_)
    shorten(reply_.lines, text_.sentences_max());
  return std::move(reply_);
}

void agent::say(line one) {
  if (!one.text.empty())
    reply_.lines.push_back(std::move(one));
}

int agent::asked(topic about) const {
  const auto found = m_.asked.find(about);
  return found == m_.asked.end() ? 0 : found->second;
}

bool agent::call(std::string_view name, std::map<std::string, json> facts) {
  const auto* which = find_tool(session_.tools, name);
  if (which == nullptr)
    return false;
  known_facts known;
  known.by_name = std::move(facts);
  known.email = m_.email.value_or("");
  known.person = text_.person.name;
  known.company = text_.person.company;
  known.moment = m_.chosen ? to_iso(*m_.chosen) : clock_ ? to_iso(clock_->now()) : "";
  known.words = m_.heard.empty() ? text_.stage.goal : m_.heard;
  reply_.calls.push_back({std::string{name}, arguments_for(*which, known).dump()});
  return true;
}

void agent::noncommittal() {
  if (!m_.heard.empty() || !m_.said_anything)
    say(topic::none, m_.said_anything ? "I see. I have nothing to add right now." : "Hello.");
}

void agent::answer() {
  if (const auto words = words_to_say(m_.note))
    return say(topic::none, *words);
  const auto& heard = m_.means;
  if (heard.opt_out && !m_.heard.empty() && !m_.opted_out)
    return stop_calling();
  if (m_.opted_out && !m_.result)
    return goodbye("opted_out", "Goodbye.");
  if (m_.handed_over)
    return;
  if (m_.nobody_took_it && !m_.note.empty() && m_.heard.empty()) {
    say(topic::none, "I am sorry, none of my colleagues can take the call right now.");
    if (!offered("schedule_callback"))
      return goodbye("done", "One of them will write to you. Thank you, and goodbye.");
    return ask(topic::callback);
  }
  if (!m_.heard.empty() && !m_.result) {
    if (heard.machine)
      return void(call("end_call", {{"reason", "done"}}));
    if (observe())
      return; // the words follow once its result is there
    if (heard.wrong_person || denies_name())
      return goodbye("wrong_person", "I am sorry to have bothered you. Goodbye.");
  }
  if (disclose())
    return;
  if (talked_over())
    return goodbye("done", "I will not hold you up. Goodbye.");
  if (m_.result)
    return use_result();
  if (!m_.heard.empty())
    return react();
  if (m_.last_question != topic::none)
    return resume();
  next_step();
}

bool agent::denies_name() const {
  const auto& heard = m_.means;
  return m_.question_heard == topic::disclosure && heard.no && !heard.front_desk && !heard.asks_who && !heard.asks_what
         && !heard.call_later && !heard.absent;
}

bool agent::disclose() {
  if (!text_.resume.empty())
    return false;
  const auto& first = text_.disclosure;
  if (talked_over())
    return false;
  // The question stands last, so that the person answers it.
  for (const auto* text : {&first.say_first, &first.opt_out, &first.confirm})
    if (undisclosed(*text))
      say(topic::disclosure, *text);
  disclosing_ = !reply_.lines.empty();
  return disclosing_;
}

bool agent::talked_over() const {
  const auto& first = text_.disclosure;
  return text_.resume.empty() && asked(topic::disclosure) >= disclosure_lines_max
         && (undisclosed(first.say_first) || undisclosed(first.opt_out) || undisclosed(first.confirm));
}

bool agent::observe() {
  // Before the first word is said there is nothing to observe.
  if (m_.observed || !m_.said_anything || !offered("record_observation"))
    return false;
  std::map<std::string, json> facts;
  for (const auto& [subject, value] : qualify(m_.heard, m_.question_heard))
    facts[subject] = json{{"value", value}, {"quote", m_.heard}};
  facts["objection"] = m_.means.objection ? json(m_.heard) : json(nullptr);
  facts["sentiment"] = m_.means.sentiment;
  auto points = json::array();
  for (const auto& sentence : sentences_of(m_.heard))
    if (std::count(sentence.begin(), sentence.end(), ' ') >= 3)
      points.push_back(sentence);
  facts["key_points"] = points;
  facts["next_action"] = text_.stage.goal.empty() ? "continue the conversation" : text_.stage.goal;
  return call("record_observation", std::move(facts));
}

void agent::stop_calling() {
  say(topic::goodbye, "Of course, I am taking you off our list now. I am sorry for the interruption. Goodbye.");
  if (!m_.opted_out && call("opt_out", {{"reason", m_.heard}}))
    return;
  call("end_call", {{"reason", "opted_out"}});
}

void agent::goodbye(const std::string& reason, std::string words) {
  say(topic::goodbye, std::move(words));
  call("end_call", {{"reason", reason}, {"follow_up_action", follow_up(reason)}});
}

void agent::react() {
  const auto& heard = m_.means;
  if ((moving() || cancelling()) && !heard.goodbye)
    return next_step();
  if (heard.wants_human && !m_.nobody_took_it)
    return hand_over();
  // "I am busy on Monday" is an answer where a day was asked for.
  const bool about_slot = m_.question_heard == topic::meeting_time && (m_.chosen || !m_.wanted.empty());
  if (((heard.call_later || heard.absent) && !about_slot) || m_.question_heard == topic::callback)
    return call_later();
  if (heard.front_desk && asked(topic::callback) == 0) {
    say(topic::none, "I am calling for " + (text_.person.name.empty() ? "your manager" : text_.person.name) + ".");
    if (!offered("schedule_callback"))
      return goodbye("done", "I will not hold you up. Thank you, and goodbye.");
    return ask(topic::callback);
  }
  if (heard.goodbye && !heard.yes)
    return goodbye(m_.objections > 0 ? "not_interested" : "done", "Thank you for your time. Goodbye.");
  if (heard.objection)
    return meet_objection();
  if (heard.asks_if_robot)
    say(topic::none,
        "Yes, I am an AI assistant" + (text_.company.name.empty() ? "." : " calling for " + text_.company.name + "."));
  else if (heard.asks_who && !text_.disclosure.say_first.empty()) {
    say(topic::disclosure, text_.disclosure.say_first);
    return say(topic::disclosure, text_.disclosure.confirm);
  } else if (heard.asks_what && asked(topic::pitch) > 0)
    say(pitch(text_));
  // "Hello?" is no answer to "Am I speaking with Ada?"
  else if (m_.question_heard == topic::disclosure && !heard.yes && !heard.asks_what && asked(topic::pitch) == 0
           && m_.turns_heard == 1 && sentences_of(m_.heard).size() == 1 && count_words(m_.heard) <= 2)
    return say(topic::disclosure, text_.disclosure.confirm);
  next_step();
}

void agent::meet_objection() {
  if (m_.objections >= 2)
    return goodbye("not_interested", "I understand, and I will not press you. Thank you for your time. Goodbye.");
  say(answer_to(*m_.means.objection, text_));
  say(question(topic::interest, text_, std::max(1, asked(topic::interest))));
}

void agent::resume() {
  if (!text_.resume.empty() && asked(topic::none) == 0) {
    say(topic::none, "I am sorry, we were cut off.");
    return next_step();
  }
  say(topic::presence, "Are you still there?");
  if (m_.last_question == topic::disclosure)
    say(topic::disclosure, text_.disclosure.confirm);
}

void agent::next_step() {
  correct();
  if (text_.stage.name == "closing")
    return close();
  if (cancelling())
    return cancel_meeting();
  if (moving())
    return move_meeting();
  if (asked(topic::pitch) == 0 && starts_here()) {
    say(pitch(text_));
    const auto next = next_question();
    return next && *next != topic::meeting_time ? ask(*next) : say(question(topic::none, text_, 0));
  }
  if (reply_.lines.empty() && !m_.heard.empty())
    say(acknowledgement(m_));
  if (booking_under_way())
    return book();
  if (const auto next = next_question()) {
    if (*next == topic::meeting_time || *next == topic::email)
      return book();
    return ask(*next);
  }
  if (!m_.interested && m_.objections == 0 && asked(topic::interest) == 0)
    return ask(topic::interest);
  if (m_.interested || m_.means.yes)
    return book();
  if (asked(topic::interest) < questions_max)
    return ask(topic::interest);
  goodbye("not_interested", "Thank you for your time. Goodbye.");
}

bool agent::starts_here() const {
  const auto& stage = text_.stage.name;
  return text_.resume.empty() && (stage.empty() || stage == "opening" || stage == "value_proposition");
}

std::optional<topic> agent::next_question() const {
  for (int times = 0; times < questions_max; ++times)
    for (const auto& item : text_.stage.ask_about) {
      const auto about = topic_of(item);
      const bool book = about == topic::meeting_time || about == topic::email;
      // Asked a second time only where the instructions still miss it.
      const bool open = asked(about) == times && !is_known(item) && !answered(about)
                        && (times == 0 || text_.known.contains(lower(item)));
      if (about != topic::none && (book || open))
        return about;
    }
  return std::nullopt;
}

bool agent::is_known(const std::string& item) const {
  const auto found = text_.known.find(lower(item));
  return found != text_.known.end() && found->second == "strong";
}

void agent::correct() {
  for (const auto& wrong : text_.correction) {
    const auto words = as_words(wrong);
    std::string remedy;
    if (auto literal = words_to_say(wrong))
      remedy = std::move(*literal);
    else if (has_any(words, {"opt out"}))
      remedy = text_.disclosure.opt_out;
    else if (has_any(words, {"ai", "identify", "identified", "disclose", "disclosure"}))
      remedy = text_.disclosure.say_first;
    else if (has_any(words, {"promise", "promised", "promises", "promising", "feature", "features"}))
      remedy = "Let me take that back, I spoke too soon.";
    if (!remedy.empty() && !m_.said.contains(remedy))
      say(topic::correction, remedy);
  }
}

void agent::close() {
  std::string reason = m_.booked           ? "meeting_booked"
                       : m_.callback_set   ? "callback_set"
                       : m_.objections > 0 ? "not_interested"
                                           : "done";
  const auto goal = as_words(text_.stage.goal);
  for (std::string_view name :
       {"not_interested", "not_qualified", "wrong_person", "callback_set", "meeting_booked", "opted_out"})
    if (goal.find(as_words(name)) != goal.npos)
      reason = name;
  goodbye(reason, "Thank you for your time. Goodbye.");
}

reply decide(const session_view& session) {
  return agent{session}.decide();
}

} // namespace parley::sandbox::model
