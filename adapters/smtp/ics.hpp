#pragma once

#include "runtime/messages/mail.hpp"

#include <caf/expected.hpp>

#include <string>

namespace parley::smtp {

/// The iCalendar text of an invitation (RFC 5545) for mail (iTIP, RFC 5546):
/// METHOD:REQUEST, or METHOD:CANCEL when `cancel` is set. Lines end with CRLF
/// and are folded at 75 octets.
///
/// A change and a cancellation keep the UID and raise SEQUENCE, which the
/// caller counts. The times stand in `zone`, so that recipients read the local
/// time that was spoken of; an empty or unknown zone gives UTC, the same
/// instant. Fails with `ec::invalid_input` for an empty UID, an end that is
/// not after the start or an address that cannot be one.
/// @param now What DTSTAMP shall say.
caf::expected<std::string> render_invite(const invite& x, wall_time now);

} // namespace parley::smtp
