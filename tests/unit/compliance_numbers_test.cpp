// Goal: whatever people write as a phone number becomes E.164 or a sentence
// that says what is wrong with it.
#include "tests/unit/compliance_fixture.hpp"

namespace compliance_numbers_test {

using namespace parley;
using namespace parley::test;

TEST_CASE("numbers as people write them", "[compliance][numbers]") {
  struct row {
    const char* text;
    const char* e164;
    const char* extension;
    const char* country;
    int area_code;
    line_type type;
  };
  const auto x = GENERATE(values<row>({
    {"(415) 555-0132", "+14155550132", "", "US", 415, line_type::unknown},
    {"415.555.0132", "+14155550132", "", "US", 415, line_type::unknown},
    {" 1 415 555 0132 ", "+14155550132", "", "US", 415, line_type::unknown},
    {"+1-415-555-0132", "+14155550132", "", "US", 415, line_type::unknown},
    {"tel:+1-415-555-0132", "+14155550132", "", "US", 415, line_type::unknown},
    {"415 555 0132 ext. 7", "+14155550132", "7", "US", 415, line_type::unknown},
    {"650-253-0000 x123", "+16502530000", "123", "US", 650, line_type::unknown},
    {"+1 613 555 0199", "+16135550199", "", "CA", 613, line_type::unknown},
    {"+1 242 322 0132", "+12423220132", "", "BS", 242, line_type::fixed},
    {"+44 20 7946 0958", "+442079460958", "", "GB", 0, line_type::fixed},
    {"+44 7400 123456", "+447400123456", "", "GB", 0, line_type::mobile},
    {"011 44 20 7946 0958", "+442079460958", "", "GB", 0, line_type::fixed},
  }));
  CAPTURE(x.text);
  const auto out = number(x.text);
  CHECK(out.e164 == x.e164);
  CHECK(out.extension == x.extension);
  CHECK(out.country == x.country);
  CHECK(out.area_code == x.area_code);
  CHECK(to_string(out.type) == to_string(x.type));
}

TEST_CASE("area codes that are newer than the library's data", "[compliance][numbers]") {
  for (const char* text : {"645 555 0100", "227 555 0100", "983 555 0100", "728 555 0100"}) {
    CAPTURE(text);
    CHECK(number(text).country == "US");
  }
  CHECK(number("942 555 0100").country == "CA");
}

TEST_CASE("the home region is a setting", "[compliance][numbers]") {
  const auto out = parse_number("020 7946 0958", "GB", shipped_rules());
  CHECK(std::get<phone_number>(out).e164 == "+442079460958");
}

TEST_CASE("what cannot be dialled is refused with a reason", "[compliance][numbers]") {
  using kind = number_problem::kind;
  struct row {
    const char* text;
    kind what;
    const char* sentence; ///< a part of it
  };
  const auto x = GENERATE(values<row>({
    {"", kind::invalid, "no phone number"},
    {"   ", kind::invalid, "no phone number"},
    {"banana", kind::invalid, "no digits"},
    {"n/a", kind::invalid, "no digits"},
    {"12345", kind::invalid, "it needs 10"},
    {"555-0132", kind::invalid, "it needs 10"},
    {"415 555 01321", kind::invalid, "it needs 10"},
    {"415-555-0132 / 415-555-0133", kind::invalid, "too many digits"},
    {"555 555 0132", kind::invalid, "Area code 555 is not in use"},
    {"(415) 155-0132", kind::invalid, "No exchange begins with 1"},
    {"+999 12345678", kind::invalid, "country code"},
    {"+44 1", kind::invalid, ""},
    {"+44 20 7946 09", kind::invalid, ""},
    {"4.15555E+09", kind::invalid, "spreadsheet"},
    {"800 555 0132", kind::forbidden, "toll-free"},
    {"1-900-555-0132", kind::forbidden, "premium-rate"},
    {"500 555 0132", kind::forbidden, "personal"},
    {"600 555 0132", kind::forbidden, "non-geographic"},
    {"+44 800 123 4567", kind::forbidden, "toll-free"},
    {"+44 909 879 0123", kind::forbidden, "premium-rate"},
    {"+44 70 1234 5678", kind::forbidden, "personal"},
  }));
  CAPTURE(x.text);
  const auto out = parse_number(x.text, "US", shipped_rules());
  REQUIRE(std::holds_alternative<number_problem>(out));
  const auto& problem = std::get<number_problem>(out);
  CHECK(problem.what == x.what);
  CHECK_THAT(problem.sentence, Catch::Contains(x.sentence));
  CHECK_THAT(problem.sentence, Catch::EndsWith(".") || Catch::EndsWith("?"));
}

TEST_CASE("a very long text is no number", "[compliance][numbers]") {
  const auto out = parse_number(std::string(10'000, '4'), "US", shipped_rules());
  CHECK(std::holds_alternative<number_problem>(out));
}

} // namespace compliance_numbers_test
