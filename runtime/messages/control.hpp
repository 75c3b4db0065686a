#pragma once

#include "runtime/wire.hpp"

#include <string>

namespace parley {

/// A command of a campaign manager, e.g. "campaign launch". The arguments are
/// one JSON object; bad ones are refused with `ec::invalid_input`, naming the
/// field and the remedy.
struct control_command {
  std::string name;
  std::string arguments = "{}";
};
PARLEY_INSPECT(control_command, x.name, x.arguments)

struct control_answer {
  std::string json;
};
PARLEY_INSPECT(control_answer, x.json)

} // namespace parley
