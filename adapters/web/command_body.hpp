#pragma once

#include "runtime/messages/control.hpp"

#include <optional>
#include <string_view>

namespace parley::web {

/// The body of `POST /v1/command`: a JSON object with the command's name in
/// "command", the rest being its arguments. Nothing if it is none.
std::optional<control_command> read_command(std::string_view body);

} // namespace parley::web
