#include "adapters/openai/core.hpp"

#include <algorithm>

namespace parley::openai {

using nlohmann::json;

static std::string address(const std::string& base_url) {
  const auto host = base_url.find("://") + 3;
  const bool has_path = base_url.find('/', host) != std::string::npos;
  return base_url + (has_path ? "" : "/v1") + "/chat/completions";
}

// The API takes 1 to 64 letters, digits, underscores and dashes.
static std::string schema_name(const std::string& wanted) {
  std::string out;
  for (const char c : wanted.substr(0, 64)) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    out += fits ? c : '_';
  }
  return out.empty() ? "answer" : out;
}

/// Tokens as the server counted them; what is no count counts as none.
static uint32_t count_of(const json& usage, const char* name) {
  const auto found = usage.find(name);
  if (found == usage.end() || !found->is_number_unsigned())
    return 0;
  return static_cast<uint32_t>(std::min<uint64_t>(found->get<uint64_t>(), UINT32_MAX));
}

static dialogue<completion> read(const http_response& response) {
  if (!response.ok())
    return http_error(response, "openai");
  const auto answer = json_of(response);
  const auto& choice = answer.at("choices").at(0);
  const auto& message = choice.at("message");
  if (message.contains("refusal") && message["refusal"].is_string()
      && !message["refusal"].get_ref<const std::string&>().empty())
    return caf::make_error(ec::vendor_refused, "openai: the model declined");
  if (choice.value("finish_reason", json{}) == "content_filter")
    return caf::make_error(ec::vendor_refused, "openai: the answer was filtered");
  completion out;
  out.text = message.at("content").get<std::string>();
  out.model = answer.value("model", "");
  if (const auto usage = answer.find("usage"); usage != answer.end() && usage->is_object()) {
    out.tokens_in = count_of(*usage, "prompt_tokens");
    out.tokens_out = count_of(*usage, "completion_tokens");
  }
  return out;
}

dialogue<completion> complete(const openai_settings& settings, const completion_request& request) {
  const auto schema = json::parse(request.schema, nullptr, false);
  if (!schema.is_object())
    return caf::make_error(ec::invalid_input, "the schema of " + request.purpose + " is no JSON object");
  auto messages = json::array();
  if (!request.system.empty())
    messages.push_back({{"role", "system"}, {"content", request.system}});
  messages.push_back({{"role", "user"}, {"content", request.prompt}});
  const json format{{"name", schema_name(request.schema_name)}, {"schema", schema}, {"strict", settings.strict}};
  const json body{{"model", settings.model},
                  {"messages", std::move(messages)},
                  {settings.token_limit_field, request.tokens_max},
                  {"response_format", {{"type", "json_schema"}, {"json_schema", format}}}};
  exchange<completion> asked;
  asked.operation = request.purpose;
  asked.request = post_json(address(settings.base_url), to_body(body));
  asked.request.connect_timeout = settings.connect_timeout;
  asked.request.timeout = settings.request_timeout;
  asked.then = read;
  return asked;
}

} // namespace parley::openai
