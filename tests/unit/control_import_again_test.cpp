// Goal: an import that fails or comes again says what is true of the store, and
// a campaign hears of whatever it changed. Method: commands over a real store,
// which refuses a row where the test says so.
#include "tests/unit/control_world.hpp"

namespace control_import_again_test {

using namespace parley;
using namespace parley::test;
using Catch::Contains;
using nlohmann::json;

TEST_CASE_METHOD(control_world, "of an import that fails amid a batch at least as much is stored as is said",
                 "[control][import]") {
  const auto campaign = *parse_uuid(command("campaign create", campaign_args())["campaign"].get<std::string>());
  // One batch of control, of which the store commits the slices before this row.
  const auto operators = dynamic_cast<sqlite_backend&>(*backend).store->connect(sqlite::database::access::write);
  operators->execute("CREATE TRIGGER fault BEFORE INSERT ON prospects WHEN NEW.name = 'P1700' "
                     "BEGIN SELECT RAISE(ABORT, 'the test refuses it'); END");
  std::string people = "name,phone\n";
  for (int i = 0; i < 2'000; ++i)
    people += "P" + std::to_string(i) + "," + std::to_string(6'142'200'000LL + i) + "\n";
  const json args{{"file", file(people)}, {"campaign", "Spring"}};
  const auto said = refusal("prospect import", args);
  CAPTURE(said);
  CHECK_THAT(said, Contains("the test refuses it") && Contains(" rows are stored") && Contains("import again"));
  const auto at = said.find("at least ");
  REQUIRE(at != said.npos);
  const auto told_stored = std::stoul(said.substr(at + 9));
  const auto orders = told();
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].to == entity_key{entity::campaign, campaign});
  CHECK(std::get<prospects_added>(orders[0].what).campaign == campaign_id{campaign});

  operators->execute("DROP TRIGGER fault");
  const auto again = command("prospect import", args);
  CHECK(again["unchanged"] == 1'500); // what was stored before
  CHECK(told_stored <= 1'500);
  CHECK(again["added"] == 500);
  CHECK(again["updated"] == 0);
  CHECK(again["listed"] == 500);
}

TEST_CASE_METHOD(control_world, "a zone that was told is kept by a list that has none", "[control][import]") {
  const auto zone = [&] { return command("prospect show", {{"prospect", "Ann Lee"}})["timezone"]; };
  const auto import = [&](const std::string& rows) { return command("prospect import", {{"file", file(rows)}}); };
  import("name,phone,timezone\nAnn Lee,614 555 0101,America/Los_Angeles\n");
  CHECK(zone() == "America/Los_Angeles");
  // The area code alone would say New York, whose evening comes three hours earlier.
  CHECK(import("name,phone\nAnn Lee,614 555 0101\n")["unchanged"] == 1);
  CHECK(zone() == "America/Los_Angeles");
  CHECK(import("name,phone,timezone\nAnn Lee,614 555 0101,Central\n")["updated"] == 1);
  CHECK(zone() == "America/Chicago");
}

TEST_CASE_METHOD(control_world, "a running campaign hears of an import that only changes what is known",
                 "[control][import]") {
  command("campaign create", campaign_args());
  const auto import = [&](const std::string& row) {
    return command("prospect import",
                   {{"file", file("name,phone,consent_type\n" + row + "\n")}, {"campaign", "Spring"}});
  };
  import("Ann Lee,614 555 0101,none");
  REQUIRE(told().size() == 1);
  const auto done = import("Ann Lee,614 555 0101,express_written");
  CHECK(done["listed"] == 0);
  CHECK(done["updated"] == 1);
  CHECK(told().size() == 2);
  import("Ann Lee,614 555 0101,express_written");
  CHECK(told().size() == 2); // nothing is new
}

} // namespace control_import_again_test
