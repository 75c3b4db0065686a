#pragma once

#include "runtime/messages/enrichment.hpp"

#include <caf/typed_actor.hpp>

namespace parley {

/// The ENRICHMENT port. `found` is false when nothing is known; that is not an
/// error. Fails with `ec::vendor_…` after its own bounded retries.
using enrichment_port = caf::typed_actor<caf::replies_to<enrich>::with<enriched>>;

} // namespace parley
