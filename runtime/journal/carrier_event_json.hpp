#pragma once

#include "runtime/messages/telephony.hpp"

#include <string>

namespace parley {

/// How the inbox keeps a carrier event. The kind ("status", "machine" or
/// "resume") is part of what makes an event unique.
std::string_view kind_of(const carrier_event& event);
std::string to_json_text(const carrier_event& event);
/// The inverse. Throws `nlohmann::json::exception` or `std::invalid_argument`
/// on anything else.
carrier_event parse_carrier_event(std::string_view text);

} // namespace parley
