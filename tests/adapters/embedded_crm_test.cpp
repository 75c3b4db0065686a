// Goal: where there is no CRM, our own tables are one: people are found and
// searched, and nothing is made up. Method: over a real store.
#include "adapters/embedded/embedded_crm.hpp"
#include "adapters/sqlite/sqlite_journal.hpp"
#include "runtime/crm_identity.hpp"
#include "tests/support/port_fixture.hpp"

#include <filesystem>
#include <stdlib.h>

namespace embedded_crm_test {

using namespace parley;
namespace fs = std::filesystem;

namespace {

struct crm_fixture : test::port_fixture {
  fs::path folder;
  std::shared_ptr<sqlite_store> store;
  embedded_crm_actor crm;
  uint64_t last = 0;

  crm_fixture() {
    std::string name = (fs::temp_directory_path() / "parley-crm-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    folder = name;
    sqlite_settings x;
    x.data_dir = (folder / "data").string();
    fs::create_directories(x.data_dir);
    store = open_store(x, {});
    context->journal = sys.spawn(sqlite_journal, ctx(), store);
    crm = sys.spawn(embedded_crm, ctx());
  }
  ~crm_fixture() {
    end_actors();
    context->journal = journal_port{};
    store.reset();
    fs::remove_all(folder);
  }

  prospect_row keep(const std::string& name, const std::string& email, const std::string& phone,
                    const std::string& state = "TX", const std::string& crm_id = "") {
    prospect_row x;
    x.id = prospect_id{uuid{++last, 3}};
    x.source = "csv";
    x.name = name;
    x.email = email;
    x.phone = phone;
    x.state = state;
    x.crm_id = crm_id;
    x.company = "Acme";
    x.attributes = R"({"industry":"machinery","size":12})";
    append batch;
    batch.epoch = store->identity().epoch;
    batch.rows.push_back(x);
    get<committed>(context->journal, batch);
    return x;
  }
  std::string name_of(const find_contact& who) {
    const auto found = get<crm_contact>(crm, who);
    return found.found ? found.name : "nobody";
  }
};

} // namespace

TEST_CASE_METHOD(crm_fixture, "our own tables find a person by id, then e-mail, then phone", "[embedded]") {
  const auto ann = keep("Ann", "Ann@Example.org", "+14155550101", "TX", "hs-7");
  keep("Bob", "bob@example.org", "+14155550102");
  CHECK(name_of({"hs-7", "bob@example.org", "", "csv"}) == "Ann");
  CHECK(name_of({to_string(ann.id), "", ""}) == "Ann");
  CHECK(name_of({"", "ann@example.ORG", ""}) == "Ann");
  CHECK(name_of({"", "nobody@example.org", "+14155550102"}) == "Bob");
  CHECK(name_of({"gone", "", "+14155550102", "csv"}) == "Bob");
  CHECK(name_of({to_string(uuid{999, 9}), "bob@example.org", ""}) == "Bob");
  CHECK(name_of({"", "nobody@example.org", ""}) == "nobody");
  CHECK(name_of({}) == "nobody");
  CHECK(name_of({"' OR 1=1 --", "' OR 1=1 --", "'", "csv"}) == "nobody");
  const auto found = get<crm_contact>(crm, find_contact{"hs-7", "", "", "csv"});
  CHECK(found.crm_id == "hs-7");
  CHECK(found.company == "Acme");
  CHECK(found.properties == std::map<std::string, std::string>{{"industry", "machinery"}});
}

TEST_CASE_METHOD(crm_fixture, "our own tables tell people apart whom a list's id or a number does not", "[embedded]") {
  auto ann = keep("Ann", "", "+14155550101", "TX", "7");
  auto bob = keep("Bob", "", "+14155550101", "TX", "8");
  ann.source = "salesforce";
  append batch;
  batch.epoch = store->identity().epoch;
  batch.rows.push_back(ann);
  get<committed>(context->journal, batch);
  keep("Cleo", "", "+14155550103", "TX", "7");
  CHECK(name_of({"7", "", "", "salesforce"}) == "Ann");
  CHECK(name_of({"7", "", "", "csv"}) == "Cleo");
  CHECK(name_of({"7", "", ""}) == "nobody"); // whose id it is nobody says
  CHECK(name_of(identity_of(ann)) == "Ann");
  CHECK(name_of(identity_of(bob)) == "Bob"); // not whoever is first at their number
}

TEST_CASE_METHOD(crm_fixture, "our own tables are searched by filter, page by page", "[embedded]") {
  for (int i = 0; i < 5; ++i)
    keep("T" + std::to_string(i), "t" + std::to_string(i) + "@example.org", "+1415555011" + std::to_string(i));
  keep("Ohio", "o@example.org", "+14155550120", "OH");
  keep("York", "y@example.org", "+14155550121", "NY");
  search_contacts ask;
  ask.filter = {{"state", {"TX", "OH"}}, {"company", {"Acme"}}};
  ask.limit = 4;
  auto page = get<crm_contacts>(crm, ask);
  CHECK(page.contacts.size() == 4);
  CHECK(page.total == 6);
  ask.after = page.next;
  page = get<crm_contacts>(crm, ask);
  REQUIRE(page.contacts.size() == 2);
  CHECK(page.contacts[1].name == "Ohio");
  CHECK(page.next.empty());
  ask.after.clear();
  ask.filter = {{"favourite_colour", {"blue"}}};
  CHECK(error_of<crm_contacts>(crm, ask) == ec::invalid_input);
  ask.filter = {{"state", {}}};
  CHECK(error_of<crm_contacts>(crm, ask) == ec::invalid_input);
  ask.filter.clear();
  ask.after = "page two";
  CHECK(error_of<crm_contacts>(crm, ask) == ec::invalid_input);
}

TEST_CASE_METHOD(crm_fixture, "our own tables accept activities that have a key", "[embedded]") {
  crm_activity activity;
  CHECK(error_of<crm_written>(crm, activity) == ec::invalid_input);
  activity.key = "call-7";
  CHECK(get<crm_written>(crm, activity).object_id == "call-7");
}

TEST_CASE_METHOD(crm_fixture, "a store that cannot be read is an error, not an unknown person", "[embedded]") {
  self->send_exit(context->journal, caf::exit_reason::kill);
  CHECK(ask<crm_contact>(crm, find_contact{"", "ann@example.org", ""}).error());
}

} // namespace embedded_crm_test
