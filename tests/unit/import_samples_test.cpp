// Goal: the sample campaign shows what it is there to show: most people can be
// called, and every kind of refusal has its row. Method: import it, look its
// numbers up in the sample lists and run the gate over it.
#include "actors/compliance/facts.hpp"
#include "actors/control/import/dnc_list.hpp"
#include "actors/control/import/prospects.hpp"
#include "tests/unit/compliance_fixture.hpp"

#include <map>
#include <set>

namespace import_samples_test {

using namespace parley;
using namespace parley::test;

namespace {

const std::string samples = PARLEY_SOURCE_DIR "/config/samples/";

std::set<std::string, std::less<>> listed(const char* file) {
  std::ifstream in{samples + file};
  std::set<std::string, std::less<>> out;
  const auto summary = read_dnc_list(in, {}, shipped_rules(), [&](std::string_view x) { out.emplace(x); });
  CHECK(summary.rejected == 0);
  CHECK(summary.accepted == out.size());
  return out;
}

struct sample {
  std::vector<prospect_import> rows;
  std::map<std::string, int> rejected; ///< field → rows
};

sample read_sample() {
  sample out;
  std::ifstream in{samples + "prospects.csv", std::ios::binary};
  const auto summary = read_prospects(
    in, {}, shipped_rules(), [&](prospect_import x) { out.rows.push_back(std::move(x)); },
    [&](rejected_row x) { ++out.rejected[x.field]; });
  CHECK(summary.rows == 60);
  return out;
}

gate_verdict judge_row(const prospect_import& x, bool with_lists = true) {
  static const auto national = listed("dnc-national.txt");
  static const auto florida = listed("dnc-florida.txt");
  prospect_row row;
  row.timezone = x.timezone;
  row.state = x.state;
  row.consent_type = x.consent_type;
  row.consent_at = x.consent_at;
  row.consent_source = x.consent_source;
  row.consent_text = x.consent_text;
  row.consent_seller = x.consent_seller;
  gate_input input;
  input.number = parse_number(x.phone, "US", shipped_rules());
  input.where = address_of(row);
  input.consent = consent_of(row);
  input.seller = "Acme Robotics";
  const auto now = utc("2026-11-24T18:00Z"); // 13:00 in New York, 08:00 in Honolulu
  input.lists = {{"national", "sample", now, national.contains(x.phone)}};
  if (with_lists)
    input.lists.push_back({"FL", "sample", now, florida.contains(x.phone)});
  return judge(input, now);
}

} // namespace

TEST_CASE("the sample file is as messy as real ones", "[import][samples]") {
  const auto text = contents(samples + "prospects.csv");
  CHECK(text.starts_with("\xEF\xBB\xBF"));
  CHECK(text.find("\r\n\r\n") != text.npos);
  const auto sample = read_sample();
  CHECK(sample.rows.size() == 52);
  CHECK(sample.rejected
        == std::map<std::string, int>{{"email", 1}, {"name", 1}, {"phone", 3}, {"row", 2}, {"timezone", 1}});
}

TEST_CASE("most people of the sample can be called, each of the others for a "
          "reason of its own",
          "[import][samples]") {
  std::map<std::string, int> reasons;
  int callable = 0;
  for (const auto& x : read_sample().rows) {
    const auto verdict = judge_row(x);
    if (verdict.outcome != gate_outcome::blocked)
      ++callable;
    else
      ++reasons[std::string{to_string(verdict.reason)}];
  }
  CHECK(callable == 39);
  std::string told;
  for (const auto& [reason, count] : reasons)
    told += reason + " " + std::to_string(count) + "\n";
  CHECK(told
        == "consent_missing 1\nconsent_no_artificial_voice 1\n"
           "consent_not_written 2\nconsent_unproven 1\n"
           "consent_wrong_channel 1\nconsent_wrong_seller 1\n"
           "dnc_list_missing 1\ndnc_national 2\nreassigned_not_checked 1\n"
           "region_unsupported 1\nstate_forbids_artificial_voice 1\n");
}

TEST_CASE("without Florida's own list nobody there is called", "[import][samples]") {
  int missing = 0;
  for (const auto& x : read_sample().rows)
    missing += judge_row(x, false).reason == gate_reason::dnc_list_missing;
  CHECK(missing == 3); // with the one in Texas
}

TEST_CASE("the sample reaches over zones and states", "[import][samples]") {
  std::set<std::string> zones, states, numbers;
  int shared = 0, in_two_zones = 0;
  for (const auto& x : read_sample().rows) {
    shared += !numbers.insert(x.phone).second;
    CHECK(x.phone.substr(x.phone.size() - 7, 5) == "55501"); // fictitious
    const auto verdict = judge_row(x);
    zones.insert(verdict.zones.begin(), verdict.zones.end());
    states.insert(verdict.states.begin(), verdict.states.end());
    in_two_zones += verdict.zones.size() > 1;
  }
  CHECK(shared == 1);
  CHECK(in_two_zones >= 4);
  CHECK(zones.size() >= 7);
  CHECK(states.size() >= 25);
}

} // namespace import_samples_test
