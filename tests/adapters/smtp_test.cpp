// Goal: a mail arrives once, whole and readable, or its sender learns why not.
// Method: the adapter against a mail server on a real socket; mails are read
// as a mail program reads them.
#include "adapters/smtp/ics.hpp"
#include "adapters/smtp/smtp_mailer.hpp"
#include "tests/adapters/mime_parts.hpp"
#include "tests/adapters/stub_smtp.hpp"
#include "tests/support/port_fixture.hpp"
#include "tests/support/self_signed.hpp"

#include <algorithm>
#include <atomic>
#include <future>

namespace smtp_test {

using namespace parley;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using parley::test::stub_smtp;

namespace {

struct smtp_fixture : test::port_fixture {
  stub_smtp server;
  smtp_settings settings;

  explicit smtp_fixture(boost::asio::ssl::context* tls = nullptr, bool from_start = false) : server{tls, from_start} {
    settings.base_url = server.url();
    settings.security = "none";
    settings.from_address = "calls@acme.example";
    settings.from_name = "Acme Calls";
    settings.first_delay = 20ms;
    settings.send_timeout = 2s;
  }
  smtp_mailer_actor start() { return sys.spawn(smtp_mailer, ctx(), settings); }
  /// A login, as it must not be seen in the clear.
  void log_in() {
    settings.security = "starttls";
    settings.user = "calls";
    settings.password = "secret";
  }
  size_t heard(const std::string& verb) const {
    const auto all = server.commands();
    return static_cast<size_t>(
      std::count_if(all.begin(), all.end(), [&](const std::string& x) { return x.starts_with(verb); }));
  }
};

outgoing_mail plain_mail(const std::string& id = "mail-7") {
  outgoing_mail x;
  x.message_id = id;
  x.to = "ada@example.org";
  x.to_name = "Ada Byron";
  x.subject = "Our talk";
  x.text = "Hello Ada,\n.a line with a dot\nGrüße = greetings \nfrom us\n";
  return x;
}

outgoing_mail mail_with_invite() {
  auto x = plain_mail();
  x.copies = {"grace@acme.example"};
  invite meeting;
  meeting.uid = "meeting-7@acme.example";
  meeting.summary = "Demo";
  meeting.organizer_email = "grace@acme.example";
  meeting.attendee_email = "ada@example.org";
  meeting.when = {*parse_iso("2026-11-26T15:00:00Z"), *parse_iso("2026-11-26T15:30:00Z")};
  x.meeting = meeting;
  return x;
}

} // namespace

TEST_CASE_METHOD(smtp_fixture, "smtp delivers text as it was written", "[smtp]") {
  CHECK(get<mail_sent>(start(), plain_mail()).message_id == "mail-7");
  REQUIRE(server.mails().size() == 1);
  const auto mail = server.mails()[0];
  CHECK(mail.from == "calls@acme.example");
  CHECK(mail.to == std::vector<std::string>{"ada@example.org"});
  const auto read = test::parse_mime(mail.content);
  CHECK(read.header("From") == "\"Acme Calls\" <calls@acme.example>");
  CHECK(read.header("To") == "\"Ada Byron\" <ada@example.org>");
  CHECK(read.header("Subject") == "Our talk");
  CHECK(read.header("Message-ID") == "<mail-7@acme.example>");
  CHECK(read.header("Date") == "Tue, 24 Nov 2026 09:30:05 +0000");
  CHECK(read.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(read.body == "Hello Ada,\r\n.a line with a dot\r\nGrüße = greetings \r\nfrom us\r\n");
}

TEST_CASE_METHOD(smtp_fixture, "smtp delivers an invitation that mail programs show as one", "[smtp]") {
  auto mail = mail_with_invite();
  mail.message_id = "meeting-7.0@acme.example";
  get<mail_sent>(start(), mail);
  REQUIRE(server.mails().size() == 1);
  CHECK(server.mails()[0].to == std::vector<std::string>{"ada@example.org", "grace@acme.example"});
  const auto read = test::parse_mime(server.mails()[0].content);
  CHECK(read.header("Message-ID") == "<meeting-7.0@acme.example>");
  CHECK(read.header("Cc") == "grace@acme.example");
  CHECK(read.header("Content-Type").starts_with("multipart/mixed"));
  REQUIRE(read.parts.size() == 2);
  REQUIRE(read.parts[0].parts.size() == 2);
  CHECK(read.parts[0].parts[0].header("Content-Type") == "text/plain; charset=utf-8");
  const auto& calendar = read.parts[0].parts[1];
  CHECK(calendar.header("Content-Type") == "text/calendar; method=REQUEST; charset=utf-8");
  CHECK(calendar.body == *smtp::render_invite(*mail.meeting, wall.now()));
  const auto& attachment = read.parts[1];
  CHECK(attachment.header("Content-Disposition") == "attachment; filename=\"invite.ics\"");
  CHECK(attachment.body == calendar.body);

  mail.meeting->cancel = true;
  get<mail_sent>(start(), mail);
  const auto cancelled = test::parse_mime(server.mails()[1].content);
  CHECK(cancelled.parts[0].parts[1].header("Content-Type") == "text/calendar; method=CANCEL; charset=utf-8");
}

TEST_CASE_METHOD(smtp_fixture, "smtp tries again after a temporary refusal, with the same bytes", "[smtp]") {
  int tries = 0;
  server.meddle = [&](const std::string& command) -> std::optional<std::string> {
    if (command.starts_with("RCPT") && ++tries == 1)
      return "450 4.2.1 <ada@example.org> greylisted";
    return std::nullopt;
  };
  get<mail_sent>(start(), plain_mail());
  CHECK(tries == 2);
  CHECK(metric("parley_port_retries_total", R"(operation="send_mail")") == 1);
  CHECK(server.mails().size() == 1);
}

TEST_CASE_METHOD(smtp_fixture, "smtp gives up after its tries", "[smtp]") {
  int tries = 0;
  server.meddle = [&](const std::string& command) -> std::optional<std::string> {
    if (!command.starts_with("RCPT"))
      return std::nullopt;
    ++tries;
    return "451 4.3.0 <ada@example.org>: try later";
  };
  const auto error = error_of<mail_sent>(start(), plain_mail());
  CHECK(error == ec::vendor_unavailable);
  CHECK(tries == settings.attempts_max);
  CHECK(sys.render(error) == "vendor_unavailable: smtp 451 4.3.0 <address> try later");
}

namespace {

/// Holds the server's last word on a mail back until it is let go.
struct slow_smtp : smtp_fixture {
  std::promise<void> word;
  std::shared_future<void> told = word.get_future().share();
  // The server's thread outlives what is declared here.
  std::shared_ptr<std::atomic<int>> counted = std::make_shared<std::atomic<int>>(0);
  std::atomic<int>& contents = *counted;

  slow_smtp() {
    settings.total_timeout = 300ms;
    server.meddle = [counted = counted, told = told](const std::string& command) -> std::optional<std::string> {
      if (command == "(content)" && ++*counted == 1)
        told.wait();
      return std::nullopt;
    };
  }
  ~slow_smtp() {
    if (told.wait_for(0s) != std::future_status::ready)
      word.set_value();
  }
};

} // namespace

TEST_CASE_METHOD(slow_smtp, "smtp sends a mail once, however late the server says that it took it", "[smtp]") {
  const auto mailer = start();
  // The first asker's patience ends before the server's last word.
  const auto error = error_of<mail_sent>(mailer, plain_mail());
  CHECK(error == ec::vendor_unavailable);
  CHECK(contents == 1);
  CHECK(shown_by(mailer)["tries_running"] == 1);
  CHECK(shown_by(mailer)["requests_in_flight"] == 0);
  // Asked for again it joins the try that is under way.
  caf::scoped_actor other{sys};
  auto again = other->request(mailer, 20s, plain_mail());
  while (shown_by(mailer)["requests_in_flight"] == 0)
    std::this_thread::yield();
  word.set_value();
  again.receive([](const mail_sent& x) { CHECK(x.message_id == "mail-7"); },
                [&](const caf::error& e) { FAIL(sys.render(e)); });
  // And once it was taken it is known as sent.
  get<mail_sent>(mailer, plain_mail());
  CHECK(server.mails().size() == 1);
  CHECK(heard("EHLO") == 1);
}

TEST_CASE_METHOD(slow_smtp, "smtp remembers a mail that was taken when nobody waited any more", "[smtp]") {
  const auto mailer = start();
  CHECK(error_of<mail_sent>(mailer, plain_mail()) == ec::vendor_unavailable);
  word.set_value();
  while (shown_by(mailer)["tries_running"] == 1)
    std::this_thread::yield();
  get<mail_sent>(mailer, plain_mail());
  CHECK(server.mails().size() == 1);
}

TEST_CASE_METHOD(slow_smtp, "smtp gives up a server that never says whether it took the mail", "[smtp]") {
  settings.send_timeout = settings.acceptance_timeout = 200ms;
  settings.attempts_max = 1;
  settings.total_timeout = 20s;
  CHECK(error_of<mail_sent>(start(), plain_mail()) == ec::vendor_unavailable);
}

TEST_CASE_METHOD(smtp_fixture, "smtp answers everybody in time, and stops trying then", "[smtp]") {
  settings.connections_max = 1;
  settings.total_timeout = 400ms;
  settings.attempts_max = 10;
  settings.first_delay = 150ms;
  SECTION("while the server does not answer") {
    settings.send_timeout = 20s;
    server.meddle = [](const std::string& command) -> std::optional<std::string> {
      return command.starts_with("EHLO") ? std::optional<std::string>{"250-never ends"} : std::nullopt;
    };
  }
  SECTION("while it refuses for now") {
    server.meddle = [](const std::string& command) -> std::optional<std::string> {
      return command.starts_with("RCPT") ? std::optional<std::string>{"450 4.2.1 greylisted"} : std::nullopt;
    };
  }
  const auto mailer = start();
  caf::scoped_actor other{sys};
  const auto begun = std::chrono::steady_clock::now();
  auto first = other->request(mailer, 20s, plain_mail("mail-1"));
  auto second = other->request(mailer, 20s, plain_mail("mail-2"));
  for (auto* pending : {&first, &second})
    pending->receive([](const mail_sent&) { FAIL("was not sent"); },
                     [](const caf::error& e) { CHECK(e == ec::vendor_unavailable); });
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
  CHECK(shown_by(mailer)["mails_waiting"] == 0);
}

TEST_CASE_METHOD(smtp_fixture, "smtp's own set-up failing is an answer, not the end of the node", "[smtp]") {
  settings.hello = std::string(9'000'000, 'x'); // longer than libcurl takes
  const auto mailer = start();
  CHECK(error_of<mail_sent>(mailer, plain_mail()) == ec::vendor_refused);
  CHECK(error_of<mail_sent>(mailer, plain_mail()) == ec::vendor_refused);
}

TEST_CASE_METHOD(smtp_fixture, "smtp does not repeat what the server refuses for good", "[smtp]") {
  int tries = 0;
  std::string reply = "550 5.1.1 <Grace@navy.example>: no such mailbox";
  std::string at = "RCPT";
  server.meddle = [&](const std::string& command) -> std::optional<std::string> {
    if (!command.starts_with(at))
      return std::nullopt;
    ++tries;
    return reply;
  };
  const auto mailer = start();
  const auto refused = error_of<mail_sent>(mailer, plain_mail());
  CHECK(refused == ec::vendor_refused);
  const auto told = sys.render(refused); // without the person's address: errors are kept in plain text
  CHECK(told.find("5.1.1 <address> no such mailbox") != std::string::npos);
  CHECK(told.find("navy") == std::string::npos);
  CHECK(tries == 1);
  at = "(content)";
  reply = "554 5.7.1 looks like spam";
  CHECK(error_of<mail_sent>(mailer, plain_mail()) == ec::vendor_refused);
  CHECK(tries == 2);
  CHECK(server.mails().empty());
}

TEST_CASE_METHOD(smtp_fixture, "smtp sends nothing when one of several recipients is refused", "[smtp]") {
  server.meddle = [](const std::string& command) -> std::optional<std::string> {
    return command.find("grace") == std::string::npos ? std::nullopt : std::optional<std::string>{"550 5.1.1 no"};
  };
  CHECK(error_of<mail_sent>(start(), mail_with_invite()) == ec::vendor_refused);
  CHECK(server.mails().empty());
}

TEST_CASE_METHOD(smtp_fixture, "smtp logs in, and says when the login is refused", "[smtp]") {
  settings.user = "calls";
  settings.password = "secret";
  get<mail_sent>(start(), plain_mail());
  const auto commands = server.commands();
  // base64 of "\0calls\0secret"
  CHECK(std::count(commands.begin(), commands.end(), "AUTH PLAIN AGNhbGxzAHNlY3JldA==")
          + std::count(commands.begin(), commands.end(), "AGNhbGxzAHNlY3JldA==")
        == 1);

  server.meddle = [](const std::string& command) -> std::optional<std::string> {
    return command.starts_with("AUTH") ? std::optional<std::string>{"535 5.7.8 bad credentials"} : std::nullopt;
  };
  CHECK(error_of<mail_sent>(start(), plain_mail()) == ec::vendor_unauthorised);
}

TEST_CASE("smtp logs in behind TLS alone, begun by STARTTLS or at once", "[smtp]") {
  const bool from_start = GENERATE(false, true);
  CAPTURE(from_start);
  test::self_signed certificate;
  smtp_fixture w{&certificate.context, from_start};
  w.log_in();
  w.settings.hello = "calls.acme.example";
  w.settings.ca_file = certificate.file;
  w.get<mail_sent>(w.start(), plain_mail());
  REQUIRE(w.server.mails().size() == 1);
  CHECK(w.server.mails()[0].to == std::vector<std::string>{"ada@example.org"});
  CHECK(w.heard("AUTH PLAIN AGNhbGxzAHNlY3JldA==") == 1);
  const std::vector<std::string> before_tls{"EHLO calls.acme.example", "STARTTLS"};
  CHECK(w.server.commands_in_clear() == (from_start ? std::vector<std::string>{} : before_tls));
}

TEST_CASE("smtp says nothing to a server whose certificate is not trusted", "[smtp]") {
  const bool from_start = GENERATE(false, true);
  const bool other_name = GENERATE(false, true); // else signed by nobody whom we know
  CAPTURE(from_start, other_name);
  test::self_signed certificate{other_name ? "DNS:mail.acme.example" : "DNS:localhost,IP:127.0.0.1"};
  smtp_fixture w{&certificate.context, from_start};
  w.log_in();
  if (other_name)
    w.settings.ca_file = certificate.file;
  const auto refused = w.error_of<mail_sent>(w.start(), plain_mail());
  CHECK(refused == ec::vendor_refused);
  CHECK_THAT(w.sys.render(refused), Contains("certificate") && Contains("ca_file"));
  CHECK(w.heard("STARTTLS") == (from_start ? 0 : 1)); // it was not tried again
  CHECK(w.heard("AUTH") + w.heard("MAIL") == 0);
}

TEST_CASE_METHOD(smtp_fixture, "smtp sends no word to a server without STARTTLS where that is wanted", "[smtp]") {
  log_in();
  const auto refused = error_of<mail_sent>(start(), plain_mail());
  CHECK(refused == ec::vendor_refused);
  CHECK_THAT(sys.render(refused), Contains("STARTTLS"));
  CHECK(server.mails().empty());
  CHECK(heard("AUTH") + heard("MAIL") == 0);
}

TEST_CASE_METHOD(smtp_fixture, "smtp says when the server cannot be reached or does not answer", "[smtp]") {
  settings.attempts_max = 2;
  settings.send_timeout = 500ms;
  server.meddle = [](const std::string& command) -> std::optional<std::string> {
    return command.starts_with("EHLO") ? std::optional<std::string>{"250-never ends"} : std::nullopt;
  };
  CHECK(error_of<mail_sent>(start(), plain_mail()) == ec::vendor_unavailable);
  server.meddle = [](const std::string&) { return std::optional<std::string>{""}; }; // hangs up
  CHECK(error_of<mail_sent>(start(), plain_mail()) == ec::vendor_unavailable);
  settings.base_url = "smtp://127.0.0.1:1"; // nobody listens there
  CHECK(error_of<mail_sent>(start(), plain_mail()) == ec::vendor_unavailable);
}

TEST_CASE_METHOD(smtp_fixture, "smtp refuses what would forge headers or recipients", "[smtp]") {
  const auto mailer = start();
  const auto refused = [&](auto change) {
    auto mail = plain_mail();
    change(mail);
    return error_of<mail_sent>(mailer, mail) == ec::invalid_input;
  };
  CHECK(refused([](outgoing_mail& x) { x.subject = "Hi\r\nBcc: eve@example.com"; }));
  CHECK(refused([](outgoing_mail& x) { x.to_name = "Ada\nX: 1"; }));
  CHECK(refused([](outgoing_mail& x) { x.to = "ada@example.org>\r\nRCPT TO:<eve@example.com"; }));
  CHECK(refused([](outgoing_mail& x) { x.to = "ada@example.org, eve@example.com"; }));
  CHECK(refused([](outgoing_mail& x) { x.to = "nobody"; }));
  CHECK(refused([](outgoing_mail& x) { x.copies = {"a@b@c"}; }));
  CHECK(refused([](outgoing_mail& x) { x.message_id = "a>\r\nX: 1"; }));
  CHECK(refused([](outgoing_mail& x) { x.message_id = ""; }));
  CHECK(server.commands().empty());
}

TEST_CASE_METHOD(smtp_fixture, "smtp bounds what waits and answers all of it when it stops", "[smtp]") {
  settings.connections_max = 1;
  settings.waiting_max = 1;
  settings.send_timeout = 20s;
  server.meddle = [](const std::string& command) -> std::optional<std::string> {
    return command.starts_with("EHLO") ? std::optional<std::string>{"250-never ends"} : std::nullopt;
  };
  auto mailer = start();
  caf::scoped_actor other{sys};
  auto first = other->request(mailer, 20s, plain_mail("mail-1"));
  auto second = other->request(mailer, 20s, plain_mail("mail-2"));
  CHECK(error_of<mail_sent>(mailer, plain_mail("mail-3")) == ec::queue_full);
  const auto begun = std::chrono::steady_clock::now();
  caf::anon_send_exit(mailer, caf::exit_reason::user_shutdown);
  int failed = 0;
  for (auto* pending : {&first, &second})
    pending->receive([](const mail_sent&) {}, [&](const caf::error&) { ++failed; });
  CHECK(failed == 2);
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
}

TEST_CASE("smtp settings refuse what would leak or not work", "[smtp]") {
  const auto problems_of = [](const std::string& text) {
    try {
      settings::document::parse("from_address = 'calls@acme.example'\n" + text, "test.toml")
        .read([](settings::section& s) { smtp_settings{}.describe(s); });
    } catch (const settings::invalid& e) {
      return std::string{e.what()};
    }
    return std::string{};
  };
  CHECK(problems_of("base_url = 'smtps://mail.acme.example'").empty());
  CHECK(problems_of("base_url = 'smtp://mail.acme.example:587'").empty());
  CHECK(problems_of("base_url = 'smtp://127.0.0.1:2525'\nsecurity = 'none'").empty());
  CHECK(problems_of("base_url = 'smtp://mail.acme.example'\nsecurity = 'none'").find("in the clear")
        != std::string::npos);
  CHECK(problems_of("base_url = 'https://mail.acme.example'").find("smtp://") != std::string::npos);
  CHECK(problems_of("base_url = 'smtps://m.example'\nuser = 'x'").find("password") != std::string::npos);
  CHECK(problems_of("").find("base_url") != std::string::npos);
}

} // namespace smtp_test
