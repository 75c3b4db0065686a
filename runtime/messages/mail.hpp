#pragma once

#include "runtime/messages/calendar.hpp"

namespace parley {

/// An invitation that goes with a mail as text/calendar (RFC 5545, 5546).
struct invite {
  std::string uid;
  uint32_t sequence = 0;
  bool cancel = false;
  std::string summary;
  std::string description;
  std::string location;
  std::string organizer_email;
  std::string organizer_name;
  std::string attendee_email;
  std::string attendee_name;
  time_range when;
  std::string zone; ///< IANA name; empty means UTC
};
PARLEY_INSPECT(invite, x.uid, x.sequence, x.cancel, x.summary, x.description, x.location, x.organizer_email,
               x.organizer_name, x.attendee_email, x.attendee_name, x.when, x.zone)

/// One mail. The same message id is one mail, however often it is sent.
struct outgoing_mail {
  std::string message_id; ///< without angle brackets
  std::string to;
  std::string to_name;
  std::vector<std::string> copies; ///< further recipients, e.g. the account manager
  std::string subject;
  std::string text;
  std::optional<invite> meeting;
};
PARLEY_INSPECT(outgoing_mail, x.message_id, x.to, x.to_name, x.copies, x.subject, x.text, x.meeting)

struct mail_sent {
  std::string message_id;
};
PARLEY_INSPECT(mail_sent, x.message_id)

} // namespace parley
