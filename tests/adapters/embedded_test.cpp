// Goal: Parley runs without accounts elsewhere: what the outside systems would
// keep is accepted, mails can be read as files, and nothing is made up.
#include "adapters/embedded/embedded_calendar.hpp"
#include "adapters/embedded/file_mailer.hpp"
#include "adapters/smtp/ics.hpp"
#include "tests/adapters/mime_parts.hpp"
#include "tests/support/port_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdlib.h>

namespace embedded_test {

using namespace parley;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct mail_fixture : test::port_fixture {
  fs::path directory;
  file_mailer_settings settings;

  mail_fixture() {
    std::string name = (fs::temp_directory_path() / "parley-mail-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    directory = name;
    settings.directory = (directory / "mail").string();
    settings.from_address = "calls@acme.example";
  }
  ~mail_fixture() { fs::remove_all(directory); }

  mailer_port start() { return sys.spawn<caf::detached>(file_mailer, ctx(), settings); }
  std::vector<fs::path> files() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::recursive_directory_iterator{directory})
      if (entry.is_regular_file())
        out.push_back(entry.path());
    return out;
  }
};

std::string content_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

outgoing_mail mail_with_invite() {
  outgoing_mail x;
  x.message_id = "meeting-7.0@acme.example";
  x.to = "ada@example.org";
  x.subject = "Demo";
  x.text = "See you on Thursday.\n";
  invite meeting;
  meeting.uid = "meeting-7@acme.example";
  meeting.organizer_email = "grace@acme.example";
  meeting.attendee_email = "ada@example.org";
  meeting.when = {*parse_iso("2026-11-26T15:00:00Z"), *parse_iso("2026-11-26T15:30:00Z")};
  x.meeting = meeting;
  return x;
}

} // namespace

TEST_CASE_METHOD(mail_fixture, "the file mailer writes what smtp would send", "[embedded]") {
  const auto mail = mail_with_invite();
  CHECK(get<mail_sent>(start(), mail).message_id == mail.message_id);
  REQUIRE(files().size() == 1);
  CHECK(files()[0].filename() == "meeting-7.0@acme.example.eml");
  CHECK(content_of(files()[0]) == smtp::render_mail(mail, settings.sender(), wall.now())->content);
  const auto read = test::parse_mime(content_of(files()[0]));
  REQUIRE(read.parts.size() == 2);
  CHECK(read.parts[1].body == *smtp::render_invite(*mail.meeting, wall.now()));
}

TEST_CASE_METHOD(mail_fixture, "the file mailer has one file per mail, however often it is sent", "[embedded]") {
  const auto mailer = start();
  auto mail = mail_with_invite();
  get<mail_sent>(mailer, mail);
  mail.subject = "Demo, now complete";
  get<mail_sent>(mailer, mail);
  REQUIRE(files().size() == 1);
  CHECK(test::parse_mime(content_of(files()[0])).header("Subject") == "Demo, now complete");
}

TEST_CASE_METHOD(mail_fixture, "no message id leads out of the mail directory", "[embedded]") {
  const auto mailer = start();
  for (const auto* id : {"../../evil@x", "/etc/evil@x", "..", ".hidden@x"}) {
    auto mail = mail_with_invite();
    mail.message_id = id;
    get<mail_sent>(mailer, mail);
  }
  CHECK(files().size() == 4);
  for (const auto& file : files())
    CHECK(file.parent_path() == fs::path{settings.directory});
  CHECK(file_name_of("a/b@x") != file_name_of("a:b@x"));
  CHECK(file_name_of(std::string(300, 'a') + "1") != file_name_of(std::string(300, 'a') + "2"));
  CHECK(file_name_of(std::string(300, 'a')).size() < 200);
}

TEST_CASE_METHOD(mail_fixture, "the file mailer says when it cannot write, and what is no mail", "[embedded]") {
  const auto mailer = start();
  auto forged = mail_with_invite();
  forged.subject = "Hi\r\nBcc: eve@example.com";
  CHECK(error_of<mail_sent>(mailer, forged) == ec::invalid_input);
  std::ofstream{settings.directory} << "a file where the directory should be";
  CHECK(error_of<mail_sent>(mailer, mail_with_invite()) == ec::vendor_unavailable);
}

TEST_CASE_METHOD(test::port_fixture, "the embedded calendar knows nothing busy and takes any event", "[embedded]") {
  const auto calendar = sys.spawn(embedded_calendar, ctx());
  const time_range day{*parse_iso("2026-11-26T00:00:00Z"), *parse_iso("2026-11-27T00:00:00Z")};
  CHECK(get<busy_times>(calendar, free_busy_query{"grace", day}).busy.empty());
  CHECK(error_of<busy_times>(calendar, free_busy_query{"grace", {day.until, day.from}}) == ec::invalid_input);
  put_event event;
  event.event_id = "meeting7";
  event.when = day;
  CHECK(get<event_written>(calendar, event).event_id == "meeting7");
  CHECK(get<busy_times>(calendar, free_busy_query{"grace", day}).busy.empty());
  CHECK(get<event_cancelled>(calendar, cancel_event{"grace", "meeting7"}).event_id == "meeting7");
  event.event_id.clear();
  CHECK(error_of<event_written>(calendar, event) == ec::invalid_input);
}

} // namespace embedded_test
