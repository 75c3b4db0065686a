#include "runtime/nonce.hpp"

#include <sodium.h>

#include <array>

namespace parley {
namespace {

constexpr size_t salt_bytes = 8;

std::string hex(const unsigned char* data, size_t size) {
  std::string out(2 * size + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), data, size);
  out.pop_back(); // libsodium ends it with a zero
  return out;
}

std::string hmac(std::string_view key, const std::string& text) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(key.data()), key.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> digest;
  crypto_auth_hmacsha256_final(&state, digest.data());
  return hex(digest.data(), digest.size());
}

std::string nonce_of(std::string_view key, const std::string& salt) {
  return salt + "." + hmac(key, salt);
}

} // namespace

std::string stream_key(std::string_view secret, const call_id& call) {
  // The purpose is part of the text, so that the secret may serve others too.
  return hmac(secret, "media stream " + to_string(call));
}

std::string fresh_stream_nonce(std::string_view key) {
  std::array<unsigned char, salt_bytes> salt;
  randombytes_buf(salt.data(), salt.size());
  return nonce_of(key, hex(salt.data(), salt.size()));
}

bool is_stream_nonce(std::string_view key, std::string_view nonce) {
  const auto expected = nonce_of(key, std::string{nonce.substr(0, 2 * salt_bytes)});
  return !key.empty() && nonce.size() == expected.size()
         && sodium_memcmp(nonce.data(), expected.data(), nonce.size()) == 0;
}

} // namespace parley
