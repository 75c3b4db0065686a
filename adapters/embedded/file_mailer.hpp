#pragma once

#include "adapters/smtp/mime.hpp"
#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"
#include "runtime/settings/section.hpp"
#include "runtime/telemetry/port_book.hpp"

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

using file_mailer_actor = mailer_port::extend<caf::replies_to<inspect_state>::with<inspected_state>>;

struct file_mailer_state {
  caf::expected<mail_sent> send(const outgoing_mail& mail) const;

  context_ptr context;
  file_mailer_settings settings;
  port_book_ptr book;
  static inline constexpr const char* name = "file_mailer";
};

/// The MAILER port where there is no mail server: each mail becomes a file of
/// the directory that any mail program opens (.eml), with the same bytes that
/// SMTP would carry. A mail sent again replaces its file. Fails with
/// `ec::vendor_unavailable` when the file cannot be written.
///
/// It waits for the disk: spawn it with `caf::detached`.
file_mailer_actor::behavior_type file_mailer(file_mailer_actor::stateful_pointer<file_mailer_state> self,
                                             context_ptr context, file_mailer_settings settings);

/// File of a mail: its message id with everything but letters, digits and
/// "@.-_" replaced, so that no id leads out of the directory.
std::string file_name_of(const std::string& message_id);

} // namespace parley
