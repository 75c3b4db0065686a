#pragma once

#include <string>
#include <vector>

/// Everything that can happen to a node, by kind, as its code itself lists it:
/// the events of its cores, the requests of its ports, the carrier's webhooks,
/// the commands. So a new kind cannot be forgotten (`coverage`).
namespace parley::simulation {

/// The events of all aggregates, by their names in the journal.
std::vector<std::string> event_kinds();

enum class requests : uint8_t { all, answered };
/// What a node asks of vendors, as the adapters name it at the gate.
std::vector<std::string> request_kinds(requests which);

/// As webhooks are named: "status.ringing", "machine".
std::vector<std::string> webhook_kinds();

/// What people may order or ask, e.g. "campaign launch".
std::vector<std::string> command_kinds();

} // namespace parley::simulation
