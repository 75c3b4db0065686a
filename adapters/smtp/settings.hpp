#pragma once

#include "adapters/smtp/mime.hpp"
#include "runtime/settings/section.hpp"

#include <chrono>
#include <string>

namespace parley {

/// `[mailer]` with `provider = "smtp"`.
struct smtp_settings {
  /// smtps://host[:465] is encrypted from the start; smtp://host[:587] becomes
  /// so by STARTTLS, or stays plain where `security` says so.
  std::string base_url;
  std::string security = "starttls"; ///< of smtp://: "starttls" or "none"
  std::string user;                  ///< no login when empty
  std::string password;
  std::string hello;   ///< our name in EHLO; empty: the machine's
  std::string ca_file; ///< PEM file of trusted authorities; empty: the system's

  std::string from_address;
  std::string from_name;
  std::string reply_to;

  std::chrono::milliseconds connect_timeout{5'000};
  /// One try up to the end of the content, connect included.
  std::chrono::milliseconds send_timeout{20'000};
  /// From there to the server's word that it took the mail. Whoever gives up
  /// earlier and sends it again makes two mails of one; hence RFC 5321,
  /// 4.5.3.2.6: at least 10 minutes.
  std::chrono::milliseconds acceptance_timeout{600'000};
  /// Until whoever asked for the mail is answered; tries end with it.
  std::chrono::milliseconds total_timeout{25'000};
  int attempts_max = 3;                         ///< the first one included
  std::chrono::milliseconds first_delay{1'000}; ///< before the second; doubles
  size_t connections_max = 4;
  size_t waiting_max = 1000; ///< mails that may wait

  smtp::sender sender() const { return {from_address, from_name, reply_to}; }
  void describe(settings::section& s);
};

} // namespace parley
