#pragma once

#include "adapters/sandbox/web.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace parley::sandbox {

/// What became of a request: `error` is empty when an answer came.
struct http_reply {
  std::string error;
  unsigned status = 0;
  std::string body;

  bool ok() const { return error.empty() && status >= 200 && status < 300; }
};

struct http_outgoing {
  std::string method = "POST";
  std::string url;
  fields headers;
  std::string body;
  std::chrono::milliseconds timeout{15000}; ///< real time, for the whole exchange
};

/// Sends one request on a connection of its own; `done` runs on the executor.
/// https accepts any certificate: a practice node's is its own.
void http_send(boost::asio::any_io_executor executor, http_outgoing request, std::function<void(http_reply)> done);

} // namespace parley::sandbox
