#pragma once

#include "adapters/sandbox/http_server.hpp"
#include "adapters/sandbox/world.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace parley::sandbox::vendors {

/// Adds `POST /v1/chat/completions` and `POST /v1/embeddings` to a server.
/// Fails as the scenario's `[faults.llm]` says.
void serve_chat(http_server& server, world& around);

/// The answer of the practice model to a prompt: an object that is valid for
/// the schema, filled from the words of the prompt. The same seed, schema and
/// prompt give the same answer.
nlohmann::json complete(const nlohmann::json& schema, const std::string& prompt, uint64_t seed);

/// A unit vector that is near for texts which share words.
std::vector<double> embed(const std::string& text, size_t dimensions);

} // namespace parley::sandbox::vendors
