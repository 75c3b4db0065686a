#include "adapters/sandbox/carrier/signature.hpp"

#include "adapters/sandbox/audio.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <map>
#include <set>

namespace parley::sandbox {

std::string twilio_signature(std::string_view auth_token, std::string_view url, const fields& parameters) {
  std::map<std::string, std::set<std::string>> sorted;
  for (const auto& [name, value] : parameters)
    sorted[name].insert(value);
  std::string text{url};
  for (const auto& [name, values] : sorted)
    for (const auto& value : values)
      text += name + value;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(EVP_sha1(), auth_token.data(), static_cast<int>(auth_token.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &length);
  return to_base64({reinterpret_cast<const char*>(digest), length});
}

} // namespace parley::sandbox
