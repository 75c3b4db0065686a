// Goal: a fault that never hits anything cannot go unnoticed, nor a kind of
// event or request that no run reaches. Method: reports of a run that are made
// up, and what the node's code lists itself.
#include "tests/simulation/coverage.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

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

TEST_CASE("every kind of event, request, webhook and command has a cell or a reason", "[simulation][coverage]") {
  const auto has = [](const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  for (const auto& [row, every] : kinds()) {
    CAPTURE(row);
    CHECK(every.size() >= 7);
    for (const auto& kind : every) {
      CAPTURE(kind);
      const auto without = left_out().find(row);
      const bool reason = without != left_out().end() && without->second.contains(kind);
      CHECK(reason != has(cells().at(row), kind));
      if (reason)
        CHECK(without->second.at(kind).size() > 10);
    }
  }
  // What runs have come to, and what somebody could believe to be covered.
  for (const auto* kind : {"transfer_begun", "message_left", "recording_made", "cancelled", "submission_given_up"})
    CHECK(has(cells().at("stored"), kind));
  for (const auto* kind : {"transfer_call", "leave_message", "cancel_event", "record", "update_instructions"})
    CHECK(has(cells().at("exits"), kind));
  CHECK_FALSE(has(cells().at("any_fault"), "update_instructions")); // nobody answers it
}

TEST_CASE("a reason is given only for what there is", "[simulation][coverage]") {
  for (const auto& [row, reasons] : left_out()) {
    REQUIRE(kinds().contains(row));
    const auto& every = kinds().at(row);
    for (const auto& [kind, why] : reasons) {
      CAPTURE(row, kind);
      CHECK(std::find(every.begin(), every.end(), kind) != every.end());
    }
  }
}
