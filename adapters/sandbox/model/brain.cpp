#include "adapters/sandbox/model/brain.hpp"

#include "adapters/sandbox/model/speech.hpp"
#include "adapters/sandbox/model/text.hpp"

#include <algorithm>
#include <array>

namespace parley::sandbox::model {
namespace {

using nlohmann::json;

constexpr int questions_max = 2; // how often one topic is asked about
constexpr int calendar_checks_max = 4;
constexpr int booking_attempts_max = 6;
constexpr int disclosure_lines_max = 12;
constexpr int meeting_minutes = 30;

class agent {
public:
  explicit agent(const session_view& session)
    : session_{session}, text_{session.text}, clock_{person_clock::read(text_.person.local_time)},
      m_{recall(session, clock_)} {}

  reply decide() {
    if (text_.empty())
      noncommittal();
    else if (!m_.ended)
      answer();
    if (!disclosing_)
      shorten(reply_.lines, text_.sentences_max());
    return std::move(reply_);
  }

private:
  void say(line one) {
    if (!one.text.empty())
      reply_.lines.push_back(std::move(one));
  }
  void say(topic about, std::string text) { say(line{about, std::move(text)}); }
  void ask(topic about) { say(question(about, text_, asked(about))); }
  int asked(topic about) const {
    const auto found = m_.asked.find(about);
    return found == m_.asked.end() ? 0 : found->second;
  }

  bool offered(std::string_view name) const { return find_tool(session_.tools, name) != nullptr; }

  /// Calls the tool if it is offered.
  bool call(std::string_view name, std::map<std::string, json> facts) {
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

  /// Without instructions there is nobody to speak for and nothing to book.
  void noncommittal() {
    if (!m_.heard.empty() || !m_.said_anything)
      say(topic::none, m_.said_anything ? "I see. I have nothing to add right now." : "Hello.");
  }

  void answer() {
    if (const auto words = words_to_say(m_.note))
      return say(topic::none, *words);
    const auto& heard = m_.means;
    if (heard.opt_out && !m_.heard.empty() && !m_.opted_out)
      return stop_calling();
    if (m_.opted_out && !m_.result)
      return goodbye("opted_out", "Goodbye.");
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

  /// "No" to "Am I speaking with Ada?", and nothing but that.
  bool denies_name() const {
    const auto& heard = m_.means;
    return m_.question_heard == topic::disclosure && heard.no && !heard.asks_who && !heard.asks_what && !heard.call_later
           && !heard.absent;
  }

  /// The words that the law wants first; what was talked over comes again.
  bool disclose() {
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

  bool undisclosed(const std::string& words) const { return !words.empty() && !m_.said.contains(words); }
  /// The disclosure was begun over and over, and never heard to its end.
  bool talked_over() const {
    const auto& first = text_.disclosure;
    return text_.resume.empty() && asked(topic::disclosure) >= disclosure_lines_max
           && (undisclosed(first.say_first) || undisclosed(first.opt_out) || undisclosed(first.confirm));
  }

  /// Notes down what the person said, when the session offers it.
  bool observe() {
    if (m_.observed || !offered("record_observation"))
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

  void stop_calling() {
    say(topic::goodbye, "Of course, I am taking you off our list now. I am sorry for the interruption. Goodbye.");
    if (!m_.opted_out && call("opt_out", {{"reason", m_.heard}}))
      return;
    call("end_call", {{"reason", "opted_out"}});
  }

  void goodbye(const std::string& reason, std::string words) {
    say(topic::goodbye, std::move(words));
    call("end_call", {{"reason", reason}, {"follow_up_action", follow_up(reason)}});
  }

  static std::string follow_up(const std::string& reason) {
    if (reason == "meeting_booked")
      return "send the invitation";
    return reason == "callback_set" ? "call back at the agreed time" : "none";
  }

  /// Answers what the person said.
  void react() {
    const auto& heard = m_.means;
    // "I am busy on Monday" is an answer where a day was asked for.
    const bool about_slot = m_.question_heard == topic::meeting_time && (m_.chosen || !m_.wanted.empty());
    if (((heard.call_later || heard.absent) && !about_slot) || m_.question_heard == topic::callback)
      return call_later();
    if (heard.goodbye && !heard.yes)
      return goodbye(m_.objections > 0 ? "not_interested" : "done", "Thank you for your time. Goodbye.");
    if (heard.objection)
      return meet_objection();
    if (heard.asks_if_robot)
      say(topic::none, "Yes, I am an AI assistant" + (text_.company.name.empty() ? "." : " calling for " + text_.company.name + "."));
    else if (heard.asks_who && !text_.disclosure.say_first.empty()) {
      say(topic::disclosure, text_.disclosure.say_first);
      return say(topic::disclosure, text_.disclosure.confirm);
    } else if (heard.asks_what && asked(topic::pitch) > 0)
      say(pitch(text_));
    // "Hello?" is no answer to "Am I speaking with Ada?"
    else if (m_.question_heard == topic::disclosure && !heard.yes && !heard.asks_what && asked(topic::pitch) == 0
             && m_.turns_heard == 1 && sentences_of(m_.heard).size() == 1 && words_of_heard() <= 2)
      return say(topic::disclosure, text_.disclosure.confirm);
    next_step();
  }

  size_t words_of_heard() const {
    const auto words = as_words(m_.heard);
    return static_cast<size_t>(std::count(words.begin(), words.end(), ' ')) - 1;
  }

  void meet_objection() {
    if (m_.objections >= 2)
      return goodbye("not_interested", "I understand, and I will not press you. Thank you for your time. Goodbye.");
    say(answer_to(*m_.means.objection, text_));
    say(question(topic::interest, text_, std::max(1, asked(topic::interest))));
  }

  void call_later() {
    const auto spoken = clock_ ? hear_time(m_.heard, *clock_) : spoken_time{};
    if (!offered("schedule_callback"))
      return goodbye("done", "I understand, this is not a good time. Thank you. Goodbye.");
    if (!clock_ || (spoken.empty() && asked(topic::callback) == 0)) {
      if (m_.means.absent)
        say(topic::none, "Thank you for telling me.");
      return ask(topic::callback);
    }
    call("schedule_callback", {{"datetime", to_iso(resolve(spoken, *clock_))}, {"reason", m_.heard}});
  }

  /// The agent was asked to speak and nobody said anything since.
  void resume() {
    if (!text_.resume.empty() && asked(topic::none) == 0)
      say(topic::none, "I am sorry, we were cut off.");
    else
      say(topic::none, "Are you still there?");
    if (m_.last_question == topic::disclosure)
      return say(topic::disclosure, text_.disclosure.confirm);
    next_step();
  }

  void use_result() {
    const auto& result = *m_.result;
    const bool ok = !result.data.is_object() || !result.data.contains("ok") || result.data["ok"] == true;
    if (!ok)
      return follow_refusal(result);
    if (result.tool == "book_meeting")
      return goodbye("meeting_booked", "Wonderful, we are booked" + spoken_slot(m_.chosen) + ". The invitation goes to "
                                         + m_.email.value_or("you") + ". Thank you, and goodbye.");
    if (result.tool == "schedule_callback")
      return goodbye("callback_set", "I will call you back" + spoken_slot(moment_in(result.data)) + ". Thank you, and goodbye.");
    if (result.tool == "opt_out")
      return void(call("end_call", {{"reason", "opted_out"}}));
    next_step();
  }

  std::string spoken_slot(const std::optional<instant>& at) const {
    return at && clock_ ? " for " + clock_->say(*at) : std::string{};
  }

  static std::optional<instant> moment_in(const json& data) {
    if (!data.is_object() || !data.contains("datetime") || !data["datetime"].is_string())
      return std::nullopt;
    return parse_instant(data["datetime"].get<std::string>());
  }

  /// A refusal's sentence says what to do instead; of several things the
  /// first that was not done yet.
  void follow_refusal(const turn& refused) {
    const std::string error = refused.data.contains("error") && refused.data["error"].is_string()
                                ? refused.data["error"].get<std::string>()
                                : "";
    const auto words = as_words(error);
    if (m_.booking_attempts >= booking_attempts_max || m_.calendar_checks >= calendar_checks_max)
      return goodbye("done", "I cannot arrange this right now. A colleague will get back to you. Goodbye.");
    if (refused.tool == "schedule_callback") {
      say(topic::none, "I cannot note that time.");
      return ask(topic::callback);
    }
    if (has_any(words, {"end the call", "say goodbye", "end_call", "end call"}))
      return goodbye("done", "Thank you for your time. Goodbye.");
    if (has_any(words, {"taken", "no longer free", "not free", "no longer available", "not available", "another slot", "one of the slots", "check the calendar", "past"}))
      return look_into_calendar();
    static constexpr std::array<std::pair<std::string_view, topic>, 10> subjects{{
      {" process", topic::current_process}, {" need ", topic::need},         {" pain", topic::need},
      {" budget", topic::budget},           {" authority", topic::authority}, {" decid", topic::authority},
      {" decision", topic::authority},      {" timeline", topic::timeline},  {" e mail", topic::email},
      {" email", topic::email},
    }};
    std::pair<size_t, topic> best{std::string::npos, topic::none};
    for (const auto& [word, about] : subjects) {
      const auto at = words.find(word);
      const size_t rank = at == words.npos ? at : at + (asked(about) > 0 ? words.size() : 0);
      best = std::min(best, {rank, about}, [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    if (best.second != topic::none)
      return ask(best.second);
    if (has_any(words, {"qualify", "qualification", "qualified"}))
      for (const auto about : {topic::need, topic::budget, topic::authority, topic::timeline})
        if (asked(about) == 0)
          return ask(about);
    if (has_any(words, {"confirm", "confirmed"}))
      return say(topic::email, "To confirm: we meet" + spoken_slot(m_.chosen) + ", and the invitation goes to "
                                 + m_.email.value_or("you") + ". Is that right?");
    say(topic::none, "I am sorry, that did not work.");
    if (refused.tool == "check_calendar_availability" || refused.tool == "book_meeting")
      return ask(topic::meeting_time);
    next_step();
  }

  /// Goes on as the stage says.
  void next_step() {
    correct();
    if (text_.stage.name == "closing")
      return close();
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

  bool starts_here() const {
    const auto& stage = text_.stage.name;
    return text_.resume.empty() && (stage.empty() || stage == "opening" || stage == "value_proposition");
  }

  bool booking_under_way() const { return text_.stage.name == "booking" || (m_.calendar_checks > 0 && !qualifying()); }
  bool qualifying() const { return text_.stage.name == "discovery" || text_.stage.name == "qualification"; }

  /// The first topic of the stage that is neither known nor asked enough.
  std::optional<topic> next_question() const {
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

  bool is_known(const std::string& item) const {
    const auto found = text_.known.find(lower(item));
    return found != text_.known.end() && found->second != "unknown";
  }
  /// Just answered: the instructions do not know it yet.
  bool answered(topic about) const { return m_.question_heard == about && !m_.heard.empty(); }

  void correct() {
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
        remedy = "Let me correct myself: I cannot promise that.";
      if (!remedy.empty() && !m_.said.contains(remedy))
        say(topic::correction, remedy);
    }
  }

  void close() {
    std::string reason = m_.booked ? "meeting_booked" : m_.callback_set ? "callback_set" : m_.objections > 0 ? "not_interested" : "done";
    const auto goal = as_words(text_.stage.goal);
    for (std::string_view name : {"not_interested", "not_qualified", "wrong_person", "callback_set", "meeting_booked", "opted_out"})
      if (goal.find(as_words(name)) != goal.npos)
        reason = name;
    goodbye(reason, "Thank you for your time. Goodbye.");
  }

  void book() {
    if (!offered("book_meeting"))
      return goodbye("done", "A colleague will get in touch with you about a meeting. Thank you, and goodbye.");
    if (!m_.chosen)
      return m_.proposed.empty() || m_.wanted.day || m_.wanted.time_of_day ? look_into_calendar() : propose();
    if (!m_.email || !m_.email_confirmed)
      return confirm_email();
    drop_acknowledgement();
    call("book_meeting", {{"datetime", to_iso(*m_.chosen)},
                          {"prospect_email", *m_.email},
                          {"meeting_type", m_.by_phone ? "phone" : "video"},
                          {"duration_minutes", meeting_minutes}});
  }

  /// A tool is called in silence, not with half a sentence.
  void drop_acknowledgement() {
    std::erase_if(reply_.lines, [&](const line& x) { return x.text == acknowledgement(m_).text; });
  }

  void confirm_email() {
    if (!m_.email)
      return say(topic::email, asked(topic::email) == 0 ? "Which e-mail address may I send the invitation to?"
                                                        : "What is the best e-mail address for the invitation?");
    const auto when = asked(topic::email) == 0 && clock_ ? clock_->say(*m_.chosen) + " it is. " : std::string{};
    drop_acknowledgement();
    say(topic::email, when + "Shall I send the invitation to " + *m_.email + "?");
  }

  void propose() {
    // Said once and neither taken nor refused for another day.
    if (m_.question_heard == topic::meeting_time && !m_.heard.empty())
      return ask(topic::meeting_time);
    if (clock_)
      return say(proposal(m_.proposed, *clock_));
    ask(topic::meeting_time);
  }

  void look_into_calendar() {
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

  const session_view& session_;
  const instructions& text_;
  std::optional<person_clock> clock_;
  memory m_;
  reply reply_;
  bool disclosing_ = false;
};

} // namespace

reply decide(const session_view& session) { return agent{session}.decide(); }

} // namespace parley::sandbox::model
