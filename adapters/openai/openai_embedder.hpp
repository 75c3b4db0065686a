#pragma once

#include "adapters/http/http_client.hpp"
#include "adapters/openai/embeddings.hpp"
#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

using openai_embedder_actor = embedder_port::extend<caf::replies_to<inspect_state>::with<inspected_state>,
                                                    // INTERNAL: an answer of the vendor is there.
                                                    caf::reacts_to<http_answered, uint64_t>>;

struct openai_embedder_state {
  explicit openai_embedder_state(openai_embedder_actor::pointer self) : self{self} {}
  void start(const node_context& context, const openai_embedder_settings& settings);
  caf::result<embedded> embed_texts(const embed& x);
  inspected_state inspect() const;

  openai_embedder_actor::pointer self;
  openai_embedder_settings settings;
  // In this order: what refers to another goes first.
  port_book_ptr book;
  std::unique_ptr<http_client> client;
  std::unique_ptr<actor_http> http;
  std::unique_ptr<dialogue_line> line;
  static inline constexpr const char* name = "openai_embedder";
};

/// The EMBEDDER port over OpenAI's embeddings. Nothing to embed costs no
/// request and answers with the embedder's name.
openai_embedder_actor::behavior_type
openai_embedder(openai_embedder_actor::stateful_pointer<openai_embedder_state> self, const context_ptr& context,
                openai_embedder_settings settings);

} // namespace parley
