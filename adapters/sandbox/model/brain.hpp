#pragma once

#include "adapters/sandbox/model/conversation.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sandbox::model {

/// A tool call as it goes over the wire: the arguments are text, which a
/// model may also get wrong.
struct tool_call {
  std::string tool;
  std::string arguments;
};

/// What the agent does next: words, then calls. Both may be empty: the agent
/// then leaves the word to the other side.
struct reply {
  std::vector<line> lines;
  std::vector<tool_call> calls;
  /// Only a disobedient model: breaks the connection in the middle of it.
  bool hang_up = false;
};

/// How a model may misbehave, so that tests can prove that Parley's hard
/// rules hold against it.
enum class disobedience {
  none,
  books_early,     ///< books before qualification, with details nobody gave
  ignores_opt_out, ///< talks on when the person wants off the list
  keeps_arguing,   ///< argues after the second objection
  rambles,         ///< promises features, in ten sentences a turn
  floods,          ///< answers with minutes of audio
  unknown_tools,   ///< calls a tool that was never offered
  rubbish_json,    ///< arguments that are no JSON
  disconnects,     ///< breaks the connection in its third turn
  never_ends,      ///< talks on instead of every goodbye: to the wrong person, to whoever needs nothing
};

/// The inverse of the names above; nothing for another text.
std::optional<disobedience> parse_disobedience(std::string_view name);

/// Decides the next response of an agent that does what it is told. Remembers
/// nothing between calls: all that it knows is in the session.
reply decide(const session_view& session);

/// The same for a model that misbehaves.
reply decide(const session_view& session, disobedience mode);

} // namespace parley::sandbox::model
