#include "adapters/smtp/settings.hpp"

#include "adapters/http/endpoint.hpp"
#include "adapters/smtp/address.hpp"

namespace parley {

using namespace std::chrono_literals;

void smtp_settings::describe(settings::section& s) {
  s.url("base_url", base_url, "The mail server: smtps://host[:port], or smtp://host[:port] with STARTTLS.");
  s.choice("security", security, {"starttls", "none"}, "How smtp:// is protected; none only on this machine.");
  s.text("user", user, "Login; leave it out if the server wants none.");
  s.secret("password", password, "Password of the login.");
  s.text("hello", hello, "Our host name in EHLO; by default the machine's.");
  s.file("ca_file", ca_file, "PEM file of the authorities to trust instead of the system's.");
  s.required("from_address", from_address, "the address that mails come from.");
  s.text("from_name", from_name, "Name shown beside it.");
  s.text("reply_to", reply_to, "Where answers go, if not to from_address.");
  s.duration("connect_timeout", connect_timeout, 100ms, 60s, "Longest wait for a connection, TLS included.");
  s.duration("send_timeout", send_timeout, 500ms, 5min, "Longest time for one try, up to the end of the content.");
  s.duration("acceptance_timeout", acceptance_timeout, 1s, 1h,
             "Longest wait for the server's word that it took a mail; a shorter one makes double mails.");
  s.duration("total_timeout", total_timeout, 1s, 10min,
             "Longest time for one mail, tries and waits included; at most 5/6 of vendor_timeout of [actors].");
  s.number("attempts_max", attempts_max, 1, 10, "tries", "Tries per mail, the first one included.");
  s.duration("first_delay", first_delay, 10ms, 60s, "Wait before the second try; doubles with each further one.");
  s.number<size_t>("connections_max", connections_max, 1, 50, "connections", "Connections at the same time.");
  s.number<size_t>("waiting_max", waiting_max, 1, 100'000, "mails", "Mails that may wait; more are refused.");

  const bool is_smtps = base_url.starts_with("smtps://");
  if (!is_smtps && !base_url.starts_with("smtp://"))
    s.problem("base_url", "name a mail server as smtp://host[:port] or smtps://host[:port]");
  else if (!is_smtps && security == "none" && !is_loopback(base_url))
    s.problem("security", "mail would travel in the clear; use starttls (none only to this machine)");
  if (!user.empty() && password.empty())
    s.problem("password", "is missing for this user; name it in password_env or password_file");
  if (!from_address.empty() && !smtp::is_address(from_address))
    s.problem("from_address", "is no plain mail address such as calls@example.com");
  if (!reply_to.empty() && !smtp::is_address(reply_to))
    s.problem("reply_to", "is no plain mail address such as sales@example.com");
  if (!smtp::is_one_line(from_name))
    s.problem("from_name", "must be one line without control characters");
}

} // namespace parley
