#pragma once

#include "adapters/http/http_client.hpp"
#include "adapters/http/service_account.hpp"

#include <memory>

namespace parley {

/// OAuth 2.0 credentials with a refresh token (RFC 6749, section 6).
struct oauth_credentials {
  std::string token_url;
  std::string client_id;
  std::string client_secret;
  std::string refresh_token;
};

/// Puts a valid access token (`Authorization: Bearer …`) on every request.
///
/// The token is fetched at the first request and again 60 s before it expires,
/// by one request however many wait for it. If the server refuses it earlier
/// (401), it is fetched anew and the request is sent once more. When the token
/// endpoint refuses our credentials (400, 401, 403), the answer is
/// `http_failure::unauthorised`; when it cannot be reached or fails, the answer
/// is that failure.
///
/// Thread-safe. Callbacks run on the client's thread. May go before its
/// requests are answered; the senders given must not.
class oauth_session {
public:
  /// @param api Sends the requests, usually `with_retries(client)`.
  /// @param token_endpoint Sends the refresh, usually `with_retries(client)`.
  oauth_session(oauth_credentials credentials, http_sender api, http_sender token_endpoint);
  /// The same for a service account: each token is asked for with a freshly
  /// signed assertion instead of a refresh token.
  /// @throws std::invalid_argument when the account's key cannot sign.
  static oauth_session of_account(service_account account, http_sender api, http_sender token_endpoint);
  ~oauth_session();

  void send(http_request request, http_callback done);
  /// The same as a sender, for `actor_http`. Keeps the session's state alive.
  http_sender sender() const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace parley
