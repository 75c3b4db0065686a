#include "adapters/sandbox/model/language.hpp"

#include "adapters/sandbox/model/text.hpp"

#include <algorithm>
#include <array>
#include <regex>

namespace parley::sandbox::model {
namespace {

std::optional<std::string> find_email(std::string_view utterance) {
  static const std::regex written{R"([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)"};
  static const std::regex spelled{R"(([a-z0-9._+-]+(?: dot [a-z0-9_+-]+)*) at ([a-z0-9-]+(?: dot [a-z0-9-]+)+))"};
  const std::string text{utterance};
  std::smatch found;
  if (std::regex_search(text, found, written))
    return lower(found[0].str());
  const auto small = lower(utterance);
  if (!std::regex_search(small, found, spelled))
    return std::nullopt;
  static const std::regex dot{" dot "};
  return std::regex_replace(found[1].str(), dot, ".") + "@" + std::regex_replace(found[2].str(), dot, ".");
}

bool wants_off(const std::string& words) {
  return has_any(words,
                 {"take me off",      "off your list",      "off the list",     "off of your list", "remove me",
                  "remove my number", "remove this number", "delete my number", "stop calling",     "do not call",
                  "dont call me",     "dont ever call",     "dont call again",  "dont call this",   "never call",
                  "no more calls",    "unsubscribe",        "do not contact",   "dont contact",     "stop contacting",
                  "opt out"});
}

std::optional<std::string> objection_in(const std::string& words, topic asked) {
  if (has_any(words, {"too expensive", "expensive", "cant afford", "costs too much", "cost too much", "pricey",
                      "too much money", "out of our price range", "price is", "the price", "over budget"}))
    return "price";
  if (asked != topic::budget
      && has_any(words, {"no budget", "dont have the budget", "dont have budget", "dont have a budget",
                         "budget is tight", "budgets are tight"}))
    return "price";
  if (has_any(words, {"already have a vendor", "already have a solution", "already have a provider", "already use",
                      "already using", "already work with", "have a supplier", "happy with what we have",
                      "happy with our", "under contract", "locked in"}))
    return "vendor";
  if (asked != topic::timeline
      && has_any(words, {"bad timing", "not the right time", "not a good fit right now", "not a priority",
                         "not right now", "maybe next year", "too early for us"}))
    return "timing";
  if (has_any(words, {"not interested", "no interest", "dont want it", "not for us", "dont see the value", "no thanks",
                      "no thank you"}))
    return "interest";
  if (asked != topic::need && has_any(words, {"dont need it", "dont need this", "dont need that"}))
    return "interest";
  if (has_any(words, {"send me an email", "send me some information", "send me information", "send something over",
                      "just send me", "email me the", "send me the details"}))
    return "information";
  if (has_any(words, {"never heard of", "sounds like a scam", "a scam", "dont trust", "doesnt work for us",
                      "tried something like", "we tried that"}))
    return "trust";
  return std::nullopt;
}

double sentiment_of(const std::string& words) {
  const auto count = [&](std::initializer_list<std::string_view> list) {
    return std::count_if(list.begin(), list.end(), [&](auto word) { return has_any(words, {word}); });
  };
  const auto good
    = count({"great", "good", "perfect", "interesting", "interested", "love", "yes", "sure", "sounds good", "thanks",
             "thank you", "happy to", "absolutely", "wonderful", "makes sense", "fair", "exactly"});
  const auto bad = count({"not interested", "stop", "no", "expensive", "annoying", "never", "scam", "waste", "busy",
                          "dont", "hate", "terrible", "cant", "off your list", "bad", "angry", "rude"});
  if (good + bad == 0)
    return 0.0;
  return static_cast<double>(good - bad) / static_cast<double>(good + bad + 1);
}

/// "no", "weak" or "strong" for an answer to a direct question.
std::string weigh(const std::string& words, bool negative) {
  if (negative)
    return "no";
  if (has_any(words,
              {"maybe", "perhaps", "not sure", "depends", "might", "possibly", "dont know", "hard to say", "some day",
               "someday", "eventually", "a bit", "a little", "sort of", "kind of", "at some point", "partly"}))
    return "weak";
  return "strong";
}

bool sounds_negative(const std::string& words) {
  return has_any(words, {"no", "nope", "not really", "none", "nothing", "not at all", "never", "dont have", "havent",
                         "dont need", "not my", "im not", "no problem with that"});
}

} // namespace

topic topic_of(std::string_view ask_about) {
  static constexpr std::array<std::pair<std::string_view, topic>, 9> names{{
    {" current ", topic::current_process},
    {" need ", topic::need},
    {" pain ", topic::need},
    {" budget ", topic::budget},
    {" authority ", topic::authority},
    {" timeline ", topic::timeline},
    {" meeting ", topic::meeting_time},
    {" e mail ", topic::email},
    {" email ", topic::email},
  }};
  const auto words = as_words(ask_about);
  for (const auto& [name, value] : names)
    if (words.find(name) != words.npos)
      return value;
  return topic::none;
}

meaning understand(std::string_view utterance, topic asked) {
  auto words = as_words(utterance);
  for (std::string_view polite : {" no problem ", " no worries ", " not a problem "})
    if (const auto at = words.find(polite); at != words.npos)
      words.replace(at, polite.size(), " sure ");
  meaning m;
  m.opt_out = wants_off(words);
  m.wrong_person = has_any(words, {"wrong number", "wrong person", "nobody here by", "no one here by",
                                   "no one by that name", "nobody by that name", "doesnt work here",
                                   "no longer works here", "not who you", "left the company"});
  m.absent = !has_any(words, {"im in a meeting", "i am in a meeting"})
             && has_any(words, {"is not here", "isnt here", "not available right now", "is out", "out of the office",
                                "in a meeting", "stepped out", "not at his desk", "not at her desk", "on vacation"});
  m.front_desk
    = has_any(words, {"front desk", "reception", "receptionist", "switchboard", "his assistant", "her assistant",
                      "his secretary", "her secretary", "take a message", "may i say is calling"});
  m.moves_meeting = has_any(words, {"move our meeting", "move the meeting", "move my meeting", "reschedule our meeting",
                                    "reschedule the meeting", "postpone our meeting", "cannot make our meeting",
                                    "another time for our meeting", "different day for our meeting"});
  m.cancels_meeting
    = has_any(words, {"cancel our meeting", "cancel the meeting", "cancel my meeting", "cancel that meeting",
                      "call off our meeting", "call off the meeting", "call the meeting off", "cancel it"});
  m.wants_human = has_any(words, {"speak to a human", "talk to a human", "speak with a human", "talk with a human",
                                  "speak to a real person", "talk to a real person", "speak with a real person",
                                  "talk with a real person", "speak to someone real", "speak to a person",
                                  "talk to a person", "rather have a human"});
  m.call_later = has_any(words, {"call me back",
                                 "call back",
                                 "call me later",
                                 "call later",
                                 "call again later",
                                 "try me",
                                 "try again",
                                 "ring me",
                                 "call me tomorrow",
                                 "another time",
                                 "bad time",
                                 "not a good time",
                                 "no time right now",
                                 "dont have time",
                                 "im busy",
                                 "busy right now",
                                 "bit busy",
                                 "really busy",
                                 "pretty busy",
                                 "im driving",
                                 "im in a meeting",
                                 "i am in a meeting",
                                 "middle of something",
                                 "about to go into",
                                 "can you call",
                                 "could you call",
                                 "catch me"});
  m.call_later
    = m.call_later
      || (asked != topic::meeting_time && has_any(words, {"call me on", "call me at", "call me in", "call me next"}));
  m.goodbye
    = has_any(words, {"bye", "goodbye", "good bye", "bye bye", "have a good day", "have a nice day", "take care"});
  m.asks_who = has_any(words, {"who is this", "whos this", "who are you", "who am i speaking", "whos calling",
                               "who is calling", "where are you calling from", "which company"});
  m.asks_what = has_any(words, {"what is this about", "whats this about", "what is it about", "whats it about",
                                "what do you want", "what are you selling", "what do you sell",
                                "what is this regarding", "why are you calling", "tell me more"});
  m.asks_if_robot = has_any(words, {"are you a robot",
                                    "are you a bot",
                                    "are you human",
                                    "are you a human",
                                    "are you a machine",
                                    "are you an ai",
                                    "are you ai",
                                    "are you real",
                                    "are you a real person",
                                    "is this a robot",
                                    "is this a recording",
                                    "is this an ai",
                                    "am i talking to a robot",
                                    "am i talking to a machine",
                                    "is this a machine",
                                    "is this a bot",
                                    "is this ai",
                                    "is this an automated",
                                    "you a robot",
                                    "am i speaking to a robot",
                                    "am i speaking with a robot",
                                    "am i speaking to a machine",
                                    "are you a computer",
                                    "is this a computer",
                                    "is this a real person",
                                    "is this a human"});
  m.machine = has_any(words, {"leave a message", "leave your message", "after the tone", "after the beep",
                              "record your message"});
  m.by_phone = has_any(words, {"by phone", "on the phone", "over the phone", "phone call", "just call me",
                               "phone is better", "rather phone"});
  m.objection = objection_in(words, asked);
  m.email = find_email(utterance);
  m.sentiment = sentiment_of(words);
  m.yes
    = has_any(words, {"yes",       "yeah",        "yep",          "yup",        "sure",         "correct",    "right",
                      "thats me",  "speaking",    "this is she",  "this is he", "absolutely",   "of course",  "okay",
                      "ok",        "sounds good", "go ahead",     "fine",       "exactly",      "perfect",    "great",
                      "please do", "definitely",  "works for me", "why not",    "id like that", "makes sense"});
  m.no = !m.objection
         && has_any(words, {"no", "nope", "not really", "not at all", "neither", "dont think so", "rather not",
                            "thats wrong", "not correct"});
  if (m.no || m.objection)
    m.yes = false;
  return m;
}

std::map<std::string, std::string> qualify(std::string_view utterance, topic asked) {
  const auto words = as_words(utterance);
  std::map<std::string, std::string> found;
  const bool negative = sounds_negative(words);

  if (has_any(words, {"no budget", "dont have the budget", "dont have a budget", "dont have budget", "zero budget",
                      "cant afford"}))
    found["budget"] = "no";
  else if (has_any(words, {"budget", "set aside", "dollars", "thousand", "per month", "a month"}))
    found["budget"] = weigh(words, asked == topic::budget && negative);
  else if (asked == topic::budget)
    found["budget"] = weigh(words, negative);

  if (has_any(words, {"not my decision", "not my call", "not up to me", "i dont decide", "have no say",
                      "just an intern", "above my pay grade"}))
    found["authority"] = "no";
  else if (has_any(words, {"have to ask", "need to ask", "check with my", "my boss", "together with", "with my team",
                           "sign off from", "the board"}))
    found["authority"] = "weak";
  else if (has_any(words, {"i decide", "my decision", "its my call", "i sign", "im the one who", "i make the decision",
                           "i am the decision", "im the decision", "i own the budget"}))
    found["authority"] = "strong";
  else if (asked == topic::authority)
    found["authority"] = weigh(words, negative);

  if (has_any(words, {"dont need", "no need", "dont have that problem", "not a problem for us", "works fine",
                      "no problem with that"}))
    found["need"] = "no";
  else if (has_any(words, {"problem", "struggle", "struggling", "pain", "takes too long", "too slow", "by hand",
                           "manually", "manual", "headache", "waste", "losing", "spreadsheet", "spreadsheets"}))
    found["need"] = weigh(words, false);
  else if (asked == topic::need)
    found["need"] = weigh(words, negative);

  if (has_any(words, {"no timeline", "no plans", "not any time soon", "not this year", "no hurry", "no rush"}))
    found["timeline"] = "no";
  else if (has_any(words, {"this month", "next month", "this quarter", "next quarter", "as soon as", "right away",
                           "this year", "end of the year", "in the spring", "by summer", "asap"}))
    found["timeline"] = weigh(words, false);
  else if (asked == topic::timeline)
    found["timeline"] = weigh(words, negative);
  return found;
}

} // namespace parley::sandbox::model
