#pragma once

#include "runtime/errors.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

/// Names and values in their order; a name may come more than once. Used for
/// headers, form bodies and query strings.
using http_fields = std::vector<std::pair<std::string, std::string>>;

/// One request to a vendor. All times are real time, never practice time.
struct http_request {
  std::string method = "GET";
  std::string url;       ///< absolute, http or https
  std::string operation; ///< its name in the metrics; not sent
  http_fields headers;
  std::string body;
  /// Name resolution, connect and TLS handshake together.
  std::chrono::milliseconds connect_timeout{5'000};
  /// From `send` to the last byte of the answer, waiting for a connection
  /// included.
  std::chrono::milliseconds timeout{20'000};
  /// When all has to be over, further tries included; no try goes on or starts
  /// after it (`http_failure::timeout`).
  std::optional<std::chrono::steady_clock::time_point> deadline;
  /// A longer answer is given up (`http_failure::too_large`).
  size_t response_bytes_max = 4u << 20;
  /// The request goes out at most once, come what may. It uses a connection of
  /// its own, because libcurl repeats a request by itself when a kept
  /// connection turns out to be dead.
  bool once = false;
  /// Whether doing it twice does no harm. If not, retries repeat only what the
  /// server surely did not do.
  bool repeatable = true;
  /// Asked on the client's thread when the connection stands, right before the
  /// first byte is written; false holds the request back
  /// (`http_failure::held_back`). Must not block.
  std::function<bool()> proceed;
};

/// Why there is no complete answer.
enum class http_failure : uint8_t {
  none,
  bad_request,   ///< the URL cannot be used
  queue_full,    ///< too many requests wait already
  held_back,     ///< `proceed` said no
  connect,       ///< name, connect or TLS handshake failed
  timeout,       ///< one of the two time limits passed
  broken,        ///< the connection broke, or the answer is not HTTP
  too_large,     ///< the answer exceeds its bound
  unauthorised,  ///< no access token could be had (see oauth.hpp)
  shutting_down, ///< the client stops
  failed,        ///< our own side failed, e.g. for lack of memory
};

std::string_view to_string(http_failure x);

/// What came of a request. `status` counts only if `failure` is none.
struct http_response {
  http_failure failure = http_failure::none;
  std::string detail;   ///< of a failure, for the log; never holds a body
  bool written = false; ///< any byte of the request went to the socket
  int status = 0;
  http_fields headers; ///< names in lower case
  std::string body;
  std::chrono::nanoseconds took{0};
  /// The server's `Retry-After` (or `retry-after-ms`), if it sent one.
  std::optional<std::chrono::milliseconds> retry_after;

  /// A complete answer with a status from 200 to 299.
  bool ok() const { return failure == http_failure::none && status >= 200 && status < 300; }
  /// First header of this name (lower case), or nothing.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// Takes the answer, exactly once. Must not throw and must not block.
using http_callback = std::function<void(http_response)>;

/// Whatever sends a request: a client, or a client with retries or access
/// tokens in front.
using http_sender = std::function<void(http_request, http_callback)>;

/// Percent-encodes everything but letters, digits and `-._~` (RFC 3986), as it
/// is right in form bodies, query strings and path segments alike.
std::string url_encode(std::string_view text);

/// `a=1&b=x%20y`, for a form body or behind the `?` of a URL.
std::string form_encode(const http_fields& fields);

/// The inverse, in the order received; nothing when an escape is cut or wrong
/// or there are more than `fields_max` fields.
std::optional<http_fields> form_decode(std::string_view text, size_t fields_max = 200);

/// POST of an `application/x-www-form-urlencoded` body.
http_request post_form(std::string url, const http_fields& fields);

/// A JSON body, already serialised; POST unless told otherwise.
http_request post_json(std::string url, std::string json, std::string method = "POST");

/// GET with a query string; `query` may be empty.
http_request get(std::string url, const http_fields& query = {});

/// `Authorization: Basic …` (RFC 7617).
std::pair<std::string, std::string> basic_auth(std::string_view user, std::string_view password);

/// `Authorization: Bearer …` (RFC 6750).
std::pair<std::string, std::string> bearer_auth(std::string_view token);

/// The error code that fits an answer which is not `ok()`: 401 and 403 are
/// `vendor_unauthorised`; 404 and 410 `not_found`; 408, 425, 429, 5xx and
/// transport failures `vendor_unavailable`; an overlong answer
/// `vendor_answered_rubbish`; everything else `vendor_refused`.
ec error_code(const http_response& response);

/// That code with the vendor's name and status as context, e.g. "hubspot 404".
/// Bodies stay out of it: they may hold personal data.
caf::error http_error(const http_response& response, std::string_view vendor);

} // namespace parley
