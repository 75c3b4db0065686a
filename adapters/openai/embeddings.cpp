#include "adapters/openai/embeddings.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

namespace parley {

std::string openai_embedder_settings::name() const {
  return "openai/" + model + (dimensions ? "/" + std::to_string(dimensions) : "");
}

void openai_embedder_settings::describe(settings::section& s) {
  using namespace std::chrono_literals;
  s.url("base_url", base_url, "Root of the API; /embeddings is appended.");
  s.required("model", model, "Model that embeds.");
  s.secret("api_key", api_key, "The vendor's API key; none for a server that asks for none.");
  s.file("ca_file", ca_file, "PEM file of certificate authorities to trust; empty: the system's.");
  s.number<uint32_t>("dimensions", dimensions, 0, 3'072, "numbers",
                     "Length of a vector; 0: the model's own. text-embedding-ada-002 knows only that.");
  s.number<uint32_t>("batch_max", batch_max, 1, 2'048, "texts", "Texts in one request.");
  s.duration("connect_timeout", connect_timeout, 100ms, 60s, "Longest wait for a connection, TLS included.");
  s.duration("request_timeout", request_timeout, 500ms, 10min, "Longest wait for one answer.");
  s.duration("total_timeout", total_timeout, 1s, 10min,
             "Longest time for one task, tries and waits included; at most 5/6 of vendor_timeout of [actors].");
  s.number("attempts_max", attempts_max, 1, 10, "tries", "Tries per request, the first one included.");
  s.number<size_t>("requests_max", requests_max, 1, 1'000, "requests", "Requests at the same time.");
  s.number<size_t>("waiting_max", waiting_max, 1, 100'000, "requests", "Requests that may wait; more are refused.");
  if (!api_key.empty() && !is_protected(base_url))
    s.problem("base_url", "the API key would travel in the clear; use https:// (http:// only to this machine)");
}

namespace openai {

using nlohmann::json;

namespace {

struct task {
  openai_embedder_settings settings;
  std::vector<std::string> texts;
};

std::string address(const std::string& base_url) {
  const auto host = base_url.find("://") + 3;
  const bool has_path = base_url.find('/', host) != std::string::npos;
  return base_url + (has_path ? "" : "/v1") + "/embeddings";
}

/// Of unit length; empty when it has no direction.
std::vector<float> of_unit_length(std::vector<float> x) {
  double square = 0;
  for (const auto number : x)
    square += double{number} * number;
  if (!(square > 0) || !std::isfinite(square))
    return {};
  const auto scale = static_cast<float>(1 / std::sqrt(square));
  for (auto& number : x)
    number *= scale;
  return x;
}

/// The vectors of one batch, in the order of its texts.
caf::expected<std::vector<std::vector<float>>> read(const http_response& response, const task& work, size_t count) {
  if (!response.ok())
    return http_error(response, "openai");
  const auto rubbish
    = [](const std::string& why) { return caf::make_error(ec::vendor_answered_rubbish, "openai embeddings: " + why); };
  const auto answer = json_of(response);
  std::vector<std::vector<float>> out(count);
  for (const auto& one : answer.at("data")) {
    const auto& place = one.at("index");
    const auto index = place.is_number_unsigned() ? place.get<size_t>() : count;
    if (index >= count || !out[index].empty())
      return rubbish("an index that was not asked for");
    out[index] = of_unit_length(one.at("embedding").get<std::vector<float>>());
  }
  const auto length = work.settings.dimensions ? work.settings.dimensions : out.front().size();
  for (const auto& vector : out)
    if (vector.empty() || vector.size() != length)
      return rubbish("a vector is missing or has another length than asked for");
  return out;
}

dialogue<embedded> next_batch(const std::shared_ptr<const task>& work, embedded so_far) {
  const auto from = so_far.vectors.size();
  if (from == work->texts.size())
    return so_far;
  const auto count = std::min<size_t>(work->settings.batch_max, work->texts.size() - from);
  auto input = json::array();
  for (size_t i = 0; i < count; ++i) {
    const auto& text = work->texts[from + i];
    input.push_back(text.empty() ? std::string{" "} : text); // an empty one is refused
  }
  json body{{"model", work->settings.model}, {"input", std::move(input)}, {"encoding_format", "float"}};
  if (work->settings.dimensions)
    body["dimensions"] = work->settings.dimensions;
  exchange<embedded> asked;
  asked.operation = "embeddings";
  asked.request = post_json(address(work->settings.base_url), to_body(body));
  asked.request.connect_timeout = work->settings.connect_timeout;
  asked.request.timeout = work->settings.request_timeout;
  asked.request.response_bytes_max = 64u << 20; // a number has up to 25 letters
  asked.then = [work, so_far = std::move(so_far), count](const http_response& response) -> dialogue<embedded> {
    auto vectors = read(response, *work, count);
    if (!vectors)
      return std::move(vectors.error());
    auto more = so_far;
    std::move(vectors->begin(), vectors->end(), std::back_inserter(more.vectors));
    return next_batch(work, std::move(more));
  };
  return asked;
}

} // namespace

dialogue<embedded> embed_texts(const openai_embedder_settings& settings, const embed& x) {
  embedded none;
  none.embedder = settings.name();
  return next_batch(std::make_shared<const task>(task{settings, x.texts}), std::move(none));
}

} // namespace openai

} // namespace parley
