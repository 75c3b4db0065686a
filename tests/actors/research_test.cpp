// Goal: research puts together what the CRM, the public record and memory
// know, and does without any of them. Method: virtual time; the ports are
// played, memory is real.
#include "actors/research/research.hpp"

#include "actors/memory/memory.hpp"
#include "runtime/json.hpp"
#include "tests/actors/actor_fixture.hpp"
#include "tests/actors/fake_journal.hpp"
#include "tests/actors/played_memory.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace research_test {

using namespace parley;
using namespace std::chrono_literals;

namespace {

/// What the outside world says, and what it was asked.
struct outside {
  crm_contact contact;
  enriched record;
  std::vector<enrich> enriching;
  bool crm_fails = false;
  bool enrichment_fails = false;
};

crm_port::behavior_type play_crm(crm_port::pointer self, outside* o) {
  guard(self);
  return {
    [=](const find_contact&) -> caf::result<crm_contact> {
      if (o->crm_fails)
        return caf::make_error(ec::vendor_unavailable);
      return o->contact;
    },
    [](const crm_activity&) -> caf::result<crm_written> { return crm_written{}; },
    [](const search_contacts&) -> caf::result<crm_contacts> { return crm_contacts{}; },
  };
}

enrichment_port::behavior_type play_enrichment(enrichment_port::pointer self, outside* o) {
  guard(self);
  return {[=](const enrich& x) -> caf::result<enriched> {
    o->enriching.push_back(x);
    if (o->enrichment_fails)
      return caf::make_error(ec::vendor_unavailable);
    return o->record;
  }};
}

struct research_fixture : test::actor_fixture {
  test::fake_store store;
  outside world;
  prospect_row person;

  research_fixture() {
    context->shard_count = store.shards = 2;
    context->journal = sys.spawn(test::fake_journal, &store);
    context->crm = sys.spawn(play_crm, &world);
    context->enrichment = sys.spawn(play_enrichment, &world);
    context->memory = sys.spawn(parley::memory, context_ptr{context});
    person.id = prospect_id{uuid{1, 1}};
    person.name = "Ada Byron";
    person.email = "ada@acme.example";
    world.contact.found = true;
    world.contact.company = "Acme";
    world.record.found = true;
    world.record.industry = "machinery";
    world.record.employees = 170;
    world.record.role = "CTO";
    world.record.news = {"2026-08-01: Acme opens a plant"};
    settle();
  }
  ~research_fixture() {
    stop(context->memory);
    stop(context->enrichment);
    stop(context->crm);
    stop(context->journal);
    context->memory = memory_actor{};
  }

  prospect_researched research() {
    const auto worker = sys.spawn(parley::research, context_ptr{context}, caf::actor_id{0}, person.id);
    campaign_policy policy;
    policy.offer = "A tool that reads invoices.";
    const auto got = ask<prospect_researched>(worker, research_prospect{person, policy});
    stop(worker);
    REQUIRE(got->value);
    return *got->value;
  }
  static bool has(const std::vector<std::string>& all, const std::string& part) {
    return std::any_of(all.begin(), all.end(), [&](const auto& x) { return x.find(part) != std::string::npos; });
  }
};

crm_email mail(const std::string& id, const std::string& text) {
  crm_email x;
  x.id = id;
  x.at = *parse_iso("2026-11-24T10:00:00Z");
  x.incoming = true;
  x.text = text;
  return x;
}

} // namespace

TEST_CASE_METHOD(research_fixture, "research is told what is publicly known of person and company", "[research]") {
  const auto found = research();
  REQUIRE(world.enriching.size() == 1);
  CHECK(world.enriching[0].name == "Ada Byron");
  CHECK(world.enriching[0].email == "ada@acme.example");
  CHECK(world.enriching[0].company == "Acme"); // as the CRM has it
  CHECK(found.strategy.find("Their news: 2026-08-01: Acme opens a plant") != std::string::npos);
  CHECK(found.strategy.find("machinery") != std::string::npos);
  CHECK(found.strategy.find("a company of 170") != std::string::npos);
  CHECK(found.strategy.find("(CTO)") != std::string::npos);
}

TEST_CASE_METHOD(research_fixture, "research asks memory for the five pieces nearest to the offer", "[research]") {
  std::vector<recall> asked;
  stop(context->memory);
  context->memory = sys.spawn(test::play_memory, &asked);
  research();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].prospect == person.id);
  CHECK(asked[0].limit == 5);
  CHECK(asked[0].query.find("reads invoices") != std::string::npos);
}

TEST_CASE_METHOD(research_fixture, "what our own list says counts more than the public record", "[research]") {
  person.role = "Founder";
  person.attributes = R"({"industry":"baking","company_size":"7"})";
  const auto found = research();
  CHECK(found.strategy.find("(Founder)") != std::string::npos);
  CHECK(found.strategy.find("baking") != std::string::npos);
  CHECK(found.strategy.find("machinery") == std::string::npos);
  CHECK(found.strategy.find("170") == std::string::npos);
}

TEST_CASE_METHOD(research_fixture, "research goes on without CRM and public record", "[research]") {
  world.enrichment_fails = true;
  world.crm_fails = GENERATE(false, true);
  const auto found = research();
  CHECK(json::parse(found.strategy).contains("talking_points"));
  CHECK(found.probability > 0);
}

TEST_CASE_METHOD(research_fixture, "nobody is looked up by next to nothing", "[research]") {
  person.email.clear();
  world.contact.company.clear();
  research();
  CHECK(world.enriching.empty());
}

TEST_CASE_METHOD(research_fixture, "the CRM's mails are remembered once, and told to the call", "[research]") {
  world.contact.emails = {mail("m-1", "Too dear this year.\n\nRegards\nAda")};
  auto found = research();
  CHECK(has(found.history, "Too dear this year."));
  CHECK(store.contexts.size() == 1);
  world.contact.emails.push_back(mail("m-2", "Call in May."));
  found = research();
  CHECK(store.contexts.size() == 2);
  CHECK(has(found.history, "Call in May."));
  CHECK(found.history.size() == 2);
}

TEST_CASE_METHOD(research_fixture, "how past calls ended weighs on the next one, without any model", "[research]") {
  const auto ended = [&](disposition how, uint64_t n) {
    call_row c;
    c.id = call_id{uuid{4, n}};
    c.prospect = person.id;
    c.initiated_at = *parse_iso("2026-10-24T15:00:00Z") + std::chrono::hours{n};
    c.ended_at = c.initiated_at + 2min;
    c.outcome = how;
    store.calls[c.id] = c;
  };
  const auto before = research().probability;
  SECTION("with no interest") {
    ended(disposition::not_interested, 1);
    const auto found = research();
    CHECK(found.probability < before);
    CHECK_THAT(found.strategy, Catch::Contains("an earlier call ended with no interest"));
  }
  SECTION("with a wish to be called again") {
    ended(disposition::callback, 1);
    CHECK(research().probability > before);
  }
  SECTION("never answered") {
    ended(disposition::no_answer, 1);
    ended(disposition::machine, 2);
    CHECK_THAT(research().strategy, Catch::Contains("2 earlier calls were not answered"));
  }
  SECTION("another person's, one that is up, and an answer that does not come say nothing") {
    ended(disposition::not_interested, 1);
    store.calls.begin()->second.prospect = prospect_id{uuid{2, 2}};
    ended(disposition::none, 2);
    CHECK(research().probability == before);
    ended(disposition::not_interested, 3);
    store.reports_readable = false;
    CHECK(research().probability == before);
  }
}

TEST_CASE_METHOD(research_fixture, "mails that cannot be stored do not stop research", "[research]") {
  world.contact.emails = {mail("m-1", "Too dear.")};
  store.decide = [](const append&) { return test::fake_store::fate::refuse; };
  const auto found = research();
  CHECK(found.history.empty());
  CHECK(found.strategy.find("machinery") != std::string::npos);
}

} // namespace research_test
