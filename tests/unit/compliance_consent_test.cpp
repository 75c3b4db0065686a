// Goal: a consent counts for the seller, the channel and the voice that its words
// name, and for nothing else. Method: the facts of a call that is allowed, with
// another consent.
#include "actors/compliance/facts.hpp"
#include "tests/unit/compliance_fixture.hpp"

namespace compliance_consent_test {

using namespace parley;
using namespace parley::test;

TEST_CASE("a stored consent that cannot be read is none", "[compliance][consent]") {
  prospect_row row;
  row.consent_type = "express_written";
  row.consent_at = "2026-03-01T00:00:00.000Z";
  CHECK(consent_of(row).type == consent_type::express_written);
  CHECK(consent_of(row).at == utc("2026-03-01T00:00Z"));
  row.consent_type = "a nod";
  row.consent_at = "last spring";
  CHECK(consent_of(row).type == consent_type::none);
  CHECK_FALSE(consent_of(row).at);
}

TEST_CASE("the seller of a consent counts up to spelling", "[compliance][consent]") {
  CHECK(names_seller("Acme Robotics", "Acme Robotics"));
  CHECK(names_seller("  ACME-Robotics ", "Acme Robotics"));
  CHECK(names_seller("Globex; Acme Robotics", "Acme Robotics"));
  CHECK_FALSE(names_seller("Acme", "Acme Robotics"));
  CHECK_FALSE(names_seller("Acme Robotics Leasing", "Acme Robotics"));
  CHECK_FALSE(names_seller("", "Acme Robotics"));
  CHECK_FALSE(names_seller("", ""));
}

TEST_CASE("the seller's name says nothing of what was agreed to", "[compliance][consent]") {
  auto input = callable();
  input.seller = input.consent.seller = "Automated Call Company";
  input.consent.text = "Automated Call Company may send me letters.";
  CHECK(judge(input).reason == gate_reason::consent_wrong_channel);
  input.consent.text = "AUTOMATED CALL COMPANY may call me.";
  CHECK(judge(input).reason == gate_reason::consent_no_artificial_voice);
}

TEST_CASE("what a consent covers is read from its words", "[compliance][consent]") {
  struct row {
    const char* text;
    gate_reason reason;
  };
  const auto x = GENERATE(values<row>({
    {"Acme may call me using automated technology.", gate_reason::none},
    {"Phone calls by AI.", gate_reason::none},
    {"TELEPHONE CALLS, ARTIFICIAL OR PRERECORDED VOICE", gate_reason::none},
    {"I aim to get phone calls.", gate_reason::consent_no_artificial_voice},
    {"Recall me to the automated newsletter.", gate_reason::consent_wrong_channel},
  }));
  CAPTURE(x.text);
  auto input = callable();
  input.consent.text = x.text;
  CHECK(to_string(judge(input).reason) == to_string(x.reason));
}

} // namespace compliance_consent_test
