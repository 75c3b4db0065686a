// Goal: a node that is killed in the middle of a campaign goes on where it
// stopped: it ends with the totals of a node that was left alone, nobody is
// dialled twice, no outcome is lost. Method: real processes, SIGKILL, the same
// seed without it, and the practice world's log as the witness.
//
// What must be equal: the same seed gives the same people, words and outcomes,
// and neither when somebody is called nor how long a node was away changes
// them. So a kill while no call is up changes nothing at all. One that cuts
// calls may change what comes of these: the person hears a gap, has hung up
// when the node is back, or is called once more. Such a call is one attempt
// all the same, and what is said at a number depends on that number's calls
// alone. So whatever no kill has cut must be equal, number by number, and what
// differs in the totals comes from the numbers whose calls were cut.
#include "tests/cluster/invitation.hpp"
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace campaign_crash_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

/// What became of everybody at a number. Two people may share one, and which of
/// them is called first is chance: so they are taken together.
struct at_number {
  std::multiset<std::string> people; ///< state and reason
  std::multiset<std::string> outcomes;
  size_t meetings = 0;
  bool operator==(const at_number&) const = default;
};

std::string shown(const at_number& x) {
  std::string out;
  for (const auto* list : {&x.people, &x.outcomes}) {
    for (const auto& word : *list)
      out += word + ", ";
    out += "; ";
  }
  return out + std::to_string(x.meetings) + " meetings";
}

/// The same, as if no talk had found a slot.
at_number without_slot(const at_number& x) {
  at_number out;
  const auto replaced = [](std::string word) {
    const std::string booked = "meeting_booked";
    const auto found = word.find(booked);
    return found == std::string::npos ? word : word.replace(found, booked.size(), "qualified");
  };
  for (const auto& word : x.people)
    out.people.insert(replaced(word));
  for (const auto& word : x.outcomes)
    out.outcomes.insert(replaced(word));
  return out;
}

struct stretch {
  wall_time from;
  wall_time until;
  bool meets(const stretch& other) const { return from <= other.until && other.from <= until; }
};

/// A campaign that has come to its end.
struct ending {
  ordered_json totals;
  std::map<std::string, at_number> numbers;
};

/// The sample campaign's totals that a crash must not change.
json counted(const ordered_json& totals) {
  json out;
  for (const char* key : {"prospects", "states", "blocked", "calls", "dispositions", "calls_connected", "meetings"})
    out[key] = json(totals[key]);
  return out;
}

struct sample_run : campaign_world {
  void launch() {
    create((cli::config_folder() / "samples" / "prospects.csv").string());
    ask("campaign launch");
  }
  wall_time now() { return *parse_iso(world.command("node status")["now"].get<std::string>()); }
  void kill_and_restart() {
    world.kill_node();
    world.start_node();
  }

  /// Waits for the end of the campaign and checks what holds of any, however
  /// often its node was killed.
  ending finish() {
    REQUIRE(wait_for([&] { return finished(); }, 300s));
    ending out;
    out.totals = status();
    for (const auto& person : ask("prospect list", {{"limit", 100000}})) {
      const auto state = person["state"].get<std::string>();
      const auto reason = plain_text(person["reason"]);
      // Nobody is forgotten.
      CHECK((state == "done" || state == "blocked" || state == "disqualified" || state == "exhausted"));
      out.numbers[person["phone"].get<std::string>()].people.insert(state + " " + reason.substr(0, reason.find(':')));
    }
    const auto all = calls();
    std::set<std::string> sids;
    std::map<std::string, size_t> made; // at the carrier, by person
    for (const auto& call : all) {
      const auto outcome = call["outcome"].get<std::string>();
      CHECK(outcome != "none"); // each call has come to one disposition
      auto& number = out.numbers[call["phone"].get<std::string>()];
      number.outcomes.insert(outcome);
      number.meetings += call["meeting_booked"] == true;
      if (const auto sid = plain_text(call["call_sid"]); !sid.empty()) {
        CHECK(sids.insert(sid).second);
        CHECK(++made[call["prospect_id"].get<std::string>()] <= 3); // attempts_max
      }
    }
    const auto witness = world.witness();
    CHECK(witness["double_dials"] == 0);
    CHECK(witness["window_violations"] == 0);
    // Every call that the carrier saw is in the store.
    CHECK(sids.size() == witness["calls"]["created"].get<size_t>());

    // The totals are the sum of the rows, and each row is counted once.
    CHECK(out.totals["calls_open"] == 0);
    CHECK(out.totals["calls"] == all.size());
    CHECK(sum(out.totals["dispositions"]) == all.size());
    CHECK(sum(out.totals["states"]) == out.totals["prospects"].get<size_t>());

    // Meetings: each is in the calendar once, was mailed, and nothing else was.
    std::set<std::string> booked;
    for (const auto& meeting : ask("meeting list", {{"limit", 100000}}))
      CHECK(booked.insert(meeting["calendar_event_id"].get<std::string>()).second);
    std::set<std::string> events;
    for (const auto& event : witnessed("event"))
      events.insert(event["id"].get<std::string>());
    CHECK(events == booked);
    CHECK(booked.size() == out.totals["meetings"].get<size_t>());
    size_t with_meeting = 0;
    for (const auto& [number, x] : out.numbers)
      with_meeting += x.meetings;
    CHECK(with_meeting == booked.size());
    // An invitation and a preparation each; a mail under way at the kill may go out again.
    size_t invitations = 0;
    size_t preparations = 0;
    for (const auto& mail : world.witness("/mails"))
      ++(invitation_in(mail["raw"].get<std::string>()).uid.empty() ? preparations : invitations);
    CHECK(invitations >= booked.size());
    CHECK(preparations >= booked.size());
    return out;
  }

  static size_t sum(const ordered_json& counts) {
    size_t out = 0;
    for (const auto& [word, count] : counts.items())
      out += count.get<size_t>();
    return out;
  }
};

/// The same campaign without a crash.
const ending& undisturbed() {
  static const ending once = [] {
    sample_run w;
    w.launch();
    return w.finish();
  }();
  return once;
}

} // namespace

TEST_CASE("SIGKILL while everybody sleeps changes nothing", "[cluster]") {
  const auto& expected = undisturbed();
  sample_run w;
  w.launch();
  // Between evening in Hawaii and morning on the east coast nobody may be called.
  REQUIRE(w.wait_for(
    [&] {
      const auto hour = std::chrono::floor<std::chrono::hours>(w.now().time_since_epoch()).count() % 24;
      const auto totals = w.status();
      return hour >= 7 && hour < 11 && totals["calls"].get<int>() > 10 && totals["calls_open"] == 0;
    },
    120s));
  CHECK(w.status()["status"] == "running"); // in the middle of the campaign
  w.kill_and_restart();
  const auto ended = w.finish();
  CHECK(counted(ended.totals) == counted(expected.totals));
  REQUIRE(ended.numbers.size() == expected.numbers.size());
  for (const auto& [number, x] : expected.numbers) {
    CAPTURE(number, shown(x), shown(ended.numbers.at(number)));
    CHECK(ended.numbers.at(number) == x);
  }
}

TEST_CASE("a campaign survives SIGKILL of its node amid calls", "[cluster]") {
  const auto& expected = undisturbed();
  sample_run w;
  w.launch();
  std::vector<stretch> cuts;
  // What ended two seconds of real time before a kill may not be stored yet.
  const auto settling = std::chrono::milliseconds{static_cast<int64_t>(2000 * cli::demo_options{}.speed)};
  for (int kill = 0; kill < 2; ++kill) {
    const auto before = w.status()["calls"].get<int>();
    REQUIRE(w.wait_for(
      [&] { return w.status()["calls"].get<int>() > before + 5 && w.status()["calls_open"].get<int>() > 1; }, 60s));
    const auto from = w.now() - settling;
    w.kill_and_restart();
    cuts.push_back({from, w.now()});
  }
  const auto ended = w.finish();

  std::set<std::string> cut;
  for (const auto& call : w.calls()) {
    const stretch up{*parse_iso(call["initiated_at"].get<std::string>()),
                     *parse_iso(call["ended_at"].get<std::string>())};
    if (std::any_of(cuts.begin(), cuts.end(), [&](const stretch& x) { return x.meets(up); }))
      cut.insert(call["phone"].get<std::string>());
  }
  CHECK_FALSE(cut.empty()); // there were calls to cut

  CHECK(ended.totals["prospects"] == expected.totals["prospects"]);
  REQUIRE(ended.numbers.size() == expected.numbers.size());
  size_t called = 0;
  size_t other_end = 0;
  for (const auto& [number, x] : expected.numbers) {
    const auto& mine = ended.numbers.at(number);
    CAPTURE(number, shown(x), shown(mine));
    CHECK(mine.people.size() == x.people.size());
    CHECK(mine.outcomes.empty() == x.outcomes.empty()); // whoever was called is called, and nobody else
    if (cut.contains(number))
      continue;
    called += !x.outcomes.empty();
    CHECK(without_slot(mine) == without_slot(x));
    other_end += mine != x;
  }
  CHECK(called >= 8); // most of the campaign lies after the kills
  // Everybody shares the diaries of two managers, and a talk that was cut off
  // leaves them otherwise: now and then somebody qualifies and finds no slot, or
  // finds one.
  CHECK(other_end <= called / 8);
}

} // namespace campaign_crash_test
