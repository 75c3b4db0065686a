#pragma once

#include "adapters/http/http_client.hpp"
#include "adapters/openai/core.hpp"
#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

using openai_llm_actor = llm_port::extend<caf::replies_to<inspect_state>::with<inspected_state>,
                                          // INTERNAL: an answer of the vendor is there.
                                          caf::reacts_to<http_answered, uint64_t>>;

struct openai_llm_state {
  explicit openai_llm_state(openai_llm_actor::pointer self) : self{self} {}
  void start(context_ptr context, const openai_settings& settings);
  caf::result<completion> complete(const completion_request& request);
  inspected_state inspect() const;
  void count_tokens(const std::string& purpose, const completion& x);

  openai_llm_actor::pointer self;
  context_ptr context;
  openai_settings settings;
  // In this order: what refers to another goes first.
  port_book_ptr book;
  std::unique_ptr<http_client> client;
  std::unique_ptr<actor_http> http;
  std::unique_ptr<dialogue_line> line;
  static inline constexpr const char* name = "openai_llm";
};

/// The LLM port over chat completions with a JSON schema.
openai_llm_actor::behavior_type
openai_llm(openai_llm_actor::stateful_pointer<openai_llm_state> self, context_ptr context, openai_settings settings);

} // namespace parley
