#pragma once

#include "runtime/messages/mail.hpp"

#include <caf/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace parley::smtp {

/// Who a mail comes from.
struct sender {
  std::string address;
  std::string name;     ///< shown beside the address; may be empty
  std::string reply_to; ///< where answers go; empty means the address
};

/// A mail as it goes over the wire: the envelope and the message.
struct wire_mail {
  std::string from;
  std::vector<std::string> recipients;
  std::string content; ///< RFC 5322 and MIME, lines end with CRLF
};

/// Renders a mail. The same mail at the same time gives the same bytes.
///
/// A mail with a meeting has the text, the invitation as
/// `text/calendar; method=…` for mail programs that show it with buttons, and
/// once more as the attachment invite.ics for those that do not.
/// Fails with `ec::invalid_input` when an address, name or subject holds what
/// would break or forge a header, or when the invitation is unusable.
/// @param now What the Date header shall say.
caf::expected<wire_mail> render_mail(const outgoing_mail& mail, const sender& from, wall_time now);

/// A header's free text: as it is, or as RFC 2047 encoded words.
std::string encode_words(std::string_view text);

/// RFC 2045, 6.7; any line end becomes CRLF.
std::string quoted_printable(std::string_view text);

/// RFC 2045, 6.8, in lines of 76.
std::string base64_lines(std::string_view bytes);

} // namespace parley::smtp
