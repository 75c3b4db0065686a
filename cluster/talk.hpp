#pragma once

#include "actors/conversation/core.hpp"
#include "adapters/sandbox/model/brain.hpp"
#include "adapters/sandbox/model/instructions.hpp"
#include "cluster/talk_diary.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace parley {

/// What a practice talk is held with.
struct talk_setup {
  mind::conversation_policy policy;
  mind::person_profile person;
  uint64_t seed = 1; ///< which times are taken in the diary
  wall_time now{};   ///< when the call begins
};

/// The agent and company of the sample campaign.
talk_setup sample_talk();
/// What a campaign's file says, by the same keys that `campaign create` takes;
/// those that only matter to whoever dials are left out. Throws
/// std::invalid_argument with a sentence that names the key and the remedy.
void read_campaign(talk_setup& setup, const nlohmann::json& campaign);

/// One thing that happened in a talk.
namespace talk_event {

/// Words that the other side heard.
struct said {
  mind::party who = mind::party::agent;
  std::string text;
};
/// A tool of the agent and what it was answered.
struct tool_used {
  std::string name;
  nlohmann::json arguments;
  nlohmann::json answer;
};
/// As in `directive::record`: observations, stages, broken rules, …
struct noted {
  std::string kind;
  nlohmann::json data;
};
/// The line is closed.
struct ended {
  enum disposition disposition = disposition::none;
  std::string reason;
};

using any = std::variant<said, tool_used, noted, ended>;

/// One function per kind, to visit them with.
template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

} // namespace talk_event

/// A call without a telephone: the conversation's own core with the practice
/// voice model, in text. Words take the time that they would take as audio;
/// whatever a call asks of the outside is answered from memory. Nothing is
/// dialled, stored or sent.
class practice_talk {
public:
  explicit practice_talk(talk_setup setup);

  /// The person has picked up: the agent says its first words.
  void begin();
  /// The person says this. All that follow are without effect once it is over.
  void say(const std::string& words);
  /// The person presses a key.
  void press(const std::string& digit);
  /// Nobody speaks until the agent wonders.
  void keep_silent();
  /// The person hangs up.
  void hang_up();

  bool over() const { return over_; }
  /// Why it ended, in a few words; empty before.
  const std::string& reason() const { return reason_; }
  /// How the call counts, as it stands.
  enum disposition disposition() const;
  const mind::conversation_state& state() const { return state_; }
  const talk_setup& setup() const { return setup_; }
  mind::call_summary summary() const { return mind::summary(state_, about_); }
  /// What has happened since the last time this was asked.
  std::vector<talk_event::any> take();
  wall_time now() const { return setup_.now + media_; }

private:
  void hear(mind::input::any in);
  void carry_out(mind::directives directives);
  void carry_out(mind::directive::update_instructions& x);
  void carry_out(mind::directive::answer_tool& x);
  void carry_out(mind::directive::check_availability& x);
  void carry_out(mind::directive::book& x);
  void carry_out(mind::directive::schedule_callback& x);
  void carry_out(mind::directive::end_call& x);
  void carry_out(mind::directive::reschedule& x);
  void carry_out(mind::directive::cancel& x);
  void carry_out(mind::directive::transfer& x);
  /// Lets the agent respond until it has nothing more to say or do.
  void go_on();
  /// @param note Said to the model for this response alone; may be empty.
  void respond(const std::string& note);
  void ring_alarms();
  void finish(const std::string& reason);
  std::string new_item() { return "item_" + std::to_string(++items_); }

  talk_setup setup_;
  mind::briefing about_;
  mind::conversation_state state_;
  talk_diary diary_;

  // The voice model's session.
  sandbox::model::instructions text_;
  std::vector<sandbox::model::tool> tools_;
  std::vector<sandbox::model::turn> turns_;
  std::map<std::string, talk_event::tool_used> calls_; ///< not answered yet, by id
  bool speaking_ = false;                              ///< the response under way has words
  bool wants_response_ = false;
  std::deque<std::string> prompts_;

  // The call.
  std::deque<mind::input::any> inputs_;
  bool hearing_ = false;
  std::chrono::milliseconds media_{0}; ///< audio time since the answer
  std::vector<std::pair<std::chrono::milliseconds, std::string>> alarms_;
  std::optional<mind::directive::end_call> ending_;
  bool transferred_ = false;
  bool over_ = false;
  std::string reason_;
  uint32_t items_ = 0;
  uint32_t calls_made_ = 0;
  uint32_t meetings_ = 0;
  std::vector<talk_event::any> events_;
};

} // namespace parley
