// Goal: nobody is recorded without a word where the law wants one, and where a
// place cannot be told. Method: the shipped rules.
#include "actors/compliance/recording.hpp"
#include "tests/unit/compliance_fixture.hpp"

namespace compliance_recording_test {

using namespace parley;
using parley::test::shipped_rules;

static recording_consent consent(const std::string& phone, const std::string& state = "", const std::string& zip = "") {
  return consent_to_record(shipped_rules(), parse_number(phone, "US", shipped_rules()), {state, "", zip});
}

TEST_CASE("all-party states want the recording announced, others do not", "[compliance][recording]") {
  for (const auto* phone : {"+14155550132", "+13055550132", "+13125550132", "+16175550132", "+12065550132"}) {
    INFO(phone);
    CHECK(consent(phone).announce); // CA, FL, IL, MA, WA
    CHECK_FALSE(consent(phone).source.empty());
  }
  for (const auto* phone : {"+12125550132", "+15125550132", "+16145550132"}) { // NY, TX, OH
    INFO(phone);
    CHECK_FALSE(consent(phone).announce);
  }
}

TEST_CASE("the stricter of number and address holds", "[compliance][recording]") {
  CHECK(consent("+12125550132", "CA").announce);
  CHECK(consent("+14155550132", "NY").announce);
  CHECK_FALSE(consent("+12125550132", "TX").announce);
  CHECK(consent("+12125550132", "", "94107").announce); // San Francisco
  CHECK_FALSE(consent("+12125550132", "", "78701").announce);
}

TEST_CASE("where nobody knows the place the recording is announced", "[compliance][recording]") {
  CHECK(consent("+442071838750").announce);
  CHECK(consent("nonsense").announce);
  CHECK(consent("+18005550132").announce);
}

} // namespace compliance_recording_test
