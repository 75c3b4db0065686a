#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::sandbox {

/// The people who may pick up, and those who do not.
enum class persona_kind : uint8_t {
  eager,                     ///< needs it, has money, decides, books a meeting
  busy_call_later,           ///< in a meeting: "call me back tomorrow at ten"
  price_objection_convinced, ///< finds it expensive, until that is answered
  two_objections,            ///< objects, and objects again: not interested
  take_me_off,               ///< "take me off your list"
  opt_out_key,               ///< presses 9
  hangs_up_mid_sentence,     ///< breaks off in the middle of a word
  voicemail,                 ///< a machine: greeting, beep
  busy,                      ///< the line is busy
  no_answer,                 ///< rings until the caller gives up
  talks_over,                ///< interrupts the agent, is interested though
  not_qualified,             ///< no need, no money, no say
  wrong_person,              ///< the person asked for is not at this number
  gatekeeper,                ///< the front desk: the person asked for is not here, call back tomorrow
  not_interested,            ///< "I'm not interested", and stays so
  asks_if_robot,             ///< wants to know whether this is a robot, is eager then
  silent,                    ///< picks up and says nothing
  not_in_service,            ///< nobody has this number: SIP 404
  moves_meeting,             ///< books as `eager`; called again, wants another day for the meeting
  cancels_meeting,           ///< books as `eager`; called again, wants no meeting any more
  asks_for_human,            ///< "Can I speak to a real person?", and is patient with whoever answers
  count_,
};

inline constexpr std::array<std::string_view, static_cast<size_t>(persona_kind::count_)> persona_names{
  "eager",
  "busy_call_later",
  "price_objection_convinced",
  "two_objections",
  "take_me_off",
  "opt_out_key",
  "hangs_up_mid_sentence",
  "voicemail",
  "busy",
  "no_answer",
  "talks_over",
  "not_qualified",
  "wrong_person",
  "gatekeeper",
  "not_interested",
  "asks_if_robot",
  "silent",
  "not_in_service",
  "moves_meeting",
  "cancels_meeting",
  "asks_for_human"};

constexpr std::string_view to_string(persona_kind kind) {
  return persona_names[static_cast<size_t>(kind)];
}

constexpr std::optional<persona_kind> parse_persona(std::string_view name) {
  for (size_t i = 0; i < persona_names.size(); ++i)
    if (persona_names[i] == name)
      return static_cast<persona_kind>(i);
  return std::nullopt;
}

} // namespace parley::sandbox
