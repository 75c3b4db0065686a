// Goal: a test call is refused clearly before anything is stored when it cannot
// be made: without a number or consent, by an unknown campaign, outside lawful
// hours. Method: commands over a real store, with real compliance.
#include "tests/unit/control_world.hpp"

namespace control_call_test_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

struct fixture : control_world {
  static json order(json changes = json::object()) {
    json out{{"number", "+16145550132"}, {"consent", true}};
    out.update(changes);
    return out;
  }
  /// Nothing of a refused call stays behind.
  void check_untouched() {
    CHECK(command("prospect list").empty());
    for (const auto& campaign : command("campaign list"))
      CHECK(campaign["name"] == "Spring");
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "a test call names what is missing, with the remedy", "[control][call_test]") {
  CHECK_THAT(refusal("call test", {{"consent", true}}), Contains("number: is missing"));
  CHECK_THAT(refusal("call test", order({{"number", "12"}})), Contains("number: "));
  CHECK_THAT(refusal("call test", order({{"number", "+18005550132"}})), Contains("number: ")); // toll-free
  CHECK_THAT(refusal("call test", order({{"timezone", "America/Nowhere"}})), Contains("timezone: "));
  CHECK_THAT(refusal("call test", order({{"consent", "yes"}})), Contains("consent: must be true or false"));
  check_untouched();
}

TEST_CASE_METHOD(fixture, "without consent there is no test call, and the words are said", "[control][call_test]") {
  for (const auto& x : {order({{"consent", false}}), json{{"number", "+16145550132"}}})
    CHECK_THAT(refusal("call test", x), Contains("consent: ") && Contains("artificial voice"));
  check_untouched();
}

TEST_CASE_METHOD(fixture, "a test call of a campaign needs that campaign", "[control][call_test]") {
  CHECK_THAT(refusal("call test", order({{"campaign", "Nowhere"}})), Contains("Nowhere"));
  command("campaign create", campaign_args());
  CHECK_THAT(refusal("call test", order({{"campaign", "Spring"}, {"company", "Other"}})), Contains("company: "));
  check_untouched();
}

TEST_CASE_METHOD(fixture, "a test call keeps to the calling hours, and says when they begin", "[control][call_test]") {
  start_shards();
  time.set(a_tuesday + 12h); // midnight in Ohio
  const auto why = refusal("call test", order());
  CHECK_THAT(why, Contains("may not be called now") && Contains("2026-11-25T14:00"));
  check_untouched(); // nobody waits for the morning
}

} // namespace control_call_test_test
