#pragma once

#include "adapters/sandbox/http_server.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <utility>

namespace parley::sandbox::vendors {

inline http_response json_response(unsigned status, const nlohmann::json& body) {
  http_response response;
  response.status = status;
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

inline http_response no_content() {
  http_response response;
  response.status = 204;
  response.content_type.clear();
  return response;
}

/// The token behind "Bearer"; empty without one.
inline std::string bearer_of(const http_request& request) {
  const auto header = request.header("authorization");
  return header.starts_with("Bearer ") ? header.substr(7) : std::string{};
}

/// A handler that answers at once. A field of another type than the vendor
/// documents (which the JSON library reports by exception) gets `malformed`.
inline http_handler answering(std::function<http_response(const http_request&)> answer, http_response malformed) {
  return
    [answer = std::move(answer), malformed = std::move(malformed)](const http_request& request, const respond& reply) {
      http_response response;
      try {
        response = answer(request);
      } catch (const nlohmann::json::exception&) {
        response = malformed;
      }
      reply(std::move(response));
    };
}

} // namespace parley::sandbox::vendors
