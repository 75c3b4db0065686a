#pragma once

#include "adapters/http/dialogue.hpp"
#include "adapters/http/http_client.hpp"
#include "adapters/http/retry.hpp"
#include "adapters/twilio/settings.hpp"
#include "runtime/node_context.hpp"
#include "runtime/ports/telephony.hpp"
#include "runtime/registry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// The TELEPHONY port, spoken to Twilio.
using twilio_telephony_actor = telephony_port::extend<caf::replies_to<inspect_state>::with<inspected_state>,
                                                      // INTERNAL: an answer of the carrier is there.
                                                      caf::reacts_to<http_answered, uint64_t>>;

struct twilio_telephony_state {
  explicit twilio_telephony_state(twilio_telephony_actor::pointer self) : self{self} {}

  void begin(context_ptr x, twilio_settings y);
  caf::result<originated> dial(const originate& order);
  template <class T>
  caf::result<T> ask(const char* operation, dialogue<T> question) {
    return answer(self, *line, operation, std::move(question));
  }
  inspected_state inspect() const;
  wall_time now() const { return context->clock.now(); }

  twilio_telephony_actor::pointer self;
  context_ptr context;
  twilio_settings settings;
  std::unique_ptr<http_client> client;
  port_book_ptr book;
  http_sender once; // without retries, for the dial
  std::optional<actor_http> http;
  std::optional<dialogue_line> line;
  static inline constexpr const char* name = "twilio_telephony";
};

/// One Twilio account. The dial goes out at most once and is answered with
/// what is known of it; reads and updates are repeated within bounds.
twilio_telephony_actor::behavior_type
twilio_telephony(twilio_telephony_actor::stateful_pointer<twilio_telephony_state> self, context_ptr context,
                 twilio_settings settings);

} // namespace parley
