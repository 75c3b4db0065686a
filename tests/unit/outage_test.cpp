// Goal: a store that is away is tried again soon, then less and less often, and
// what waits for it knows for how long. Method: a clock that the test sets.
#include "adapters/sql/outage.hpp"

#include <catch2/catch.hpp>

#include <vector>

namespace outage_test {

using namespace parley;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

struct lost_store {
  sql::outage::clock::time_point now{1h};
  sql::outage outage{100ms, 1'000ms, 5s, [this] { return now; }};
};

} // namespace

TEST_CASE("pauses of an outage double up to the longest") {
  lost_store x;
  std::vector<milliseconds> pauses;
  for (int i = 0; i < 6; ++i)
    pauses.push_back(x.outage.begin_or_go_on());
  CHECK(pauses == std::vector<milliseconds>{100ms, 200ms, 400ms, 800ms, 1'000ms, 1'000ms});
}

TEST_CASE("within a pause the store is not tried") {
  lost_store x;
  CHECK(x.outage.may_try());
  x.outage.begin_or_go_on();
  x.now += 99ms;
  CHECK_FALSE(x.outage.may_try());
  x.now += 1ms;
  CHECK(x.outage.may_try());
  x.outage.begin_or_go_on(); // still away: the next pause counts from here
  x.now += 199ms;
  CHECK_FALSE(x.outage.may_try());
  x.now += 1ms;
  CHECK(x.outage.may_try());
}

TEST_CASE("an outage that is over leaves nothing to the next one") {
  lost_store x;
  for (int i = 0; i < 4; ++i)
    x.outage.begin_or_go_on();
  x.now += 10s;
  CHECK_FALSE(x.outage.young());
  x.outage.over();
  CHECK_FALSE(x.outage.going_on());
  CHECK(x.outage.may_try());
  CHECK(x.outage.length() == 0ms);
  CHECK(x.outage.begin_or_go_on() == 100ms);
  CHECK(x.outage.young());
  CHECK(x.outage.length() == 0ms);
}

TEST_CASE("one may wait for an outage that is young, however often it was tried") {
  lost_store x;
  CHECK_FALSE(x.outage.young());
  x.outage.begin_or_go_on();
  x.now += 4'999ms;
  x.outage.begin_or_go_on(); // is no new outage
  CHECK(x.outage.young());
  CHECK(x.outage.length() == 4'999ms);
  x.now += 1ms;
  CHECK_FALSE(x.outage.young());
  CHECK(x.outage.going_on());
}

} // namespace outage_test
