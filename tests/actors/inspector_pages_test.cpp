// Goal: an operator sees who lives and under whom, page by page, however the
// tree moves, by birth or by what matters, and quickly also of a large node.
// Method: virtual time, but for how long a page takes.
#include "tests/actors/inspected.hpp"
#include "tests/support/slowness.hpp"

namespace inspector_pages_test {

using namespace parley;
using namespace std::chrono_literals;
using test::idler;
using test::ids;
using test::inspected;

namespace {

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

} // namespace inspector_pages_test
