#pragma once

#include "runtime/messages/media.hpp"

namespace parley {

/// The VOICE_MODEL port: a realtime model joined to the carrier's audio.
using voice_model_port = caf::typed_actor<
  // Connects and configures the model while the phone rings, and expects the
  // carrier's media socket. Fails with `ec::vendor_…`.
  caf::replies_to<open_voice_session>::with<voice_session_opened>, caf::reacts_to<update_instructions>,
  caf::reacts_to<answer_tool>, caf::reacts_to<prompt_agent>, caf::reacts_to<await_playback>,
  caf::reacts_to<measure_silence>,
  // Closing what is closed already is not an error.
  caf::reacts_to<close_voice_session>>;

} // namespace parley
