#pragma once

#include "actors/conversation/bant.hpp"
#include "actors/conversation/policy.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The tools that the voice model may call (docs/instructions.md), and what
/// it is told when it calls them wrongly.
namespace parley::mind {

struct tool {
  std::string name;
  std::string description;
  nlohmann::json parameters; ///< JSON schema
};

/// @param has_meeting The person has a meeting with us that could be moved or called off.
std::vector<tool> tools(const conversation_policy& policy, bool has_meeting = false);

enum class end_reason : uint8_t {
  meeting_booked,
  callback_set,
  not_interested,
  not_qualified,
  wrong_person,
  opted_out,
  done,
  count_
};
PARLEY_NAMES(end_reason, "meeting_booked", "callback_set", "not_interested", "not_qualified", "wrong_person",
             "opted_out", "done")

struct record_observation_arguments {
  std::vector<evidence> bant; ///< turn and source are for the caller to fill in
  std::optional<std::string> objection;
  std::optional<double> sentiment;
  std::vector<std::string> key_points;
  std::string next_action;
};

struct check_calendar_availability_arguments {
  std::vector<std::string> preferred_dates;
  int duration_minutes = 30;
};

struct book_meeting_arguments {
  wall_time datetime{};
  std::string prospect_email; ///< lower case
  std::string meeting_type;
};

struct schedule_callback_arguments {
  wall_time datetime{};
  std::string reason;
};

struct opt_out_arguments {
  std::string reason;
};

struct transfer_arguments {
  std::string reason;
};

struct reschedule_meeting_arguments {
  wall_time datetime{};
  std::string reason;
};

struct cancel_meeting_arguments {
  std::string reason;
};

struct end_call_arguments {
  end_reason reason = end_reason::done;
  std::string follow_up_action;
};

/// A sentence that tells the model what is wrong and what to do instead.
struct tool_error {
  std::string sentence;
};

using tool_arguments
  = std::variant<record_observation_arguments, check_calendar_availability_arguments, book_meeting_arguments,
                 schedule_callback_arguments, opt_out_arguments, transfer_arguments, reschedule_meeting_arguments,
                 cancel_meeting_arguments, end_call_arguments, tool_error>;

/// Reads and validates the arguments of any of the tools.
/// @param now Dates and times must lie after it, and within 90 days.
tool_arguments read_arguments(std::string_view name, std::string_view arguments, wall_time now,
                              const person_profile& person, const conversation_policy& policy);

} // namespace parley::mind
