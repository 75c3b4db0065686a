#include "adapters/sandbox/web.hpp"

#include <algorithm>
#include <charconv>

namespace parley::sandbox {

std::optional<std::string> find(const fields& all, std::string_view name) {
  for (const auto& [key, value] : all)
    if (key == name)
      return value;
  return std::nullopt;
}

std::string value_or(const fields& all, std::string_view name, std::string_view fallback) {
  return find(all, name).value_or(std::string{fallback});
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    uint8_t byte = 0;
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size()
               && std::from_chars(&text[i + 1], &text[i + 1] + 2, byte, 16).ptr == &text[i + 1] + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

fields parse_form(std::string_view text) {
  fields all;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty())
      continue;
    const auto equals = std::min(pair.find('='), pair.size());
    all.emplace_back(percent_decode(pair.substr(0, equals)),
                     percent_decode(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return all;
}

std::string to_form(const fields& all) {
  std::string out;
  for (const auto& [key, value] : all) {
    if (!out.empty())
      out += '&';
    out += percent_encode(key) + '=' + percent_encode(value);
  }
  return out;
}

std::string url::query() const {
  const auto mark = target.find('?');
  return mark == target.npos ? std::string{} : target.substr(mark + 1);
}

std::optional<url> parse_url(std::string_view text) {
  text = text.substr(0, text.find('#'));
  const auto colon = text.find("://");
  if (colon == text.npos)
    return std::nullopt;
  url out;
  out.scheme = text.substr(0, colon);
  if (out.scheme == "http" || out.scheme == "ws")
    out.port = 80;
  else if (out.scheme == "https" || out.scheme == "wss")
    out.port = 443;
  else
    return std::nullopt;
  text.remove_prefix(colon + 3);
  const auto slash = std::min(text.find_first_of("/?"), text.size());
  auto authority = text.substr(0, slash);
  out.target = text.substr(slash);
  if (out.target.empty() || out.target.front() != '/')
    out.target.insert(0, "/");
  out.authority = authority;
  const auto port = authority.rfind(':');
  if (port != authority.npos && authority.find(']', port) == authority.npos) {
    const auto digits = authority.substr(port + 1);
    const auto end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, out.port);
    if (read.ec != std::errc{} || read.ptr != end)
      return std::nullopt;
    authority = authority.substr(0, port);
  }
  if (authority.size() > 2 && authority.front() == '[' && authority.back() == ']')
    authority = authority.substr(1, authority.size() - 2);
  const bool sound = authority.find_first_of(" @\t\"<>\\") == authority.npos
                     && out.target.find_first_of(" \t\r\n\"<>\\") == out.target.npos;
  if (authority.empty() || !sound)
    return std::nullopt;
  out.host = authority;
  return out;
}

} // namespace parley::sandbox
