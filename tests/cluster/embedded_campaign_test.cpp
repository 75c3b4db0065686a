// Goal: with accounts for a carrier and a voice model alone, a campaign calls,
// books, moves and cancels meetings, writes its mails and remembers. Method: real
// processes; every other port is the one that is built in, and the practice
// world is the witness that nobody else was asked.
#include "tests/cluster/invitation.hpp"
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <regex>

namespace embedded_campaign_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct own_folder {
  own_folder() {
    auto name = (fs::temp_directory_path() / "parley-mails-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    path = name;
  }
  ~own_folder() { fs::remove_all(path); }
  fs::path path;
};

struct two_accounts : own_folder, campaign_world {
  two_accounts() : campaign_world{built_in(path)} {}

  static cli::demo_options built_in(const fs::path& mails) {
    auto o = options(7);
    o.speed = 300;
    o.settings = "[llm]\nprovider = \"none\"\n[crm]\nprovider = \"none\"\n[enrichment]\nprovider = \"none\"\n"
                 "[embedder]\nprovider = \"hashing\"\n[calendar]\nprovider = \"none\"\n"
                 "[mailer]\nprovider = \"file\"\nfrom_address = \"katie@acme-robotics.example\"\ndirectory = \""
                 + mails.string()
                 + "\"\n[[manager]]\nname = \"Ada Short\"\nemail = \"ada@acme-robotics.example\"\n"
                   "timezone = \"America/Chicago\"\nworking_hours = \"mon-fri 13:00-15:00\"\n"
                   "meeting_link = \"https://meet.acme-robotics.example/ada\"\n";
    return o;
  }

  /// All invitations and their changes, those to one event in order.
  std::vector<invitation> mails() const {
    std::vector<invitation> out;
    for (const auto& entry : fs::directory_iterator{path}) {
      if (entry.path().extension() != ".eml")
        continue;
      std::ifstream in{entry.path(), std::ios::binary};
      std::ostringstream text;
      text << in.rdbuf();
      if (auto found = invitation_in(text.str()); !found.uid.empty())
        out.push_back(std::move(found));
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
    return out;
  }
  std::vector<ordered_json> meetings() {
    std::vector<ordered_json> out;
    for (auto& m : world.command("meeting list", {{"limit", 1000}}))
      out.push_back(std::move(m));
    return out;
  }
  double metric(const std::string& name) const {
    const auto page = cli::get_page("http://127.0.0.1:" + std::to_string(world.local_port()) + "/metrics");
    std::smatch found;
    const bool there = std::regex_search(page, found, std::regex{"\n" + name + " ([0-9.e+]+)"});
    return there ? std::stod(found[1]) : 0;
  }
};

} // namespace

TEST_CASE("with two accounts a campaign books, moves and cancels meetings and remembers", "[cluster]") {
  two_accounts w;
  const json everybody{
    {"min_probability", 0}, {"attempts_max", 1}, {"managers", {"Ada Short"}}, {"meeting_minutes", 45}};
  const auto people = w.people({"0100", "0102", "0100", "0103"});
  w.create(people, everybody);
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.finished(); }, 120s));
  std::map<std::string, std::string> own_email;
  for (const auto& person : w.ask("prospect list", {{"limit", 100}}))
    own_email[plain_text(person["id"])] = plain_text(person["email"]);

  const auto booked = w.meetings();
  REQUIRE(booked.size() >= 2);
  const auto invited = w.mails();
  CHECK(invited.size() == booked.size());
  for (const auto& m : booked) {
    CAPTURE(m.dump());
    const auto at = *parse_iso(m["scheduled_at"].get<std::string>());
    // One to three in the afternoon in Chicago, in winter.
    const auto of_day = at.time_since_epoch() % 24h;
    CHECK(of_day >= 19h);
    CHECK(m["duration_minutes"] == 45);
    CHECK(of_day + 45min <= 21h);
    const auto mail = std::find_if(invited.begin(), invited.end(), [&](const auto& x) { return x.start == at; });
    REQUIRE(mail != invited.end());
    CHECK(mail->end == at + 45min);
    CHECK(mail->attendees == std::set<std::string>{"mailto:" + own_email.at(m["prospect_id"].get<std::string>())});
  }

  // The first is moved into another week, the second cancelled.
  const auto old = *parse_iso(booked[0]["scheduled_at"].get<std::string>());
  const auto moved_to = old + 24h * 7;
  const auto moved = w.world.command("meeting reschedule", {{"meeting", booked[0]["id"]},
                                                            {"to", to_iso(moved_to).substr(0, 10) + " 14:00"},
                                                            {"zone", "America/Chicago"}});
  CHECK(moved["sequence"] == 1);
  w.world.command("meeting cancel", {{"meeting", booked[1]["id"]}});
  REQUIRE(
    w.wait_for([&] { return w.world.command("outbox list").empty() && w.mails().size() == booked.size() + 2; }, 30s));
  std::map<std::string, std::vector<invitation>> by_event;
  for (auto& mail : w.mails())
    by_event[mail.uid].push_back(std::move(mail));
  size_t moves = 0;
  size_t cancels = 0;
  for (const auto& [uid, all] : by_event) {
    if (all.size() < 2)
      continue;
    CHECK(all.back().sequence == 1);
    cancels += all.back().cancelled;
    moves += !all.back().cancelled && all.back().start != all.front().start;
  }
  CHECK(moves == 1);
  CHECK(cancels == 1);

  // Called again for another campaign, what was said before is recalled.
  const auto before = w.metric("parley_memory_recalls_total\\{order=\"newest\"\\}");
  w.name = "Second";
  w.create(people, everybody);
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.finished(); }, 120s));
  CHECK(w.metric("parley_memory_recalls_total\\{order=\"newest\"\\}")
          + w.metric("parley_memory_recalls_total\\{order=\"nearest\"\\}")
        > before);
  CHECK(w.metric("parley_memory_embedded_total") >= static_cast<double>(own_email.size()));

  // Nobody else's account was used.
  CHECK(w.witnessed("crm").empty());
  CHECK(w.witnessed("event").empty());
  CHECK(w.world.witness("/mails").empty());
  const auto witness = w.world.witness();
  CHECK(witness["double_dials"] == 0);
  CHECK(witness["window_violations"] == 0);
}

} // namespace embedded_campaign_test
