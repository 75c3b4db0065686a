#pragma once

#include "runtime/names.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace parley {

class calling_rules;

/// What kind of line a number is. For +1 the number alone never says whether
/// it is a mobile, and unknown counts as mobile.
enum class line_type : uint8_t { unknown, mobile, fixed, voip, count_ };
PARLEY_NAMES(line_type, "unknown", "mobile", "fixed", "voip")

/// A number that may be dialled, as far as the number itself says.
struct phone_number {
  std::string e164;      ///< +14155550132
  std::string extension; ///< digits, or empty
  std::string country;   ///< ISO 3166, two letters
  int area_code = 0;     ///< 200 to 999 for +1, else 0
  line_type type = line_type::unknown;
};

/// Why a text is not a number that may be dialled. The sentence names the
/// problem and never the number.
struct number_problem {
  enum class kind : uint8_t {
    invalid,   ///< no number, or none that can be in service
    forbidden, ///< a number, but toll free, premium, personal or the like
  };
  kind what = kind::invalid;
  std::string sentence;
};

using number_result = std::variant<phone_number, number_problem>;

/// Reads a number as people write it.
///
/// Numbers of +1 are judged by the rules' table of area codes, since the
/// phone number library of Debian 12 is of 2022 and knows none of the newer
/// ones; all others by the library.
/// @param home_region Country of numbers without "+", ISO 3166 ("US").
/// Thread-safe. Takes about 10 µs; the first call some milliseconds.
number_result parse_number(std::string_view text, const std::string& home_region, const calling_rules& rules);

/// Whether this is a number in E.164 and nothing else: + and all digits, ten
/// of them after +1. Says nothing about whether it is in service; our own
/// numbers may well be toll-free.
bool is_e164(std::string_view text);

/// Whether this is a country that numbers can be read for, ISO 3166 ("US").
bool is_region(const std::string& code);

} // namespace parley
