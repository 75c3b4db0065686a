// Goal: whatever crosses a door arrives as it was sent, and what is not from
// us is refused. Method: serialise, read back, compare.
#include "tests/actors/actor_fixture.hpp"
#include "tests/support/filled.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <set>

namespace messages_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(test::actor_fixture, "an order arrives with everything it carries", "[messages]") {
  dial_request r;
  r.number = "+14155550132";
  r.window_end = *parse_iso("2026-12-01T15:00:00.123Z");
  r.person_attempts = {r.window_end - 1h};
  r.brief.policy.best_times = {{{2, 3}, 600min, 660min}};
  r.brief.policy.role_times = {{{"ceo"}, {{4}, 480min, 540min}}};
  r.brief.history = {"a", "b"};
  const parley::tell sent{{entity::line, uuid{1, 2}}, 3, r};
  const auto got = across_the_wire(sys, sent);
  CHECK(got.to == sent.to);
  CHECK(got.epoch == 3);
  REQUIRE(std::holds_alternative<dial_request>(got.what));
  const auto& back = std::get<dial_request>(got.what);
  CHECK(back.number == r.number);
  CHECK(back.window_end == r.window_end);
  CHECK(back.person_attempts == r.person_attempts);
  CHECK(back.brief.policy.best_times.front().until == 660min);
  CHECK(back.brief.policy.role_times.front().roles.front() == "ceo");
  CHECK(back.brief.policy.role_times.front().hours.from == 480min);
  CHECK(back.brief.history == r.brief.history);
}

TEST_CASE_METHOD(test::actor_fixture, "doubles survive, whatever their value", "[messages]") {
  for (const double value : {0.1, -1.0, std::numeric_limits<double>::infinity(), 5e-324}) {
    call_row row;
    row.sentiment_score = value;
    CHECK(across_the_wire(sys, append{0, 1, {}, {row}}).rows.size() == 1);
    const auto back = std::get<call_row>(across_the_wire(sys, append{0, 1, {}, {row}}).rows.front());
    CHECK(back.sentiment_score == value);
  }
}

TEST_CASE_METHOD(test::actor_fixture, "an enum value that we do not know is refused", "[messages]") {
  campaign_command c;
  c.action = static_cast<campaign_action>(99);
  CHECK_THROWS_WITH(across_the_wire(sys, c), Catch::Contains("cannot be read back"));
}

namespace {

/// A registered type, as CAF knows it at run time: compiling a check for each of
/// some two hundred types would take minutes.
struct registered {
  std::string name;
  bool has_no_field; ///< nothing to carry
};

template <size_t... Is>
std::vector<registered> all_registered(std::index_sequence<Is...>) {
  constexpr auto first = caf::id_block::parley::begin;
  return {{caf::type_name_by_id<first + Is>::value, std::is_empty_v<typename caf::type_by_id<first + Is>::type>}...};
}

/// Messages that hold a handle of an actor, which only a system can read.
const std::set<std::string> with_handle{"parley::media_events_port", "parley::open_voice_session",
                                        "parley::node_greeted", "parley::host_calls"};
/// Filled they are what they are when they are made: a single flag that is on.
const std::set<std::string> full_by_default{"parley::inbox_recorded", "parley::open_dials"};

std::vector<char> bytes_of(caf::actor_system& sys, const caf::type_erased_value& value) {
  std::vector<char> out;
  caf::binary_serializer sink{sys, out};
  if (const auto e = value.save(sink))
    throw std::logic_error{"cannot be serialised: " + sys.render(e)};
  return out;
}

/// Everything that a value names for the wire comes back, and nothing is left over.
void check_comes_back(caf::actor_system& sys, const caf::type_erased_value& value, const std::string& name) {
  const auto sent = bytes_of(sys, value);
  const auto back = sys.types().make_value(name); // by the name that both sides must know
  REQUIRE(back);
  caf::binary_deserializer source{sys, sent};
  CHECK_FALSE(back->load(source));
  CHECK(source.remaining() == 0);
  CHECK(bytes_of(sys, *back) == sent);
}

template <class T>
void check_round_trip(caf::actor_system& sys, const char* name, const T& message) {
  INFO(name);
  const auto sent = on_the_wire(sys, message);
  T back{};
  caf::binary_deserializer source{sys, sent};
  const auto e = source(back);
  CHECK_FALSE(e);
  CHECK(source.remaining() == 0);
  CHECK(on_the_wire(sys, back) == sent);
}

template <class Variant>
void check_each(caf::actor_system& sys, const char* name) {
  const auto all = one_of_each(static_cast<const Variant*>(nullptr));
  for (const auto& x : all)
    check_round_trip(sys, name, x);
}

} // namespace

TEST_CASE_METHOD(test::actor_fixture, "every registered message survives the wire, empty and full", "[messages]") {
  constexpr size_t count = caf::id_block::parley::end - caf::id_block::parley::begin;
  size_t handles = 0;
  for (const auto& type : all_registered(std::make_index_sequence<count>{})) {
    INFO(type.name);
    const auto empty = sys.types().make_value(type.name);
    REQUIRE(empty);
    CHECK(sys.types().portable_name(empty->type()) == type.name);
    if (with_handle.contains(type.name)) {
      ++handles;
      continue;
    }
    check_comes_back(sys, *empty, type.name);
    const auto full = sys.types().make_value(type.name);
    filler values;
    REQUIRE_FALSE(full->load(values));
    check_comes_back(sys, *full, type.name);
    // Else this test would look at nothing.
    const bool same = bytes_of(sys, *full) == bytes_of(sys, *empty);
    CHECK(same == (type.has_no_field || full_by_default.contains(type.name)));
  }
  CHECK(handles == with_handle.size());
}

TEST_CASE_METHOD(test::actor_fixture, "whatever a message may be one of survives the wire", "[messages]") {
  check_each<order>(sys, "order");
  check_each<row>(sys, "row");
  check_each<decltype(carrier_event::what)>(sys, "carrier_event");
}

TEST_CASE_METHOD(test::actor_fixture, "a handle within a message leads to the same actor", "[messages]") {
  auto hears = [](media_events_port::pointer) -> media_events_port::behavior_type {
    return {[](const media_started&) {},     [](const first_audio&) {},  [](const speech_started&) {},
            [](const turn_finished&) {},     [](const tool_called&) {},  [](const key_pressed&) {},
            [](const playback_finished&) {}, [](const line_silence&) {}, [](const voice_failed&) {},
            [](const media_stopped&) {}};
  };
  open_voice_session open;
  open.instructions = "be brief";
  open.events = sys.spawn(hears);
  const auto back = across_the_wire(sys, open);
  CHECK(back.instructions == open.instructions);
  CHECK(back.events == open.events);
  stop(open.events);
}

} // namespace messages_test
