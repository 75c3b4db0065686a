// Goal: an id names its home for ever, repeats by seed, and a line's id says
// nothing about its number.
#include "runtime/clock.hpp"
#include "runtime/ids.hpp"

#include <catch2/catch.hpp>
#include <date/date.h>

namespace ids_test {

using namespace parley;

TEST_CASE("an id carries its home key and the time", "[ids]") {
  id_source ids{1};
  const auto now = *parse_iso("2026-12-01T15:00:00Z");
  const auto id = ids.next<call_id>(now, 0xabcd);
  CHECK(id.home() == 0xabcd);
  CHECK((id.high >> 16) == static_cast<uint64_t>(now.time_since_epoch().count()));
  CHECK(((id.high >> 12) & 0xf) == 7);
  CHECK((id.low >> 62) == 2);
  CHECK(shard_of(id, 16) == 0xabcd % 16);
}

TEST_CASE("the same seed makes the same ids", "[ids]") {
  id_source a{42};
  id_source b{42};
  id_source c{43};
  const wall_time now{};
  const auto first = a.next<call_id>(now);
  CHECK(first == b.next<call_id>(now));
  CHECK(first != c.next<call_id>(now));
}

TEST_CASE("text form comes back, other texts do not", "[ids]") {
  id_source ids{5};
  const auto id = ids.next<uuid>({});
  CHECK(parse_uuid(to_string(id)) == id);
  for (const char* wrong :
       {"", "0199", "0199a3c2-1111-7000-8000-00000000000g", "0199a3c211117000800000000000000000000"})
    CHECK_FALSE(parse_uuid(wrong));
}

TEST_CASE("a line's id depends on the store's secret", "[ids]") {
  const number_hasher a{{1}};
  const number_hasher b{{2}};
  CHECK(a.line("+14155550132") == a.line("+14155550132"));
  CHECK(a.line("+14155550132") != a.line("+14155550133"));
  CHECK(a.line("+14155550132") != b.line("+14155550132"));
}

TEST_CASE("practice time runs from its origin at its speed", "[clock]") {
  const auto wall0 = *parse_iso("2026-12-01T14:40:00Z");
  const system_clock clock{{wall0, real_now() - std::chrono::seconds{2}, 1800}};
  const auto passed = clock.now() - wall0;
  CHECK(passed >= std::chrono::hours{1});
  CHECK(passed < std::chrono::hours{2});
  CHECK(clock.real(std::chrono::minutes{30}) == std::chrono::seconds{1});
  CHECK(clock.wall(std::chrono::seconds{1}) == std::chrono::minutes{30});
}

TEST_CASE("at speed 1 practice time may begin at another time, else it is the machine's", "[clock]") {
  const auto wall0 = *parse_iso("2026-12-07T14:00:00Z");
  const system_clock practice{{wall0, real_now() - std::chrono::seconds{2}, 1}};
  CHECK(practice.now() - wall0 >= std::chrono::seconds{2});
  CHECK(practice.now() - wall0 < std::chrono::minutes{5});
  const auto before = real_now();
  const auto now = system_clock{}.now().time_since_epoch();
  CHECK(now >= before);
  CHECK(now <= real_now());
}

TEST_CASE("ISO instants", "[clock]") {
  CHECK(to_iso(*parse_iso("2026-12-01T15:00:00Z")) == "2026-12-01T15:00:00.000Z");
  CHECK(parse_iso("2026-12-01T15:00:00+02:00") == parse_iso("2026-12-01T13:00:00Z"));
  CHECK_FALSE(parse_iso("2026-12-01"));
  CHECK_FALSE(parse_iso("soon"));
}

TEST_CASE("the form that is written is the date library's, and is read back", "[clock]") {
  using std::chrono::milliseconds;
  for (const int64_t ms : {int64_t{0}, int64_t{-1}, int64_t{951'782'400'000}, int64_t{1'796'137'199'999},
                           int64_t{-62'167'219'200'000}, int64_t{253'402'300'799'999}, int64_t{253'402'300'800'000}}) {
    const wall_time t{milliseconds{ms}};
    CAPTURE(ms);
    CHECK(to_iso(t) == date::format("%FT%TZ", date::sys_time<milliseconds>{milliseconds{ms}}));
    if (ms < 253'402'300'800'000) // the year 10000 has a digit more than is read
      CHECK(parse_iso(to_iso(t)) == t);
  }
  for (const char* wrong : {"2026-02-29T00:00:00.000Z", "2026-13-01T00:00:00.000Z", "2026-12-01 15:00:00.000Z"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_iso(wrong));
  }
}

} // namespace ids_test
