#pragma once

#include "runtime/messages/telephony.hpp"

#include <caf/typed_actor.hpp>

namespace parley {

/// The TELEPHONY port: one carrier account.
using telephony_port = caf::typed_actor<
  // Starts a call, once. Always answers with an outcome, never with an error,
  // unless the adapter itself dies: then nobody knows.
  caf::replies_to<originate>::with<originated>,
  // `ec::not_found` when the carrier does not know the SID.
  caf::replies_to<fetch_call>::with<carrier_call>,
  // A complete list, all pages, or an error.
  caf::replies_to<find_calls>::with<carrier_calls>,
  // Ends a call. Ending a call that is over already is not an error. Answers
  // with the call as the carrier shows it afterwards.
  caf::replies_to<end_carrier_call>::with<carrier_call>, caf::replies_to<redirect_call>::with<carrier_call>,
  // A call that is over fails with `ec::wrong_state`.
  caf::replies_to<transfer_call>::with<carrier_call>, caf::replies_to<leave_message>::with<carrier_call>,
  caf::replies_to<start_recording>::with<recording_started>, caf::replies_to<stop_recording>::with<recording_stopped>,
  caf::replies_to<fetch_recording>::with<recording_audio>, caf::replies_to<delete_recording>::with<recording_deleted>>;

} // namespace parley
