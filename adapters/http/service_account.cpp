#include "adapters/http/service_account.hpp"

#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>

#include <memory>
#include <stdexcept>
#include <vector>

namespace parley {
namespace {

using nlohmann::json;
using private_key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

// Longer ones are refused by Google (RFC 7523, 3: the server may set a limit).
constexpr std::chrono::seconds lifetime{3600};
// Clocks differ a little; an assertion from the future is refused.
constexpr std::chrono::seconds back_dated{10};

private_key read_key(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> source{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                         BIO_free};
  // Without a callback OpenSSL would ask the terminal for a passphrase.
  const auto no_passphrase = [](char*, int, int, void*) { return 0; };
  private_key key{source ? PEM_read_bio_PrivateKey(source.get(), nullptr, no_passphrase, nullptr) : nullptr,
                  EVP_PKEY_free};
  if (!key || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA)
    throw std::invalid_argument{"its private_key is no RSA key in PEM form without a passphrase; download the key file "
                                "again"};
  return key;
}

std::string base64_url(std::string_view bytes) {
  constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string out(sodium_base64_ENCODED_LEN(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    variant);
  out.pop_back(); // the terminating zero
  return out;
}

std::string signature_of(const std::string& text, EVP_PKEY* key) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1
      || EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1)
    throw std::invalid_argument{"the service account's key cannot sign"};
  std::string out(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes, text.size()) != 1)
    throw std::invalid_argument{"the service account's key cannot sign"};
  out.resize(size);
  return out;
}

int64_t seconds(std::chrono::system_clock::time_point t) {
  return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
}

} // namespace

service_account read_service_account(std::string_view file) {
  const auto content = json::parse(file, nullptr, false);
  if (!content.is_object())
    throw std::invalid_argument{"it is no JSON object; use the key file that Google's console gave out"};
  const auto text = [&](const char* name) {
    const auto found = content.find(name);
    return found != content.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  if (text("type") != "service_account")
    throw std::invalid_argument{"its \"type\" is not \"service_account\"; create a key for a service account"};
  service_account out;
  out.client_email = text("client_email");
  out.private_key = text("private_key");
  out.key_id = text("private_key_id");
  if (out.client_email.empty() || out.private_key.empty())
    throw std::invalid_argument{"client_email or private_key is missing in it; download the key file again"};
  read_key(out.private_key);
  return out;
}

std::string assertion_of(const service_account& account, std::chrono::system_clock::time_point now) {
  json header{{"alg", "RS256"}, {"typ", "JWT"}};
  if (!account.key_id.empty())
    header["kid"] = account.key_id;
  json claims{{"iss", account.client_email},
              {"scope", account.scope},
              {"aud", account.token_url},
              {"iat", seconds(now - back_dated)},
              {"exp", seconds(now - back_dated + lifetime)}};
  if (!account.subject.empty())
    claims["sub"] = account.subject;
  const auto signed_part = base64_url(header.dump()) + "." + base64_url(claims.dump());
  const auto key = read_key(account.private_key);
  return signed_part + "." + base64_url(signature_of(signed_part, key.get()));
}

} // namespace parley
