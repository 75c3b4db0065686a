// Goal: an operator sees who lives, under whom, how busy and with what errors,
// page by page, however the tree moves, and never a person's data. Method:
// virtual time; actors that count, wait and fail on demand.
#include "actors/inspector/inspector.hpp"
#include "runtime/json.hpp"
#include "tests/actors/actor_fixture.hpp"
#include "tests/support/slowness.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace inspector_test {

using namespace parley;
using namespace std::chrono_literals;
using fixture = test::actor_fixture;

namespace {

using idler_actor
  = caf::typed_actor<caf::reacts_to<tick_atom>, caf::reacts_to<retire_atom>, caf::reacts_to<restart_atom>,
                     caf::replies_to<inspect_state>::with<inspected_state>>;

struct idler_state {
  std::optional<reply<inspected_state>> open;
  uint32_t longest = 0; ///< backlog that it was shown with
  static inline constexpr const char* name = "idler";
};

/// tick: nothing; retire: it ends; restart: it fails, with a number in the error.
idler_actor::behavior_type idler(idler_actor::stateful_pointer<idler_state> self, context_ptr ctx, caf::actor_id parent,
                                 std::string kind, std::string key, bool answers) {
  begin(self, ctx, parent, std::move(kind), std::move(key));
  return {
    [self, ctx](tick_atom) {
      self->state.longest = std::max(self->state.longest, ctx->tree.find(self->id())->tally->backlog.load());
    },
    [self](retire_atom) { self->quit(); },
    [self](restart_atom) { self->quit(caf::make_error(ec::append_refused, "+14155550132")); },
    [self, answers](const inspect_state&) -> caf::result<inspected_state> {
      if (answers)
        return inspected_state{json{{"version", 7}, {"longest", self->state.longest}}.dump()};
      self->state.open.emplace(self);
      return self->state.open->later();
    },
  };
}

struct inspected : fixture {
  inspector_port port;
  std::vector<idler_actor> all;

  inspected() { port = sys.spawn(inspector, context_ptr{context}); }
  ~inspected() {
    for (const auto& x : all)
      stop(x);
    stop(port);
    port = inspector_port{};
  }

  caf::actor_id add(caf::actor_id parent, const std::string& kind, const std::string& key = "", bool answers = true) {
    all.push_back(sys.spawn(idler, context_ptr{context}, parent, kind, key, answers));
    settle();
    return all.back().id();
  }
  template <class Atom>
  void order(const idler_actor& who, Atom what) {
    caf::anon_send(who, what);
    settle();
  }
  json page(const inspect_tree& x) { return json::parse(ask<inspected_tree>(port, x)->value->json); }
  json about(caf::actor_id id) {
    auto told = ask<inspected_state>(port, inspect_state{id});
    advance(200ms);
    return json::parse(told->value->json);
  }
  json news(uint64_t since) { return json::parse(ask<inspected_changes>(port, inspect_changes{since})->value->json); }
  uint64_t position() { return ask<inspected_changes>(port, inspect_changes{})->value->position; }
};

void ids_of(const json& nodes, std::vector<uint64_t>& out) {
  for (const auto& node : nodes) {
    out.push_back(node["id"]);
    if (node.contains("children"))
      ids_of(node["children"], out);
  }
}

std::vector<uint64_t> ids(const json& page) {
  std::vector<uint64_t> out;
  ids_of(page["tree"], out);
  std::sort(out.begin(), out.end());
  return out;
}

using list = std::vector<uint64_t>;

constexpr auto page_within = 100ms * test::slowness;

/// As many as a large node has: a node, 16 shards, and lines that are spread
/// over all but the last shard, each tenth of them with a call.
struct crowded : inspected {
  static constexpr size_t actors = 100'000;

  crowded() {
    spawn(0, "node");
    for (int i = 0; i < 16; ++i)
      spawn(all[0].id(), "shard");
    for (size_t i = 0; all.size() < actors; ++i) {
      const auto line = spawn(all[1 + i % 15].id(), "line");
      if (i % 10 == 0)
        spawn(line, "call");
    }
    settle();
  }

  caf::actor_id spawn(caf::actor_id parent, const std::string& kind) {
    all.push_back(sys.spawn(idler, context_ptr{context}, parent, kind, "0199b2c4-1111-7222-8333-444455556666", true));
    return all.back().id();
  }

  /// The shortest of some, for the machine does other things, too.
  std::chrono::nanoseconds time_of(const inspect_tree& query) {
    auto best = std::chrono::nanoseconds::max();
    for (int i = 0; i < 5; ++i) {
      const auto begun = std::chrono::steady_clock::now();
      REQUIRE(ask<inspected_tree>(port, query)->value);
      best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begun);
    }
    return best;
  }
};

} // namespace

TEST_CASE_METHOD(inspected, "the tree shows who lives under whom", "[inspector]") {
  const auto node = add(0, "node");
  const auto shard = add(node, "shard", "0");
  const auto line = add(shard, "line", "abc");
  const auto all = page({node});
  CHECK(all["actors"] == 4);
  CHECK(all["kinds"] == json{{"inspector", 1}, {"node", 1}, {"shard", 1}, {"line", 1}});
  REQUIRE(all["tree"].size() == 1);
  const auto& top = all["tree"][0];
  CHECK(top["id"] == node);
  CHECK(top["children"][0]["id"] == shard);
  CHECK(top["children"][0]["key"] == "0");
  CHECK(top["children"][0]["children"][0]["id"] == line);
  CHECK(top["children"][0]["children"][0]["parent"] == shard);
  CHECK(top["children_count"] == 1);
  CHECK(all["more"] == false);
  CHECK(all["next"].is_null());
}

TEST_CASE_METHOD(inspected, "pages show everybody once, in the order of birth", "[inspector]") {
  const auto node = add(0, "node");
  std::vector<uint64_t> born{port.id(), node};
  for (int i = 0; i < 7; ++i)
    born.push_back(add(i % 2 ? node : born.back(), "line"));
  std::vector<uint64_t> seen;
  inspect_tree query;
  query.limit = 4;
  size_t pages = 0;
  for (;; ++pages) {
    const auto got = page(query);
    const auto some = ids(got);
    seen.insert(seen.end(), some.begin(), some.end());
    if (got["next"].is_null())
      break;
    CHECK(some.size() == 4);
    query.after = got["next"];
  }
  CHECK(pages == 2);
  CHECK(seen == born);
}

TEST_CASE_METHOD(inspected, "pages stay whole while actors come and go", "[inspector]") {
  const auto node = add(0, "node");
  const auto first = add(node, "line");
  const auto second = add(node, "line");
  const auto third = add(node, "line");
  inspect_tree query{0, 0, "line", 0, 2};
  auto got = page(query);
  CHECK(ids(got) == list{first, second});
  query.after = got["next"];
  order(all[1], retire_atom::value); // the first and the last of that page end
  order(all[2], retire_atom::value);
  const auto newborn = add(node, "line");
  got = page(query);
  CHECK(ids(got) == list{third, newborn});
  CHECK(got["more"] == false);
}

TEST_CASE_METHOD(inspected, "onto a sorted page come the first of all actors, not the oldest", "[inspector]") {
  const auto node = add(0, "node");
  const auto idle = add(node, "line", "idle");
  const auto parent = add(node, "line", "parent");
  add(parent, "call", "x");
  const auto busy = add(node, "line", "busy");
  for (int i = 0; i < 3; ++i)
    order(all.back(), tick_atom::value);
  const auto first = [&](tree_order by, bool reversed = false) {
    inspect_tree query;
    query.kind = "line";
    query.limit = 1;
    query.by = by;
    query.reversed = reversed;
    const auto got = page(query);
    CHECK(got["more"] == true);
    CHECK(got["next"].is_null()); // the order moves: there is no page after it
    CHECK(got["matching"] == 3);
    CHECK(got["tree"][0].contains("rate"));
    return ids(got).front();
  };
  CHECK(first(tree_order::handled) == busy);
  CHECK(first(tree_order::handled, true) == idle);
  CHECK(first(tree_order::children) == parent);
  CHECK(first(tree_order::age) == idle);
  CHECK(first(tree_order::age, true) == busy);
  CHECK(first(tree_order::key) == busy);
  CHECK(first(tree_order::key, true) == parent);
}

TEST_CASE_METHOD(inspected, "a text chooses of all actors, page by page", "[inspector]") {
  const auto node = add(0, "node");
  const auto first = add(node, "line", "abc");
  add(node, "line", "xyz");
  const auto second = add(node, "call", "0abc");
  inspect_tree query;
  query.with = "abc";
  query.limit = 1;
  auto got = page(query);
  CHECK(ids(got) == list{first});
  CHECK(got["matching"] == 2);
  CHECK(got["next"] == first);
  query.after = got["next"];
  got = page(query);
  CHECK(ids(got) == list{second});
  CHECK(got["next"].is_null());
  query = {};
  query.with = "cal"; // of a kind
  CHECK(ids(page(query)) == list{second});
  query.with = std::to_string(node);
  CHECK(std::ranges::count(ids(page(query)), node) == 1);
  query.with = "nobody";
  CHECK(page(query)["tree"].empty());
  query.with = "abc";
  query.under = node;
  query.kind = "call";
  CHECK(ids(page(query)) == list{second});
}

TEST_CASE_METHOD(inspected, "the busiest of the last seconds come first, whoever is the oldest", "[inspector]") {
  add(0, "line", "a");
  const auto busy = add(0, "line", "b");
  inspect_tree query;
  query.kind = "line";
  query.limit = 1;
  query.by = tree_order::rate;
  // A rate needs some time to have passed, which is real here.
  auto got = page(query);
  for (const auto by = std::chrono::steady_clock::now() + 20s;
       ids(got) != list{busy} && std::chrono::steady_clock::now() < by; got = page(query))
    order(all.back(), tick_atom::value);
  CHECK(ids(got) == list{busy});
  CHECK(got["tree"][0]["rate"].get<double>() > 0);
}

TEST_CASE_METHOD(inspected, "a part of the tree is chosen by actor, levels and kind", "[inspector]") {
  const auto node = add(0, "node");
  const auto left = add(node, "shard", "0");
  const auto right = add(node, "shard", "1");
  const auto line = add(left, "line");
  const auto call = add(left, "call");
  const auto mind = add(call, "conversation");
  add(right, "line");
  CHECK(ids(page({left})) == list{left, line, call, mind});
  CHECK(ids(page({left, 1})) == list{left});
  CHECK(ids(page({left, 2})) == list{left, line, call});
  CHECK(ids(page({0, 1})) == list{port.id(), node});
  CHECK(ids(page({0, 0, "shard"})) == list{left, right});
  CHECK(ids(page({left, 0, "line"})) == list{line});
  CHECK(ids(page({node, 3, "conversation"})).empty());
  CHECK(ids(page({node, 4, "conversation"})) == list{mind});
  CHECK(ids(page({left, 0, "", line, 1})) == list{call});
  CHECK(ids(page({0, 0, "nothing"})).empty());
}

TEST_CASE_METHOD(inspected, "who is under an actor that has ended is still found from above", "[inspector]") {
  const auto node = add(0, "node");
  const auto shard = add(node, "shard");
  const auto line = add(shard, "line");
  order(all[1], retire_atom::value);
  CHECK(ask<inspected_tree>(port, inspect_tree{shard})->error == ec::not_found);
  CHECK(ask<inspected_state>(port, inspect_state{shard})->error == ec::not_found);
  CHECK(ids(page({0, 1})) == list{port.id(), node, line});
}

TEST_CASE_METHOD(inspected, "an actor tells its state, and the tree what it counted", "[inspector]") {
  const auto node = add(0, "node");
  const auto line = add(node, "line", "0199b2c4-1111-7222-8333-444455556666");
  const auto child = add(line, "worker");
  for (int i = 0; i < 3; ++i)
    order(all[1], tick_atom::value);
  const auto told = about(line);
  CHECK(told["state"] == json{{"version", 7}, {"longest", 0}});
  CHECK(told["journal"] == json{{"stream", "0199b2c4-1111-7222-8333-444455556666"}, {"version", 7}});
  CHECK(told["parent"] == node);
  CHECK(told["parent_kind"] == "node");
  CHECK(told["handled"] == 4); // this question is one
  CHECK(told["backlog"] == 0);
  CHECK(told["restarts"] == 0);
  CHECK(told["last_error"].is_null());
  CHECK(told["age_ms"].is_number());
  CHECK(told["children"]
        == json{{"count", 1}, {"shown", {{{"id", child}, {"kind", "worker"}, {"key", ""}}}}, {"more", false}});
  CHECK(about(child)["journal"].is_null());
  CHECK(about(port.id())["kind"] == "inspector"); // which cannot ask itself
}

TEST_CASE_METHOD(inspected, "many children are counted and some are shown", "[inspector]") {
  const auto shard = add(0, "shard");
  for (int i = 0; i < 120; ++i)
    add(shard, "line");
  const auto told = about(shard)["children"];
  CHECK(told["count"] == 120);
  CHECK(told["shown"].size() == 100);
  CHECK(told["more"] == true);
}

TEST_CASE_METHOD(inspected, "a backlog is measured while it lasts", "[inspector]") {
  const auto busy = add(0, "line");
  for (int i = 0; i < 200; ++i)
    caf::anon_send(all[0], tick_atom::value);
  settle();
  const auto longest = about(busy)["state"]["longest"].get<int>();
  CHECK(longest > 100);
  CHECK(longest < 200);
  CHECK(page({0, 0, "line"})["tree"][0]["backlog"] == 0); // and seen to be gone
}

TEST_CASE_METHOD(inspected, "an actor that does not answer is shown without its state", "[inspector]") {
  const auto silent = add(0, "line", "abc", false);
  const auto told = ask<inspected_state>(port, inspect_state{silent});
  advance(199ms);
  CHECK_FALSE(told->value);
  advance(1ms);
  REQUIRE(told->value);
  const auto shown = json::parse(told->value->json);
  CHECK(shown["state"] == "no answer");
  CHECK(shown["key"] == "abc");
  CHECK(shown["handled"] == 1);
}

TEST_CASE_METHOD(inspected, "errors that are survived are counted and named", "[inspector]") {
  const auto line = add(0, "line");
  caf::anon_send(caf::actor_cast<caf::actor>(all[0]), tick_atom::value, tick_atom::value);
  settle();
  const auto told = about(line);
  CHECK(told["troubles"] == 1);
  CHECK(told["last_error"]["error"] == "unexpected_message");
  CHECK(page({0, 0, "line"})["tree"][0]["last_error"] == "unexpected_message");
}

TEST_CASE_METHOD(inspected, "a life after a failure knows of it, by its code alone", "[inspector]") {
  add(0, "line", "abc");
  add(0, "line", "other");
  const auto since = position();
  order(all[0], restart_atom::value);
  const auto again = add(0, "line", "abc");
  const auto told = about(again);
  CHECK(told["restarts"] == 1);
  CHECK(told["last_error"]["error"] == "append_refused");
  CHECK(about(all[1].id())["restarts"] == 0);
  const auto changes = news(since);
  CHECK(changes[0]["what"] == "failed");
  CHECK(changes[0]["reason"] == "append_refused");
  CHECK(changes.dump().find("+1415") == std::string::npos);
  const auto figures = tree.figures().at("line");
  CHECK(figures.born == 3);
  CHECK(figures.living == 2);
  CHECK(figures.failed == 1);
  CHECK(figures.restarted == 1);
}

TEST_CASE_METHOD(inspected, "changes are told from a position on", "[inspector]") {
  const auto since = position();
  CHECK(news(since) == json::array());
  const auto line = add(0, "line", "abc");
  order(all[0], retire_atom::value);
  const auto changes = news(since);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0]["what"] == "born");
  CHECK(changes[0]["id"] == line);
  CHECK(changes[0]["kind"] == "line");
  CHECK(changes[0]["key"] == "abc");
  CHECK(changes[0]["position"] == since + 1);
  CHECK(changes[1]["what"] == "ended");
  CHECK(news(since + 1).size() == 1);
  CHECK(news(position()).empty());
  inspect_changes few{since, 1};
  CHECK(ask<inspected_changes>(port, few)->value->position == since + 1);
}

TEST_CASE_METHOD(inspected, "who reads too slowly is told to begin anew", "[inspector]") {
  const auto since = position();
  for (size_t i = 0; i <= actor_tree::changes_max / 2; ++i) { // a birth and an end each
    sys.spawn(idler, context_ptr{context}, 0, "line", "", true);
    settle();
  }
  const auto changes = news(since);
  CHECK(changes[0]["what"] == "reset");
  CHECK(changes.size() == 1001);
  CHECK(changes[1]["position"] == changes[0]["position"].get<uint64_t>() + 1);
  CHECK(news(since * 2)[0]["what"] == "reset"); // of another life of the node
}

TEST_CASE_METHOD(inspected, "figures of a kind go on when its actors have ended", "[inspector]") {
  add(0, "line");
  add(0, "line");
  order(all[0], tick_atom::value);
  order(all[1], tick_atom::value);
  order(all[0], retire_atom::value);
  const auto figures = tree.figures().at("line");
  CHECK(figures.living == 1);
  CHECK(figures.born == 2);
  CHECK(figures.failed == 0);
  CHECK(figures.handled == 3);
  CHECK(tree.count("line") == 1);
}

// The node's page has 500 rows if nobody says otherwise (adapters/web).
TEST_CASE_METHOD(crowded, "a page of a hundred thousand actors takes less than a tenth of a second", "[inspector]") {
  const auto shard = all[1].id();
  const auto empty_shard = all[16].id();
  const auto middle = all[actors / 2].id();
  const auto late = all[actors - 1'000].id();
  const std::vector<std::pair<inspect_tree, size_t>> queries{
    {{0, 0, "", 0, 500}, 500},         {{0, 0, "", middle, 500}, 500},        {{0, 0, "", 0, 5'000}, 5'000},
    {{0, 0, "line", 0, 500}, 500},     {{0, 0, "call", middle, 500}, 500},    {{0, 0, "shard", 0, 500}, 16},
    {{0, 2, "", 0, 500}, 18},          {{0, 3, "line", late, 500}, 500},      {{shard, 0, "", middle, 500}, 500},
    {{shard, 2, "", 0, 500}, 500},     {{shard, 0, "line", 0, 500}, 500},     {{shard, 3, "call", middle, 100}, 100},
    {{empty_shard, 0, "", 0, 500}, 1}, {{empty_shard, 0, "line", 0, 500}, 0}, {{shard, 1, "line", 0, 500}, 0},
  };
  CHECK(page(queries[0].first)["actors"] == actors + 1); // the inspector, too
  for (const auto by : {tree_order::rate, tree_order::backlog, tree_order::errors, tree_order::age, tree_order::handled,
                        tree_order::children, tree_order::kind, tree_order::key})
    for (const auto* with : {"", "0199b2c4", "shard"}) {
      inspect_tree query{0, 0, "", 0, 2'000};
      query.by = by;
      query.with = with;
      INFO("by " << to_string(by) << ", with '" << with << "'");
      CHECK(ids(page(query)).size() == (std::string_view{with} == "shard" ? 16 : 2'000));
      CHECK(time_of(query) < page_within);
    }
  inspect_tree largest{shard, 0, "line", 0, 2'000};
  largest.by = tree_order::backlog;
  CHECK(time_of(largest) < page_within);
  for (const auto& [query, rows] : queries) {
    INFO("under " << query.under << ", depth " << query.depth << ", kind '" << query.kind << "', after " << query.after
                  << ", limit " << query.limit);
    CHECK(ids(page(query)).size() == rows);
    CHECK(time_of(query) < page_within);
  }
  const auto begun = std::chrono::steady_clock::now();
  const auto figures = tree.figures();
  CHECK(std::chrono::steady_clock::now() - begun < page_within);
  CHECK(figures.at("line").living + figures.at("call").living == actors - 17);
}

TEST_CASE_METHOD(inspected, "figures add up while actors come, count, wait and go", "[inspector]") {
  uint64_t handled = 0;
  uint64_t before = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 3; ++i)
      add(0, "line");
    for (size_t i = 0; i < all.size(); i += 2, ++handled)
      order(all[i], tick_atom::value);
    if (round % 3 == 0) // looked at in between, or not
      tree.figures();
    const auto gone = all.begin() + round % static_cast<int>(all.size());
    order(*gone, retire_atom::value);
    ++handled;
    all.erase(gone);
    const auto figures = tree.figures().at("line");
    CHECK(figures.handled == handled);
    CHECK(figures.handled > before);
    CHECK(figures.living == all.size());
    CHECK(figures.backlog == 0);
    before = figures.handled;
  }
}

TEST_CASE_METHOD(inspected, "a backlog is in the figures while its actor lives", "[inspector]") {
  add(0, "line");
  const auto backlog = [&] { return tree.figures().at("line").backlog; };
  for (int i = 0; i < 200; ++i)
    caf::anon_send(all[0], tick_atom::value);
  while (backlog() == 0)
    REQUIRE(coordinator.try_run_once());
  CHECK(backlog() < 200);
  settle();
  CHECK(backlog() == 0);
  for (int i = 0; i < 200; ++i)
    caf::anon_send(all[0], tick_atom::value);
  while (backlog() == 0)
    REQUIRE(coordinator.try_run_once());
  caf::anon_send_exit(all[0], caf::exit_reason::kill); // with messages that nobody will handle
  settle();
  CHECK(backlog() == 0);
}

} // namespace inspector_test
