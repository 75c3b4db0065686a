#pragma once

#include "adapters/media/frame.hpp"

#include <simdjson.h>

#include <charconv>

/// INTERNAL to the two parsers: reading what may be there, in any order.
namespace parley::media::json {

namespace ondemand = simdjson::ondemand;

static_assert(frame_padding >= simdjson::SIMDJSON_PADDING);

/// One parser per I/O thread: its memory is that of the longest message, not
/// of the number of calls.
inline ondemand::parser& parser() {
  static thread_local ondemand::parser one;
  return one;
}

/// Text, or empty when the value is none.
inline std::string_view text(ondemand::value value) {
  std::string_view out;
  if (value.get_string().get(out) != simdjson::SUCCESS)
    return {};
  return out;
}

/// A whole number, or a string of digits.
inline std::optional<int64_t> number(ondemand::value value) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS)
    return std::nullopt;
  if (type == ondemand::json_type::number) {
    int64_t whole = 0;
    if (value.get_int64().get(whole) == simdjson::SUCCESS)
      return whole;
    double real = 0;
    if (value.get_double().get(real) == simdjson::SUCCESS && real > -9e15 && real < 9e15)
      return static_cast<int64_t>(real);
    return std::nullopt;
  }
  const auto digits = type == ondemand::json_type::string ? text(value) : std::string_view{};
  int64_t whole = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
  if (error != std::errc{} || end != digits.data() + digits.size())
    return std::nullopt;
  return whole;
}

/// Milliseconds of audio since its start; nothing if no call lasts that long.
inline std::optional<int64_t> audio_ms(ondemand::value value) {
  static constexpr int64_t week_ms = 7 * 24 * 60 * 60 * 1000;
  const auto ms = number(value);
  return ms && *ms >= 0 && *ms <= week_ms ? ms : std::nullopt;
}

/// Calls `take(key, value)` for each member; false when `value` is no sound
/// object. A member that `take` does not touch is skipped.
template <class Object, class Take>
bool members(Object&& value, Take take) {
  ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS)
    return false;
  for (auto member : object) {
    std::string_view key;
    ondemand::value content;
    if (member.unescaped_key().get(key) != simdjson::SUCCESS || member.value().get(content) != simdjson::SUCCESS)
      return false;
    take(key, content);
  }
  return true;
}

/// The members of a whole message.
template <class Take>
bool message(frame_view frame, Take take) {
  ondemand::document document;
  const simdjson::padded_string_view padded{frame.data, frame.size, frame.size + frame_padding};
  if (parser().iterate(padded).get(document) != simdjson::SUCCESS)
    return false;
  if (!members(document, take))
    return false;
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS; // nothing behind the object
}

} // namespace parley::media::json
