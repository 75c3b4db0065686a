#include "adapters/sandbox/vendors/chat.hpp"

#include "adapters/sandbox/audio.hpp"
#include "adapters/sandbox/model/text.hpp"
#include "adapters/sandbox/vendors/json_http.hpp"
#include "adapters/sandbox/vendors/vendor_faults.hpp"

#include <atomic>
#include <cstring>

namespace parley::sandbox::vendors {
namespace {

using nlohmann::json;

constexpr size_t dimensions_usual = 1536;
constexpr size_t dimensions_max = 3072;

http_response chat_failure(unsigned status, const char* type, const json& code, const std::string& message,
                           const json& param = nullptr) {
  http_response response;
  response.status = status;
  response.body = json{{"error", {{"message", message}, {"type", type}, {"param", param}, {"code", code}}}}.dump();
  return response;
}

http_response bad_request(const std::string& message, const json& param = nullptr) {
  return chat_failure(400, "invalid_request_error", nullptr, message, param);
}

http_response chat_unlucky(mishap what) {
  if (what == mishap::rate_limit)
    return chat_failure(429, "requests", "rate_limit_exceeded", "Rate limit reached for requests.");
  return chat_failure(what == mishap::outage ? 503 : 500, "server_error", nullptr,
                      "The server had an error while processing your request.");
}

bool authorized(const http_request& request) {
  const auto header = request.header("authorization");
  return header.starts_with("Bearer ") && header.size() > 7;
}

size_t tokens_of(const std::string& text) {
  return (text.size() + 3) / 4;
}

class chat_service {
public:
  explicit chat_service(world& around) : world_{around}, prose_{around, "prose", around.script().faults.llm.prose} {}

  http_response chat(const http_request& request) {
    if (!authorized(request))
      return chat_failure(401, "invalid_request_error", "invalid_api_key", "You didn't provide an API key.");
    const auto body = json::parse(request.body, nullptr, false);
    if (!body.is_object())
      return bad_request("We could not parse the JSON body of your request.");
    if (!body.contains("model") || !body["model"].is_string())
      return bad_request("you must provide a model parameter", "model");
    if (!body.contains("messages") || !body["messages"].is_array() || body["messages"].empty())
      return bad_request("Missing required parameter: 'messages'.", "messages");
    const auto number = ++requests_;
    std::string prompt;
    for (const auto& message : body["messages"]) {
      if (!message.is_object() || !message.contains("role"))
        return bad_request("Missing required parameter: 'messages[0].role'.", "messages");
      prompt += words_of_message(message) + "\n";
    }
    auto content = content_for(body.value("response_format", json::object()), prompt);
    if (!content)
      return bad_request("Invalid schema for response_format.", "response_format");
    if (prose_.strikes(occasion(request)))
      content = "I have looked at it closely. All in all, it seems to be a promising prospect.";
    http_response response;
    response.body
      = json{{"id", "chatcmpl-" + std::to_string(number)},
             {"object", "chat.completion"},
             {"created",
              std::chrono::duration_cast<std::chrono::seconds>(world_.time().now().time_since_epoch()).count()},
             {"model", body["model"]},
             {"choices",
              json::array({{{"index", 0},
                            {"message", {{"role", "assistant"}, {"content", *content}, {"refusal", nullptr}}},
                            {"logprobs", nullptr},
                            {"finish_reason", "stop"}}})},
             {"usage",
              {{"prompt_tokens", tokens_of(prompt)},
               {"completion_tokens", tokens_of(*content)},
               {"total_tokens", tokens_of(prompt) + tokens_of(*content)}}}}
          .dump();
    return response;
  }

  /// Any model is there for any key, as in all of the practice world.
  http_response model(const http_request& request) {
    if (!authorized(request))
      return chat_failure(401, "invalid_request_error", "invalid_api_key", "You didn't provide an API key.");
    http_response response;
    response.body = json{
      {"id", request.parts.at("model")},
      {"object", "model"},
      {"created", 1'700'000'000},
      {"owned_by",
       "practice"}}.dump();
    return response;
  }

  http_response embeddings(const http_request& request) {
    if (!authorized(request))
      return chat_failure(401, "invalid_request_error", "invalid_api_key", "You didn't provide an API key.");
    const auto body = json::parse(request.body, nullptr, false);
    if (!body.is_object() || !body.contains("model") || !body["model"].is_string())
      return bad_request("you must provide a model parameter", "model");
    auto input = body.value("input", json{});
    if (input.is_string())
      input = json::array({input});
    if (!input.is_array() || input.empty())
      return bad_request("'input' must be a text or a list of texts.", "input");
    const auto wanted = body.value("dimensions", json(dimensions_usual));
    if (!wanted.is_number_integer() || wanted < 1 || wanted > dimensions_max)
      return bad_request("'dimensions' must be from 1 to 3072.", "dimensions");
    auto data = json::array();
    size_t tokens = 0;
    for (size_t i = 0; i < input.size(); ++i) {
      if (!input[i].is_string() || input[i].get_ref<const std::string&>().empty())
        return bad_request("'input' must be a text or a list of texts that are not empty.", "input");
      const auto text = input[i].get<std::string>();
      tokens += tokens_of(text);
      const auto vector = embed(text, wanted.get<size_t>());
      data.push_back(
        {{"object", "embedding"},
         {"index", i},
         {"embedding", body.value("encoding_format", "float") == "base64" ? packed(vector) : json(vector)}});
    }
    http_response response;
    response.body = json{{"object", "list"},
                         {"data", data},
                         {"model", body["model"]},
                         {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}}
                      .dump();
    return response;
  }

  /// What a request asks for, and about whom.
  static std::string occasion(const http_request& request) {
    const auto body = json::parse(request.body, nullptr, false);
    if (!body.is_object())
      return request.path;
    const auto name = body.value(json::json_pointer{"/response_format/json_schema/name"}, json{});
    auto what = request.path + " " + (name.is_string() ? name.get<std::string>() : std::string{}) + " ";
    std::string prompt;
    for (const auto& message : body.value("messages", json::array()))
      prompt += words_of_message(message) + "\n";
    if (const auto who = person_in(prompt); !who.empty())
      return what + who;
    for (const auto& line : model::split_lines(prompt))
      for (std::string_view key : {"Name:", "Person:"})
        if (line.starts_with(key))
          return what + line;
    return what;
  }

private:
  static std::string words_of_message(const json& message) {
    const auto content = message.is_object() ? message.value("content", json{}) : json{};
    if (content.is_string())
      return content.get<std::string>();
    std::string words;
    if (content.is_array())
      for (const auto& part : content)
        if (part.is_object() && part.contains("text") && part["text"].is_string())
          words += part["text"].get<std::string>();
    return words;
  }

  /// Nothing when the format asks for a schema and holds none.
  std::optional<std::string> content_for(const json& format, const std::string& prompt) const {
    const auto type = format.is_object() ? format.value("type", json("text")) : json("text");
    if (type == "json_object")
      return json{{"answer", "Understood."}}.dump();
    if (type != "json_schema")
      return "Understood.";
    const auto pointer = json::json_pointer{"/json_schema/schema"};
    if (!format.contains(pointer) || !format[pointer].is_object())
      return std::nullopt;
    return complete(format[pointer], prompt, world_.seed()).dump();
  }

  static json packed(const std::vector<double>& vector) {
    std::string bytes(vector.size() * sizeof(float), '\0');
    for (size_t i = 0; i < vector.size(); ++i) {
      const auto x = static_cast<float>(vector[i]);
      std::memcpy(&bytes[i * sizeof x], &x, sizeof x);
    }
    return to_base64(bytes);
  }

  world& world_;
  fault_gate prose_;
  std::atomic<uint64_t> requests_ = 0;
};

} // namespace

void serve_chat(http_server& server, world& around) {
  auto service = std::make_shared<chat_service>(around);
  const auto malformed = bad_request("A field of the request has another type than it should.");
  server.route("POST", "/v1/chat/completions",
               answering([service](const http_request& request) { return service->chat(request); }, malformed));
  server.route("GET", "/v1/models/{model}",
               answering([service](const http_request& request) { return service->model(request); }, malformed));
  server.route("POST", "/v1/embeddings",
               answering([service](const http_request& request) { return service->embeddings(request); }, malformed));
  let_fail(server, std::make_shared<vendor_gate>(around, "llm", around.script().faults.llm), chat_service::occasion,
           chat_unlucky);
}

} // namespace parley::sandbox::vendors
