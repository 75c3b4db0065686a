#include "adapters/http/endpoint.hpp"

#include <curl/curl.h>

#include <memory>
#include <string_view>

namespace parley {

static std::string part_of(const std::string& url, CURLUPart part) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed{curl_url(), curl_url_cleanup};
  const unsigned int flags = CURLU_NON_SUPPORT_SCHEME;
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), flags) != CURLUE_OK)
    return {};
  char* text = nullptr;
  if (curl_url_get(parsed.get(), part, &text, 0) != CURLUE_OK)
    return {};
  const std::unique_ptr<char, decltype(&curl_free)> owned{text, curl_free};
  return text;
}

std::string host_of(const std::string& url) {
  auto host = part_of(url, CURLUPART_HOST);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  for (auto& c : host)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return host;
}

bool is_loopback(const std::string& url) {
  const auto host = host_of(url);
  // "127.example.com" starts like a loopback address and is none.
  const bool is_number = host.find_first_not_of("0123456789.") == std::string::npos;
  return host == "localhost" || host == "::1" || (is_number && host.starts_with("127."));
}

bool is_protected(const std::string& url) {
  const auto scheme = part_of(url, CURLUPART_SCHEME);
  return scheme == "https" || scheme == "wss" || scheme == "smtps" || is_loopback(url);
}

} // namespace parley
