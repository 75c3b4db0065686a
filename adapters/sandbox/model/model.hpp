#pragma once

#include "adapters/sandbox/http_server.hpp"
#include "adapters/sandbox/model/brain.hpp"
#include "adapters/sandbox/vendors/chat.hpp"
#include "adapters/sandbox/world.hpp"

#include <memory>

namespace parley::sandbox {

struct model_options {
  /// How all voice sessions misbehave. A session may also ask for it by its
  /// model's name: `practice-books_early` (see `model::disobedience`).
  model::disobedience mode = model::disobedience::none;
};

/// Starts the practice world's OpenAI on 127.0.0.1: the Realtime WebSocket
/// `/v1/realtime?model=…`, `/v1/chat/completions` and `/v1/embeddings`.
/// Throws `boost::system::system_error` when the port is taken.
std::unique_ptr<http_server> start_model(world& around, uint16_t port, model_options options = {});

} // namespace parley::sandbox
