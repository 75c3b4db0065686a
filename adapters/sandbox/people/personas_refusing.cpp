// People with whom there is nothing to win: they want no call, or it is not for
// them.
#include "adapters/sandbox/people/personas.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace parley::sandbox {

namespace {

class take_me_off final : public person {
  using person::person;

  void answer(const understood& turn) override {
    if (turn.about == subject::goodbye || told_) {
      say_one_of({"Thank you. Bye.", "Good. Goodbye.", "Thanks. Bye."});
      return leave();
    }
    if (turn.about == subject::who && choose("when", 2) == 0 && turns() == 1)
      return person::answer(turn);
    told_ = true;
    say_one_of({"Take me off your list.", "Please take me off your list and do not call again.",
                "No. Take me off your list, please."});
  }

  void encourage() override { answer({}); }

  bool told_ = false;
};

/// Does not say a word about it: presses 9, as soon as it is offered.
class opt_out_key final : public person {
  using person::person;

  void overhear(const std::string& words) override {
    if (!pressed_ && understand(words).offers_opt_out_key)
      press_it();
  }

  void answer(const understood& turn) override {
    if (!pressed_)
      return press_it();
    if (turn.about == subject::goodbye)
      leave();
  }

  void encourage() override {
    if (!pressed_)
      press_it();
  }

  void wonder() override { press_it(); } // did it not work?

  void press_it() {
    pressed_ = true;
    press("9");
  }

  bool pressed_ = false;
};

class hangs_up_mid_sentence final : public person {
  using person::person;

  void answer(const understood& turn) override {
    if (breaks_off_at_)
      return;
    if (is_opening(turn.about))
      return person::answer(turn);
    break_off();
  }

  void encourage() override { break_off(); }

  void break_off() {
    constexpr std::string_view words = "Well, to be honest, we have been looking at several of these products "
                                       "and I";
    say(std::string{words});
    // Somewhere in the middle, mostly within a word.
    const auto length = play_time(encode_utterance(words).size());
    const auto share = static_cast<int64_t>(40 + choose("where", 40));
    breaks_off_at_ = now() + length * share / 100;
  }

  void pass(milliseconds now) override {
    if (breaks_off_at_ && now >= *breaks_off_at_)
      hang_up();
  }

  std::optional<milliseconds> breaks_off_at_;
};

class not_qualified final : public person {
  using person::person;

  void answer(const understood& turn) override {
    switch (turn.about) {
      case subject::process:
        return say_one_of({"We hardly have anything to count, it works fine.",
                           "It is a tiny shop, it works fine as it is.", "We outsource all of it, and it works fine."});
      case subject::need:
        return say_one_of({"No, we don't need that, it works fine for us.", "Not at all, we don't have that problem.",
                           "It is no problem, we don't need anything there."});
      case subject::budget:
        return say_one_of(
          {"No, we have no budget for this.", "No, there is no budget at all.", "None, we have no budget."});
      case subject::authority:
        return say_one_of(
          {"No, that's not my decision, I'm just an intern.", "No, I have no say in that.", "No, it is not up to me."});
      case subject::timeline:
        return say_one_of({"There are no plans for it.", "Not any time soon, we have no plans.", "Not this year."});
      case subject::interest:
      case subject::meeting_time:
      case subject::email:
        return say_one_of({"No, I don't think so, we don't need it.",
                           "No, that makes no sense for us, we don't need it.",
                           "I don't think so, there is no need here."});
      default: return person::answer(turn);
    }
  }
};

class wrong_person final : public person {
  using person::person;

  void answer(const understood& turn) override {
    if (turn.about == subject::goodbye || told_) {
      say_one_of({"No worries. Bye.", "That's okay. Goodbye.", "All good. Bye."});
      return leave();
    }
    told_ = true;
    if (first_name().empty())
      return say_one_of(
        {"I think you have the wrong number.", "No, you have the wrong person.", "Sorry, wrong number."});
    say_one_of({"No, there is nobody here by that name, you have the wrong number.", "No, you have the wrong number.",
                "Sorry, wrong person. I don't know any " + first_name() + "."});
  }

  void encourage() override { answer({}); }

  bool told_ = false;
};

class not_interested final : public person {
  using person::person;

  void answer(const understood& turn) override {
    if (turn.about == subject::goodbye || is_opening(turn.about))
      return person::answer(turn);
    if (refused_++ == 0)
      return say_one_of(
        {"I'm not interested.", "Thanks, but I'm not interested.", "We are not interested in anything like that."});
    say_one_of({"No, I'm not interested, really. Goodbye.", "I said I'm not interested. Goodbye.",
                "Still not interested. Goodbye."});
    leave();
  }

  void encourage() override { answer({}); }

  int refused_ = 0;
};

} // namespace

std::unique_ptr<person> make_refusing(persona_kind kind, uint64_t seed, std::string voice, manners habits) {
  switch (kind) {
    case persona_kind::take_me_off: return std::make_unique<take_me_off>(seed, std::move(voice), habits);
    case persona_kind::opt_out_key: return std::make_unique<opt_out_key>(seed, std::move(voice), habits);
    case persona_kind::hangs_up_mid_sentence:
      return std::make_unique<hangs_up_mid_sentence>(seed, std::move(voice), habits);
    case persona_kind::not_qualified: return std::make_unique<not_qualified>(seed, std::move(voice), habits);
    case persona_kind::wrong_person: return std::make_unique<wrong_person>(seed, std::move(voice), habits);
    case persona_kind::not_interested: return std::make_unique<not_interested>(seed, std::move(voice), habits);
    default: return nullptr;
  }
}

} // namespace parley::sandbox
