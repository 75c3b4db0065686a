#pragma once

#include "adapters/http/http_client.hpp"

#include <future>
#include <stdexcept>

namespace parley::test {

/// Sends through any sender; the future gets the answer, or an exception when
/// the sender forgets it.
inline std::future<http_response> send(const http_sender& sender, http_request request) {
  auto promise = std::make_shared<std::promise<http_response>>();
  auto result = promise->get_future();
  sender(std::move(request), [promise](http_response response) { promise->set_value(std::move(response)); });
  return result;
}

inline std::future<http_response>
send(http_client& client, http_request request, std::chrono::milliseconds delay = {}) {
  return send([&client, delay](http_request r,
                               http_callback done) { client.send(std::move(r), std::move(done), delay); },
              std::move(request));
}

/// Sends and waits for the answer, at most 20 s.
template <class Sender>
http_response answer_of(Sender& sender, http_request request) {
  auto result = send(sender, std::move(request));
  if (result.wait_for(std::chrono::seconds{20}) != std::future_status::ready)
    throw std::runtime_error{"no answer within 20 s"};
  return result.get();
}

} // namespace parley::test
