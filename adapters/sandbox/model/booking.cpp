// What the agent arranges: a slot, the address, the meeting, a call-back; and
// what it does about the tools' answers.
#include "adapters/sandbox/model/agent.hpp"
#include "adapters/sandbox/model/speech.hpp"
#include "adapters/sandbox/model/text.hpp"

#include <algorithm>
#include <array>

namespace parley::sandbox::model {

using nlohmann::json;

namespace {

constexpr int calendar_checks_max = 4;
constexpr int booking_attempts_max = 6;
constexpr int end_attempts_max = 3;
constexpr int meeting_minutes = 30;

/// A word of a refusal and the topic that it wants to be spoken about.
constexpr std::array<std::pair<std::string_view, topic>, 10> subjects{{
  {" process", topic::current_process},
  {" need ", topic::need},
  {" pain", topic::need},
  {" budget", topic::budget},
  {" authority", topic::authority},
  {" decid", topic::authority},
  {" decision", topic::authority},
  {" timeline", topic::timeline},
  {" e mail", topic::email},
  {" email", topic::email},
}};

/// The time that a tool's result names.
std::optional<instant> moment_in(const json& data) {
  if (!data.is_object() || !data.contains("datetime") || !data["datetime"].is_string())
    return std::nullopt;
  return parse_instant(data["datetime"].get<std::string>());
}

} // namespace

void agent::call_later() {
  const auto spoken = clock_ ? hear_time(m_.heard, *clock_) : spoken_time{};
  if (!offered("schedule_callback"))
    return goodbye("done", m_.means.absent
                             ? "Thank you for telling me. Goodbye."
                             : "I understand, this is not a good time. I cannot promise another call, but "
                               "a colleague will write to you. Thank you, and goodbye.");
  if (!clock_ || (spoken.empty() && asked(topic::callback) == 0)) {
    if (m_.means.absent)
      say(topic::none, "Thank you for telling me.");
    return ask(topic::callback);
  }
  call("schedule_callback", {{"datetime", to_iso(resolve(spoken, *clock_))}, {"reason", m_.heard}});
}

void agent::use_result() {
  const auto& result = *m_.result;
  const bool ok = !result.data.is_object() || !result.data.contains("ok") || result.data["ok"] == true;
  if (!ok)
    return follow_refusal(result);
  if (result.tool == "book_meeting")
    return goodbye("meeting_booked", "Wonderful, we are booked" + spoken("for", m_.chosen) + ". The invitation goes to "
                                       + m_.email.value_or("you") + ". Thank you, and goodbye.");
  if (result.tool == "reschedule_meeting")
    return goodbye("done", "Wonderful, our meeting is now" + spoken("on", moment_in(result.data))
                             + ". The new invitation is on its way. Thank you, and goodbye.");
  if (result.tool == "cancel_meeting")
    return goodbye("done", "Our meeting is called off. Thank you for telling me, and goodbye.");
  if (result.tool == "schedule_callback")
    return goodbye("callback_set",
                   "I will call you back" + spoken("on", moment_in(result.data)) + ". Thank you, and goodbye.");
  if (result.tool == "opt_out")
    return void(call("end_call", {{"reason", "opted_out"}}));
  next_step();
}

std::string agent::spoken(const char* preposition, const std::optional<instant>& at) const {
  return at && clock_ ? std::string{" "} + preposition + " " + clock_->say(*at) : std::string{};
}

void agent::follow_refusal(const turn& refused) {
  const std::string error = refused.data.contains("error") && refused.data["error"].is_string()
                              ? refused.data["error"].get<std::string>()
                              : "";
  const auto words = as_words(error);
  if (refused.tool == "end_call") // the goodbye was said already
    return void(m_.end_attempts < end_attempts_max && call("end_call", {{"reason", "done"}}));
  if (has_any(words, {"end the call", "say goodbye", "end call"}))
    return close();
  if (m_.booking_attempts >= booking_attempts_max || m_.calendar_checks >= calendar_checks_max)
    return goodbye("done", "I cannot arrange this right now. A colleague will get back to you. Goodbye.");
  if (refused.tool == "schedule_callback") {
    say(topic::none, "I cannot note that time.");
    return ask(topic::callback);
  }
  if (has_any(words, {"the person accepted"}) && m_.chosen && m_.email)
    return book_slot();
  if (has_any(words, {"not accepted", "offer the slots"}) && !m_.proposed.empty() && clock_)
    return say(proposal(m_.proposed, *clock_));
  if (has_any(words, {"taken", "no longer free", "not free", "no longer available", "not available", "another slot",
                      "one of the slots", "check the calendar", "past"}))
    return look_into_calendar();
  std::pair<size_t, topic> best{std::string::npos, topic::none};
  for (const auto& [word, about] : subjects) {
    const auto at = words.find(word);
    const size_t rank = at == words.npos ? at : at + (asked(about) > 0 ? words.size() : 0);
    best = std::min(best, {rank, about}, [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  if (best.second == topic::email)
    return confirm_email();
  if (best.second != topic::none)
    return ask(best.second);
  if (has_any(words, {"qualify", "qualification", "qualified"}))
    for (const auto about : {topic::need, topic::budget, topic::authority, topic::timeline})
      if (asked(about) == 0)
        return ask(about);
  if (has_any(words, {"confirm", "confirmed"}))
    return say(topic::email, "To confirm: we meet" + spoken("on", m_.chosen) + ", and the invitation goes to "
                               + m_.email.value_or("you") + ". Is that right?");
  say(topic::none, "I am sorry, that did not work.");
  if (refused.tool == "check_calendar_availability" || refused.tool == "book_meeting"
      || refused.tool == "reschedule_meeting")
    return ask(topic::meeting_time);
  next_step();
}

void agent::book() {
  if (!offered("book_meeting"))
    return goodbye("done", "A colleague will get in touch with you about a meeting. Thank you, and goodbye.");
  if (!m_.chosen)
    return m_.proposed.empty() || m_.wanted.day || m_.wanted.time_of_day ? look_into_calendar() : propose();
  if (!m_.email || !m_.email_confirmed)
    return confirm_email();
  book_slot();
}

void agent::book_slot() {
  drop_acknowledgement();
  call("book_meeting", {{"datetime", to_iso(*m_.chosen)},
                        {"prospect_email", *m_.email},
                        {"meeting_type", m_.by_phone ? "phone" : "video"},
                        {"duration_minutes", meeting_minutes}});
}

void agent::move_meeting() {
  if (!m_.chosen)
    return m_.proposed.empty() || m_.wanted.day || m_.wanted.time_of_day ? look_into_calendar() : propose();
  drop_acknowledgement();
  call("reschedule_meeting", {{"datetime", to_iso(*m_.chosen)}, {"reason", "the person asked for another time"}});
}

void agent::cancel_meeting() {
  drop_acknowledgement();
  call("cancel_meeting", {{"reason", m_.heard}});
}

/// Asked for a human: hands the call over, or has a colleague call back, or write
/// where no call follows.
void agent::hand_over() {
  if (!offered("transfer_to_human")) {
    if (!offered("schedule_callback"))
      return goodbye("done",
                     "I am an AI assistant, and a colleague of mine will write to you. Thank you, and goodbye.");
    say(topic::none, "I am an AI assistant, and a colleague of mine will gladly call you.");
    return ask(topic::callback);
  }
  say(topic::none, "Of course, I am connecting you with a colleague.");
  call("transfer_to_human", {{"reason", m_.heard}});
}

void agent::drop_acknowledgement() {
  std::erase_if(reply_.lines, [&](const line& x) { return x.text == acknowledgement(m_).text; });
}

void agent::confirm_email() {
  if (!m_.email)
    return say(topic::email, asked(topic::email) == 0 ? "Which e-mail address may I send the invitation to?"
                                                      : "What is the best e-mail address for the invitation?");
  const auto when = asked(topic::email) == 0 && clock_ ? clock_->say(*m_.chosen) + " it is. " : std::string{};
  drop_acknowledgement();
  say(topic::email, when + "Shall I send the invitation to " + *m_.email + "?");
}

void agent::propose() {
  if (!clock_)
    return ask(topic::meeting_time);
  auto offer = proposal(m_.proposed, *clock_);
  // Heard to its end, and neither taken nor refused for another day.
  if (m_.said.contains(offer.text) && m_.question_heard == topic::meeting_time && !m_.heard.empty())
    return ask(topic::meeting_time);
  say(std::move(offer));
}

void agent::look_into_calendar() {
  if (m_.calendar_checks >= calendar_checks_max)
    return goodbye("done", "I cannot find a time that suits you right now. A colleague will get back to you. Goodbye.");
  // The result of a check is there and holds nothing.
  if (m_.result && m_.result->tool == "check_calendar_availability" && m_.slots.empty()) {
    say(topic::none, "I am sorry, nothing is free then.");
    return ask(topic::meeting_time);
  }
  if (!clock_ || !offered("check_calendar_availability"))
    return ask(topic::meeting_time);
  auto dates = json::array();
  if (m_.wanted.day)
    dates.push_back(to_iso_date(*m_.wanted.day));
  else
    for (auto& day : clock_->work_days(clock_->today(), 3))
      dates.push_back(std::move(day));
  drop_acknowledgement();
  call("check_calendar_availability", {{"preferred_dates", dates}, {"duration_minutes", meeting_minutes}});
}

} // namespace parley::sandbox::model
