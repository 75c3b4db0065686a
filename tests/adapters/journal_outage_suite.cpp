// Goal: a store that takes nothing for a while costs nothing but time. What can
// wait does, in its order and within bounds, and is stored once; what cannot is
// refused at once, and refused is not stored. Method: the store is really away:
// SQLite's file is locked by somebody else, PostgreSQL's server is stopped.
#include "tests/adapters/journal_suite.hpp"

#include <thread>

namespace journal_outage_suite {

using namespace parley;
using namespace std::chrono_literals;
using test::journal_patience;
using test::journal_test;

namespace {

struct outage_test : journal_test {
  /// As of an actor that lives already: no call begins with it.
  stream_write line(const uuid& id, uint64_t expected) const {
    auto out = write(id, expected);
    out.kind = stream_kind::line;
    return out;
  }
  void be(const journal_patience& x) {
    backend->set(x);
    restart();
  }
  /// Answers of what was sent with `send`, by what they are.
  std::map<std::string, int> answers(int count) {
    std::map<std::string, int> out;
    for (int i = 0; i < count; ++i)
      (*self)->receive([&](const committed&) { ++out["committed"]; },
                       [&](const caf::error& e) { ++out[e.category() == caf::atom("parley") ? name(e) : "?"]; },
                       caf::after(60s) >> [&] { ++out["nothing"]; });
    return out;
  }
  static std::string name(const caf::error& e) {
    return e == ec::queue_full ? "full" : e == ec::journal_unavailable ? "away" : "other";
  }
  record_inbox webhook(const std::string& sid) {
    record_inbox out;
    out.event.call = ids.next<call_id>(now, 3);
    out.event.sid = sid;
    out.event.at = now;
    out.raw = "x";
    return out;
  }
};

} // namespace

TEST_CASE_METHOD(outage_test, "what comes in while the store is away waits in its order and is stored once") {
  be({});
  const auto one = stream();
  const auto two = stream(4);
  must<committed>(batch({line(one, 0)}));
  auto away = backend->go_away();
  constexpr int count = 30;
  for (int i = 1; i <= count; ++i) {
    (*self)->send(port, batch({line(one, static_cast<uint64_t>(i))}));
    (*self)->send(port, batch({line(two, static_cast<uint64_t>(i - 1))}, {}, 4));
  }
  await_outage();
  (*self)->receive([](const committed&) { FAIL("told a commit that is not"); }, caf::after(0s) >> [] {});
  away.reset();
  CHECK(answers(2 * count) == std::map<std::string, int>{{"committed", 2 * count}});
  await_store();
  for (const auto& id : {one, two}) {
    const auto events = must<events_read>(read_events{id}).events;
    CHECK(events.size() == (id == one ? count + 1 : count));
    for (size_t i = 0; i < events.size(); ++i)
      CHECK(events[i].data == R"({"n":)" + std::to_string(i + 1) + "}");
  }
}

TEST_CASE_METHOD(outage_test, "an intent to dial does not wait for a store that is away") {
  be({});
  const auto dialled = stream();
  const auto other = stream();
  auto away = backend->go_away();
  // Before the outage is noticed, and after.
  (*self)->send(port, batch({write(dialled, 0)}));
  await_outage();
  const auto before = std::chrono::steady_clock::now();
  CHECK(refused<committed>(batch({write(stream(), 0)})) == ec::journal_unavailable);
  CHECK(refused<committed>(batch({line(stream(), 0), write(stream(), 0)})) == ec::journal_unavailable);
  CHECK(std::chrono::steady_clock::now() - before < 15s);
  auto waits = (*self)->request(port, 60s, batch({line(other, 0)}));
  away.reset();
  waits.receive([](const committed&) {}, [&](const caf::error& e) { FAIL(sys->render(e)); });
  CHECK(answers(1) == std::map<std::string, int>{{"away", 1}});
  CHECK(must<loaded_stream>(load_stream{dialled}).version == 0); // refused is not stored
  CHECK(must<loaded_stream>(load_stream{other}).version == 1);
  must<committed>(batch({write(dialled, 0)}));
}

TEST_CASE_METHOD(outage_test, "what can be asked again is refused before what would end a call") {
  be({1s, 60s});
  const auto id = stream();
  must<committed>(batch({line(id, 0)}));
  auto away = backend->go_away();
  (*self)->send(port, batch({line(id, 1)}));
  await_outage();
  CHECK(refused<inbox_recorded>(webhook("CA1")) == ec::journal_unavailable);
  CHECK(refused<prospects_imported>(import_prospects{std::nullopt, {prospect("ann")}}) == ec::journal_unavailable);
  CHECK(refused<committed>(batch({}, {campaign("spring")})) == ec::journal_unavailable);
  away.reset();
  CHECK(answers(1) == std::map<std::string, int>{{"committed", 1}});
  await_store();
  CHECK(must<loaded_stream>(load_stream{id}).version == 2);
  CHECK(must<inbox_recorded>(webhook("CA1")).fresh); // refused is not stored
  CHECK(must<prospects_imported>(import_prospects{std::nullopt, {prospect("ann")}}).added == 1);
}

TEST_CASE_METHOD(outage_test, "an actor's append does not wait for ever") {
  be({1s, 1s});
  const auto id = stream();
  auto away = backend->go_away();
  (*self)->send(port, batch({line(id, 0)}));
  (*self)->send(port, batch({line(id, 1)}));
  CHECK(answers(2) == std::map<std::string, int>{{"away", 2}});
  away.reset();
  await_store();
  CHECK(must<loaded_stream>(load_stream{id}).version == 0);
  must<committed>(batch({line(id, 0)}));
}

TEST_CASE_METHOD(outage_test, "what waits for a store that is away is bounded in bytes") {
  journal_patience x;
  x.waiting_bytes_max = 1'000'000;
  be(x);
  auto away = backend->go_away();
  await_outage();
  for (int i = 0; i < 10; ++i) {
    auto large = line(stream(), 0);
    large.events[0].data = R"({"x":")" + std::string(300'000, 'x') + "\"}";
    (*self)->send(port, batch({large}));
  }
  CHECK(answers(7) == std::map<std::string, int>{{"full", 7}});
  away.reset();
  CHECK(answers(3) == std::map<std::string, int>{{"committed", 3}});
}

} // namespace journal_outage_suite
