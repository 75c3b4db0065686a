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
  caf::replies_to<end_carrier_call>::with<carrier_call>, caf::replies_to<redirect_call>::with<carrier_call>>;

} // namespace parley
