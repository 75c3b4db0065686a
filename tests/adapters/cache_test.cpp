// Goal: a vendor is not asked twice for the same within a while, and nobody
// sees what a write has changed. Method: virtual time; the vendor is played.
#include "adapters/cache/cached_crm.hpp"
#include "adapters/cache/cached_enrichment.hpp"
#include "tests/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>

namespace cache_test {

using namespace parley;
using namespace std::chrono_literals;

namespace {

/// A CRM that counts what it is asked and can wait with its answer.
struct vendor {
  std::vector<find_contact> asked;
  int written = 0;
  std::string role = "CTO";
  bool failing = false;
  bool holding = false;
  std::vector<reply<crm_contact>> held; ///< answered by the next search
};

crm_port::behavior_type played_crm(crm_port::pointer self, vendor* v) {
  guard(self);
  const auto contact = [v] {
    crm_contact x;
    x.found = true;
    x.crm_id = "7";
    x.email = "ada@example.com";
    x.role = v->role;
    return x;
  };
  return {
    [=](const find_contact& x) -> caf::result<crm_contact> {
      v->asked.push_back(x);
      if (v->failing)
        return caf::make_error(ec::vendor_unavailable);
      if (!v->holding)
        return contact();
      reply<crm_contact> later{self};
      v->held.push_back(later);
      return later.later();
    },
    [=](const crm_activity& x) -> caf::result<crm_written> {
      ++v->written;
      return crm_written{"1", x.contact.email.starts_with("bob") ? "8" : "7"};
    },
    [=](const search_contacts&) -> caf::result<crm_contacts> {
      for (auto& one : std::exchange(v->held, {}))
        one(contact());
      return crm_contacts{};
    },
  };
}

enrichment_port::behavior_type played_enrichment(enrichment_port::pointer self, int* asked) {
  guard(self);
  return {[=](const enrich&) -> caf::result<enriched> {
    ++*asked;
    enriched out;
    out.found = true;
    return out;
  }};
}

struct cache_fixture : test::actor_fixture {
  vendor hubspot;
  cache_settings settings;
  crm_port behind;
  crm_port crm;

  void start() {
    behind = sys.spawn(played_crm, &hubspot);
    crm = sys.spawn(cached_crm, context_ptr{context}, behind, settings);
    settle();
  }
  ~cache_fixture() {
    hubspot.held.clear();
    stop(crm);
    stop(behind);
  }
  crm_contact find(const find_contact& who) {
    const auto got = ask<crm_contact>(crm, who);
    REQUIRE(got->value);
    return *got->value;
  }
  void write(const find_contact& who) {
    crm_activity x;
    x.key = "k";
    x.contact = who;
    CHECK(ask<crm_written>(crm, x)->value);
  }
  double counted(const std::string& result) {
    return metrics
      .counter("parley_port_cache_requests_total", "", prometheus::Labels{{"port", "crm"}, {"result", result}})
      .Value();
  }
};

const find_contact ada{"", "ada@example.com", ""};
const find_contact by_id{"7", "", ""};
const find_contact bob{"", "bob@example.com", ""};

} // namespace

TEST_CASE_METHOD(cache_fixture, "an answer of the CRM is used again for 15 minutes", "[cache]") {
  start();
  find(ada);
  hubspot.role = "CEO";
  advance(14min + 59s);
  CHECK(find(ada).role == "CTO");
  CHECK(hubspot.asked.size() == 1);
  advance(1s);
  CHECK(find(ada).role == "CEO");
  CHECK(hubspot.asked.size() == 2);
  CHECK(counted("hit") == 1);
  CHECK(counted("miss") == 2);
}

TEST_CASE_METHOD(cache_fixture, "a write to a contact drops what is known of it, and of nobody else", "[cache]") {
  start();
  find(ada);
  find(by_id); // the same person by another name
  SECTION("by its address") {
    write(ada);
  }
  SECTION("by the id that the write told") {
    write({"", "", "+14155550132"});
  }
  hubspot.role = "CEO";
  CHECK(find(ada).role == "CEO");
  CHECK(find(by_id).role == "CEO");
}

TEST_CASE_METHOD(cache_fixture, "an answer that a write has overtaken is not kept", "[cache]") {
  start();
  hubspot.holding = true;
  const auto slow = ask<crm_contact>(crm, ada);
  write(ada);
  ask<crm_contacts>(crm, search_contacts{}); // lets the vendor answer, as before the write
  REQUIRE(slow->value);
  hubspot.holding = false;
  hubspot.role = "CEO";
  CHECK(find(ada).role == "CEO");
  // A write to somebody else changes nothing.
  advance(15min);
  hubspot.holding = true;
  const auto again = ask<crm_contact>(crm, ada);
  write(bob);
  ask<crm_contacts>(crm, search_contacts{});
  REQUIRE(again->value);
  const auto before = hubspot.asked.size();
  find(ada);
  CHECK(hubspot.asked.size() == before);
}

TEST_CASE_METHOD(cache_fixture, "an error of the CRM is not kept", "[cache]") {
  start();
  hubspot.failing = true;
  CHECK(ask<crm_contact>(crm, ada)->error == ec::vendor_unavailable);
  hubspot.failing = false;
  CHECK(find(ada).found);
  CHECK(hubspot.asked.size() == 2);
}

TEST_CASE_METHOD(cache_fixture, "a full cache lets go of what was not asked for longest", "[cache]") {
  settings.cache_answers_max = 2;
  start();
  find(ada);
  find(bob);
  find(ada);
  find(by_id); // bob goes
  CHECK(hubspot.asked.size() == 3);
  find(ada);
  CHECK(hubspot.asked.size() == 3);
  find(bob);
  CHECK(hubspot.asked.size() == 4);
}

TEST_CASE_METHOD(cache_fixture, "a cache of no time asks each time", "[cache]") {
  settings.cache_for = 0ms;
  start();
  find(ada);
  find(ada);
  CHECK(hubspot.asked.size() == 2);
}

TEST_CASE_METHOD(test::actor_fixture, "an enrichment is paid for once in 15 minutes", "[cache]") {
  int asked = 0;
  const auto behind = sys.spawn(played_enrichment, &asked);
  const auto port = sys.spawn(cached_enrichment, context_ptr{context}, enrichment_port{behind}, cache_settings{});
  enrich who;
  who.email = "ada@example.com";
  CHECK(ask<enriched>(port, who)->value->found);
  CHECK(ask<enriched>(port, who)->value->found);
  CHECK(asked == 1);
  who.company = "Acme";
  ask<enriched>(port, who);
  CHECK(asked == 2);
  advance(15min);
  ask<enriched>(port, who);
  CHECK(asked == 3);
  const auto counted = [&](const std::string& result) {
    return metrics
      .counter("parley_port_cache_requests_total", "", prometheus::Labels{{"port", "enrichment"}, {"result", result}})
      .Value();
  };
  CHECK(counted("hit") == 1);
  CHECK(counted("miss") == 3);
  stop(port);
  stop(behind);
}

} // namespace cache_test
