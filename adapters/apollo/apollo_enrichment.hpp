#pragma once

#include "adapters/apollo/core.hpp"
#include "adapters/http/http_client.hpp"
#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

using apollo_enrichment_actor = enrichment_port::extend<caf::replies_to<inspect_state>::with<inspected_state>,
                                                        // INTERNAL: an answer of Apollo is there.
                                                        caf::reacts_to<http_answered, uint64_t>>;

struct apollo_enrichment_state {
  explicit apollo_enrichment_state(apollo_enrichment_actor::pointer self) : self{self} {}
  void start(const node_context& context, const apollo_settings& settings);
  inspected_state inspect() const;

  apollo_enrichment_actor::pointer self;
  apollo_settings settings;
  // In this order: what refers to another goes first.
  port_book_ptr book;
  std::unique_ptr<http_client> client;
  std::unique_ptr<actor_http> http;
  std::unique_ptr<dialogue_line> line;
  static inline constexpr const char* name = "apollo_enrichment";
};

/// The ENRICHMENT port over Apollo's API. Asked by research, long before a
/// call; nothing on the way to a dial waits for it.
apollo_enrichment_actor::behavior_type
apollo_enrichment(apollo_enrichment_actor::stateful_pointer<apollo_enrichment_state> self, const context_ptr& context,
                  apollo_settings settings);

} // namespace parley
