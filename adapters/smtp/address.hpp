#pragma once

#include <string>
#include <string_view>

namespace parley::smtp {

/// Whether the text can stand in a mail header: no CR, LF, NUL or other
/// control character, with which a name or subject could smuggle in headers.
bool is_one_line(std::string_view text);

/// Whether the text is an ASCII mail address without quotes, comments or
/// display name: a dot-atom, "@" and a domain (RFC 5321, 4.1.2). Addresses
/// that need SMTPUTF8 (RFC 6531) are not taken.
bool is_address(std::string_view text);

/// The part behind the "@".
std::string_view domain_of(std::string_view address);

/// A mail server's reply without the addresses that it quotes, so that it can
/// be logged: "550 5.1.1 <address> no such user".
std::string without_addresses(std::string_view reply);

} // namespace parley::smtp
