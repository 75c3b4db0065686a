#include "adapters/http/http_message.hpp"

#include <sodium.h>

#include <algorithm>

namespace parley {

std::string_view to_string(http_failure x) {
  switch (x) {
    case http_failure::none: return "none";
    case http_failure::bad_request: return "bad request";
    case http_failure::queue_full: return "queue full";
    case http_failure::held_back: return "held back";
    case http_failure::connect: return "no connection";
    case http_failure::timeout: return "timeout";
    case http_failure::broken: return "connection broken";
    case http_failure::too_large: return "answer too large";
    case http_failure::unauthorised: return "no access token";
    case http_failure::shutting_down: return "shutting down";
    case http_failure::failed: return "own failure";
  }
  return "unknown";
}

std::optional<std::string_view> http_response::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name)
      return value;
  return std::nullopt;
}

std::string url_encode(std::string_view text) {
  static constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const unsigned char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
                       || c == '.' || c == '_' || c == '~';
    if (plain)
      out += static_cast<char>(c);
    else
      (out += '%') += {hex[c >> 4], hex[c & 15]};
  }
  return out;
}

std::string form_encode(const http_fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty())
      out += '&';
    out += url_encode(name) + '=' + url_encode(value);
  }
  return out;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static std::optional<std::string> url_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size())
      return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0)
      return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::optional<http_fields> form_decode(std::string_view text, size_t fields_max) {
  http_fields fields;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty())
      continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = url_decode(pair.substr(0, equals));
    auto value = url_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value || fields.size() == fields_max)
      return std::nullopt;
    fields.emplace_back(std::move(*name), std::move(*value));
  }
  return fields;
}

http_request post_form(std::string url, const http_fields& fields) {
  http_request request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = form_encode(fields);
  return request;
}

http_request post_json(std::string url, std::string json, std::string method) {
  http_request request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  request.body = std::move(json);
  return request;
}

http_request get(std::string url, const http_fields& query) {
  http_request request;
  request.url = std::move(url);
  if (!query.empty())
    request.url += (request.url.find('?') == std::string::npos ? '?' : '&') + form_encode(query);
  return request;
}

std::pair<std::string, std::string> basic_auth(std::string_view user, std::string_view password) {
  const auto plain = std::string{user} + ':' + std::string{password};
  constexpr auto variant = sodium_base64_VARIANT_ORIGINAL;
  std::string encoded(sodium_base64_encoded_len(plain.size(), variant), '\0');
  sodium_bin2base64(encoded.data(), encoded.size(), reinterpret_cast<const unsigned char*>(plain.data()), plain.size(),
                    variant);
  encoded.pop_back(); // libsodium counts the terminating zero
  return {"Authorization", "Basic " + encoded};
}

std::pair<std::string, std::string> bearer_auth(std::string_view token) {
  return {"Authorization", "Bearer " + std::string{token}};
}

ec error_code(const http_response& response) {
  switch (response.failure) {
    case http_failure::none: break;
    case http_failure::bad_request: return ec::invalid_configuration;
    case http_failure::queue_full: return ec::queue_full;
    case http_failure::too_large: return ec::vendor_answered_rubbish;
    case http_failure::unauthorised: return ec::vendor_unauthorised;
    case http_failure::shutting_down: return ec::shutting_down;
    default: return ec::vendor_unavailable;
  }
  switch (response.status) {
    case 401:
    case 403: return ec::vendor_unauthorised;
    case 404:
    case 410: return ec::not_found;
    case 408:
    case 425:
    case 429: return ec::vendor_unavailable;
    default: return response.status >= 500 ? ec::vendor_unavailable : ec::vendor_refused;
  }
}

caf::error http_error(const http_response& response, std::string_view vendor) {
  auto context = std::string{vendor} + ' ';
  if (response.failure == http_failure::none)
    context += std::to_string(response.status);
  else
    context += std::string{to_string(response.failure)} + ": " + response.detail;
  return caf::make_error(error_code(response), std::move(context));
}

} // namespace parley
