#pragma once

#include "actors/compliance/windows.hpp"

#include <string>

namespace parley {

/// Whether a call may be recorded without a word about it.
struct recording_consent {
  bool announce = true; ///< the person must be told, and may object, before it begins
  std::string sentence;
  std::string source; ///< of the strictest state's rules; empty where none is known
};

/// What the states say in which the person may be, by number and address: the
/// strictest one holds (Kearney v. Salomon Smith Barney, Cal. 2006), and a place
/// that cannot be told is taken for one where everybody must agree.
recording_consent consent_to_record(const calling_rules& rules, const number_result& number, const address& where);

} // namespace parley
