#pragma once

#include "adapters/http/service_account.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include <memory>
#include <string>

/// A service account with a key that was made for the test, and the check that
/// a token endpoint does with its public half.
namespace parley::test {

inline EVP_PKEY* practice_key() {
  static const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_RSA_gen(2048), EVP_PKEY_free};
  REQUIRE(key);
  return key.get();
}

inline std::string practice_pem() {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out{BIO_new(BIO_s_mem()), BIO_free};
  REQUIRE(PEM_write_bio_PKCS8PrivateKey(out.get(), practice_key(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<size_t>(size)};
}

/// As Google's console gives it out.
inline std::string key_file() {
  return nlohmann::json{{"type", "service_account"},
                        {"project_id", "practice"},
                        {"private_key_id", "key-1"},
                        {"private_key", practice_pem()},
                        {"client_email", "parley@practice.iam.gserviceaccount.com"},
                        {"token_uri", "https://oauth2.googleapis.com/token"}}
    .dump();
}

inline service_account practice_account(const std::string& token_url) {
  auto out = read_service_account(key_file());
  out.token_url = token_url;
  out.scope = "https://www.googleapis.com/auth/calendar";
  return out;
}

inline std::string from_base64_url(const std::string& text) {
  std::string out(text.size(), '\0');
  size_t size = 0;
  REQUIRE(sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), nullptr,
                            &size, nullptr, sodium_base64_VARIANT_URLSAFE_NO_PADDING)
          == 0);
  out.resize(size);
  return out;
}

/// Whether the public key says that the account signed this (RFC 7515, RS256).
inline bool is_signed(const std::string& assertion) {
  const auto dot = assertion.rfind('.');
  const auto text = assertion.substr(0, dot);
  const auto signature = from_base64_url(assertion.substr(dot + 1));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  REQUIRE(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, practice_key()) == 1);
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size())
         == 1;
}

inline nlohmann::json header_of(const std::string& assertion) {
  return nlohmann::json::parse(from_base64_url(assertion.substr(0, assertion.find('.'))));
}

/// The claims of an assertion whose signature holds.
inline nlohmann::json verified_claims(const std::string& assertion) {
  REQUIRE(is_signed(assertion));
  CHECK(header_of(assertion)["alg"] == "RS256");
  const auto begin = assertion.find('.') + 1;
  return nlohmann::json::parse(from_base64_url(assertion.substr(begin, assertion.rfind('.') - begin)));
}

} // namespace parley::test
