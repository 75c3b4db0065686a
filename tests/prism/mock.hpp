#pragma once

#include "adapters/http/dialogue.hpp"
#include "tests/support/ask_http.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>

namespace parley::test {

inline std::string prism_url() {
  const char* found = std::getenv("PRISM_URL");
  REQUIRE(found);
  return found;
}

/// The mock of a vendor's description that tests/prism/run has started.
struct prism_mock {
  std::string url = prism_url();
  http_client client;

  http_response ask(http_request request, bool with_token = true) {
    if (with_token)
      request.headers.push_back(bearer_auth("token"));
    return answer_of(client, std::move(request));
  }

  /// The mock's answer to a request that follows the description.
  http_response accepted(const http_request& request) {
    auto response = ask(request);
    INFO(request.method << " " << request.url << "\n" << request.body << "\n" << response.body);
    CHECK(response.ok());
    return response;
  }

  /// Whether the mock refuses a request, with or without an access token.
  bool refuses(const http_request& request, bool with_token = true) {
    const auto response = ask(request, with_token);
    INFO(request.method << " " << request.url << "\n" << response.body);
    REQUIRE(response.failure == http_failure::none);
    return response.status >= 400 && response.status < 500;
  }
};

/// The request that a dialogue wants to make now.
template <class T>
const exchange<T>& asks(const dialogue<T>& x) {
  REQUIRE(std::holds_alternative<exchange<T>>(x));
  return std::get<exchange<T>>(x);
}

/// An answer made up by the test.
inline http_response made_up(int status, std::string body) {
  http_response response;
  response.status = status;
  response.body = std::move(body);
  response.written = true;
  return response;
}

/// The request with another JSON body.
template <class Change>
http_request with_body(http_request request, Change change) {
  auto body = nlohmann::json::parse(request.body);
  change(body);
  request.body = body.dump();
  return request;
}

/// The request with something appended to its address.
inline http_request with_query(http_request request, const std::string& query) {
  request.url += (request.url.find('?') == std::string::npos ? '?' : '&') + query;
  return request;
}

} // namespace parley::test
