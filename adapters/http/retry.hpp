#pragma once

#include "adapters/http/http_client.hpp"

namespace parley {

/// How often and how patiently a request is repeated. Never used for the dial:
/// a repeated dial may call somebody twice.
struct retry_policy {
  /// Tries altogether, the first one included.
  int attempts_max = 4;
  /// Wait before the second try; doubles with each further one.
  std::chrono::milliseconds first_delay{500};
  /// Longest wait before one try. A server that asks for more with
  /// `Retry-After` is not tried again: the caller should come back later.
  std::chrono::milliseconds delay_max{30'000};
  /// Whether doing it twice does no harm. If not, only what the server surely
  /// did not do is repeated: nothing was written, or it answered 429.
  bool idempotent = true;
  /// Recognises a vendor's own way to say "too fast", where it is not
  /// `Retry-After`: how long it asks to wait. What it says that about was not
  /// done, so it is repeated whether idempotent or not.
  std::function<std::optional<std::chrono::milliseconds>(const http_response&)> throttled;
  /// Told before each further try, on the client's thread. Must not throw.
  std::function<void(const http_request&)> retried;
};

/// How long to wait before the next try, or nothing if there should be none.
/// Repeated are transport failures and the statuses 408, 425, 429, 500, 502,
/// 503 and 504. The wait doubles per try, with jitter (half to whole). Where the
/// server names one (`Retry-After`) it is at least that, and up to `first_delay`
/// longer.
/// @param attempt Tries made so far, from 1.
/// @param chance From 0 to 1, spreads the callers.
std::optional<std::chrono::milliseconds>
retry_delay(const retry_policy& policy, int attempt, const http_response& response, double chance);

/// Sends with repetitions; `done` gets the last answer, on the client's
/// thread. A wait that would pass the request's deadline is not begun: the
/// answer at hand is the last then. `client` must outlive the request, which it does if it is stopped
/// first.
void send_with_retries(http_client& client, http_request request, retry_policy policy, http_callback done);

/// The same as a sender, for `actor_http` or `oauth_sender`.
http_sender with_retries(http_client& client, retry_policy policy = {});

} // namespace parley
