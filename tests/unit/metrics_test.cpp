// Goal: /metrics says what docs/metrics.md says, by Prometheus' conventions,
// with a bounded number of series. Method: the names in the sources against
// the names in the document, and single sources read by hand.
#include "actors/call/call_figures.hpp"
#include "actors/meter/figure_board.hpp"
#include "runtime/telemetry/node_figures.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

using namespace parley;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const fs::path sources{PARLEY_SOURCE_DIR};

std::string content(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Every string in the program that is the name of a metric.
std::set<std::string> exposed() {
  static const std::regex name{R"re("((?:parley|process)_[a-z0-9_]+)")re"};
  std::set<std::string> out;
  for (const auto* folder : {"runtime", "actors", "adapters", "cluster"})
    for (const auto& entry : fs::recursive_directory_iterator{sources / folder}) {
      const auto extension = entry.path().extension();
      if (entry.path().string().find("/sandbox/") != std::string::npos || (extension != ".cpp" && extension != ".hpp"))
        continue;
      const auto text = content(entry.path());
      for (std::sregex_iterator at{text.begin(), text.end(), name}, end; at != end; ++at)
        out.insert((*at)[1]);
    }
  out.erase("parley_key"); // a column of an import, no metric
  return out;
}

struct described {
  std::string type;
  std::string labels;
  std::string meaning;
};

/// Rows "| `name` | type | labels | meaning |".
std::map<std::string, described> documented() {
  static const std::regex row{R"re(\| `([a-z0-9_]+)` \| ([a-z]+) \| ([^|]*) \| ([^|]+) \|)re"};
  std::map<std::string, described> out;
  std::ifstream in{sources / "docs" / "metrics.md"};
  for (std::string line; std::getline(in, line);)
    if (std::smatch found; std::regex_match(line, found, row)) {
      INFO("documented twice: " << found[1]);
      CHECK(out.emplace(found[1], described{found[2], found[3], found[4]}).second);
    }
  return out;
}

std::string read(const std::function<void(scrape&)>& source) {
  telemetry metrics;
  metrics.read_at_exposition(source);
  return metrics.exposition();
}

} // namespace

TEST_CASE("every metric is documented, and every documented one is there", "[metrics]") {
  const auto in_code = exposed();
  const auto in_words = documented();
  CHECK(in_code.size() > 40);
  for (const auto& name : in_code) {
    INFO(name << " is exposed but not in docs/metrics.md");
    CHECK(in_words.contains(name));
  }
  for (const auto& [name, about] : in_words) {
    INFO(name << " is in docs/metrics.md but nothing exposes it");
    CHECK(in_code.contains(name));
  }
}

TEST_CASE("names, types and units follow Prometheus' conventions", "[metrics]") {
  for (const auto& [name, about] : documented()) {
    INFO(name);
    CHECK((about.type == "counter" || about.type == "gauge" || about.type == "histogram"));
    CHECK((about.type == "counter") == name.ends_with("_total"));
    if (about.type == "histogram")
      CHECK(name.ends_with("_seconds"));
    for (const auto* unit : {"_ms", "_milliseconds", "_minutes", "_kb", "_percent"})
      CHECK(name.find(unit) == std::string::npos);
    CHECK(about.meaning.size() > 10);
  }
}

TEST_CASE("the alert rules ask for metrics that exist", "[metrics]") {
  const auto in_code = exposed();
  const auto rules = content(sources / "config" / "alerts" / "parley.rules.yml");
  static const std::regex name{R"(parley_[a-z0-9_]+)"};
  size_t found = 0;
  for (std::sregex_iterator at{rules.begin(), rules.end(), name}, end; at != end; ++at, ++found) {
    INFO(at->str());
    CHECK(in_code.contains(at->str()));
  }
  CHECK(found > 5);
}

TEST_CASE("a label that people fill keeps its first hundred values", "[metrics]") {
  telemetry metrics;
  CHECK(metrics.bounded("campaign", "Spring") == "Spring");
  for (int i = 0; i < 200; ++i)
    metrics.bounded("campaign", "campaign " + std::to_string(i));
  CHECK(metrics.bounded("campaign", "campaign 98") == "campaign 98");
  CHECK(metrics.bounded("campaign", "campaign 99") == "other");
  CHECK(metrics.bounded("campaign", "Spring") == "Spring");
  CHECK(metrics.bounded("another", "campaign 99") == "campaign 99");
}

TEST_CASE("a campaign's dispositions are there at nought with its first dial", "[metrics]") {
  telemetry metrics;
  calls::state call;
  call.brief.policy.name = "Spring";
  count_dialled(metrics, call.brief.policy);
  CHECK_THAT(metrics.exposition(), Contains("parley_calls_total{campaign=\"Spring\",disposition=\"failed\"} 0\n")
                                     && Contains("parley_calls_dialled_total{campaign=\"Spring\"} 1\n"));
  call.outcome = disposition::meeting_booked;
  call.duration_s = 90;
  count_ended(metrics, call);
  CHECK_THAT(metrics.exposition(),
             Contains("parley_calls_total{campaign=\"Spring\",disposition=\"meeting_booked\"} 1\n")
               && Contains("parley_call_talk_seconds_total{campaign=\"Spring\"} 90\n"));
}

TEST_CASE("the store's figures are shown while they are fresh", "[metrics]") {
  telemetry labels;
  figure_board board;
  const figure_board::time_point begun{};
  const auto shown
    = [&](std::chrono::seconds later) { return read([&](scrape& out) { board.read(out, labels, begun + later); }); };
  CHECK(shown(0s).empty()); // nothing was read yet
  board.put({{"outbox", {{{"kind", "mail"}, {"state", "parked"}, {"count", 2}, {"oldest", 90.5}}}},
             {"calls_stuck", {{{"campaign", "Spring"}, {"count", 1}}}},
             {"inbox", 7}},
            begun);
  CHECK_THAT(shown(5s), Contains("# HELP parley_outbox_deliveries ")
                          && Contains("parley_outbox_deliveries{kind=\"mail\",state=\"parked\"} 2\n")
                          && Contains("parley_outbox_oldest_seconds{kind=\"mail\",state=\"parked\"} 90.5\n")
                          && Contains("parley_calls_stuck{campaign=\"Spring\"} 1\n")
                          && Contains("parley_inbox_events_total 7\n")
                          && Contains("parley_store_figures_age_seconds 5\n"));
  CHECK(shown(61s).empty());
}

TEST_CASE("campaigns beyond the bound are one series", "[metrics]") {
  telemetry labels;
  for (size_t i = 0; i < telemetry::labels_max; ++i)
    labels.bounded("campaign", std::to_string(i));
  figure_board board;
  board.put({{"asleep", {{{"campaign", "late"}, {"count", 3}}, {{"campaign", "later"}, {"count", 4}}}}}, {});
  CHECK_THAT(read([&](scrape& out) { board.read(out, labels, {}); }),
             Contains("parley_prospects_asleep{campaign=\"other\"} 7\n"));
}

TEST_CASE("the process is measured as Prometheus' clients do", "[metrics]") {
  const auto text = read(read_process);
  for (const auto* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_start_time_seconds", "process_open_fds", "process_max_fds", "process_threads"})
    CHECK_THAT(text, Contains(std::string{"\n"} + name + " "));
  std::smatch found;
  const std::regex started{R"(\nprocess_start_time_seconds ([0-9.e+]+))"};
  REQUIRE(std::regex_search(text, found, started));
  const auto now = std::chrono::duration<double>{std::chrono::system_clock::now().time_since_epoch()}.count();
  CHECK(std::abs(std::stod(found[1]) - now) < 3'600);
}
