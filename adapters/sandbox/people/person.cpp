#include "adapters/sandbox/people/person.hpp"

#include "adapters/sandbox/lower.hpp"

#include "adapters/sandbox/world.hpp"

#include <algorithm>

namespace parley::sandbox {

using namespace std::chrono_literals;

namespace {

constexpr milliseconds reaction_min = 300ms;
constexpr int64_t reaction_spread = 400; // milliseconds on top
constexpr int wonders_max = 2;

} // namespace

person::person(uint64_t seed, std::string voice, manners habits)
  : seed_{seed}, voice_{std::move(voice)}, habits_{habits} {
  // nop
}

size_t person::choose(std::string_view what, size_t count) {
  return draw(seed_, voice_ + " " + std::string{what}, count);
}

void person::act(deed::kind_type kind, std::string text) {
  deeds_.push_back({kind, std::move(text)});
}

void person::say(std::string text) {
  interrupting_ = interrupting_ || agent_speaking_;
  act(deed::say, std::move(text));
}

void person::say_one_of(std::initializer_list<std::string_view> phrasings) {
  const auto& first = *phrasings.begin();
  auto& times = said_times_[std::string{first}];
  const auto at = (choose(first, phrasings.size()) + static_cast<size_t>(times++)) % phrasings.size();
  say(std::string{phrasings.begin()[at]});
}

void person::press(std::string key) {
  act(deed::press, std::move(key));
}

void person::hang_up() {
  act(deed::hang_up);
  gone_ = true;
}

std::string person::first_name() const {
  return name_.substr(0, name_.find(' '));
}

std::string person::own_email() const {
  if (!email_.empty())
    return email_;
  auto name = lower(name_.empty() ? std::string{"alex parker"} : name_);
  std::replace(name.begin(), name.end(), ' ', '.');
  std::erase_if(name, [](char c) { return !(c >= 'a' && c <= 'z') && c != '.'; });
  return (name.empty() ? "alex.parker" : name) + "@example.com";
}

std::vector<deed> person::live(milliseconds now, const std::vector<heard>& news, bool speaking) {
  now_ = now;
  if (speaking_ && !speaking && !agent_speaking_)
    quiet_since_ = now;
  speaking_ = speaking;
  for (const auto& one : news)
    notice(one);
  if (speaking_)
    quiet_since_ = now;
  if (!gone_)
    consider();
  if (!gone_)
    pass(now);
  return std::exchange(deeds_, {});
}

void person::notice(const heard& news) {
  switch (news.kind) {
    case heard::speech_started:
      agent_speaking_ = true;
      reply_at_.reset();
      encouraged_ = false;
      break;
    case heard::word:
      turn_ += (turn_.empty() ? "" : " ") + news.text;
      meaning_.reset();
      wondered_ = 0;
      quiet_since_ = now_;
      overhear(turn_);
      break;
    case heard::speech_ended: {
      agent_speaking_ = false;
      quiet_since_ = now_;
      if (std::exchange(interrupting_, false) && !news.complete) {
        forget(); // we talked over the agent, who gave way
        break;
      }
      const auto which = "reaction " + std::to_string(turns_);
      const auto reaction = static_cast<int64_t>(choose(which, reaction_spread));
      reply_at_ = news.at + reaction_min + milliseconds{reaction};
      break;
    }
  }
}

void person::forget() {
  turn_.clear();
  meaning_.reset();
}

void person::consider() {
  if (agent_speaking_ || speaking_)
    return;
  const auto quiet = now_ - quiet_since_;
  if (leaving_) {
    if (quiet >= habits_.farewell)
      hang_up();
    return;
  }
  if (!greeted_ && turn_.empty()) {
    if (now_ >= habits_.greeting) {
      greeted_ = true;
      if (auto words = greeting(); !words.empty())
        say(std::move(words));
    }
    return;
  }
  if (reply_at_ && now_ >= *reply_at_) {
    greeted_ = true;
    if (!meaning_)
      meaning_ = understand(turn_);
    const auto turn = *meaning_;
    // Who says goodbye mostly hangs up; one who does not gets an answer.
    if (turn.about == subject::goodbye && quiet < habits_.goodbye)
      return;
    if (!turn.name.empty())
      name_ = turn.name;
    if (!turn.email.empty())
      email_ = turn.email;
    // A statement is waited out: the agent may only have drawn breath.
    const bool statement = turn.about == subject::none || turn.about == subject::hold;
    if (!statement) {
      reply_at_.reset();
      forget();
      ++turns_;
      answer(turn);
      return;
    }
    if (turn.about == subject::none && quiet >= habits_.lull && !encouraged_) {
      encouraged_ = true;
      reply_at_.reset();
      forget();
      ++turns_;
      encourage();
      return;
    }
  }
  if (quiet >= habits_.silence_max && deeds_.empty()) {
    quiet_since_ = now_;
    if (++wondered_ > wonders_max)
      hang_up();
    else
      wonder();
  }
}

std::string person::greeting() {
  constexpr std::string_view ways[]{"Hello?", "Yes, hello?", "Hi, hello?"};
  return std::string{ways[choose("greeting", std::size(ways))]};
}

void person::overhear(const std::string&) {
  // Most people let the other one finish.
}

void person::pass(milliseconds) {
  // Nothing happens by itself.
}

void person::wonder() {
  say_one_of({"Hello? Are you still there?", "Hello? I cannot hear you.", "Are you there?"});
}

void person::encourage() {
  say_one_of({"Okay.", "I see, go on.", "All right."});
}

void person::answer(const understood& turn) {
  switch (turn.about) {
    case subject::who:
      if (first_name().empty())
        return say_one_of({"Yes, that's me.", "Yes, speaking.", "Yes, this is me."});
      return say_one_of({"Yes, this is " + first_name() + ".", "Yes, " + first_name() + " speaking.",
                         "Yes, that's me, " + first_name() + "."});
    case subject::permission:
      return say_one_of({"Sure, go ahead.", "Yes, I have a minute.", "Okay, what is it about?"});
    case subject::process:
      return say_one_of({"We do most of it by hand, in spreadsheets.",
                         "Mostly on paper and in spreadsheets, it is all manual.",
                         "Our people count and type everything in by hand."});
    case subject::need:
      return say_one_of({"Our pickers lose hours every week on counting, we need to fix that.",
                         "It is a real problem, we waste hours on it every week.",
                         "It is a big headache, we keep losing time and orders over it."});
    case subject::budget:
      return say_one_of({"We have about forty thousand dollars set aside for this.",
                         "Yes, there is a budget of thirty thousand dollars this year.",
                         "Yes, we set aside fifty thousand dollars for it."});
    case subject::authority:
      return say_one_of(
        {"I decide that myself.", "That is my decision, I sign for it.", "I make the decision on this one."});
    case subject::timeline:
      return say_one_of({"We want it running next quarter.", "As soon as possible, next month would be ideal.",
                         "It should be in place by the end of the year, this "
                         "quarter if we can."});
    case subject::interest:
      return say_one_of({"Yes, that sounds good.", "Sure, that makes sense.", "Yes, I would like that."});
    case subject::meeting_time:
      if (turn.times.empty())
        return say_one_of(
          {"Any day works, in the morning if possible.", "The earliest one that you have.", "Tomorrow would be fine."});
      if (const auto which = choose("time", 3); which == 0 || turn.times.size() == 1)
        return say(turn.times.front() + " works for me.");
      return say_one_of({"The first one works.", "Let us take the first one.", "The first one is good for me."});
    case subject::email:
      if (!turn.email.empty())
        return say_one_of({"Yes, that's right.", "Yes, that is the right address.", "Correct, that's the one."});
      return say("It's " + own_email() + ".");
    case subject::callback:
      return say_one_of({"Tomorrow at ten would be good.", "Try me tomorrow at eleven.", "Call me tomorrow at ten."});
    case subject::anything_else:
      say_one_of({"That was all, thank you. Goodbye.", "All clear, thanks. Bye.", "That's it, thank you. Goodbye."});
      return leave();
    case subject::still_there: return say_one_of({"Yes, I'm here.", "Yes, I can hear you.", "Yes, go ahead."});
    case subject::goodbye:
      say_one_of({"Thank you, goodbye.", "Thanks, bye.", "Great, talk soon. Goodbye."});
      return leave();
    case subject::confirm:
    case subject::other_question: return say_one_of({"Yes, that's right.", "Yes, sounds good.", "Yes."});
    case subject::none:
    case subject::hold: return;
  }
}

} // namespace parley::sandbox
