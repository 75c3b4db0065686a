#pragma once

#include "runtime/messages/mail.hpp"

#include <caf/typed_actor.hpp>

namespace parley {

/// The MAILER port. `ec::vendor_unavailable` may be tried again,
/// `ec::vendor_refused` (e.g. no such mailbox) may not.
using mailer_port = caf::typed_actor<caf::replies_to<outgoing_mail>::with<mail_sent>>;

} // namespace parley
