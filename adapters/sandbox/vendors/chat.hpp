#pragma once

#include "adapters/sandbox/http_server.hpp"
#include "adapters/sandbox/world.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace parley::sandbox::vendors {

/// What the practice chat model gets wrong: every Nth completion, 0 for never.
struct chat_faults {
  uint32_t prose_every = 0;             ///< words instead of the JSON asked for
  uint32_t too_many_requests_every = 0; ///< 429 with Retry-After
  uint32_t server_error_every = 0;      ///< 500
  std::chrono::seconds retry_after{1};
};

/// Adds `POST /v1/chat/completions` and `POST /v1/embeddings` to a server.
void serve_chat(http_server& server, world& around, chat_faults faults = {});

/// The answer of the practice model to a prompt: an object that is valid for
/// the schema, filled from the words of the prompt. The same seed, schema and
/// prompt give the same answer.
nlohmann::json complete(const nlohmann::json& schema, const std::string& prompt, uint64_t seed);

/// A unit vector that is near for texts which share words.
std::vector<double> embed(const std::string& text, size_t dimensions);

} // namespace parley::sandbox::vendors
