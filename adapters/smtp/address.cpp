#include "adapters/smtp/address.hpp"

#include <algorithm>

namespace parley::smtp {

static bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), is_control);
}

static bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Words of the allowed characters with single dots between them.
static bool is_dotted(std::string_view text, std::string_view further, size_t size_max) {
  if (text.empty() || text.size() > size_max || text.front() == '.' || text.back() == '.')
    return false;
  if (text.find("..") != std::string_view::npos)
    return false;
  return std::all_of(text.begin(), text.end(), [further](char c) {
    return c == '.' || is_letter_or_digit(c) || further.find(c) != std::string_view::npos;
  });
}

bool is_address(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos)
    return false;
  const size_t local_octets_max = 64; // RFC 5321, 4.5.3.1
  const size_t domain_octets_max = 255;
  return is_dotted(text.substr(0, at), "!#$%&'*+-/=?^_`{|}~", local_octets_max)
         && is_dotted(text.substr(at + 1), "-", domain_octets_max);
}

std::string_view domain_of(std::string_view address) {
  return address.substr(address.find('@') + 1);
}

std::string without_addresses(std::string_view reply) {
  std::string result;
  size_t at = 0;
  while (at < reply.size()) {
    const auto end = std::min(reply.find_first_of(" \t\r\n", at), reply.size());
    const auto word = reply.substr(at, end - at);
    if (!word.empty()) {
      result += result.empty() ? "" : " ";
      result += word.find('@') == std::string_view::npos ? word : "<address>";
    }
    at = end + 1;
  }
  return result;
}

} // namespace parley::smtp
