// Goal: an operator sees of each actor how busy it is and with what errors, and
// what changes, and never a person's data. Method: virtual time; actors that
// count, wait and fail on demand.
#include "tests/actors/inspected.hpp"

namespace inspector_test {

using namespace parley;
using namespace std::chrono_literals;
using test::idler;
using test::inspected;

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
