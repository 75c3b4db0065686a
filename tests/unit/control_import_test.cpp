// Goal: an import takes the rows that can be used, names each of the others,
// and changes nothing when it is repeated or the file is none; one from the CRM
// tells when it did not get everything. Method: commands over a real store, a
// CRM played by the test.
#include "tests/unit/control_world.hpp"

#include <caf/event_based_actor.hpp>
#include <sys/stat.h>

namespace control_import_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

/// As three programs and a person wrote it: a mark, CRLF, other names and
/// order, empty lines, quoted line ends, and rows that cannot be used.
const std::string messy = "\xEF\xBB\xBF"
                          "Job Title;Phone Number;Full Name;E-Mail;Time Zone;Remarks;Record ID\r\n"
                          "CFO;(614) 555-0101;Ann Lee;ann@lee.example;Eastern;\"asked for\r\na demo\"\r\n"
                          "\r\n"
                          "CTO;614 555 01;Bob Ray;bob@ray.example;;\r\n"
                          "COO;614-555-0102 x9;Cy Fox;cy@fox.example;Mars/Olympus;\r\n"
                          "CEO;614-555-0103 x9;Di Kay;di@kay.example;;\r\n"
                          ";;;;;\r\n"
                          "CFO;+16145550101;Ann Lee;ANN@lee.example;Eastern;again\r\n"
                          "CIO;645 555 0104;J\xFCrgen;j@x.example;;\r\n"
                          ";645 555 0106;Flo Day;flo@day.example;;;7\r\n"
                          ";645 555 0106;Flo D.;Flo@day.example;;\r\n"
                          ";645 555 0107;Gus Ode;gus@ode.example;;;\r\n"
                          ";645 555 0107;Gus O.;gus@ode.example;;;9\r\n"
                          "VP;645 555 0105;Eve Poe;eve@poe.example;America/New_York;";

} // namespace

TEST_CASE_METHOD(control_world, "good rows are taken, the others named by line and reason", "[control][import]") {
  command("campaign create", campaign_args());
  const auto path = file(messy);
  const auto done = command("prospect import", {{"file", path}, {"campaign", "Spring"}});
  CHECK(done["rows"] == 11);
  CHECK(done["accepted"] == 5);
  CHECK(done["rejected"] == 6);
  CHECK(done["added"] == 5);
  CHECK(done["listed"] == 5);
  const auto expected = std::vector<std::tuple<int, std::string, std::string>>{
    {5, "phone", "it needs 10"}, {6, "timezone", "America/New_York"},
    {9, "row", "line 2"},        {10, "name", "UTF-8"},
    {12, "row", "line 11"},      {14, "row", "line 13"}};
  REQUIRE(done["rejected_rows"].size() == expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto& [line, field, reason] = expected[i];
    CHECK(done["rejected_rows"][i]["line"] == line);
    CHECK(done["rejected_rows"][i]["field"] == field);
    CHECK_THAT(done["rejected_rows"][i]["reason"].get<std::string>(), Contains(reason));
  }
  CHECK(command("prospect list").size() == 5);

  const auto before = command("prospect show", {{"prospect", "Ann Lee"}});
  const auto again = command("prospect import", {{"file", path}, {"campaign", "Spring"}});
  CHECK(again["added"] == 0);
  CHECK(again["updated"] == 0);
  CHECK(again["listed"] == 0);
  CHECK(again["unchanged"] == 5);
  CHECK(again["rejected_rows"] == done["rejected_rows"]);
  CHECK(command("prospect show", {{"prospect", "Ann Lee"}}) == before);
}

// Through the command, the store and a campaign's list, not the parser alone. Takes ten seconds or so; the patience is
// for builds with sanitizers.
TEST_CASE_METHOD(control_world, "a hundred thousand rows are imported, and again without a change",
                 "[control][import]") {
  constexpr int rows = 100'000;
  command("campaign create", campaign_args());
  std::string people = "name,phone,company\n";
  for (int i = 0; i < rows; ++i)
    people += "P" + std::to_string(i) + "," + std::to_string(6'142'200'000LL + i) + ",Lee Tools\n";
  const json args{{"file", file(people)}, {"campaign", "Spring"}};
  const auto import = [&] {
    auto asked = args;
    asked["background"] = true;
    return end_of_job(command("prospect import", asked)["job"], 5min)["result"];
  };
  const auto done = import();
  CHECK(done["rows"] == rows);
  CHECK(done["added"] == rows);
  CHECK(done["listed"] == rows);
  CHECK(done["rejected"] == 0);
  const auto again = import();
  CHECK(again["unchanged"] == rows);
  CHECK(again["added"] == 0);
  CHECK(again["updated"] == 0);
  CHECK(again["listed"] == 0);
}

TEST_CASE_METHOD(control_world, "the user says which column is which", "[control][import]") {
  const auto path = file("Wer,Rufnummer,Buero\nAnn Lee,614 555 0101,614 555 0109\n");
  CHECK_THAT(refusal("prospect import", {{"file", path}}), Contains("column 'phone' is missing") && Contains("--map"));
  CHECK(command("prospect list").empty());
  const auto done = command("prospect import", {{"file", path}, {"map", {{"Rufnummer", "phone"}, {"Wer", "name"}}}});
  CHECK(done["added"] == 1);
  CHECK(command("prospect show", {{"prospect", "Ann Lee"}})["phone"] == "+16145550101");
}

TEST_CASE_METHOD(control_world, "a file that is no table is refused and stores nothing", "[control][import]") {
  command("campaign create", campaign_args());
  const auto refused = [this](const std::string& text) {
    return refusal("prospect import", {{"file", file(text)}, {"campaign", "Spring"}});
  };
  CHECK_THAT(refused(""), Contains("file: ") && Contains("empty"));
  CHECK_THAT(refused("PK\x03\x04rubbish\n"), Contains("Excel"));
  CHECK_THAT(refused("[{\"name\":\"Ann\",\"phone\":\"6145550101\"}]"), Contains("JSON"));
  CHECK_THAT(refused("<!doctype html><html></html>"), Contains("HTML"));
  CHECK_THAT(refused(std::string{"\x7F"
                                 "ELF\x02\x01\0\0\0\0\xFF\xC0\0\0\0",
                                 15}),
             Contains("not a text file"));
  CHECK_THAT(refused(std::string{"\xFF\xFEn\0a\0m\0e\0", 10}), Contains("UTF-16"));
  CHECK_THAT(refused("name,e-mail\nAnn,ann@lee.example\n"), Contains("column 'phone' is missing"));
  CHECK_THAT(refused("name,phone\nAnn,614 555 0101\n" + std::string(2 << 20, 'x')), Contains("longer than any row"));
  CHECK_THAT(refusal("prospect import", {{"file", own_folder->path().string()}}), Contains("is a folder"));
  const auto pipe = own_folder->path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THAT(refusal("prospect import", {{"file", pipe.string()}}), Contains("pipe or device"));
  CHECK_THAT(refusal("dnc import", {{"file", pipe.string()}}), Contains("pipe or device"));
  CHECK_THAT(refusal("prospect import", {{"file", file("name,phone\nAnn,614 555 0101\n")}, {"campaign", "Autumn"}}),
             Contains("there is no \"Autumn\""));
  CHECK(command("prospect list").empty()); // also not those that stood before the fault
}

TEST_CASE_METHOD(control_world, "a file without one good row is answered, all counted", "[control][import]") {
  std::string text = "name,phone\n";
  for (int i = 0; i < 30'000; ++i)
    text += "Ann,12\n";
  const auto done = command("prospect import", {{"file", file(text)}});
  CHECK(done["accepted"] == 0);
  CHECK(done["rejected"] == 30'000);
  CHECK(done["rejected_rows"].size() == 10'000); // an answer has a bound
}

namespace {

/// A CRM with two pages of contacts.
caf::behavior
paged_crm(caf::event_based_actor* self, std::vector<search_contacts>* asked, bool fails_later, uint64_t total) {
  guard(self);
  return {[=](const search_contacts& x) -> caf::result<crm_contacts> {
    asked->push_back(x);
    if (fails_later && !x.after.empty())
      return caf::make_error(ec::vendor_unavailable, std::string{"too busy"});
    const auto contact = [](const std::string& id, const std::string& name, const std::string& phone) {
      crm_contact out;
      out.found = true;
      out.crm_id = id;
      out.name = name;
      out.phone = phone;
      out.properties = {{"industry", "Logistics"}, {"jobtitle", "CTO"}};
      return out;
    };
    crm_contacts out;
    out.total = total;
    if (x.after.empty()) {
      out.contacts = {contact("11", "Ann, \"A\"\nLee", "614 555 0132"), contact("12", "No Phone", "")};
      out.next = "2";
    } else {
      out.contacts = {contact("13", "Bob", "614 555 0133")};
    }
    return out;
  }};
}

struct crm_world : control_world {
  std::vector<search_contacts> asked;
  caf::actor crm;
  void start_crm(bool fails_later = false, uint64_t total = 3) {
    crm = sys->spawn(paged_crm, &asked, fails_later, total);
    context->crm = caf::actor_cast<crm_port>(crm);
    command("campaign create", campaign_args());
  }
  ~crm_world() { caf::anon_send_exit(crm, caf::exit_reason::user_shutdown); }
};

} // namespace

TEST_CASE_METHOD(crm_world, "contacts come from the CRM page by page and are checked as a file's rows",
                 "[control][crm]") {
  start_crm();
  const json args{{"crm", {{"lifecyclestage", "lead"}}}, {"campaign", "Spring"}, {"source", "hubspot"}};
  const auto done = command("prospect import", args);
  CHECK(done["rows"] == 3);
  CHECK(done["added"] == 2);
  CHECK(done["listed"] == 2);
  CHECK(done["rejected"] == 1);
  REQUIRE(done["rejected_rows"].size() == 1);
  CHECK(done["rejected_rows"][0]["crm_id"] == "12");
  CHECK(done["rejected_rows"][0]["field"] == "phone");
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].filter.at("lifecyclestage") == std::vector<std::string>{"lead"});
  CHECK(asked[1].after == "2");
  const auto ann = command("prospect show", {{"prospect", "6145550132"}});
  CHECK(ann["name"] == "Ann, \"A\" Lee");
  CHECK(ann["role"] == "CTO");
  CHECK(ann["attributes"]["industry"] == "Logistics");
  const auto again = command("prospect import", args);
  CHECK(again["unchanged"] == 2);
  CHECK(again["listed"] == 0);
}

TEST_CASE_METHOD(control_world, "an import into a campaign that is through says how its people are called",
                 "[control]") {
  command("campaign create", campaign_args());
  const auto import = [&](const std::string& rows) {
    return command("prospect import", {{"file", file("name,phone\n" + rows)}, {"campaign", "Spring"}});
  };
  CHECK_FALSE(import("Bob,614 555 0133\n").contains("hint")); // it runs
  for (const auto status : {campaign_status::completed, campaign_status::stopped}) {
    {
      std::lock_guard lock{log.mutex};
      log.status = status;
    }
    const auto done = import("Ann,614 555 01" + std::to_string(40 + static_cast<int>(status)) + "\n");
    CHECK(done["listed"] == 1);
    CHECK_THAT(done["hint"].get<std::string>(), Contains(std::string{to_string(status)}) && Contains("launched again"));
  }
  CHECK_FALSE(import("Bob,614 555 0133\n").contains("hint")); // nobody is new on its list
}

TEST_CASE_METHOD(crm_world, "a CRM that says nothing of consents takes none back", "[control][crm]") {
  start_crm();
  command("prospect import",
          {{"file", file("name,phone,consent_type,consent_at\nBob,614 555 0133,express,2026-03-01\n")}});
  command("prospect import", {{"crm", {{"lifecyclestage", "lead"}}}});
  CHECK(command("prospect show", {{"prospect", "Bob"}})["consent_type"] == "express");
}

namespace {

caf::behavior
told_crm(caf::event_based_actor* self, std::vector<search_contacts>* asked, std::vector<crm_contacts> pages) {
  guard(self);
  return {[=](const search_contacts& x) {
    asked->push_back(x);
    return pages.at(x.after.empty() ? 0 : std::stoul(x.after));
  }};
}

/// A CRM that tells what the test says, a page for each list of contacts.
struct told_world : crm_world {
  using page = std::vector<crm_contact>;

  static crm_contact
  contact(const std::string& name, const std::string& phone, std::map<std::string, std::string> properties = {}) {
    crm_contact out;
    out.found = true;
    out.name = name;
    out.phone = phone;
    out.properties = std::move(properties);
    return out;
  }
  json import(const std::vector<page>& pages, json map = json::object()) {
    std::vector<crm_contacts> told;
    for (const auto& one : pages)
      told.push_back({one, told.size() + 1 < pages.size() ? std::to_string(told.size() + 1) : "", 0});
    caf::anon_send_exit(crm, caf::exit_reason::user_shutdown);
    crm = sys->spawn(told_crm, &asked, std::move(told));
    context->crm = caf::actor_cast<crm_port>(crm);
    json args{{"crm", {{"lifecyclestage", "lead"}}}};
    if (!map.empty())
      args["map"] = std::move(map);
    return command("prospect import", args);
  }
  std::string consent_of(const std::string& name) {
    return command("prospect show", {{"prospect", name}})["consent_type"].get<std::string>();
  }
};

} // namespace

TEST_CASE_METHOD(told_world, "a mapped property is read on every page, also where nobody has a value",
                 "[control][crm]") {
  // As the adapter tells it: empty where a contact has none, absent where the CRM does not know it.
  const json map{{"opt_in", "consent_type"}};
  const auto done = import({{contact("Ann Lee", "614 555 0101", {{"opt_in", "express"}})},
                            {contact("Bob Ray", "614 555 0102", {{"opt_in", ""}}), contact("Cy Fox", "614 555 0103")}},
                           map);
  CAPTURE(done.dump());
  CHECK(done["added"] == 3);
  CHECK(done["rejected_rows"].empty());
  CHECK_FALSE(done.contains("hint"));
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].properties == std::vector<std::string>{"opt_in"});
  CHECK(asked[1].properties == asked[0].properties);
  CHECK(consent_of("Ann Lee") == "express");
  CHECK(consent_of("Bob Ray") == "none");
  // It is updated and taken back by what the CRM says, as by a file.
  import({{ contact("Ann Lee", "614 555 0101", {{ "opt_in", "ebr" }}) }}, map);
  CHECK(consent_of("Ann Lee") == "ebr");
  import({{ contact("Ann Lee", "614 555 0101", {{ "opt_in", "" }}) }}, map);
  CHECK(consent_of("Ann Lee") == "none");
}

TEST_CASE_METHOD(told_world, "only of whom a CRM tells the consent it is changed", "[control][crm]") {
  command("prospect import",
          {{"file", file("name,phone,consent_type\nBob Ray,614 555 0102,express\nCy Fox,614 555 0103,express\n")}});
  const auto done = import(
    {{contact("Bob Ray", "614 555 0102"), contact("Ann Lee", "614 555 0101", {{"consent_type", "express_written"}}),
      contact("Cy Fox", "614 555 0103", {{"consent_type", ""}})}});
  CHECK(done["accepted"] == 3);
  CHECK(consent_of("Ann Lee") == "express_written");
  CHECK(consent_of("Bob Ray") == "express"); // nothing was said of it
  CHECK(consent_of("Cy Fox") == "none");
}

TEST_CASE_METHOD(told_world, "a mapping may name what the CRM calls its own, and is told when it knows no such name",
                 "[control][crm]") {
  auto done
    = import({{contact("Ann Lee", "614 555 0101", {{"mobilephone", "614 555 0199"}})}}, {{"mobilephone", "phone"}});
  CAPTURE(done.dump());
  CHECK(done["added"] == 1);
  CHECK(command("prospect show", {{"prospect", "Ann Lee"}})["phone"] == "+16145550199");
  command("prospect import", {{"file", file("name,phone,consent_type\nBob Ray,614 555 0102,express\n")}});
  done = import({{contact("Bob Ray", "614 555 0102")}}, {{"optin", "consent_type"}});
  CHECK(done["accepted"] == 1);
  CHECK_THAT(done["hint"].get<std::string>(), Contains("'optin'") && Contains("--map"));
  CHECK(consent_of("Bob Ray") == "express"); // a slip of the pen takes nothing back
}

TEST_CASE_METHOD(crm_world, "a CRM that fails half-way leaves what came before and says so", "[control][crm]") {
  start_crm(true);
  const auto done = command("prospect import", {{"crm", {{"lifecyclestage", {"lead", "customer"}}}}});
  CHECK(done["added"] == 1);
  CHECK(done["complete"] == false);
  CHECK_THAT(done["reason"].get<std::string>(), Contains("too busy") && Contains("import again to go on"));
  REQUIRE(done["rejected_rows"].size() == 1); // the contact without a number, and nothing that is no contact
  CHECK(done["rejected_rows"][0]["crm_id"] == "12");
}

TEST_CASE_METHOD(crm_world, "a filter that takes more than HubSpot's search shows is refused and stores nothing",
                 "[control][crm]") {
  node_identity identity;
  identity.crm = "hubspot";
  control = start_control(identity);
  start_crm(false, 10'001);
  CHECK_THAT(refusal("prospect import", {{"crm", {{"lifecyclestage", "lead"}}}}),
             Contains("invalid_input") && Contains("10001") && Contains("10000") && Contains("narrow it"));
  CHECK(asked.size() == 1);
  CHECK(command("prospect list").empty());
}

TEST_CASE_METHOD(crm_world, "as many as HubSpot's search shows are imported", "[control][crm]") {
  node_identity identity;
  identity.crm = "hubspot";
  control = start_control(identity);
  start_crm(false, 10'000);
  const auto done = command("prospect import", {{"crm", {{"lifecyclestage", "lead"}}}});
  CHECK(done["complete"] == true);
  CHECK(done["added"] == 2);
}

TEST_CASE_METHOD(control_world, "a CRM filter that takes everybody is refused", "[control][crm]") {
  CHECK_THAT(refusal("prospect import", {{"crm", json::object()}}), Contains("crm: "));
  CHECK_THAT(refusal("prospect import", {{"crm", "lead"}}), Contains("crm: "));
  CHECK_THAT(refusal("prospect import", {{"crm", {{"lifecyclestage", 7}}}}), Contains("lifecyclestage"));
  CHECK_THAT(refusal("prospect import", {{"crm", {{"a", "b"}}}, {"file", "x.csv"}}), Contains("exclude each other"));
}

} // namespace control_import_test
