#pragma once

#include <string>

namespace parley {

/// Host of an address, in lower case and without brackets; empty when the
/// address cannot be read.
std::string host_of(const std::string& url);

/// Whether an address names this machine: localhost, 127.0.0.0/8 or ::1.
bool is_loopback(const std::string& url);

/// Whether credentials may be sent to an address: it is encrypted (https, wss,
/// smtps) or does not leave this machine.
bool is_protected(const std::string& url);

} // namespace parley
