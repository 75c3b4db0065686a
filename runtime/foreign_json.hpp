#pragma once

#include <nlohmann/json.hpp>

#include <string_view>

namespace parley {

/// Deepest nesting that is read of JSON from outside; what vendors, models and
/// operators send has about ten levels.
inline constexpr int json_depth_max = 100;

/// Whether arrays and objects in this text stand inside each other no more than
/// `json_depth_max` deep. It need not be JSON.
inline bool is_nested_within_reason(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > json_depth_max)
        return false;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return true;
}

/// JSON of somebody else: a vendor's answer, a model's arguments, a command.
/// What is none gives a discarded value, and so does what is nested too deeply:
/// the library parses that without trouble, but copies and writes values by
/// recursion, so that some ten thousand brackets would end the process for lack
/// of stack.
inline nlohmann::json parse_foreign(std::string_view text) {
  if (!is_nested_within_reason(text))
    return nlohmann::json(nlohmann::json::value_t::discarded);
  return nlohmann::json::parse(text, nullptr, false);
}

} // namespace parley
