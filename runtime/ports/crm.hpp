#pragma once

#include "runtime/messages/crm.hpp"

#include <caf/typed_actor.hpp>

namespace parley {

/// The CRM port. Fails with `ec::vendor_…` after its own bounded retries.
using crm_port = caf::typed_actor<
  // `found` is false when there is no such person; that is not an error.
  caf::replies_to<find_contact>::with<crm_contact>,
  // Idempotent by the activity's key.
  caf::replies_to<crm_activity>::with<crm_written>,
  // One page. `ec::invalid_input` for a property that the CRM does not know.
  caf::replies_to<search_contacts>::with<crm_contacts>>;

} // namespace parley
