#include "adapters/sandbox/people/personas.hpp"

#include <algorithm>

namespace parley::sandbox {

using namespace std::chrono_literals;

namespace {

class busy_call_later final : public person {
  using person::person;

  void answer(const understood& turn) override {
    if (turn.about == subject::who && turns() == 1 && choose("says who", 2) == 0)
      return person::answer(turn);
    if (turn.about == subject::goodbye)
      return person::answer(turn);
    if (turn.about == subject::callback || told_)
      return again(turn);
    told_ = true;
    say_one_of({"I'm in a meeting, call me back tomorrow at ten.",
                "I am in a meeting right now, please call me back tomorrow at ten.",
                "This is a bad time, I'm in a meeting. Call me back tomorrow at ten."});
  }

  void again(const understood& turn) {
    // "Tomorrow at ten, is that right?" or "When may I call you back?"
    if (!turn.times.empty() || turn.about == subject::confirm)
      return say_one_of({"Yes, that works. Thanks, bye.", "Yes, tomorrow at ten. Bye."});
    say_one_of({"Tomorrow at ten.", "Call me tomorrow at ten.", "Tomorrow at ten, as I said."});
  }

  bool told_ = false;
};

/// Finds it too expensive; one who is convinced goes on, the other objects
/// once more and then has had enough.
class objector final : public person {
public:
  objector(uint64_t seed, std::string voice, manners habits, int objections)
    : person{seed, std::move(voice), habits}, objections_left_{objections}, stubborn_{objections > 1} {}

private:
  void answer(const understood& turn) override {
    if (turn.about == subject::goodbye || is_opening(turn.about) || turn.about == subject::permission)
      return person::answer(turn);
    if (objections_left_ > 0 && (!objected_ || stubborn_))
      return object();
    if (stubborn_) {
      say_one_of({"I said no. Goodbye.", "No, thank you. Goodbye.", "Really not. Bye."});
      return leave();
    }
    if (!convinced_) {
      // It takes an answer about money, not just another question.
      if (!turn.about_price && turn.about != subject::interest && unanswered_++ < 1)
        return say_one_of(
          {"But is it not too expensive for a company like ours?", "It still sounds too expensive to me."});
      convinced_ = true;
      if (turn.about == subject::interest || turn.about == subject::other_question)
        return say_one_of({"Okay, that makes sense. Let's talk about it.", "All right, that makes sense. Go ahead.",
                           "Fair enough, that makes sense to me."});
    }
    person::answer(turn);
  }

  void object() {
    --objections_left_;
    if (!objected_) {
      objected_ = true;
      return say_one_of({"That sounds too expensive.", "Honestly, that is too expensive for us.",
                         "I think that's too expensive, to be honest."});
    }
    say_one_of({"We already use another product for that, I'm not interested.",
                "We already work with somebody else. I'm not interested.",
                "Sorry, we are happy with what we have. I'm not interested."});
  }

  int objections_left_;
  bool stubborn_;
  bool objected_ = false;
  bool convinced_ = false;
  int unanswered_ = 0;
};

class voicemail final : public person {
  using person::person;

  static constexpr milliseconds recording_max = 90s;

  bool is_machine() const override { return true; }

  void pass(milliseconds now) override {
    if (!greeted_ && now >= 600ms) {
      greeted_ = true;
      say_one_of({"Hi, you have reached my voicemail. I cannot take your call "
                  "right now. Please leave a message after the tone.",
                  "You have reached the voicemail of this number. Nobody is "
                  "available. Please leave your message after the beep.",
                  "Hello, I am away from the phone. Leave your name and number "
                  "after the tone and I will call you back."});
      act(deed::beep);
    }
    if (now >= recording_max)
      hang_up();
  }

  void answer(const understood&) override {}
  void wonder() override {}
  void encourage() override {}
  std::string greeting() override { return {}; }

  bool greeted_ = false;
};

/// Is interested but cannot wait for the end of a sentence.
class talks_over final : public person {
  using person::person;

  static constexpr int interruptions_max = 2;

  /// Falls in at the second word of a sentence, so that the rest of it is
  /// still to come: where the agent stops must not depend on how fast it is.
  void overhear(const std::string& words) override {
    const auto count = static_cast<size_t>(std::count(words.begin(), words.end(), ' '));
    const auto sentence = words.find_last_of(".?!", words.size() - 2);
    const auto in_sentence
      = std::count(words.begin() + static_cast<ptrdiff_t>(std::min(sentence, words.size() - 1)), words.end(), ' ');
    const bool enough
      = sentence != words.npos && in_sentence == 2 && count >= 5 + choose("after " + std::to_string(interruptions_), 5);
    // The first turn says who calls: nobody knows yet whom to interrupt.
    if (speaking() || !enough || turns() < 1 || interruptions_ >= interruptions_max || turns() == last_turn_)
      return;
    last_turn_ = turns();
    ++interruptions_;
    if (interruptions_ == 1)
      say_one_of(
        {"Sorry, wait, what is this about?", "Hold on, what is this about exactly?", "Wait, wait. What is it about?"});
    else
      say_one_of({"Yes, yes, we have that problem too.", "Right, that is a problem here, we waste hours on it.",
                  "Yes, exactly, that is a real problem for us."});
  }

  int interruptions_ = 0;
  int last_turn_ = -1;
};

/// The front desk: somebody else picks up and guards the person asked for.
class gatekeeper final : public person {
  using person::person;

  void answer(const understood& turn) override {
    if (turn.about == subject::goodbye)
      return person::answer(turn);
    if (asked_++ == 0)
      return say_one_of({"This is the front desk. What is this about?", "Front desk speaking. What is it about?",
                         "You have reached the front desk. What is this regarding?"});
    if (!turn.times.empty() || turn.about == subject::confirm)
      return say_one_of({"Yes, that works. Goodbye.", "Yes, try then. Goodbye.", "Yes, that is fine. Bye."});
    const auto who = first_name().empty() ? std::string{"The boss"} : first_name();
    if (asked_ == 2)
      return say(who + " is not here right now, please call back tomorrow at ten.");
    say_one_of({"Please call back tomorrow at ten.", "Tomorrow at ten, please.", "As I said, tomorrow at ten."});
  }

  void encourage() override { answer({}); }

  int asked_ = 0;
};

class asks_if_robot final : public person {
  using person::person;

  void answer(const understood& turn) override {
    if (asked_ || turn.about == subject::still_there || turn.about == subject::goodbye)
      return person::answer(turn);
    asked_ = true;
    constexpr std::string_view ways[]{"Are you a robot?", "Is this a robot?", "Are you a machine?"};
    const std::string question{ways[choose("robot", std::size(ways))]};
    if (turn.about == subject::who)
      return say("Yes, that's me. " + question);
    say("Wait. " + question);
  }

  bool asked_ = false;
};

/// Has a meeting from an earlier call and cannot make it.
class moves_meeting final : public person {
  using person::person;

  void answer(const understood& turn) override {
    if (asked_ || turn.about == subject::goodbye || is_opening(turn.about))
      return person::answer(turn);
    ask_for_it();
  }

  void encourage() override { asked_ ? person::encourage() : ask_for_it(); }

  void ask_for_it() {
    asked_ = true;
    say_one_of({"We have a meeting already. Can we move our meeting to a different day?",
                "I cannot make our meeting. Can we move our meeting to a different day?",
                "It is good that you call, I need to reschedule our meeting."});
  }

  bool asked_ = false;
};

/// Has a meeting from an earlier call and wants none any more.
class cancels_meeting final : public person {
  using person::person;

  void answer(const understood& turn) override {
    if (turn.about == subject::goodbye || is_opening(turn.about))
      return person::answer(turn);
    if (asked_)
      return say_one_of(
        {"No, please just cancel it.", "No, thank you, cancel the meeting please.", "Please cancel it, that is all."});
    ask_for_it();
  }

  void encourage() override { asked_ ? person::encourage() : ask_for_it(); }

  void ask_for_it() {
    asked_ = true;
    say_one_of({"Please cancel our meeting.", "I want to cancel our meeting.",
                "Good that you call, I have to cancel our meeting."});
  }

  bool asked_ = false;
};

/// Wants to talk to somebody of flesh and blood.
class asks_for_human final : public person {
  using person::person;

  void answer(const understood& turn) override {
    if (asked_ || turn.about == subject::goodbye || is_opening(turn.about))
      return person::answer(turn);
    ask_for_one();
  }

  void encourage() override { asked_ ? person::encourage() : ask_for_one(); }

  void ask_for_one() {
    asked_ = true;
    say_one_of({"Can I speak to a real person?", "I would rather talk to a human.",
                "I want to speak with a real person, please."});
  }

  bool asked_ = false;
};

/// Picked the phone up and put it down beside it.
class silent final : public person {
  using person::person;

  void answer(const understood&) override {}
  void wonder() override {}
  void encourage() override {}
  std::string greeting() override { return {}; }
};

} // namespace

std::unique_ptr<person> make_person(persona_kind kind, uint64_t seed, std::string voice, manners habits) {
  switch (kind) {
    case persona_kind::busy_call_later: return std::make_unique<busy_call_later>(seed, std::move(voice), habits);
    case persona_kind::price_objection_convinced: return std::make_unique<objector>(seed, std::move(voice), habits, 1);
    case persona_kind::two_objections: return std::make_unique<objector>(seed, std::move(voice), habits, 2);
    case persona_kind::voicemail: return std::make_unique<voicemail>(seed, std::move(voice), habits);
    case persona_kind::talks_over: return std::make_unique<talks_over>(seed, std::move(voice), habits);
    case persona_kind::gatekeeper: return std::make_unique<gatekeeper>(seed, std::move(voice), habits);
    case persona_kind::asks_if_robot: return std::make_unique<asks_if_robot>(seed, std::move(voice), habits);
    case persona_kind::moves_meeting: return std::make_unique<moves_meeting>(seed, std::move(voice), habits);
    case persona_kind::cancels_meeting: return std::make_unique<cancels_meeting>(seed, std::move(voice), habits);
    case persona_kind::asks_for_human: return std::make_unique<asks_for_human>(seed, std::move(voice), habits);
    case persona_kind::silent: return std::make_unique<silent>(seed, std::move(voice), habits);
    case persona_kind::take_me_off:
    case persona_kind::opt_out_key:
    case persona_kind::hangs_up_mid_sentence:
    case persona_kind::not_qualified:
    case persona_kind::wrong_person:
    case persona_kind::not_interested: return make_refusing(kind, seed, std::move(voice), habits);
    case persona_kind::eager:
    case persona_kind::busy:
    case persona_kind::no_answer:
    case persona_kind::not_in_service:
    case persona_kind::count_: break;
  }
  return std::make_unique<person>(seed, std::move(voice), habits);
}

} // namespace parley::sandbox
