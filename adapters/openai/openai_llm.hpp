#pragma once

#include "adapters/http/http_client.hpp"
#include "adapters/openai/core.hpp"
#include "runtime/guard.hpp"
#include "runtime/ports/llm.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// The LLM port and what its HTTP client says to it.
using openai_llm_actor = llm_port::extend<caf::reacts_to<http_answered, uint64_t>>;

struct openai_llm_state {
  explicit openai_llm_state(openai_llm_actor::pointer self) : self{self} {}
  void start(const openai_settings& settings, telemetry& t);
  caf::result<completion> complete(const completion_request& request);
  void count_tokens(const std::string& purpose, const completion& x);

  openai_llm_actor::pointer self;
  openai_settings settings;
  telemetry* all_metrics = nullptr;
  // In this order: what refers to another goes first.
  std::unique_ptr<port_metrics> metrics;
  std::unique_ptr<http_client> client;
  std::unique_ptr<actor_http> http;
  std::unique_ptr<dialogue_line> line;
  static inline constexpr const char* name = "openai_llm";
};

/// The LLM port over chat completions with a JSON schema.
openai_llm_actor::behavior_type
openai_llm(openai_llm_actor::stateful_pointer<openai_llm_state> self, openai_settings settings, telemetry* t);

} // namespace parley
