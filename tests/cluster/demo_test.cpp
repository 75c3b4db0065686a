// Goal: the demo's promises hold: every booked meeting is where it should be,
// calendar, CRM and mailbox, and every transcript is what the two sides said.
// Method: the sample campaign in the practice world, whose log is the witness.
#include "tests/cluster/invitation.hpp"
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string word; in >> word;)
    out.push_back(word);
  return out;
}

/// Words of one side, and behind which of them it was cut short.
struct side {
  std::vector<std::string> words;
  std::vector<size_t> cuts;
};

/// Equal but for some words where a turn was cut short: there the two ends may
/// disagree about the last ones. At this speed the few hundredths of a second
/// between them are a second of audio.
bool same(const side& ours, const side& theirs) {
  constexpr size_t words_per_cut = 5;
  const auto at
    = [](const side& x, size_t n, const std::string& word) { return n < x.words.size() && x.words[n] == word; };
  const auto near_cut = [](const side& x, size_t n) {
    return std::any_of(x.cuts.begin(), x.cuts.end(),
                       [n](size_t cut) { return n <= cut + words_per_cut && cut <= n + words_per_cut; });
  };
  size_t i = 0;
  size_t j = 0;
  while (i < ours.words.size() && j < theirs.words.size()) {
    if (ours.words[i] == theirs.words[j]) {
      ++i;
      ++j;
      continue;
    }
    if (!near_cut(ours, i) && !near_cut(theirs, j))
      return false;
    size_t skipped = 1;
    while (skipped <= words_per_cut && !at(ours, i + skipped, theirs.words[j])
           && !at(theirs, j + skipped, ours.words[i]))
      ++skipped;
    if (skipped > words_per_cut)
      return false;
    (at(ours, i + skipped, theirs.words[j]) ? i : j) += skipped;
  }
  const auto left = ours.words.size() - i + theirs.words.size() - j;
  return left == 0 || (left <= words_per_cut && (near_cut(ours, i) || near_cut(theirs, j)));
}

} // namespace

TEST_CASE("the sample campaign keeps what the demo promises", "[cluster]") {
  campaign_world w;
  w.create((cli::config_folder() / "samples" / "prospects.csv").string());
  w.ask("campaign launch");
  REQUIRE(w.wait_for([&] { return w.finished(); }, 300s));
  const auto totals = w.status();
  CHECK(totals["prospects"].get<int>() >= 50);
  CHECK(totals["dispositions"].size() >= 8);
  CHECK(totals["meetings"].get<int>() >= 5);
  for (const char* reason :
       {"dnc_national", "consent_missing", "consent_not_written", "state_forbids_artificial_voice"}) {
    CAPTURE(reason, totals["blocked"].dump());
    CHECK(std::any_of(totals["blocked"].items().begin(), totals["blocked"].items().end(),
                      [&](const auto& x) { return x.key().find(reason) != std::string::npos; }));
  }
  const auto witness = w.world.witness();
  CHECK(witness["double_dials"] == 0);
  CHECK(witness["window_violations"] == 0);

  // Meetings: store, calendar, mailbox and CRM.
  std::map<std::string, ordered_json> events;
  for (const auto& entry : w.witnessed("event"))
    events[entry["id"].get<std::string>()] = entry["event"];
  std::map<std::string, invitation> invitations;
  std::vector<std::set<std::string>> prepared; ///< who got what the calls brought to light
  for (const auto& mail : w.world.witness("/mails")) {
    auto found = invitation_in(mail["raw"].get<std::string>());
    found.recipients = mail["to"].get<std::set<std::string>>();
    const auto uid = found.uid;
    if (uid.empty()) {
      prepared.push_back(found.recipients);
      continue;
    }
    CHECK(invitations.emplace(uid, std::move(found)).second); // nobody is invited twice
  }
  size_t crm_meetings = 0;
  size_t crm_calls = 0;
  for (const auto& entry : w.witnessed("crm"))
    if (entry.value("operation", std::string{}) == "create") {
      crm_meetings += entry.value("object", std::string{}) == "meetings";
      crm_calls += entry.value("object", std::string{}) == "calls";
    }
  std::map<std::string, std::string> own_email;
  for (const auto& person : w.ask("prospect list", {{"limit", 1000}}))
    own_email[person["id"].get<std::string>()] = plain_text(person["email"]);
  std::map<std::string, std::vector<wall_time>> diaries;
  size_t meetings = 0;
  for (const auto& m : w.ask("meeting list", {{"limit", 1000}})) {
    CAPTURE(m.dump());
    ++meetings;
    const auto at = *parse_iso(m["scheduled_at"].get<std::string>());
    diaries[m["account_manager"].get<std::string>()].push_back(at);
    const auto event = events.find(m["calendar_event_id"].get<std::string>());
    REQUIRE(event != events.end());
    CHECK(parse_iso(event->second["start"]["dateTime"].get<std::string>()) == at);
    const auto invited = invitations.find(event->second["iCalUID"].get<std::string>());
    REQUIRE(invited != invitations.end()); // the mail and the calendar speak of one event
    CHECK(invited->second.start == at);
    // The person's own address and nobody else's, in the invitation, on the
    // mail's envelope and in the calendar.
    const auto email = own_email.at(m["prospect_id"].get<std::string>());
    CHECK_FALSE(email.empty());
    CHECK(invited->second.attendees == std::set<std::string>{"mailto:" + email});
    CHECK(invited->second.recipients.contains(email));
    std::set<std::string> guests;
    for (const auto& guest : event->second["attendees"])
      guests.insert(guest["email"].get<std::string>());
    CHECK(guests.contains(email));
  }
  CHECK(meetings == totals["meetings"].get<size_t>());
  CHECK(events.size() == meetings);
  CHECK(invitations.size() == meetings);
  CHECK(prepared.size() == meetings);
  for (const auto& recipients : prepared) {
    CHECK(recipients.size() == 1); // the account manager alone
    for (const auto& [person, email] : own_email)
      CHECK_FALSE(recipients.contains(email));
  }
  CHECK(crm_meetings == meetings);
  CHECK(crm_calls == totals["calls"].get<size_t>());
  for (auto& [manager, times] : diaries) { // nobody is booked twice
    std::sort(times.begin(), times.end());
    for (size_t i = 1; i < times.size(); ++i)
      CHECK(times[i] - times[i - 1] >= 30min);
  }

  // Transcripts: what stands in the store is what was said and heard.
  std::map<std::string, ordered_json> said;
  for (const auto& entry : w.witnessed("transcript"))
    said[entry["sid"].get<std::string>()] = entry["turns"];
  size_t compared = 0;
  for (const auto& row : w.calls()) {
    const auto call = w.world.command("call show", {{"call", row["id"]}});
    const auto found = said.find(plain_text(call["call_sid"]));
    if (found == said.end())
      continue; // nobody answered
    std::map<std::string, side> ours;
    std::map<std::string, side> theirs;
    for (const auto& turn : call["transcript"]) {
      auto& side = ours[turn["who"] == "agent" ? "agent" : "person"];
      for (auto& word : words_of(turn["text"].get<std::string>()))
        side.words.push_back(std::move(word));
      if (turn.value("interrupted", false))
        side.cuts.push_back(side.words.size());
    }
    for (const auto& turn : found->second)
      if (turn.contains("text")) {
        auto& side = theirs[turn["by"].get<std::string>()];
        for (auto& word : words_of(turn["text"].get<std::string>()))
          side.words.push_back(std::move(word));
        if (!turn["complete"].get<bool>())
          side.cuts.push_back(side.words.size());
      }
    CAPTURE(call["call_sid"].dump(), call["outcome"].dump(), call["transcript"].dump(1), found->second.dump(1));
    CHECK(same(ours["agent"], theirs["agent"]));
    CHECK(same(ours["person"], theirs["person"]));
    ++compared;
  }
  CHECK(compared >= 30);
}
