#pragma once

#include "runtime/messages/journal_upkeep.hpp"

#include <nlohmann/json.hpp>

namespace parley::audit {

/// An event as `parley journal export` prints it: position, stream, kind,
/// version, type, at, data and, where the event has personal fields, `personal`:
/// the fields if they were asked for, else "sealed", "erased" or "damaged".
nlohmann::ordered_json to_json(const exported_event& x, bool personal);

} // namespace parley::audit
