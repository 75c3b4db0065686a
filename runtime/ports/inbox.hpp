#pragma once

#include "runtime/messages/telephony.hpp"

#include <caf/typed_actor.hpp>

namespace parley {

/// The INBOX port: where the web adapter delivers what a carrier told us,
/// after it is stored.
using inbox_port = caf::typed_actor<caf::reacts_to<carrier_event>>;

} // namespace parley
