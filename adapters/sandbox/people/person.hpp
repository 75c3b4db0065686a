#pragma once

#include "adapters/sandbox/audio.hpp"
#include "adapters/sandbox/people/persona_kind.hpp"
#include "adapters/sandbox/people/understanding.hpp"

#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sandbox {

/// What a person on the phone does.
struct deed {
  enum kind_type {
    say,         ///< speaks `text`; queued behind what is still being said
    beep,        ///< a machine's tone
    fall_silent, ///< stops in the middle of what is being said
    press,       ///< the key in `text`
    hang_up,
  };
  kind_type kind = say;
  std::string text;
};

/// How patient people are; the network's part of a wait grows with the media
/// speed, because the agent thinks in real time.
struct manners {
  milliseconds greeting{250};      ///< from the open line to "Hello?"
  milliseconds silence_max{10000}; ///< until "Hello? Are you there?"; callers ask after 8 s
  milliseconds lull{2500};         ///< after a statement, until "Okay."
  milliseconds goodbye{300};       ///< after the agent's goodbye, until answering it
  milliseconds farewell{1500};     ///< after the last words, until hanging up
};

/// One person (or machine) from the moment the line is open. A state
/// machine in media time, without a clock, sockets or threads: it is told
/// what is heard and how late it is, and says what it does.
class person {
public:
  /// @param voice Chooses between phrasings; the same text, the same person.
  /// @param seed Of the world, with `voice` the whole of this person's chance.
  person(uint64_t seed, std::string voice, manners habits);
  virtual ~person() = default;

  /// Takes what was noticed of the agent, in order, and lets time go on.
  /// @param now Media time since the line is open; never goes back.
  /// @param speaking Whether something said earlier is still in the air.
  std::vector<deed> live(milliseconds now, const std::vector<heard>& news, bool speaking);

  virtual bool is_machine() const { return false; }

protected:
  /// What to do about a turn of the agent; the default answers as somebody
  /// who needs it, can pay, decides, and wants to meet.
  virtual void answer(const understood& turn);
  /// The agent was heard saying `words` and goes on speaking.
  virtual void overhear(const std::string& words);
  /// Nothing has been said for a long time.
  virtual void wonder();
  /// Nothing was said after the agent's statement.
  virtual void encourage();
  virtual std::string greeting();
  /// Called at each step, after everything else.
  virtual void pass(milliseconds now);

  void say(std::string text);
  /// One of several phrasings, by the seed; another one the next time.
  void say_one_of(std::initializer_list<std::string_view> phrasings);
  size_t choose(std::string_view what, size_t count);
  void press(std::string key);
  void hang_up();
  void act(deed::kind_type kind, std::string text = {});
  /// Hangs up once both sides have been quiet for a moment.
  void leave() { leaving_ = true; }
  bool leaving() const { return leaving_; }

  /// Of the name that the agent asked for; empty before.
  std::string first_name() const;
  std::string own_email() const;
  milliseconds now() const { return now_; }
  bool speaking() const { return speaking_; }
  /// Turns of the agent that were answered so far.
  int turns() const { return turns_; }

private:
  void notice(const heard& news);
  void consider();
  void forget(); ///< what the agent said last

  uint64_t seed_;
  std::string voice_;
  manners habits_;
  std::vector<deed> deeds_;
  std::map<std::string, int, std::less<>> said_times_;

  milliseconds now_{};
  milliseconds quiet_since_{}; ///< nobody has spoken since
  bool speaking_ = false;
  bool agent_speaking_ = false;
  bool interrupting_ = false; ///< we talk over what the agent says
  bool greeted_ = false;
  bool leaving_ = false;
  bool gone_ = false;
  bool encouraged_ = false;
  int wondered_ = 0;
  int turns_ = 0;
  std::string turn_;                     ///< what the agent said since our last words
  std::optional<understood> meaning_;    ///< of `turn_`, once it was thought about
  std::optional<milliseconds> reply_at_; ///< end-pointing: when to answer it
  std::string name_;
  std::string email_;
};

/// Makes the person of that kind; `busy`, `no_answer` and `not_in_service`
/// never pick up, so nobody asks for them (they answer as `eager`).
std::unique_ptr<person> make_person(persona_kind kind, uint64_t seed, std::string voice, manners habits);

} // namespace parley::sandbox
