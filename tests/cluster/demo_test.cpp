// Goal: the demo's promises hold: every booked meeting is where it should be,
// calendar, CRM and mailbox, every transcript is what the two sides said, and
// neither log nor store holds a person's words in the clear.
// Method: the sample campaign in the practice world, whose log is the witness;
// and the program itself for how long it takes.
#include "tests/cluster/demo_process.hpp"
#include "tests/cluster/evidence.hpp"
#include "tests/cluster/invitation.hpp"
#include "tests/cluster/promised_time.hpp"
#include "tests/cluster/world.hpp"
#include "tests/support/metrics_page.hpp"
#include "tests/support/slowness.hpp"

#include <catch2/catch.hpp>
#include <curl/curl.h>

namespace demo_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

std::string contents_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// What the practice CRM was told, by its own log.
struct crm_contents {
  explicit crm_contents(const campaign_world& w) {
    for (const auto& entry : w.witnessed("crm")) {
      const auto id = plain_text(entry["id"]);
      const auto object = plain_text(entry["object"]);
      const auto& details = entry["details"];
      if (!details.contains("properties"))
        continue;
      objects[object][id].update(details["properties"]);
      if (entry["operation"] == "create" && details.contains("associations") && !details["associations"].empty())
        contact_of[id] = plain_text(details["associations"][0]["to"]["id"]);
    }
  }
  size_t count(const std::string& object) const {
    const auto found = objects.find(object);
    return found == objects.end() ? 0 : found->second.size();
  }
  /// "name number disposition time" of each call: of the contact that it stands with.
  std::multiset<std::string> calls() const {
    std::multiset<std::string> out;
    for (const auto& [id, call] : objects.at("calls")) {
      const auto title = plain_text(call["hs_call_title"]);
      // Whom we call and whose contact it is are one person.
      CHECK(plain_text(objects.at("contacts").at(contact_of.at(id)).at("phone"))
            == plain_text(call["hs_call_to_number"]));
      out.insert(contact_name(id) + " " + plain_text(call["hs_call_to_number"]) + " "
                 + title.substr(title.rfind(": ") + 2) + " " + to_iso(*parse_iso(plain_text(call["hs_timestamp"]))));
    }
    return out;
  }
  /// "name start" of each meeting: of the contact that it stands with.
  std::multiset<std::string> meetings() const {
    std::multiset<std::string> out;
    for (const auto& [id, meeting] : objects.at("meetings"))
      out.insert(contact_name(id) + " " + to_iso(*parse_iso(plain_text(meeting["hs_meeting_start_time"]))));
    return out;
  }
  /// Of whom an activity stands with.
  std::string contact_name(const std::string& activity) const {
    const auto& contact = objects.at("contacts").at(contact_of.at(activity));
    return plain_text(contact["firstname"]) + " " + plain_text(contact["lastname"]);
  }
  std::map<std::string, std::map<std::string, ordered_json>> objects; ///< properties by object and id
  std::map<std::string, std::string> contact_of;
};

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
  constexpr size_t words_per_cut = 5 * slowness;
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

/// Puts somebody of "Filtered Co" into the practice CRM by hand.
/// @returns The answer's status.
long add_contact(const campaign_world& w, const char* name, const char* phone, json properties) {
  properties.update({{"firstname", name}, {"lastname", "Filtered"}, {"company", "Filtered Co"}, {"phone", phone}});
  const auto url = "http://127.0.0.1:" + std::to_string(w.world.port_of("hubspot")) + "/crm/v3/objects/contacts";
  const auto body = json{{"properties", std::move(properties)}}.dump();
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), curl_easy_cleanup};
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{
    curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all};
  REQUIRE(curl_slist_append(headers.get(), "Authorization: Bearer practice"));
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 10L);
  curl_easy_setopt(
    curl.get(), CURLOPT_WRITEFUNCTION, +[](char*, size_t size, size_t count, void*) { return size * count; });
  REQUIRE(curl_easy_perform(curl.get()) == CURLE_OK);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

} // namespace

TEST_CASE("the sample campaign is over in the time that the demo promises", "[cluster]") {
  const auto before = processor_time::now();
  json result;
  {
    demo_process demo{{"--json", "--seed", "7"}};
    result = demo.result();
    while (demo.program->running())
      std::this_thread::sleep_for(50ms);
  }
  CHECK(result["complete"] == true);
  check_promised_time("demo", result["wall_seconds"].get<double>(), before, processor_time::now());
}

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
       {"consent_missing", "consent_no_artificial_voice", "consent_not_written", "consent_unproven",
        "consent_wrong_channel", "consent_wrong_seller", "dnc_list_missing", "dnc_national", "reassigned_not_checked",
        "region_unsupported", "state_forbids_artificial_voice"}) {
    CAPTURE(reason, totals["blocked"].dump());
    CHECK(totals["blocked"].contains(reason));
  }
  // Somebody who was not reached at first was reached by a retry.
  std::map<std::string, std::vector<ordered_json>> attempts;
  for (const auto& call : w.calls())
    attempts[plain_text(call["phone"])].push_back(call);
  CHECK(std::any_of(attempts.begin(), attempts.end(), [](auto& x) {
    auto& calls = x.second;
    std::sort(calls.begin(), calls.end(), [](const auto& a, const auto& b) {
      return plain_text(a["initiated_at"]) < plain_text(b["initiated_at"]);
    });
    const auto last = plain_text(calls.back()["outcome"]);
    return calls.front()["connected_at"].is_null() && !calls.back()["connected_at"].is_null() && last != "machine"
           && last != "machine_message"; // a person
  }));
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
  const crm_contents crm{w};
  std::map<std::string, std::string> own_email;
  std::vector<std::string> personal; ///< what no log may hold
  for (const auto& person : w.ask("prospect list", {{"limit", 1000}})) {
    own_email[person["id"].get<std::string>()] = plain_text(person["email"]);
    for (const char* field : {"name", "email", "phone"})
      personal.push_back(plain_text(person[field]));
  }
  std::map<std::string, std::vector<wall_time>> diaries;
  size_t meetings = 0;
  std::multiset<std::string> booked;
  for (const auto& m : w.ask("meeting list", {{"limit", 1000}})) {
    CAPTURE(m.dump());
    ++meetings;
    const auto at = *parse_iso(m["scheduled_at"].get<std::string>());
    diaries[m["account_manager"].get<std::string>()].push_back(at);
    booked.insert(plain_text(m["prospect"]) + " " + to_iso(at));
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
  CHECK(crm.meetings() == booked);
  CHECK(crm.count("calls") == totals["calls"].get<size_t>());
  // Each call stands with the person it was made to, with its end and its time.
  std::multiset<std::string> in_store;
  for (const auto& row : w.calls()) {
    const auto call = w.world.command("call show", {{"call", row["id"]}});
    const auto at = plain_text(call["connected_at"].is_null() ? call["initiated_at"] : call["connected_at"]);
    in_store.insert(plain_text(call["prospect"]) + " " + plain_text(call["phone"]) + " " + plain_text(call["outcome"])
                    + " " + to_iso(*parse_iso(at)));
  }
  CHECK(crm.calls() == in_store);
  for (auto& [manager, times] : diaries) { // nobody is booked twice
    std::sort(times.begin(), times.end());
    for (size_t i = 1; i < times.size(); ++i)
      CHECK(times[i] - times[i - 1] >= 30min);
  }

  // Transcripts: what stands in the store is what was said and heard.
  std::map<std::string, ordered_json> said;
  std::set<std::string> with_words;
  for (const auto& entry : w.witnessed("transcript")) {
    const auto sid = entry["sid"].get<std::string>();
    said[sid] = entry["turns"];
    for (const auto& turn : entry["turns"])
      if (!words_of(turn.value("text", std::string{})).empty())
        with_words.insert(sid);
  }
  std::set<std::string> compared;
  std::set<std::string> read_by; ///< who drew conclusions from the turns
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
    for (const auto& turn : call["transcript"])
      personal.push_back(turn["text"].get<std::string>());
    for (const auto& note : call["metadata"]["notes"])
      if (note["kind"] == "observation")
        read_by.insert(plain_text(note["detail"]["source"]));
    if (with_words.contains(found->first))
      compared.insert(found->first);
  }
  CHECK_FALSE(compared.empty());
  CHECK(compared == with_words);
  CHECK(read_by == std::set<std::string>{"analysis", "model", "rules"});

  // After a whole campaign the page of metrics is as docs/metrics.md says.
  const auto page = cli::get_page("http://127.0.0.1:" + std::to_string(w.world.local_port()) + "/metrics");
  const test::metrics_page metrics{page};
  CHECK(metrics.problems() == std::set<std::string>{});
  CHECK(metrics.names().contains("parley_calls_total"));
  for (const std::string port : {"crm", "enrichment"}) // both sit behind a cache
    CHECK(page.find("parley_port_cache_requests_total{port=\"" + port + "\",result=\"miss\"}") != std::string::npos);
  if (const auto program = test::promtool(); !program.empty())
    CHECK(test::promtool_complaints(program, page) == "");

  // Whom the CRM knows by now comes back as a list by a filter.
  const auto taken = w.world.command("prospect import", {{"crm", {{"company", "Hudson Label"}}}});
  CAPTURE(taken.dump());
  CHECK(taken["complete"] == true);
  CHECK(taken["accepted"].get<int>() >= 1);
  CHECK(taken["rejected"] == 0);

  // Whoever's consent stands in the CRM may be called, though no list of ours had them; without one nobody may.
  CHECK(add_contact(w, "Ann", "+16145550187",
                    {{"opt_in", "express_written"},
                     {"consent_at", "2026-06-11"},
                     {"consent_source", "web form"},
                     {"consent_text", "I agree that Acme Robotics may call me by phone with an artificial voice."},
                     {"consent_seller", "Acme Robotics"},
                     {"zip", "43215"},
                     {"hs_timezone", "america_slash_new_york"}})
        == 201);
  CHECK(add_contact(w, "Bob", "+16145550188", json::object()) == 201);
  const auto filtered
    = w.ask("prospect import", {{"crm", {{"company", "Filtered Co"}}}, {"map", {{"opt_in", "consent_type"}}}});
  CAPTURE(filtered.dump());
  CHECK(filtered["listed"] == 2);
  const auto ann = w.world.command("prospect show", {{"prospect", "Ann Filtered"}});
  CHECK(ann["timezone"] == "America/New_York");
  const auto plan = w.ask("campaign launch", {{"dry_run", true}, {"limit", 1000}});
  CAPTURE(plan.dump());
  const auto reason_of = [&plan](const std::string& name) {
    for (const auto* list : {"calls", "not_called"})
      for (const auto& x : plan[list])
        if (x["name"] == name)
          return x.value("reason", plain_text(x["what"]));
    return std::string{"not there"};
  };
  CHECK(reason_of("Ann Filtered") == "called");
  CHECK(reason_of("Bob Filtered") == "consent_missing");

  // The node's log names its calls by their ids, never a person or their words.
  const auto log = contents_of(w.world.folder() / "parleyd.log");
  CHECK(std::count(log.begin(), log.end(), '\n') > 0);
  for (const auto& text : personal) {
    if (text.size() < 8) // "Yes." says nothing of anybody
      continue;
    CAPTURE(text);
    CHECK(log.find(text) == std::string::npos);
  }

  // Neither does the store, but for what is sealed.
  w.world.kill_node();
  const auto plain = plain_columns(w);
  // What the campaign has said since before it knew anybody; a turn that was cut short may be a piece of it.
  const auto own = store_rows(w, "SELECT data FROM events WHERE type = 'campaign_created'").at(0).at(0);
  CHECK_THAT(plain.at("events.data"), Catch::Contains(own)); // the search sees what there is
  CHECK_THAT(plain.at("enrolments.reason"), Catch::Contains("consent_missing"));
  CHECK_THAT(plain.at("compliance_ledger.*"), Catch::Contains("dnc_national"));
  std::set<std::string> leaks;
  for (const auto& text : personal) {
    if (text.size() < 8 || own.find(text) != std::string::npos)
      continue;
    const auto quoted = json(text).dump();
    const auto in_json = quoted.substr(1, quoted.size() - 2);
    for (const auto& [column, rows] : plain)
      if (rows.find(text) != std::string::npos || rows.find(in_json) != std::string::npos)
        leaks.insert(column + ": " + text);
  }
  CHECK(leaks == std::set<std::string>{});
}

} // namespace demo_test
