// Goal: a fault that never hits anything cannot go unnoticed. Method: reports
// of a run that are made up.
#include "tests/simulation/coverage.hpp"

#include <catch2/catch.hpp>

using namespace parley::simulation;

static hit_counts all_hit() {
  hit_counts out;
  for (const auto& [fault, events] : cells())
    for (const auto& event : events)
      out[fault][event] = 1;
  return out;
}

TEST_CASE("a report without hits lacks every cell", "[simulation][coverage]") {
  size_t all = 0;
  for (const auto& [fault, events] : cells())
    all += events.size();
  CHECK(all > 100);
  CHECK(never_hit({}).size() == all);
}

TEST_CASE("a report with every cell lacks none, and a zero is named", "[simulation][coverage]") {
  auto hits = all_hit();
  CHECK(never_hit(hits).empty());
  hits.at("crash_after").at("commit") = 0;
  CHECK(never_hit(hits) == std::vector<std::string>{"crash_after commit"});
  hits.erase("crash_after");
  CHECK(never_hit(hits).size() == cells().at("crash_after").size());
}
