// Goal: what an aggregate decides leaves it once it is stored, in order, and
// not at all when it is not. Method: a core that counts, over a store that
// commits, refuses or says nothing, as the test wants; virtual time.
#include "runtime/journal/aggregate.hpp"

#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

namespace aggregate_test {

using namespace parley;
using namespace std::chrono_literals;
using test::fake_store;

namespace {

struct counted {
  static constexpr auto type = "counted";
  int32_t by = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(counted, by)

struct counter {
  struct state {
    int32_t sum = 0;
  };
  using event = std::variant<counted>;
  using effect = std::variant<int32_t>;
  static void apply(state& s, const event& e) { s.sum += std::get<counted>(e).by; }
  static std::vector<row> rows(const state&) { return {}; }
  static prospect_id subject(const state&) { return {}; }
  static json public_part(const state& s) { return {{"sum", s.sum}}; }
  static json personal_part(const state&) { return json::object(); }
  static state restore(const json& open, const json&) { return {open.at("sum").get<int32_t>()}; }
};

struct shell_state {
  explicit shell_state(caf::event_based_actor* self) : self{self} {}
  caf::event_based_actor* self;
  aggregate<counter> journal;
  static inline constexpr const char* name = "counter";
};

const uuid stream{4, 4};

struct fixture : test::world {
  std::vector<int32_t> performed;
  std::optional<int32_t> sum; ///< when last loaded
  caf::actor actor;

  void start() {
    actor = sys.spawn([this](caf::stateful_actor<shell_state>* self) -> caf::behavior {
      begin(self, context, 0, "counter", "");
      auto& journal = self->state.journal;
      journal.load(
        self, context, stream, stream_kind::campaign, {},
        [this](auto& x) { performed.push_back(std::get<int32_t>(x)); },
        [this, &journal] { sum = journal.state().sum; });
      return {
        // An event and an effect; by 0: an effect alone.
        [&journal](int32_t by) {
          decision<counter> d;
          if (by != 0)
            d.events.push_back(counted{by});
          d.effects.push_back(by);
          journal.take(std::move(d));
        },
      };
    });
    settle();
  }
  void count(int32_t by) {
    caf::anon_send(actor, by);
    settle();
  }
  bool alive() { return tree.count("counter") == 1; }
};

} // namespace

TEST_CASE_METHOD(fixture, "effects wait for the commit, also those without an event, and keep their order",
                 "[aggregate]") {
  start();
  count(1);
  CHECK(performed == std::vector<int32_t>{1});
  store.decide = [](const append&) { return fake_store::fate::hold; };
  count(2);
  count(0); // nothing to store, but it follows from what is not stored yet
  count(3);
  CHECK(performed == std::vector<int32_t>{1});
  CHECK(store.held.size() == 2); // one behind the other, not one after the other's answer
  release();
  CHECK(performed == std::vector<int32_t>{1, 2, 0, 3});
  CHECK(store.streams.at(stream).version == 3);
}

TEST_CASE_METHOD(fixture, "a refused append ends the actor, and nothing that follows from it is done", "[aggregate]") {
  start();
  store.decide = [](const append&) { return fake_store::fate::refuse; };
  count(1);
  CHECK(performed.empty());
  CHECK_FALSE(alive());
  store.decide = [](const append&) { return fake_store::fate::commit; };
  start();
  CHECK(sum == 0); // what is stored is the truth
}

TEST_CASE_METHOD(fixture, "an append without an answer ends the actor, stored or not", "[aggregate]") {
  const bool stored = GENERATE(true, false);
  store.decide = [stored](const append&) { return stored ? fake_store::fate::silent : fake_store::fate::lose; };
  start();
  count(5);
  CHECK(alive());
  advance(context->settings.journal_timeout);
  CHECK(performed.empty());
  CHECK_FALSE(alive());
  start();
  CHECK(sum == (stored ? 5 : 0));
}

TEST_CASE_METHOD(fixture, "of two writers the one with an old version gives way", "[aggregate]") {
  start();
  const auto old = actor;
  start(); // another life begins while the first one still lives
  count(1);
  caf::anon_send(old, int32_t{7});
  settle();
  CHECK(performed == std::vector<int32_t>{1});
  CHECK(alive());
  CHECK(store.streams.at(stream).version == 1);
}

} // namespace aggregate_test
