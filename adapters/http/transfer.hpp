#pragma once

#include "adapters/http/http_message.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <string>

/// INTERNAL to http_client: one request as libcurl does it.
namespace parley {

struct easy_deleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct list_deleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
/// A request from `send` to its answer. Stays where it is: libcurl keeps its
/// address.
struct transfer {
  http_request request;
  http_callback done;
  std::chrono::steady_clock::time_point begun;
  http_response response;
  std::unique_ptr<CURL, easy_deleter> easy;
  std::unique_ptr<curl_slist, list_deleter> headers;
  size_t header_bytes = 0;
  int handed_over = 0; ///< how often libcurl was about to write the request
  long written_before = 0;
  bool repeat_refused = false; ///< libcurl wanted to write it once more
  bool held_back = false;
  bool too_large = false;
  std::string thrown; ///< what a callback of libcurl's threw; it must not pass through C

  std::chrono::steady_clock::time_point deadline() const {
    const auto own = begun + request.timeout;
    return request.deadline ? std::min(own, *request.deadline) : own;
  }
};
using transfer_ptr = std::unique_ptr<transfer>;

/// Whether a request can be written as it is: a line break in a header would
/// start another one, or another request.
bool is_sendable(const http_request& request);

/// Makes the handle and sets it up. Throws `std::exception` when libcurl does
/// not take an option or there is no memory.
/// @param ca_file As in `http_client_options`.
/// @param left Time until the transfer is given up.
void set_up(transfer& x, const std::string& ca_file, std::chrono::milliseconds left);

/// What kind of end a result of libcurl is.
http_failure failure_of(CURLcode code, const transfer& x);

/// Puts into the response what the handle knows: status, what was written, the
/// server's wish for a pause.
void read_end(transfer& x);

} // namespace parley
