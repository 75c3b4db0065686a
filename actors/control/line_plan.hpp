#pragma once

#include "actors/line/core.hpp"
#include "actors/prospect/core.hpp"
#include "runtime/messages/research.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace parley::dry {

/// What a launch would come to for one person.
struct planned {
  enum class kind : uint8_t {
    called,       ///< first dialled at `at`, or as soon afterwards as a slot is free
    blocked,      ///< never called, for `reason`
    disqualified, ///< never called: research finds them too unlikely to succeed
    under_way,    ///< a call is up with them now
    undecided,    ///< put off again and again, at last until `at` for `reason`
  };
  prospect_id prospect;
  std::string name;
  std::string company;
  std::string zone;
  kind what = kind::undecided;
  wall_time at{};
  std::optional<int32_t> probability; ///< empty: research is still to come and may disqualify them
  std::optional<int32_t> guess;       ///< what rules alone would say then
  std::string reason;
  std::string sentence;
  std::string source;
};

/// What the rules make of somebody whom research has not seen yet.
struct rehearsed {
  prospect_researched found;
  bool decides = true; ///< false: a language model will have the word, this is a guess
};

/// What has to be asked of compliance before the plan can go on.
using question = std::variant<find_call_time, gate_check>;

/// The dry run of one phone number and everybody who has it: prospects and
/// line decide as they do in a campaign, on copies of their states and at
/// instants that are to come. Pure: `next` gives a question, `take` its
/// answer, until there is none left.
class line_plan {
public:
  /// @param chance The line's, as a prospect draws it.
  /// @param call_length What a call is taken to last; people who share a
  ///        number wait for its end.
  line_plan(campaign_policy policy, lines::state line, list_hits lists, uint64_t chance, wall_time now,
            std::chrono::milliseconds call_length);

  /// @param research Nothing when it is over or not needed, or could not be done.
  void add(prospect_row person, prospects::state state, const std::optional<rehearsed>& research = {});
  std::optional<question> next();
  void take(const call_time& time);
  void take(const gate_answer& gate);
  /// One for each person that was added, once there is no question left.
  std::vector<planned> result() const;

private:
  /// One who is put off more often than this is left undecided: that is weeks.
  static constexpr int rounds_max = 40;

  enum class stage : uint8_t { seeks_time, has_time, over };
  struct person {
    prospect_row row;
    prospects::state state;
    std::optional<prospect_researched> research; ///< that decides
    stage now = stage::seeks_time;
    wall_time wakes{};
    call_time time;
    int rounds = 0;
    planned out;
  };

  bool begin(person& x);
  bool qualify(person& x);
  void end(person& x, planned::kind what, std::string reason, std::string sentence, std::string source);
  void hear(person& x, const dial_answer& answer, const std::string& source);
  void put_off(person& x, wall_time until, const std::string& reason, const std::string& sentence);
  person* earliest();
  void free_line(wall_time at);

  campaign_policy policy_;
  lines::state line_;
  list_hits lists_;
  uint64_t chance_;
  wall_time now_;
  std::chrono::milliseconds call_length_;
  std::vector<person> people_;
  person* asked_ = nullptr; ///< whose question is open
  std::optional<wall_time> free_at_;
  uint64_t calls_ = 0;
};

} // namespace parley::dry
