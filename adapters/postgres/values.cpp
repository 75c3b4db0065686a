#include "adapters/postgres/values.hpp"

#include "runtime/clock.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

namespace parley::postgres {

std::string instant_text(wall_time at) {
  if (at == wall_time::min())
    return "-infinity";
  if (at == wall_time::max())
    return "infinity";
  return to_iso(at);
}

/// As the sessions are set up: 2026-11-24 09:30:05.123456+00.
wall_time parse_instant(std::string_view text) {
  if (text == "infinity")
    return wall_time::max();
  if (text == "-infinity")
    return wall_time::min();
  const auto number = [&](size_t from, size_t count) {
    int x = 0;
    if (text.size() < from + count)
      throw failure{"", "\"" + std::string{text} + "\" is no instant"};
    const auto [end, error] = std::from_chars(text.data() + from, text.data() + from + count, x);
    if (error != std::errc{} || end != text.data() + from + count)
      throw failure{"", "\"" + std::string{text} + "\" is no instant"};
    return x;
  };
  using namespace std::chrono;
  const sys_days day{year{number(0, 4)} / number(5, 2) / number(8, 2)};
  auto out = wall_time{day} + hours{number(11, 2)} + minutes{number(14, 2)} + seconds{number(17, 2)};
  if (text.size() > 19 && text[19] == '.') {
    int worth = 100; // of the digit in milliseconds
    for (size_t i = 20; worth > 0 && i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, worth /= 10)
      out += milliseconds{worth * (text[i] - '0')};
  }
  return out;
}

std::string bytes_text(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.resize(2 + 2 * bytes.size());
  out[0] = '\\';
  out[1] = 'x';
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    out[2 + 2 * i] = digits[byte >> 4];
    out[3 + 2 * i] = digits[byte & 15];
  }
  return out;
}

/// Length of the sequence that begins here, 0 if it is broken (RFC 3629).
static size_t sequence_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[at + i]); };
  const auto first = byte(0);
  const size_t length = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
  if (length == 0 || at + length > text.size() || first == 0)
    return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80)
      return 0;
  if (length == 3 && ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0)))
    return 0;
  if (length == 4 && ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) >= 0x90)))
    return 0;
  return length;
}

std::string text_of(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const auto length = sequence_at(text, at);
    if (length == 0)
      out += "\xef\xbf\xbd";
    else
      out.append(text, at, length);
    at += std::max<size_t>(length, 1);
  }
  return out;
}

static std::string real_text(double x) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, x);
  return {buffer, end};
}

parameter parameter_of(const sql::value& value) {
  using kind = sql::value::kind_type;
  if (value.null)
    return std::nullopt;
  switch (value.kind) {
    case kind::text: return text_of(value.text);
    case kind::bytes: return bytes_text(value.text);
    case kind::id: return to_string(value.id);
    case kind::real: return real_text(value.real);
    case kind::instant: return instant_text(value.instant());
    default: return std::to_string(value.number);
  }
}

std::string floats_text(std::string_view bytes, char open, size_t length) {
  const auto count = bytes.size() / sizeof(float);
  if (bytes.size() % sizeof(float) != 0)
    throw sql::refusal{ec::invalid_input, "an embedding is no row of floats"};
  if (open == '[' && count > length)
    throw sql::refusal{ec::invalid_input, "an embedding has " + std::to_string(count) + " floats, more than the "
                                            + std::to_string(length)
                                            + " of the column; choose fewer dimensions for the embedder"};
  std::string out{open};
  for (size_t i = 0; i < std::max(count, open == '[' ? length : 0); ++i) {
    float x = 0;
    if (i < count)
      std::memcpy(&x, bytes.data() + i * sizeof x, sizeof x);
    if (!std::isfinite(x))
      throw sql::refusal{ec::invalid_input, "an embedding holds what is no number"};
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, x); // the shortest that reads back alike
    if (i > 0)
      out += ',';
    out.append(buffer, end);
  }
  return out += open == '[' ? ']' : '}';
}

std::string floats_bytes(std::string_view text, size_t length_max) {
  std::string out;
  size_t count = 0;
  for (const auto* at = text.data() + 1; at < text.data() + text.size() - 1 && count < length_max; ++at, ++count) {
    float x = 0;
    const auto [end, error] = std::from_chars(at, text.data() + text.size(), x);
    if (error != std::errc{} && error != std::errc::result_out_of_range)
      throw failure{"", "an embedding does not read as floats"};
    out.append(reinterpret_cast<const char*>(&x), sizeof x);
    at = end;
  }
  return out;
}

void array::add(double x) {
  next() += std::isnan(x) ? "NaN" : std::isinf(x) ? (x > 0 ? "Infinity" : "-Infinity") : real_text(x);
}

bool array::is_plain(std::string_view x) {
  bool out = true;
  for (const char c : x)
    out &= static_cast<signed char>(c) > 0; // without a branch: most text is
  return out;
}

void array::quote(std::string_view x) {
  next();
  const auto from = text_.size();
  text_.resize(from + 2 * x.size() + 2);
  auto* at = text_.data() + from;
  *at++ = '"';
  for (const char c : x) {
    if (c == '"' || c == '\\')
      *at++ = '\\';
    *at++ = c;
  }
  *at++ = '"';
  text_.resize(static_cast<size_t>(at - text_.data()));
}

} // namespace parley::postgres
