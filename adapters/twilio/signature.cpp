#include "adapters/twilio/signature.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace parley::twilio {

static const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string signature(std::string_view token, std::string_view url, http_fields form) {
  // A name that comes more than once counts with each distinct value.
  std::sort(form.begin(), form.end());
  form.erase(std::unique(form.begin(), form.end()), form.end());
  std::string text{url};
  for (const auto& [name, value] : form)
    text += name + value;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (!HMAC(EVP_sha1(), token.data(), static_cast<int>(token.size()), bytes(text), text.size(), digest.data(), &size))
    throw std::runtime_error{"OpenSSL cannot compute HMAC-SHA1"};
  constexpr auto variant = sodium_base64_VARIANT_ORIGINAL;
  std::string out(sodium_base64_encoded_len(size, variant), '\0');
  sodium_bin2base64(out.data(), out.size(), digest.data(), size, variant);
  out.pop_back(); // libsodium counts the terminating zero
  return out;
}

namespace {

/// A URL cut around its port.
struct cut_url {
  std::string before; // scheme and host
  std::string port;   // with colon; may be empty
  std::string after;
};

cut_url cut(std::string_view url) {
  const auto scheme = url.find("://");
  const auto host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const auto end = std::min(url.find_first_of("/?", host), url.size());
  auto colon = url.substr(0, end).rfind(':');
  if (colon == std::string_view::npos || colon < host
      || url.substr(colon, end - colon).find(']') != std::string_view::npos)
    colon = end; // no port; what was found belongs to the scheme or an IPv6 address
  return {std::string{url.substr(0, colon)}, std::string{url.substr(colon, end - colon)}, std::string{url.substr(end)}};
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace

bool verify(const std::vector<std::string>& tokens, std::string_view url, const http_fields& form,
            std::string_view header) {
  // Twilio's libraries accept the URL with the standard port added, or with
  // any port removed, because proxies and load balancers do either.
  const auto [before, port, after] = cut(url);
  const auto* standard = before.starts_with("https:") || before.starts_with("wss:") ? ":443" : ":80";
  const std::array candidates{before + (port.empty() ? standard : port) + after, before + after};
  bool fits = false;
  for (const auto& token : tokens)
    for (const auto& candidate : candidates)
      fits |= !token.empty() && equal(signature(token, candidate, form), header);
  return fits;
}

bool body_fits(std::string_view url, std::string_view body) {
  static constexpr std::string_view key = "bodySHA256=";
  const auto query = url.find('?');
  auto at = query == std::string_view::npos ? query : url.find(key, query);
  if (at == std::string_view::npos || (url[at - 1] != '?' && url[at - 1] != '&'))
    return false;
  at += key.size();
  const auto claimed = url.substr(at, std::min(url.find('&', at), url.size()) - at);
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest;
  crypto_hash_sha256(digest.data(), bytes(body), body.size());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex;
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  return equal(claimed, {hex.data(), hex.size() - 1});
}

} // namespace parley::twilio
