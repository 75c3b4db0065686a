// Goal: parley top shows the right actors in 80 x 24, answers to every key and
// never lets a node's text steer the terminal. Method: its model without a
// terminal, drawn into a grid of characters.
#include "adapters/cli/top_model.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace top_test {

using namespace parley::cli;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

json actor(uint64_t id, uint64_t parent, const std::string& kind, const std::string& key, uint64_t handled,
           uint64_t backlog = 0) {
  return {{"id", id},           {"parent", parent},   {"kind", kind},  {"key", key},    {"age_ms", id * 1000},
          {"handled", handled}, {"backlog", backlog}, {"troubles", 0}, {"restarts", 0}, {"children_count", 0}};
}

json page(json nodes, uint64_t total = 0) {
  return {{"actors", total ? total : nodes.size()},
          {"kinds", {{"call", 2}, {"line", 1}}},
          {"tree", std::move(nodes)},
          {"more", total != 0}};
}

struct screen {
  top_model model;
  top_model::time_point now{};
  size_t columns = 80;
  size_t rows = 24;

  void take(const json& what, std::chrono::seconds later = 1s) {
    now += later;
    model.take_tree(model.wants(), what, now);
  }
  void type(const std::string& text) {
    for (const auto c : text)
      model.press({key_kind::character, std::string(1, c)});
  }
  void press(key_kind kind) { model.press({kind, {}}); }
  std::vector<std::string> lines() {
    cell_grid grid{columns, rows};
    model.draw(grid);
    std::vector<std::string> out;
    for (size_t i = 0; i < rows; ++i)
      out.push_back(grid.line(i));
    return out;
  }
  std::string text() {
    std::string out;
    for (const auto& line : lines())
      out += line + '\n';
    return out;
  }
  /// Ids in the list, from above.
  std::vector<std::string> listed() {
    std::vector<std::string> out;
    const auto all = lines();
    for (size_t i = 5; i + 1 < rows && !all[i].empty(); ++i) {
      const auto from = all[i].find_first_not_of(' ');
      out.push_back(all[i].substr(from, all[i].find(' ', from) - from));
    }
    return out;
  }
  size_t chosen_line() {
    cell_grid grid{columns, rows};
    model.draw(grid);
    for (size_t i = 5; i + 1 < rows; ++i)
      if (grid.at(0, i).look == style::reversed)
        return i - 5;
    return 99;
  }
};

using names = std::vector<std::string>;

json three() {
  return page({actor(1, 0, "node", "", 10), actor(2, 1, "line", "aaa", 5, 300), actor(3, 1, "call", "bbb", 20)});
}

} // namespace

TEST_CASE("a grid cuts off what does not fit and defuses control characters", "[top]") {
  cell_grid grid{5, 2};
  CHECK(grid.put(0, 0, "abcdefgh") == 8);
  CHECK(grid.line(0) == "abcde");
  grid.put(0, 1, "\033[2J\x9b\xc2\x9b");
  CHECK(grid.line(1) == "?[2J?");
  grid.put(0, 5, "far away"); // nothing happens
  cell_grid words{6, 1};
  words.put(0, 0, "é…ü");
  CHECK(words.line(0) == "é…ü");
  CHECK(words.at(1, 0).text == "…");
}

TEST_CASE("a terminal is sent only the rows that changed", "[top]") {
  cell_grid before{4, 3};
  before.put(0, 0, "one");
  before.put(0, 1, "two");
  auto after = before;
  after.put(0, 1, "2", style::bold);
  const auto sent = after.update(&before);
  CHECK(sent.find("\033[2;1H") != std::string::npos);
  CHECK(sent.find("\033[1;1H") == std::string::npos);
  CHECK(sent.find("\033[0;1m2") != std::string::npos);
  CHECK(after.update(&after).empty());
  CHECK(after.update(nullptr).starts_with("\033[0m\033[2J"));
  CHECK(cell_grid{5, 3}.update(&before).find("\033[2J") != std::string::npos);
}

TEST_CASE("keys are told apart, also when they come in pieces", "[top]") {
  const auto taken = [](std::string bytes, bool idle = false) { return take_keys(bytes, idle); };
  using keys = std::vector<key>;
  CHECK(taken("q") == keys{{key_kind::character, "q"}});
  CHECK(taken("ü") == keys{{key_kind::character, "ü"}});
  CHECK(taken("\r\x7f") == keys{{key_kind::enter, ""}, {key_kind::backspace, ""}});
  CHECK(taken("\033[A\033OB\033[5~\033[6~")
        == keys{{key_kind::up, ""}, {key_kind::down, ""}, {key_kind::page_up, ""}, {key_kind::page_down, ""}});
  CHECK(taken("\033[H\033[4~") == keys{{key_kind::home, ""}, {key_kind::end, ""}});
  CHECK(taken("\033[1;5Cx") == keys{{key_kind::character, "x"}}); // Ctrl and right: nothing of ours
  std::string half = "\033[";
  CHECK(take_keys(half, false).empty());
  half += "B";
  CHECK(take_keys(half, false) == keys{{key_kind::down, ""}});
  CHECK(half.empty());
  CHECK(taken("\033").empty());
  CHECK(taken("\033", true) == keys{{key_kind::escape, ""}});
  CHECK(taken("\033[12", true).empty());
}

TEST_CASE("the busiest actors come first, by messages since the page before", "[top]") {
  screen x;
  x.take(three());
  CHECK(x.listed() == names{"1", "2", "3"}); // no rates yet
  x.take(page({actor(1, 0, "node", "", 12), actor(2, 1, "line", "aaa", 105, 300), actor(3, 1, "call", "bbb", 20)}), 2s);
  CHECK(x.listed() == names{"2", "1", "3"});
  const auto all = x.lines();
  CHECK(all[0].starts_with("parley top  3 actors"));
  CHECK(all[2].find("call 2  line 1") != std::string::npos);
  CHECK(all[4].find("ID KIND") != std::string::npos);
  CHECK(all[5].find("line") != std::string::npos);
  CHECK(all[5].find("aaa") != std::string::npos);
  CHECK(all[5].find(" 50 ") != std::string::npos);  // 100 messages in 2 s
  CHECK(all[5].find(" 300 ") != std::string::npos); // backlog
  CHECK(all[23].find("q quit") != std::string::npos);
  for (const auto& line : all)
    CHECK(line.size() <= 80);
}

TEST_CASE("of an id that does not fit both ends are shown", "[top]") {
  screen x;
  x.take(page({actor(1, 0, "call", "019a3c2f-1111-7000-8000-000000000042", 0)}));
  CHECK(x.lines()[5].find(" 019a3c2f-1111…000000000042 ") != std::string::npos);
  x.columns = 120;
  CHECK(x.lines()[5].find(" 019a3c2f-1111-7000-8000-000000000042 ") != std::string::npos);
}

TEST_CASE("every column can be sorted by, both ways", "[top]") {
  screen x;
  x.take(three());
  x.type("s"); // backlog
  CHECK(x.listed() == names{"2", "1", "3"});
  CHECK(x.lines()[23].find("s sort BACKLOG") != std::string::npos);
  x.type("r");
  CHECK(x.listed() == names{"1", "3", "2"});
  x.type("rss"); // errors, age
  CHECK(x.listed() == names{"3", "2", "1"});
  x.type("s"); // handled
  CHECK(x.listed() == names{"3", "1", "2"});
  x.type("ss"); // children, kind
  CHECK(x.listed() == names{"3", "2", "1"});
  x.type("SS");
  CHECK(x.listed() == names{"3", "1", "2"});
}

TEST_CASE("the foot fits into 80 columns, whatever is sorted by", "[top]") {
  screen x;
  x.take(three());
  std::set<std::string> feet;
  for (size_t i = 0; i < static_cast<size_t>(top_model::column::count_); ++i, x.type("s")) {
    for (const bool turned : {true, false}) {
      x.type("r");
      const auto foot = x.lines()[23];
      INFO(foot);
      CHECK(foot.ends_with("  q quit"));
      CHECK((foot.find(" rev ") != std::string::npos) == turned);
      feet.insert(foot);
    }
  }
  CHECK(feet.size() == 2 * static_cast<size_t>(top_model::column::count_));
}

TEST_CASE("the choice stays with its actor when rows move", "[top]") {
  screen x;
  x.take(three());
  x.press(key_kind::down);
  CHECK(x.chosen_line() == 1); // actor 2
  x.type("s");
  CHECK(x.chosen_line() == 0);
  x.press(key_kind::end);
  CHECK(x.chosen_line() == 2);
  x.press(key_kind::down);
  CHECK(x.chosen_line() == 2);
  x.press(key_kind::home);
  CHECK(x.chosen_line() == 0);
  x.take(page({actor(3, 1, "call", "bbb", 20)})); // who was chosen has ended
  CHECK(x.chosen_line() == 0);
}

TEST_CASE("until somebody moves, whoever comes first is chosen", "[top]") {
  screen x;
  x.take(three());
  CHECK(x.chosen_line() == 0); // actor 1
  x.take(page({actor(1, 0, "node", "", 10), actor(2, 1, "line", "aaa", 5), actor(3, 1, "call", "bbb", 90)}));
  CHECK(x.listed().front() == "3");
  CHECK(x.chosen_line() == 0);
  x.press(key_kind::enter);
  CHECK(x.model.wants().actor == "/inspect/actors/3");
}

TEST_CASE("a long list scrolls", "[top]") {
  screen x;
  json many = json::array();
  for (uint64_t i = 1; i <= 100; ++i)
    many.push_back(actor(i, 0, "line", "k", 0));
  x.take(page(std::move(many)));
  CHECK(x.listed().size() == 18);
  x.press(key_kind::page_down);
  CHECK(x.listed().back() == "19");
  x.press(key_kind::end);
  CHECK(x.listed().back() == "100");
  CHECK(x.listed().front() == "83");
  x.press(key_kind::home);
  CHECK(x.listed().front() == "1");
}

TEST_CASE("a filter shows what has the text, as it is typed", "[top]") {
  screen x;
  x.take(three());
  x.type("/bb");
  CHECK(x.listed() == names{"3"});
  CHECK(x.lines()[23] == "show only: bb_");
  x.press(key_kind::backspace);
  x.press(key_kind::backspace);
  CHECK(x.listed().size() == 3);
  x.type("line");
  x.press(key_kind::enter);
  CHECK(x.listed() == names{"2"});
  CHECK(x.lines()[0].find("with \"line\"") != std::string::npos);
  x.press(key_kind::backspace);
  CHECK(x.listed().size() == 3);
  CHECK_FALSE(x.model.ended());
  x.type("/q"); // a letter of the filter, no command
  CHECK_FALSE(x.model.ended());
}

TEST_CASE("one kind is asked of the node", "[top]") {
  screen x;
  CHECK(x.model.wants().tree == "/inspect/tree?limit=2000&sort=rate");
  x.type("kcall&x");
  CHECK(x.model.wants().tree == "/inspect/tree?limit=2000&sort=rate"); // not yet
  x.press(key_kind::enter);
  CHECK(x.model.wants().tree == "/inspect/tree?limit=2000&sort=rate&kind=call%26x");
  x.press(key_kind::escape);
  CHECK(x.model.wants().tree == "/inspect/tree?limit=2000&sort=rate");
}

TEST_CASE("an actor can be looked at and gone under, and back", "[top]") {
  screen x;
  x.take(three());
  x.press(key_kind::down);
  x.press(key_kind::enter);
  const auto asked = x.model.wants();
  CHECK(asked.actor == "/inspect/actors/2");
  CHECK(x.lines()[0] == "parley top  actor 2");
  x.model.take_actor(asked,
                     {{"kind", "line"}, {"state", {{"version", 7}, {"list", {1, 2}}}}, {"empty", json::object()}});
  const auto shown = x.text();
  CHECK(shown.find("kind: line\n") != std::string::npos);
  CHECK(shown.find("state:\n  list:\n    - 1\n    - 2\n  version: 7\n") != std::string::npos);
  CHECK(shown.find("empty: {}\n") != std::string::npos);
  x.type("c");
  CHECK(x.model.wants().tree == "/inspect/tree?limit=2000&sort=rate&under=2");
  CHECK(x.model.wants().actor.empty());
  x.take(page({actor(2, 1, "line", "aaa", 5), actor(9, 2, "call", "ccc", 5)}));
  CHECK(x.listed() == names{"2", "9"});
  x.press(key_kind::backspace);
  CHECK(x.model.wants().tree == "/inspect/tree?limit=2000&sort=rate");
}

TEST_CASE("details that do not fit into a line go on in the next, whole", "[top]") {
  screen x;
  x.take(three());
  x.press(key_kind::enter);
  std::string longer;
  for (int i = 0; i < 100; ++i)
    longer += i == 40 ? "é" : std::to_string(i % 10);
  auto state = json{{"a", longer}};
  for (int i = 10; i < 40; ++i)
    state["b" + std::to_string(i)] = i;
  x.model.take_actor(x.model.wants(), {{"state", state}});
  const auto all = x.lines();
  CHECK(all[2] == "state:");
  CHECK(all[3].starts_with("  a: 0123"));
  CHECK(all[4].starts_with("    5678")); // 75 of them stand above
  const auto shown = all[3].substr(5) + all[4].substr(4);
  CHECK(shown == longer);
  CHECK(all[5] == "  b10: 10");
  x.press(key_kind::end); // as many lines further as there are more of them
  CHECK(x.lines()[21] == "  b39: 39");
  x.press(key_kind::up);
  CHECK(x.lines()[21] == "  b38: 38");
  x.columns = 120;
  x.press(key_kind::home);
  CHECK(x.lines()[3] == "  a: " + longer);
}

TEST_CASE("an answer to an older question is not shown", "[top]") {
  screen x;
  const auto old = x.model.wants();
  x.take(three());
  x.type("c");
  x.model.take_tree(old, page({actor(77, 0, "node", "", 0)}), x.now + 1s);
  CHECK(x.listed() != names{"77"});
}

TEST_CASE("of a tree too large for one page is said how much is shown", "[top]") {
  screen x;
  auto cut = page(three()["tree"], 103'412);
  cut["matching"] = 103'412;
  x.take(cut);
  CHECK(x.lines()[0].find("103412 actors") != std::string::npos);
  CHECK(x.lines()[1] == "3 of 103,412 shown, by MSG/S; filter to narrow: /, k or c");
  cut["matching"] = 4;
  cut["more"] = false;
  x.take(cut);
  CHECK(x.lines()[1].empty());
}

TEST_CASE("order and filter are the node's, over all of its actors", "[top]") {
  screen x;
  x.take(three());
  x.type("s");
  CHECK(x.model.wants().tree == "/inspect/tree?limit=2000&sort=backlog");
  x.type("rs");
  CHECK(x.model.wants().tree == "/inspect/tree?limit=2000&sort=errors&reversed=1");
  x.type("r/a b");
  CHECK(x.model.wants().tree == "/inspect/tree?limit=2000&sort=errors&with=a%20b"); // as it is typed
  x.press(key_kind::enter);
  x.press(key_kind::backspace);
  x.type("ssssss"); // to the id: the oldest first
  CHECK(x.model.wants().tree == "/inspect/tree?limit=2000&sort=age");
}

TEST_CASE("a rate that the node tells counts, also of who was on no page before", "[top]") {
  screen x;
  auto nodes = three()["tree"];
  nodes[1]["rate"] = 0.5;
  nodes[2]["rate"] = 70.0;
  x.take(page(nodes));
  CHECK(x.listed() == names{"3", "2", "1"});
  CHECK(x.lines()[5].find(" 70 ") != std::string::npos);
}

TEST_CASE("a node that does not answer is said so until it does", "[top]") {
  screen x;
  CHECK(x.lines()[1] == "asking the node …");
  x.model.fail("no node answers");
  CHECK(x.lines()[1] == "no node answers");
  x.take(three());
  CHECK(x.lines()[1].empty());
}

TEST_CASE("q ends it, everywhere but in a prompt", "[top]") {
  for (const std::string before : {"", "h", "\n"}) {
    screen x;
    x.take(three());
    if (before == "\n")
      x.press(key_kind::enter);
    else
      x.type(before);
    CHECK_FALSE(x.model.ended());
    x.type("q");
    CHECK(x.model.ended());
  }
}

TEST_CASE("the help names every key and any key leaves it", "[top]") {
  screen x;
  x.take(three());
  x.type("h");
  const auto help = x.text();
  for (const auto* word : {"enter", "backspace", "s, S", " r ", " / ", " k ", " c ", " q "})
    CHECK(help.find(word) != std::string::npos);
  x.type("x");
  CHECK(x.listed().size() == 3);
}

TEST_CASE("every size of terminal is drawn", "[top]") {
  screen x;
  x.take(three());
  for (const auto& [columns, rows] :
       {std::pair<size_t, size_t>{1, 1}, {20, 5}, {40, 8}, {80, 24}, {90, 24}, {300, 100}}) {
    x.columns = columns;
    x.rows = rows;
    for (const auto view : {key_kind::enter, key_kind::escape}) {
      x.press(view);
      CHECK(x.lines().size() == rows);
    }
  }
  x.columns = 120;
  x.rows = 24;
  CHECK(x.lines()[4].find("HANDLED") != std::string::npos);
  x.columns = 80;
  CHECK(x.lines()[4].find("HANDLED") == std::string::npos);
}

} // namespace top_test
