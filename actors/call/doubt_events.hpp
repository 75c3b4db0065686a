#pragma once

#include "runtime/json.hpp"

/// What happens to a call of which nobody knows whether the carrier has it. Part
/// of the call's core.
namespace parley::calls {

using parley::from_json;
using parley::to_json;

// --- events ------------------------------------------------------------------

/// The carrier could not be asked, or gave no complete list: the first time in
/// a row.
struct evidence_missed {
  static constexpr auto type = "evidence_missed";
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(evidence_missed, at)

/// No evidence could be got for three graces: the call waits for an operator's
/// word. Its slot goes back: whatever the carrier made of the dial, it has
/// outlived its own longest ringing and talk.
struct submission_given_up {
  static constexpr auto type = "submission_given_up";
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(submission_given_up, at)

struct resolution_reason {
  std::string reason; ///< an operator's words, may name the person
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(resolution_reason, reason)

/// An operator said what became of the dial.
struct submission_resolved {
  static constexpr auto type = "submission_resolved";
  bool placed = true;
  wall_time at{};
  resolution_reason personal;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(submission_resolved, placed, at, personal)

/// It was placed, as an operator said, and the carrier has nothing to tell of it.
struct placed_unseen {
  static constexpr auto type = "placed_unseen";
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(placed_unseen, at)

// --- effects -----------------------------------------------------------------

/// The prospect sleeps until somebody resolves the call.
struct do_tell_unresolved {};
/// No channel is busy with this call any more …
struct do_return_slot {
  slot_id slot;
};
/// … or it is again: it showed up after its slot had gone back.
struct do_take_slot {};
/// The operator who resolved the call is answered.
struct do_answer_resolved {
  bool placed = true;
};
} // namespace parley::calls
