// Goal: the practice Google tells service accounts apart as Google does, so that
// what Google would refuse fails in practice. Method: assertions by hand.
#include "adapters/sandbox/audio.hpp"
#include "tests/adapters/practice_vendor_world.hpp"

#include <algorithm>

namespace practice_google_test {

using namespace parley::sandbox;
using namespace parley::sandbox::test;

TEST_CASE("Google lets a service account invite guests only for a user whom it acts for", "[practice]") {
  practice_vendors all;
  const auto token_of = [&](const json& claims) {
    auto text = to_base64(claims.dump());
    std::replace(text.begin(), text.end(), '+', '-'); // base64url
    std::replace(text.begin(), text.end(), '/', '_');
    text.erase(std::find(text.begin(), text.end(), '='), text.end());
    const auto got
      = http("POST", all.google("/token"),
             json("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=e30." + text + ".c2ln"), "");
    REQUIRE(got.status == 200);
    return got.body["access_token"].get<std::string>();
  };
  json claims{{"iss", "parley@practice.iam.gserviceaccount.com"}};
  const auto itself = token_of(claims);
  claims["sub"] = "sam@northwind.example";
  const auto delegated = token_of(claims);
  const auto events = all.google("/calendar/v3/calendars/sam%40northwind.example/events");
  const json with_guest{{"id", "aaaaa1"},
                        {"summary", "Demo"},
                        {"start", {{"dateTime", "2026-11-28T15:00:00Z"}}},
                        {"end", {{"dateTime", "2026-11-28T15:30:00Z"}}},
                        {"attendees", {{{"email", "ada@byron.example"}}}}};
  auto alone = with_guest;
  alone.erase("attendees");
  const auto refused = http("POST", events, with_guest, itself);
  CHECK(refused.status == 403);
  CHECK(refused.body["error"]["errors"][0]["reason"] == "forbiddenForServiceAccounts");
  CHECK(http("POST", events, alone, itself).status == 200);
  CHECK(http("PUT", events + "/aaaaa1", with_guest, itself).status == 403);
  CHECK(http("PUT", events + "/aaaaa1", alone, itself).status == 200);
  CHECK(http("PATCH", events + "/aaaaa1", {{"attendees", with_guest["attendees"]}}, itself).status == 403);
  CHECK(http("PUT", events + "/aaaaa1", with_guest, delegated).status == 200);
  CHECK(http("POST", all.google("/token"),
             json("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=no.json.here"), "")
          .body["error"]
        == "invalid_grant");
}

} // namespace practice_google_test
