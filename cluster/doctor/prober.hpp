#pragma once

#include "adapters/http/http_message.hpp"
#include "adapters/smtp/settings.hpp"
#include "cluster/doctor/checks.hpp"

#include <functional>
#include <memory>
#include <string>

namespace parley::doctor {

/// Asks one question over HTTP and waits for the answer. A test plays the
/// vendor by giving a function of its own.
using ask_http = std::function<http_response(const http_request&)>;

/// The same over the network; one try, no redirects. An upgrade that is granted
/// (101) is an answer, too, and is hung up on.
/// @param ca_file PEM file of authorities to trust; empty: the system's.
ask_http http_over_network(const std::string& ca_file);

/// What a mail server made of a login that sends nothing.
struct mail_answer {
  bool reached = false;   ///< it spoke SMTP with us
  bool taken = false;     ///< greeting, encryption and login went well
  bool login_bad = false; ///< it is the login that it refused
  std::string problem;    ///< its last words, or what failed on our side
};
using ask_mail = std::function<mail_answer(const smtp_settings&)>;

/// EHLO, STARTTLS and AUTH as the mailer does them, then NOOP and QUIT.
mail_answer mail_over_network(const smtp_settings& settings);

/// The certificate that an https address shows.
certificate_facts certificate_over_network(const std::string& url);

/// Remembers what clocks the answers tell, for `check_clock`; vendors on this
/// machine are left out.
/// @param into Must outlive the function.
ask_http noting_clocks(ask_http ask, std::vector<clock_facts>& into);

/// An HTTP date, e.g. "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

} // namespace parley::doctor
