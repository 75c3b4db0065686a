#include "adapters/sandbox/model/model.hpp"

#include "adapters/sandbox/model/realtime_session.hpp"

#include <boost/beast/http.hpp>

#include <atomic>

namespace parley::sandbox {

namespace http = beast::http;

namespace {

using upgrade_request = http::request<http::string_body>;

/// Answers an upgrade that is not wanted, and closes.
void refuse(upgrade_socket socket, const upgrade_request& request, http::status status, const std::string& code,
            const std::string& message) {
  struct farewell {
    upgrade_socket socket;
    http::response<http::string_body> response;
  };
  auto last = std::make_shared<farewell>(farewell{std::move(socket), {status, request.version()}});
  last->response.set(http::field::content_type, "application/json");
  last->response.keep_alive(false);
  last->response.body()
    = nlohmann::json{{"error",
                      {{"message", message}, {"type", "invalid_request_error"}, {"param", nullptr}, {"code", code}}}}
        .dump();
  last->response.prepare_payload();
  http::async_write(last->socket, last->response, [last](boost::system::error_code, size_t) {
    // Refused either way; the socket closes with its owner.
  });
}

model::disobedience mode_of(const std::string& model_name, model::disobedience usual) {
  constexpr std::string_view prefix = "practice-";
  if (!model_name.starts_with(prefix))
    return usual;
  return model::parse_disobedience(std::string_view{model_name}.substr(prefix.size())).value_or(usual);
}

} // namespace

std::unique_ptr<http_server> start_model(world& around, uint16_t port, model_options options) {
  auto server = std::make_unique<http_server>(around.io(), port);
  auto sessions = std::make_shared<std::atomic<uint64_t>>(0);
  auto faults = std::make_shared<model::realtime_faults>(around);
  const auto upgrade = [&around, options, sessions, faults](upgrade_socket socket, upgrade_request request) {
    if (faults->gate.is_down())
      return refuse(std::move(socket), request, http::status::service_unavailable, "server_error",
                    "The server is overloaded. Please try again later.");
    const auto authorization = request[http::field::authorization];
    if (!authorization.starts_with("Bearer ") || authorization.size() < 8)
      return refuse(std::move(socket), request, http::status::unauthorized, "invalid_api_key",
                    "Missing bearer authentication in header.");
    const auto shape = request["OpenAI-Beta"];
    if (!shape.empty() && shape != "realtime=v1")
      return refuse(std::move(socket), request, http::status::bad_request, "invalid_beta",
                    "The header OpenAI-Beta must be realtime=v1.");
    const std::string target{request.target()};
    const auto name = value_or(parse_form(target.substr(std::min(target.find('?'), target.size() - 1) + 1)), "model");
    if (name.empty())
      return refuse(std::move(socket), request, http::status::bad_request, "missing_model",
                    "You must provide a model parameter.");
    std::make_shared<model::realtime_session>(around, std::move(socket), std::to_string(++*sessions), name,
                                              mode_of(name, options.mode), faults, !shape.empty())
      ->start(request);
  };
  server->on_upgrade("/v1/realtime", upgrade);
  vendors::serve_chat(*server, around);
  server->start();
  return server;
}

} // namespace parley::sandbox
