// Goal: input that nobody means well is refused at little cost. Method: what
// the fuzzers and a look at the parsers brought to light, as plain cases.
#include "actors/control/campaign_words.hpp"
#include "runtime/foreign_json.hpp"
#include "runtime/settings/section.hpp"

#include <catch2/catch.hpp>

namespace foreign_input_test {

using namespace parley;
using namespace std::chrono_literals;

static std::string nested(size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST_CASE("JSON from outside is read as deep as anybody nests it, and no deeper", "[foreign]") {
  CHECK(parse_foreign(R"({"a":[1,{"b":"c"}]})")["a"][1]["b"] == "c");
  CHECK(parse_foreign(nested(json_depth_max)).is_array());
  CHECK(parse_foreign(nested(json_depth_max + 1)).is_discarded());
  // Enough to end the process, if anybody copied or wrote it.
  CHECK(parse_foreign(nested(1'000'000)).is_discarded());
  CHECK(parse_foreign(R"({"a":)" + nested(1'000'000) + "}").is_discarded());
}

TEST_CASE("brackets in texts do not count as nesting", "[foreign]") {
  const auto text = "\"" + std::string(1'000, '[') + "\\\"" + std::string(1'000, '{') + "\"";
  CHECK(parse_foreign(text).is_string());
  CHECK(parse_foreign("[" + text + "]").is_array());
  // One after the other is not one inside the other.
  std::string many = "[[]";
  for (int i = 0; i < 1'000; ++i)
    many += ",[]";
  CHECK(parse_foreign(many + "]").size() == 1'001);
}

TEST_CASE("what is no JSON is told apart from null", "[foreign]") {
  CHECK(parse_foreign("null").is_null());
  CHECK(parse_foreign("").is_discarded());
  CHECK(parse_foreign("{\"a\":").is_discarded());
}

TEST_CASE("a name of a million letters is near to none", "[foreign]") {
  const std::vector<std::string> names(200, "campaign launch");
  CHECK(settings::nearest(std::string(1'000'000, 'a'), names).empty());
  CHECK(settings::nearest("campaign lanuch", names) == "campaign launch");
}

TEST_CASE("lengths of time do not overflow, however many are added", "[foreign]") {
  std::string sum;
  for (int i = 0; i < 200; ++i)
    sum += "1000000000d ";
  CHECK_FALSE(commands::read_duration(sum));
  CHECK(commands::read_duration("1h 30m") == 90min);
}

} // namespace foreign_input_test
