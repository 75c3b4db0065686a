#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace parley {

/// A service account's key, as Google's console gives it out (a JSON file), and
/// what it is to be used for.
struct service_account {
  std::string client_email;
  std::string private_key; ///< RSA, PEM, PKCS #8
  std::string key_id;      ///< may be empty
  std::string token_url;   ///< where assertions are exchanged for tokens; also their audience
  std::string scope;       ///< one or several, with blanks between
  std::string subject;     ///< user to act for (domain-wide delegation); empty: the account itself
};

/// Reads the key file's text into e-mail, key and key id.
/// @throws std::invalid_argument with a sentence: no JSON, not a service
///         account's, or a key that cannot be used.
service_account read_service_account(std::string_view file);

/// The signed assertion of a JWT bearer grant (RFC 7523), RS256, good for an
/// hour from `now`, which is real time: the token endpoint looks at its clock.
/// @throws std::invalid_argument when the key cannot sign.
std::string assertion_of(const service_account& account, std::chrono::system_clock::time_point now);

} // namespace parley
