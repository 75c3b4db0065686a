#pragma once

#include "adapters/sandbox/http_server.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace parley::sandbox::vendors {

/// Google's token endpoint and the tokens that it gave out.
class google_tokens {
public:
  /// @param lifetime In real time.
  explicit google_tokens(std::chrono::seconds lifetime) : lifetime_{lifetime} {}

  /// For a refresh token, an authorisation code or a service account's
  /// assertion, whose signature is not looked at.
  http_response grant(const http_request& request);
  /// Why a request is not let in: no good token, or guests invited by a service
  /// account that acts as itself. Nothing when it is.
  std::optional<http_response> refusal(const http_request& request) const;

private:
  struct token {
    std::chrono::steady_clock::time_point expires;
    bool may_invite = true;
  };

  std::chrono::seconds lifetime_;
  std::map<std::string, token> given_;
  uint64_t last_ = 0;
};

} // namespace parley::sandbox::vendors
