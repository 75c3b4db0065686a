#pragma once

#include "runtime/json.hpp"
#include "runtime/messages/telephony.hpp"

#include <optional>
#include <string>

/// What a call may come to besides the talk: handed over to a human, a message
/// to a machine, a recording. Part of the call's core.
namespace parley::calls {

// Names instead of numbers for this namespace's own enums.
using parley::from_json;
using parley::to_json;

enum class transfer_phase : uint8_t {
  none,
  asked,      ///< the carrier is being told
  under_way,  ///< the carrier rings the human up, or they talk
  refused,    ///< the carrier would not, or the call was over
  connected,  ///< they talked
  unanswered, ///< nobody took it
  count_
};
PARLEY_NAMES(transfer_phase, "none", "asked", "under_way", "refused", "connected", "unanswered")

/// The call is no longer the agent's.
constexpr bool is_handed_over(transfer_phase x) {
  return x == transfer_phase::under_way || x == transfer_phase::connected || x == transfer_phase::unanswered;
}

enum class message_phase : uint8_t { none, asked, left, refused, count_ };
PARLEY_NAMES(message_phase, "none", "asked", "left", "refused")

enum class recording_phase : uint8_t {
  none,
  wanted,   ///< the carrier is being told
  running,  ///< or over, once `recording_made` is known
  refused,  ///< the carrier would not
  objected, ///< the person does not want it: final, and nothing of it is kept
  count_
};
PARLEY_NAMES(recording_phase, "none", "wanted", "running", "refused", "objected")

// --- events ------------------------------------------------------------------

struct transfer_reason {
  std::string reason; ///< may quote the person
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(transfer_reason, reason)

struct transfer_begun {
  static constexpr auto type = "transfer_begun";
  std::string to;                       ///< E.164
  std::string name;                     ///< whose number it is; may be empty
  std::optional<wall_time> callback_at; ///< when to call the person if nobody takes it
  wall_time at{};
  transfer_reason personal;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(transfer_begun, to, name, callback_at, at, personal)

struct transfer_accepted {
  static constexpr auto type = "transfer_accepted";
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(transfer_accepted, at)

struct transfer_dropped {
  static constexpr auto type = "transfer_dropped";
  std::string reason;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(transfer_dropped, reason)

struct transfer_ended {
  static constexpr auto type = "transfer_ended";
  bool connected = false;
  int64_t duration_s = 0;
  bool told = true; ///< by the carrier; else taken from how long the call lasted
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(transfer_ended, connected, duration_s, told)

struct message_begun {
  static constexpr auto type = "message_begun";
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(message_begun, at)

struct message_left {
  static constexpr auto type = "message_left";
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(message_left, at)

struct message_dropped {
  static constexpr auto type = "message_dropped";
  std::string reason;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(message_dropped, reason)

/// The person was told where they must be.
struct recording_allowed {
  static constexpr auto type = "recording_allowed";
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(recording_allowed, at)

struct recording_begun {
  static constexpr auto type = "recording_begun";
  std::string sid; ///< the carrier's id of it
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(recording_begun, sid)

struct recording_dropped {
  static constexpr auto type = "recording_dropped";
  std::string reason;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(recording_dropped, reason)

struct recording_objected {
  static constexpr auto type = "recording_objected";
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(recording_objected, at)

/// The carrier has it ready, or never will.
struct recording_made {
  static constexpr auto type = "recording_made";
  std::string sid;
  bool available = false;
  int64_t duration_s = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(recording_made, sid, available, duration_s)

/// No stream came to the node that took the call up: the carrier is sent to
/// where it asks what to do next.
struct call_pulled {
  static constexpr auto type = "call_pulled";
  wall_time at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(call_pulled, at)

struct pull_failed {
  static constexpr auto type = "pull_failed";
  std::string reason;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(pull_failed, reason)

// --- effects -----------------------------------------------------------------

/// Tells in a moment whether a stream came.
struct do_await_stream {};
struct do_pull {};
struct do_transfer {};
/// The mind, if there is one, goes on with the talk.
struct do_take_back {
  std::string reason;
};
struct do_leave_message {};
/// Whoever ordered that the call be hung up is answered.
struct do_answer_hang_up {};
struct do_record {};
struct do_stop_recording {
  std::string sid;
};

/// Whom a call is to be handed over to.
struct transfer_wish {
  std::string to;   ///< E.164
  std::string name; ///< may be empty
  std::string reason;
  std::optional<wall_time> callback_at;
};

// How these events change a call (live.cpp).
struct state;
void apply_live(state& s, const transfer_begun& e);
void apply_live(state& s, const transfer_accepted& e);
void apply_live(state& s, const transfer_dropped& e);
void apply_live(state& s, const transfer_ended& e);
void apply_live(state& s, const message_begun& e);
void apply_live(state& s, const message_left& e);
void apply_live(state& s, const message_dropped& e);
void apply_live(state& s, const recording_allowed& e);
void apply_live(state& s, const recording_begun& e);
void apply_live(state& s, const recording_dropped& e);
void apply_live(state& s, const recording_objected& e);
void apply_live(state& s, const recording_made& e);
void apply_live(state& s, const call_pulled& e);
void apply_live(state& s, const pull_failed& e);

} // namespace parley::calls
