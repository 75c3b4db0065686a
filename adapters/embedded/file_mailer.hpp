#pragma once

#include "adapters/smtp/mime.hpp"
#include "runtime/clock.hpp"
#include "runtime/guard.hpp"
#include "runtime/ports/mailer.hpp"
#include "runtime/registry.hpp"
#include "runtime/settings/section.hpp"
#include "runtime/telemetry/telemetry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <string>

namespace parley {

/// `[mailer]` with `provider = "file"`.
struct file_mailer_settings {
  std::string directory = "mail"; ///< made if it is not there
  std::string from_address = "parley@localhost";
  std::string from_name = "Parley";
  std::string reply_to;

  smtp::sender sender() const { return {from_address, from_name, reply_to}; }
  void describe(settings::section& s);
};

struct file_mailer_state {
  caf::result<mail_sent> send(const outgoing_mail& mail);

  file_mailer_settings settings;
  const clock* wall = nullptr;
  std::unique_ptr<port_metrics> metrics;
  static inline constexpr const char* name = "file_mailer";
};

/// The MAILER port where there is no mail server: each mail becomes a file of
/// the directory that any mail program opens (.eml), with the same bytes that
/// SMTP would carry. A mail sent again replaces its file. Fails with
/// `ec::vendor_unavailable` when the file cannot be written.
///
/// It waits for the disk: spawn it with `caf::detached`.
/// @param wall Gives the Date of a mail; must outlive the actor, as must `t`.
mailer_port::behavior_type file_mailer(mailer_port::stateful_pointer<file_mailer_state> self,
                                       file_mailer_settings settings, const clock* wall, telemetry* t);

/// File of a mail: its message id with everything but letters, digits and
/// "@.-_" replaced, so that no id leads out of the directory.
std::string file_name_of(const std::string& message_id);

} // namespace parley
