#pragma once

#include "adapters/media/media_plane.hpp"
#include "runtime/node_context.hpp"
#include "runtime/telemetry/port_book.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <unordered_map>

namespace parley {

using session_opened_atom = caf::atom_constant<caf::atom("sessopened")>;

/// The VOICE_MODEL port over OpenAI Realtime.
using voice_model_adapter = voice_model_port::extend<caf::replies_to<inspect_state>::with<inspected_state>,
                                                     // INTERNAL: how the opening with this ticket ended.
                                                     caf::reacts_to<session_opened_atom, uint64_t, caf::error>>;

struct voice_model_state {
  explicit voice_model_state(voice_model_adapter::pointer self) : self{self} {}
  caf::result<voice_session_opened> open(open_voice_session session);
  void opened(uint64_t ticket, caf::error result);
  void close(const call_id& call);
  void close_listener(const call_id& call);
  /// The actor that a session told its events to has ended.
  void listener_down(const caf::actor_addr& listener);
  inspected_state inspect() const;

  struct opening {
    call_id call;
    port_reply<voice_session_opened> done;
  };

  voice_model_adapter::pointer self;
  media_plane* plane = nullptr;
  port_book_ptr book;
  uint64_t last_ticket = 0;
  std::unordered_map<uint64_t, opening> openings;
  std::unordered_map<call_id, caf::actor_addr> listeners;
  static inline constexpr const char* name = "voice_model";
};

/// Hands every message on to the media plane, and closes the session of a call
/// whose actor has died.
/// @param plane Must outlive the actor.
voice_model_adapter::behavior_type voice_model(voice_model_adapter::stateful_pointer<voice_model_state> self,
                                               const context_ptr& context, media_plane* plane);

} // namespace parley
