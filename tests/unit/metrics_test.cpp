// Goal: /metrics says what docs/metrics.md says, by Prometheus' conventions,
// with a bounded number of series. Method: the names in the sources and the
// types and labels on a page against the document, and single sources read by
// hand.
#include "actors/call/call_figures.hpp"
#include "actors/meter/figure_board.hpp"
#include "runtime/telemetry/node_figures.hpp"
#include "runtime/telemetry/port_book.hpp"
#include "tests/support/metrics_page.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace metrics_test {

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
  out.erase("parley_key");            // a column of an import, no metric
  out.erase("parley_schema_version"); // a table
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
  const auto in_words = test::documented_metrics();
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
  for (const auto& [name, about] : test::documented_metrics()) {
    INFO(name);
    CHECK((about.type == "counter" || about.type == "gauge" || about.type == "histogram"));
    CHECK((about.type == "counter") == name.ends_with("_total"));
    if (about.type == "histogram")
      CHECK(name.ends_with("_seconds"));
    for (const auto* unit : {"_ms", "_milliseconds", "_minutes", "_kb", "_percent"})
      CHECK(name.find(unit) == std::string::npos);
    CHECK(about.meaning.size() > 10); // none at all: the name stands there twice
  }
}

TEST_CASE("types and labels on a page are those of the document", "[metrics]") {
  telemetry metrics;
  figure_board board;
  port_book book{metrics, "crm", "hubspot"};
  actor_tree tree;
  book.arrived();
  book.answered("find", "ok", 20ms);
  book.exchanged("search", "200", 10ms);
  book.retried("search");
  calls::state call;
  call.brief.policy.name = R"(Spring, "late" \ {early})"; // whatever people call it
  count_dialled(metrics, call.brief.policy);
  board.put({{"outbox", {{{"kind", "mail"}, {"state", "parked"}, {"count", 2}, {"oldest", 90.5}}}},
             {"calls_stuck", {{{"campaign", "Spring"}, {"count", 1}}}}},
            std::chrono::steady_clock::now());
  metrics.read_at_exposition([&](scrape& out) {
    read_process(out);
    read_actors(tree, out);
    board.read(out, metrics, std::chrono::steady_clock::now());
  });
  const auto text = metrics.exposition();
  const test::metrics_page page{text};
  CHECK(page.problems() == std::set<std::string>{});
  for (const auto* name : {"parley_port_request_seconds", "parley_port_retries_total", "parley_outbox_deliveries",
                           "parley_calls_total", "process_threads"})
    CHECK(page.names().contains(name));
  if (const auto program = test::promtool(); !program.empty())
    CHECK(test::promtool_complaints(program, text) == "");
}

TEST_CASE("a page that is not as the document says is found out", "[metrics]") {
  const auto problems = [](const std::string& page) { return test::metrics_page{page}.problems(); };
  const std::string head = "# HELP parley_actors Some.\n# TYPE parley_actors gauge\n";
  using found = std::set<std::string>;
  CHECK(problems(head + "parley_actors{kind=\"line\"} 7\n") == found{});
  CHECK(problems(head + "parley_actors{kind=\"a\\\",b=\\\"\"} 7\n") == found{});
  CHECK(problems(head + "parley_actors 7\n") == found{"parley_actors has the labels (none), in docs/metrics.md kind"});
  CHECK(problems(head + "parley_actors{kind=\"line\",key=\"x\"} 7\n")
        == found{"parley_actors has the labels key, kind, in docs/metrics.md kind"});
  CHECK(problems(head + "parley_actors{kind=\"line\"} 7\nparley_actors{kind=\"line\"} 8\n")
        == found{"parley_actors{kind=\"line\"} is there twice"});
  CHECK(problems("# HELP parley_actors Some.\n# TYPE parley_actors counter\nparley_actors{kind=\"line\"} 7\n")
        == found{"parley_actors is a counter, in docs/metrics.md a gauge"});
  CHECK(problems("# TYPE parley_unheard_of gauge\nparley_unheard_of 1\n")
        == found{"parley_unheard_of has no help", "parley_unheard_of is not in docs/metrics.md"});
  CHECK(problems("process_threads 3\n") == found{"process_threads has no help", "process_threads has no type"});
  CHECK(problems(head + "parley_actors{kind=\"line\"}\n")
        == found{"a line cannot be read: parley_actors{kind=\"line\"}"});
  const std::string times
    = "# HELP parley_journal_commit_seconds Some.\n# TYPE parley_journal_commit_seconds histogram\n"
      "parley_journal_commit_seconds_count 1\nparley_journal_commit_seconds_sum 0.5\n";
  CHECK(problems(times + "parley_journal_commit_seconds_bucket{le=\"+Inf\"} 1\n") == found{});
  CHECK(problems(times + "parley_journal_commit_seconds_bucket 1\n")
        == found{"parley_journal_commit_seconds has a bucket without a bound"});
  if (const auto program = test::promtool(); !program.empty())
    CHECK(test::promtool_complaints(program, "# HELP parley_calls Some.\n# TYPE parley_calls counter\nparley_calls 7\n")
          == "parley_calls counter metrics should have \"_total\" suffix\n");
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

TEST_CASE("the alert rules ask for dispositions that exist, and for failures those of the breaker", "[metrics]") {
  const auto rules = content(sources / "config" / "alerts" / "parley.rules.yml");
  static const std::regex labels{R"re((?:- alert: (\w+))|(?:disposition=~?"([^"]*)"))re"};
  std::string alert;
  std::map<std::string, std::set<std::string>> asked;
  for (std::sregex_iterator at{rules.begin(), rules.end(), labels}, end; at != end; ++at) {
    if ((*at)[1].matched) {
      alert = at->str(1);
      continue;
    }
    std::istringstream names{at->str(2)};
    for (std::string one; std::getline(names, one, '|');) {
      INFO(alert << ": " << one);
      CHECK(parse<disposition>(one));
      asked[alert].insert(one);
    }
  }
  CHECK(asked.size() == 2);
  std::set<std::string> failures;
  for (auto i = uint8_t{0}; i < static_cast<uint8_t>(disposition::count_); ++i)
    if (is_failure(static_cast<disposition>(i)))
      failures.emplace(to_string(static_cast<disposition>(i)));
  failures.erase("submission_unknown"); // no end that is counted; ParleyCallUnresolved tells of it
  CHECK(asked["ParleyCallsFail"] == failures);
}

TEST_CASE("every alert is documented", "[metrics]") {
  const auto rules = content(sources / "config" / "alerts" / "parley.rules.yml");
  const auto docs = content(sources / "docs" / "metrics.md");
  static const std::regex name{R"(- alert: (\w+))"};
  size_t found = 0;
  for (std::sregex_iterator at{rules.begin(), rules.end(), name}, end; at != end; ++at, ++found)
    CHECK_THAT(docs, Contains("| " + at->str(1) + " |"));
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
             {"do_not_call_lists", {{{"list", "FL"}, {"count", 3}, {"oldest", 60}}}},
             {"inbox", 7}},
            begun);
  CHECK_THAT(shown(5s), Contains("# HELP parley_outbox_deliveries ")
                          && Contains("parley_outbox_deliveries{kind=\"mail\",state=\"parked\"} 2\n")
                          && Contains("parley_outbox_oldest_seconds{kind=\"mail\",state=\"parked\"} 90.5\n")
                          && Contains("parley_calls_stuck{campaign=\"Spring\"} 1\n")
                          && Contains("parley_do_not_call_numbers{list=\"FL\"} 3\n")
                          && Contains("parley_do_not_call_list_age_seconds{list=\"FL\"} 60\n")
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

} // namespace metrics_test
