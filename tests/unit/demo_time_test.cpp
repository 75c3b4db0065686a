// Goal: the demo's campaign is through in time for every seed, whoever picks up.
// Method: the real planning of times and of attempts, for everybody in the
// sample, with the outcomes that wait longest and slow calls.
#include "actors/compliance/compliance.hpp"
#include "actors/control/campaign_settings.hpp"
#include "actors/control/import/prospects.hpp"
#include "actors/prospect/core.hpp"
#include "adapters/cli/demo.hpp"
#include "tests/unit/compliance_fixture.hpp"
#include "runtime/settings/toml.hpp"

#include <date/tz.h>

namespace demo_time_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

const std::string samples = PARLEY_SOURCE_DIR "/config/samples/";
const cli::demo_options demo;

/// Practice time that passes meanwhile.
wall_time::duration practice(std::chrono::milliseconds real) {
  return std::chrono::duration_cast<wall_time::duration>(real * demo.speed);
}

// Real times, generous for two cores: until the campaign is launched, between a
// due time and the dial, of the longest call, and until a wish is uttered in it.
constexpr auto start_up = 2s;
constexpr auto slot_wait = 2s;
constexpr auto longest_call = 7s;
constexpr auto until_wish = 2s;
/// For the last deliveries and the report.
constexpr auto closing = 3s;

campaign_policy sample_campaign() {
  std::ostringstream text;
  text << toml::json_formatter{toml::parse_file(samples + "campaign.toml")};
  auto policy = commands::read_campaign(nlohmann::json::parse(text.str())).policy;
  policy.campaign = campaign_id{uuid{8, 8}};
  return policy;
}

std::vector<prospect_row> sample_people() {
  std::vector<prospect_row> out;
  std::ifstream in{samples + "prospects.csv", std::ios::binary};
  read_prospects(
    in, {}, shipped_rules(),
    [&](const prospect_import& x) {
      prospect_row row;
      row.id = prospect_id{uuid{7, out.size() + 1}};
      row.name = x.name;
      row.phone = x.phone;
      row.role = x.role;
      row.timezone = x.timezone;
      row.state = x.state;
      out.push_back(std::move(row));
    },
    [](const rejected_row&) {});
  return out;
}

/// "Tomorrow at eleven": the latest that people of the practice world ask for.
wall_time tomorrow_at_eleven(const std::string& zone, wall_time now) {
  const auto* place = date::locate_zone(zone);
  const auto local = place->to_local(date::sys_time<std::chrono::milliseconds>{now.time_since_epoch()});
  const auto wish = date::floor<date::days>(local) + date::days{1} + 11h;
  return wall_time{
    std::chrono::duration_cast<wall_time::duration>(place->to_sys(wish, date::choose::latest).time_since_epoch())};
}

struct life {
  const compliance_state& compliance;
  const campaign_policy& policy;
  const prospect_row& person;
  uint64_t seed;
  prospects::state s{person.id, {}, {}, false};

  void take(const prospects::decision& d) {
    for (const auto& e : d.events)
      prospects::core::apply(s, e);
  }
  const prospects::enrolment& mine() { return s.campaigns[policy.campaign]; }

  call_time ask(wall_time now) {
    const auto& x = mine();
    find_call_time ask;
    ask.from = std::max(now, x.any_lawful_time && x.next_due ? *x.next_due : now);
    ask.number = person.phone;
    ask.person = person;
    ask.policy = policy;
    ask.best = !x.any_lawful_time;
    ask.spread = seed + static_cast<uint64_t>(x.attempts);
    return compliance.find_time(ask);
  }

  /// When the last call is over, if attempts end like this (the last outcome
  /// counts for all that follow); `launched` for somebody who is never called.
  wall_time live(const std::vector<disposition>& outcomes, wall_time launched) {
    prospect_researched found;
    found.probability = 90;
    take(prospects::on_researched(s, policy, found, launched));
    auto now = launched;
    auto last = launched;
    for (int steps = 0; steps < 40 && !is_final(mine().state); ++steps) {
      const auto time = ask(now);
      if (time.zone.empty())
        return launched; // nobody knows whose rules hold there: the gate blocks
      const auto planned = prospects::on_call_time(s, policy, time, now);
      take(planned);
      if (!planned.events.empty()) {
        now = mine().next_due.value_or(now);
        continue;
      }
      now += practice(slot_wait);
      if (now >= time.until)
        continue; // no slot came in time: the next lawful hours
      dial_answer dialled;
      dialled.campaign = policy.campaign;
      dialled.attempt = mine().attempts + 1;
      dialled.verdict = dial_verdict::dialled;
      dialled.call = call_id{uuid{1, 2}};
      take(prospects::on_dial_answer(s, policy, dialled, now));
      call_ended end;
      end.call = dialled.call;
      end.campaign = policy.campaign;
      end.outcome = outcomes.at(std::min(outcomes.size(), static_cast<size_t>(dialled.attempt)) - 1);
      if (end.outcome == disposition::callback)
        end.callback_at = tomorrow_at_eleven(time.zone, now + practice(until_wish));
      now += practice(longest_call);
      last = now;
      take(prospects::on_call_ended(s, end, now, 1200)); // the longest pause after a busy line
      if (!is_final(mine().state))
        now = mine().next_due.value();
    }
    CHECK(is_final(mine().state)); // it does come to an end
    return last;
  }
};

} // namespace

TEST_CASE("three attempts at everybody in the sample fit into the demo, whoever picks up", "[demo]") {
  compliance_state compliance{nullptr};
  compliance.rules = calling_rules::load(rules_dir + "us-calling-rules.json", rules_dir + "nanp-timezones.csv",
                                         rules_dir + "us-zip-states.csv");
  compliance.policy.recommended_hours = true;
  compliance.policy.recommended_caps = true;
  const auto policy = sample_campaign();
  const auto began = *parse_iso(demo.start_at);
  const auto end = began + practice(std::chrono::seconds{demo.seconds_max} - closing);
  constexpr std::array waits{disposition::busy, disposition::no_answer, disposition::callback, disposition::dead_air,
                             disposition::no_decision};
  wall_time latest{};
  for (const auto& person : sample_people())
    for (const auto first : waits)
      for (const auto second : waits)
        for (const uint64_t seed : {1, 2}) {
          CAPTURE(person.name, person.phone, to_string(first), to_string(second), seed);
          life one{compliance, policy, person, seed};
          const auto last = one.live({first, second}, began + practice(start_up));
          CHECK(last <= end);
          latest = std::max(latest, last);
        }
  // Three days do happen: the test looks at what it means to look at.
  CHECK(latest > began + 48h);
}

} // namespace demo_time_test
