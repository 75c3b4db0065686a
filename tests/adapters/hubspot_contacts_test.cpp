// Goal: a person stands in HubSpot once, also when the answer of the contact's
// creation is lost and there is no e-mail, which HubSpot keeps unique by itself.
// Method: the adapter against a small HubSpot that can be told to misbehave.
#include "tests/adapters/hubspot_fixture.hpp"

#include <atomic>

namespace hubspot_contacts_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::call_activity;
using parley::test::fake_hubspot;
using parley::test::hubspot_fixture;
using parley::test::stub_answer;
using parley::test::stub_server;

TEST_CASE_METHOD(hubspot_fixture, "hubspot has a contact without an e-mail once although its creation's answer is lost",
                 "[hubspot]") {
  hubspot.search_lags = GENERATE(false, true);
  const bool found_at_once = GENERATE(true, false);
  const int status_when_taken = GENERATE(409, 400);
  const auto at_contacts = [](const stub_server::request& x) {
    return x.method_string() == "POST" && fake_hubspot::path_of(x) == "/crm/v3/objects/contacts";
  };
  std::atomic<bool> lost = false;
  std::atomic<bool> readable = found_at_once;
  hubspot.meddle = [&](const stub_server::request& x) -> std::optional<stub_answer> {
    if (!readable && x.target().find("idProperty") != std::string::npos)
      return fake_hubspot::error(503, "UNAVAILABLE");
    if (!at_contacts(x))
      return std::nullopt;
    const auto answer = hubspot.answer(x);
    if (!lost.exchange(true)) { // done, and nobody hears of it
      stub_answer nothing;
      nothing.drop = true;
      return nothing;
    }
    if (answer.status == 409 && status_when_taken == 400)
      return fake_hubspot::error(400, "VALIDATION_ERROR", "CONFLICTING_UNIQUE_VALUE");
    return answer;
  };
  auto x = call_activity();
  x.contact.email.clear();
  x.contact.prospect = prospect_id{uuid{7, 1}};
  const auto crm = start();
  if (!found_at_once) {
    CHECK(error_of<crm_written>(crm, x) == ec::vendor_unavailable); // the outbox repeats it, perhaps from another node
    readable = true;
  }
  const auto written = get<crm_written>(found_at_once ? crm : start(), x);
  CHECK(lost);
  const auto contacts = hubspot.all("contacts");
  REQUIRE(contacts.size() == 1);
  CHECK(contacts.begin()->first == written.contact_id);
  CHECK(contacts.begin()->second.properties["parley_key"] == to_string(x.contact.prospect));
  CHECK(hubspot.all("calls").size() == 1);
}

TEST_CASE_METHOD(hubspot_fixture, "hubspot adopts a contact whose e-mail is taken, whatever its key", "[hubspot]") {
  const auto ada = hubspot.add("contacts", {{"email", "ada@example.com"}});
  hubspot.search_lags = true;
  auto x = call_activity();
  x.contact.prospect = prospect_id{uuid{7, 1}};
  CHECK(get<crm_written>(start(), x).contact_id == ada);
  CHECK(hubspot.all("contacts").size() == 1);
}

} // namespace hubspot_contacts_test
