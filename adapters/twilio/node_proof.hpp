#pragma once

#include "adapters/twilio/signature.hpp"

#include <string>
#include <string_view>

/// How a node proves to `parley doctor` that it is the one behind `public_url`:
/// a question that is signed as the carrier signs its webhooks is answered with
/// a signature of its nonce. Whoever does not know the token can neither ask
/// nor answer, and nothing else is told.
namespace parley::twilio {

inline constexpr std::string_view proof_path = "/voice/proof";

/// Longest and shortest nonce, in characters.
inline constexpr size_t nonce_length_min = 16;
inline constexpr size_t nonce_length_max = 64;

inline std::string node_proof(std::string_view token, std::string_view nonce) {
  return signature(token, "parley node " + std::string{nonce}, {});
}

} // namespace parley::twilio
