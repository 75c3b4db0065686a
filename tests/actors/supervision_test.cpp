// Goal: a service that fails is started again behind the same handle, one that
// keeps failing ends its keeper, and the node ends when that happens. Method:
// virtual time; a service that fails on demand.
#include "runtime/supervision/keeper.hpp"
#include "runtime/supervision/root.hpp"
#include "tests/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>

namespace supervision_test {

using namespace parley;
using namespace std::chrono_literals;
using fixture = test::actor_fixture;

namespace {

/// Answers with how often it was started; fails when asked for nobody.
memory_actor::behavior_type forgetful(memory_actor::pointer self, std::shared_ptr<int> starts) {
  guard(self);
  ++*starts;
  return {
    [self, starts](const recall& x) -> caf::result<recollection> {
      if (x.limit == 0)
        self->quit(caf::make_error(ec::journal_unavailable));
      return recollection{{std::to_string(*starts)}};
    },
    [](const remember_emails&) -> caf::result<emails_remembered> { return emails_remembered{}; },
    [](const inspect_state&) -> caf::result<inspected_state> { return inspected_state{"{}"}; },
  };
}

struct kept : fixture {
  std::shared_ptr<int> starts = std::make_shared<int>(0);
  node_health health;
  memory_actor service = keep<memory_actor>(sys, "memory", health,
                                            [n = starts](caf::event_based_actor* self) {
                                              return caf::actor_cast<caf::actor>(self->spawn(forgetful, n));
                                            },
                                            {3, 60s, 100ms});

  std::shared_ptr<test::answer<recollection>> recall_one() { return ask<recollection>(service, recall{{}, 1}); }
  void fail() { ask<recollection>(service, recall{{}, 0}); }
};

} // namespace

TEST_CASE_METHOD(kept, "a service that fails is started again behind the same handle", "[supervision]") {
  CHECK(recall_one()->value->interactions == std::vector<std::string>{"1"});
  fail();
  // Down for a moment: requests fail at once, and the node says so.
  CHECK(recall_one()->error == ec::vendor_unavailable);
  CHECK(health.problems() == std::vector<std::string>{"memory: is being started again"});
  advance(100ms);
  CHECK(recall_one()->value->interactions == std::vector<std::string>{"2"});
  CHECK(health.problems().empty());
  stop(service);
}

TEST_CASE_METHOD(kept, "the pause before a restart doubles", "[supervision]") {
  fail();
  advance(100ms);
  fail();
  advance(199ms);
  CHECK(*starts == 2);
  advance(1ms);
  CHECK(*starts == 3);
  stop(service);
}

TEST_CASE_METHOD(kept, "failures long ago do not count", "[supervision]") {
  for (int i = 0; i < 8; ++i) {
    fail();
    advance(31s);
  }
  CHECK(*starts == 9);
  stop(service);
}

TEST_CASE_METHOD(kept, "a service that keeps failing ends the node", "[supervision]") {
  std::vector<std::string> fatal;
  const auto root
    = sys.spawn(node_root, context_ptr{context}, &health, [&](const std::string& why) { fatal.push_back(why); });
  caf::anon_send(root, watch_atom::value, std::string{"memory"}, caf::actor_cast<caf::actor>(service));
  settle();
  for (int i = 0; i < 3; ++i) {
    fail();
    advance(1s);
  }
  CHECK(fatal.empty());
  fail();
  advance(1s);
  REQUIRE(fatal.size() == 1);
  CHECK_THAT(fatal[0], Catch::Contains("memory ended"));
  CHECK(health.problems().size() == 1);
  stop(root);
}

TEST_CASE_METHOD(kept, "a service that is told to end is not missed", "[supervision]") {
  std::vector<std::string> fatal;
  const auto root
    = sys.spawn(node_root, context_ptr{context}, &health, [&](const std::string& why) { fatal.push_back(why); });
  caf::anon_send(root, watch_atom::value, std::string{"memory"}, caf::actor_cast<caf::actor>(service));
  settle();
  stop(service);
  CHECK(fatal.empty());
  CHECK(*starts == 1);
  stop(root);
}

} // namespace supervision_test
