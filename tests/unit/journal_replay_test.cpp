// Goal: replay equals live: the events of a stream make the state that is
// stored beside them, and a state that was loaded goes on as the living one
// would have. Method: random events of every kind for each aggregate, through a
// real store, with seeds; also in orders that no actor would decide.
#include "actors/call/core.hpp"
#include "actors/campaign/core.hpp"
#include "actors/diary/core.hpp"
#include "actors/line/core.hpp"
#include "actors/prospect/core.hpp"
#include "tests/adapters/journal_suite.hpp"
#include "tests/support/replay.hpp"

#include <random>
#include <set>

namespace journal_replay_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// Fills events with random values, whatever their fields are.
class event_maker {
public:
  explicit event_maker(uint64_t seed) : engine_{seed} {}

  template <class Event>
  Event make() {
    auto form = json(Event{});
    mutate<Event>(form, json::json_pointer{});
    return form.get<Event>();
  }
  template <class Variant>
  Variant any() {
    return pick<Variant>(below(std::variant_size_v<Variant>), std::make_index_sequence<std::variant_size_v<Variant>>{});
  }
  size_t below(size_t n) { return engine_() % n; }

private:
  template <class Variant, size_t... Is>
  Variant pick(size_t which, std::index_sequence<Is...>) {
    Variant out;
    (void(Is == which ? void(out = make<std::variant_alternative_t<Is, Variant>>()) : void()), ...);
    return out;
  }

  /// Changes what stands at the place, as far as the event can be read then.
  template <class Event>
  void mutate(json& form, const json::json_pointer& at) {
    const auto here = form[at];
    if (here.is_object()) {
      for (const auto& [key, ignored] : here.items())
        mutate<Event>(form, at / key);
      return;
    }
    for (const auto& value : candidates(here)) {
      auto changed = form;
      changed[at] = value;
      try {
        changed.get<Event>();
      } catch (const std::exception&) {
        continue; // no value for this field
      }
      form = std::move(changed);
      return;
    }
  }

  std::vector<json> candidates(const json& here) {
    const auto id = to_string(uuid{1, 1 + below(4)}); // few, so that events meet
    const auto instant = to_iso(wall_time{1h * below(24 * 60)});
    std::vector<json> out;
    if (here.is_boolean())
      return {below(2) == 0};
    if (here.is_number_float())
      return {0.25 * static_cast<double>(below(8)) - 1};
    if (here.is_number())
      return {below(3)};
    if (here.is_null()) {
      if (below(3) == 0)
        return {};
      return {id, instant, word(), below(3)};
    }
    if (here.is_array())
      return {json::array({word()}), json::array({id}), json::array({json::object()})};
    const auto& text = here.get_ref<const std::string&>();
    if (parse_uuid(text))
      return {id};
    if (parse_iso(text))
      return {instant};
    for (int i = 0; i < 8; ++i) // one of them is perhaps a name of the field's
      out.push_back(word());
    return out;
  }

  std::string word() {
    static const auto words = [] {
      std::vector<std::string> out{"", "Ann", "\"quoted\"\nlines", "Köln"};
      const auto add = [&](const auto& names) { out.insert(out.end(), std::begin(names), std::end(names)); };
      add(disposition_names);
      add(carrier_status_names);
      add(enrolment_state_names);
      add(campaign_status_names);
      add(answered_by_names);
      add(speaker_names);
      return out;
    }();
    return words[below(words.size())];
  }

  std::mt19937_64 engine_;
};

/// Appends random events of one stream as its actor would, sometimes from a
/// state that was loaded anew, and compares after each append.
template <class Core>
void check_replay(journal_test& journal, stream_kind kind, const uuid& id, const typename Core::state& fresh,
                  uint64_t seed) {
  using event = typename Core::event;
  event_maker maker{seed};
  std::set<size_t> seen;
  auto live = fresh;
  uint64_t version = 0;
  while (version < 40) {
    stream_write write;
    write.stream = id;
    write.kind = kind;
    write.expected = version;
    for (size_t n = 1 + maker.below(3); n > 0; --n) {
      const auto what = maker.any<event>();
      seen.insert(what.index());
      Core::apply(live, what);
      write.events.push_back(std::visit([&](const auto& e) { return to_stored(e, journal.now); }, what));
    }
    version += write.events.size();
    write.state = Core::public_part(live).dump();
    if (const auto personal = Core::personal_part(live); !personal.empty())
      write.personal_state = personal.dump();
    write.subject = Core::subject(live);
    journal.must<committed>(journal.batch({write}, {}, journal.shard(id)));

    const auto stored = journal.must<loaded_stream>(load_stream{id});
    const auto events = journal.must<events_read>(read_events{id}).events;
    REQUIRE(stored.version == version);
    REQUIRE(events.size() == version);
    const auto loaded = Core::restore(
      json::parse(stored.state), stored.personal_state.empty() ? json::object() : json::parse(stored.personal_state));
    REQUIRE(whole<Core>(replayed<Core>(fresh, events)) == whole<Core>(live));
    REQUIRE(whole<Core>(loaded) == whole<Core>(live));
    if (maker.below(2) == 0)
      live = loaded; // its actor ended and came back
  }
  for (const auto kind_of_event : seen)
    CHECK(kind_of_event < std::variant_size_v<event>);
  if (std::variant_size_v<event> <= 6) // else chance may leave one out
    CHECK(seen.size() == std::variant_size_v<event>);
}

constexpr uint64_t seeds = 5;

} // namespace

TEST_CASE_METHOD(journal_test, "replay equals live: line", "[journal][replay]") {
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    CAPTURE(seed);
    lines::state fresh;
    fresh.id = line_id{stream()};
    check_replay<lines::core>(*this, stream_kind::line, fresh.id, fresh, seed);
  }
}

TEST_CASE_METHOD(journal_test, "replay equals live: prospect", "[journal][replay]") {
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    CAPTURE(seed);
    prospects::state fresh;
    fresh.id = prospect_id{stream()};
    check_replay<prospects::core>(*this, stream_kind::prospect, fresh.id, fresh, seed);
  }
}

TEST_CASE_METHOD(journal_test, "replay equals live: call", "[journal][replay]") {
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    CAPTURE(seed);
    check_replay<calls::core>(*this, stream_kind::call, stream(), {}, seed);
  }
}

TEST_CASE_METHOD(journal_test, "replay equals live: campaign", "[journal][replay]") {
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    CAPTURE(seed);
    check_replay<campaigns::core>(*this, stream_kind::campaign, stream(), {}, seed);
  }
}

TEST_CASE_METHOD(journal_test, "replay equals live: diary", "[journal][replay]") {
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    CAPTURE(seed);
    diaries::state fresh;
    fresh.id = manager_id{stream()};
    check_replay<diaries::core>(*this, stream_kind::diary, fresh.id, fresh, seed);
  }
}

TEST_CASE("an event that a core does not know is no event of its stream", "[journal][replay]") {
  CHECK_THROWS_AS(event_of<lines::core>({"call_closed", "{}", "", {}}), std::invalid_argument);
}

} // namespace journal_replay_test
