#include "runtime/errors.hpp"

#include <array>

namespace parley {

std::string to_string(ec code) {
  static constexpr std::array names{
    "none",
    "invalid_configuration",
    "invalid_input",
    "not_found",
    "conflict",
    "wrong_state",
    "queue_full",
    "shutting_down",
    "abandoned",
    "append_refused",
    "journal_unavailable",
    "vendor_refused",
    "vendor_unavailable",
    "vendor_unauthorised",
    "vendor_answered_rubbish",
    "media_lost",
    "slot_expired",
    "unconfirmed",
  };
  static_assert(names.size() == static_cast<size_t>(ec::count_));
  const auto index = static_cast<size_t>(code);
  return index < names.size() ? names[index] : "unknown_error_code"; // a peer may run a newer version
}

} // namespace parley
