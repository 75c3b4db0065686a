// Zero-length calls a second, from due to logged: a real node on a real store,
// each call dialled over HTTP and told of in signed callbacks. The node has one
// core to itself (taskset, one thread), carrier and bench have the other.
//
//   calls_bench [CALLS=5000] [CALLBACKS=4] [FOLDER] [--postgres [URL]] [--carrier URL]
//
// CALLBACKS of each call: initiated, ringing, answered, completed; fewer leave
// out the first ones, and with 0 nobody is called: the import alone is timed.
// The node's data goes into a new folder inside FOLDER and stays there if a call
// is not told of in the end.
//
// --postgres: the journal is in an empty database, of a server that is started
// for it if none is named. --carrier: somebody else's stub of Twilio's API by
// its base_url; it signs callbacks with the token of the dial's credentials, and
// how many callbacks there are is its affair.
#include "adapters/cli/child_process.hpp"
#include "adapters/cli/control_client.hpp"
#include "runtime/clock.hpp"
#include "runtime/free_port.hpp"
#include "tests/bench/bench_postgres.hpp"
#include "tests/bench/stub_carrier.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

using namespace parley;
using namespace std::chrono_literals;
using nlohmann::json;
using steady = std::chrono::steady_clock;
namespace fs = std::filesystem;

namespace {

constexpr const char* auth_token = "0123456789abcdef0123456789abcdef";
constexpr int node_core = 0;
constexpr int bench_core = 1;
constexpr auto patience_at_most = 10min;

struct options {
  size_t count = 5'000;
  int callbacks = 4;
  fs::path folder;
  std::string journal; ///< keys of [journal]
  std::string carrier; ///< empty: a stub of our own
};

void write_settings(const fs::path& folder, const std::string& journal, const std::string& carrier,
                    uint16_t webhook_port) {
  std::ofstream{folder / "token"} << auth_token << '\n';
  const auto config = fs::path{PARLEY_SOURCE_DIR} / "config";
  std::ofstream out{folder / "node.toml"};
  out << "[node]\nseed = 7\nthreads = 1\nlog_level = \"warn\"\nstart_at = \"2026-12-08T17:05:00Z\"\n"
      << "[journal]\n"
      << journal << "data_dir = \"" << (folder / "data").string() << "\"\n"
      << "[telephony]\nprovider = \"twilio\"\nbase_url = \"" << carrier << "\"\n"
      << "account_sid = \"AC00000000000000000000000000000001\"\nauth_token_file = \"token\"\n"
      << "numbers = [\"+12125550199\"]\npublic_url = \"http://127.0.0.1:" << webhook_port << "\"\n"
      << "[voice_model]\nprovider = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\napi_key_file = \"token\"\n"
      << "[mailer]\nprovider = \"file\"\n"
      << "[web]\nwebhook_port = " << webhook_port << "\nlocal_port = 0\nthreads = 1\n"
      << "[pacing]\ncalls_per_second = 10000.0\ncalls_at_once = 1000\nwaiting_max = 100000\n"
      << "[compliance]\nhome_region = \"US\"\nrules_file = \"" << (config / "rules/us-calling-rules.json").string()
      << "\"\narea_codes_file = \"" << (config / "rules/nanp-timezones.csv").string() << "\"\nzip_codes_file = \""
      << (config / "rules/us-zip-states.csv").string() << "\"\n"
      << "[[manager]]\nname = \"Ann\"\nemail = \"ann@acme.example\"\ntimezone = \"America/New_York\"\n";
}

/// Numbers that exist nowhere, in states with no list and no rule of their own,
/// all on the east coast.
void write_people(const fs::path& file, size_t count) {
  static constexpr std::array areas{"404", "336", "704", "614", "313", "919", "678", "216", "513", "248"};
  std::ofstream out{file};
  out << "crm_id,name,email,phone,company,role,consent_type,consent_at,consent_source,consent_text,consent_seller\n";
  for (size_t i = 0; i < count; ++i) {
    std::array<char, 5> digits{};
    std::snprintf(digits.data(), digits.size(), "%04zu", i / areas.size() % 10'000);
    out << "B-" << i << ",Person Bench" << i << ",person" << i << "@example.com,+1" << areas[i % areas.size()]
        << (555 + i / 100'000) << digits.data() << ",Company " << i
        << ",Plant manager,express_written,2026-06-11,web form,"
           "\"I agree that Acme Robotics may call me by phone with an automated system and an artificial voice.\","
           "Acme Robotics\n";
  }
}

/// Calls are spread over the best times of a day. The node starts five minutes
/// before these end, so that all but two in a hundred are due at once and the
/// others within these minutes.
json campaign() {
  const json all_day{{"weekdays", {"mon", "tue", "wed", "thu", "fri"}}, {"from", "08:00"}, {"until", "12:10"}};
  return {{"name", "Bench"},
          {"company", "Acme Robotics"},
          {"offer", "Robots that count stock overnight."},
          {"min_probability", 0},
          {"attempts_max", 1},
          {"calls_at_once", 1000},
          {"breaker_share", 0},
          {"best_times", json::array({all_day})},
          {"role_times", json::array()}};
}

/// One sample of a metric, summed over its labels.
double metric(const std::string& page, const std::string& name) {
  double sum = 0;
  std::istringstream lines{page};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name + "{") || line.starts_with(name + " "))
      sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
  return sum;
}

double part(std::vector<double> some, double share) {
  std::sort(some.begin(), some.end());
  return some.empty() ? 0 : some[static_cast<size_t>(share * static_cast<double>(some.size() - 1))];
}

struct readings {
  double dialled = 0;
  double calls = 0;
  double cpu = 0;
  double commits = 0;
  double requests = 0;
  double events = 0;
  double messages = 0;
};

/// What the node itself counts; a look costs it some milliseconds.
readings read(uint16_t local_port) {
  const auto page = cli::get_page("http://127.0.0.1:" + std::to_string(local_port) + "/metrics");
  return {metric(page, "parley_calls_dialled_total"),    metric(page, "parley_calls_total"),
          metric(page, "process_cpu_seconds_total"),     metric(page, "parley_journal_commits_total"),
          metric(page, "parley_journal_requests_total"), metric(page, "parley_journal_events_total"),
          metric(page, "parley_actor_messages_total")};
}

/// Until all calls are logged; false if they are not in the end.
bool wait_for_all(uint16_t local_port, size_t count, const std::function<void(const readings&, double)>& progress) {
  const auto begun = steady::now();
  double before = 0;
  while (steady::now() - begun < patience_at_most) {
    std::this_thread::sleep_for(1s);
    const auto now = read(local_port);
    progress(now, now.calls - before);
    if (now.calls >= static_cast<double>(count))
      return true;
    before = now.calls;
  }
  return false;
}

/// How our own carrier fared.
void print_carrier(const bench::stub_carrier& carrier) {
  const auto dials = carrier.dial_seconds();
  const auto answers = carrier.callback_seconds();
  std::printf("dials: first after %.0f ms, last after %.2f s; callbacks answered after p50 %.1f ms, p99 %.1f ms, "
              "repeated %llu\n",
              1000 * part(dials, 0), part(dials, 1), 1000 * part(answers, 0.5), 1000 * part(answers, 0.99),
              static_cast<unsigned long long>(carrier.repeated()));
}

int run(const options& o) {
  const auto& folder = o.folder;
  const auto count = o.count;
  const auto webhook_port = free_port();
  std::optional<bench::stub_carrier> carrier;
  if (o.carrier.empty())
    carrier.emplace(auth_token, webhook_port, o.callbacks, 64);
  write_settings(folder, o.journal, carrier ? carrier->url() : o.carrier, webhook_port);
  const auto program = fs::canonical("/proc/self/exe").parent_path() / "parleyd";
  cli::child_process node{{"/usr/bin/taskset", "-c", std::to_string(node_core), program.string(), "--config",
                           (folder / "node.toml").string()},
                          (folder / "parleyd.log").string()};
  const auto line = node.read_line(30s);
  const auto up = line ? json::parse(*line, nullptr, false) : json{};
  if (!up.is_object()) {
    std::fprintf(stderr, "the node does not start; see %s\n", (folder / "parleyd.log").c_str());
    return 1;
  }
  const auto local_port = up["local_port"].get<uint16_t>();
  const auto socket = (folder / "data" / "control.sock").string();
  const auto command = [&](const std::string& name, json args) {
    return cli::send_command(socket, name, std::move(args), patience_at_most);
  };
  write_people(folder / "people.csv", count);
  // Without a national list nobody may be called.
  command("dnc import", {{"file", PARLEY_SOURCE_DIR "/config/samples/dnc-national.txt"}});
  command("campaign create", campaign());
  auto begun = steady::now();
  command("prospect import", {{"campaign", "Bench"}, {"file", (folder / "people.csv").string()}});
  const auto imported = std::chrono::duration<double>{steady::now() - begun}.count();
  std::printf("%zu prospects imported in %.2f s (%.0f/s)\n", count, imported, static_cast<double>(count) / imported);

  if (o.callbacks == 0) {
    node.stop(30s);
    fs::remove_all(folder);
    return 0;
  }
  const auto first = read(local_port);
  if (carrier)
    carrier->begin();
  begun = steady::now();
  command("campaign launch", {{"campaign", "Bench"}});
  std::vector<double> rates;
  const bool all = wait_for_all(local_port, count, [&](const readings& now, double more) {
    rates.push_back(more);
    std::printf("  %6.0f logged, %5.0f dialled\n", now.calls, now.dialled);
    std::fflush(stdout);
  });
  const auto took = std::chrono::duration<double>{steady::now() - begun}.count();
  const auto last = read(local_port);
  const auto calls = last.calls - first.calls;
  // Ramp-up and the last second, which is cut short, are no measure.
  const auto steady_rate = rates.size() > 3 ? part({rates.begin() + 1, rates.end() - 1}, 0.5) : 0;
  std::printf("\n%.0f calls in %.1f s: %.0f calls/s from due to logged (median second %.0f)\n", calls, took,
              calls / took, steady_rate);
  std::printf(
    "node: %.2f ms CPU a call, %.0f %% of its core; %.2f commits, %.2f requests, %.2f events, %.1f messages a "
    "call\n",
    1000 * (last.cpu - first.cpu) / calls, 100 * (last.cpu - first.cpu) / took, (last.commits - first.commits) / calls,
    (last.requests - first.requests) / calls, (last.events - first.events) / calls,
    (last.messages - first.messages) / calls);
  if (carrier)
    print_carrier(*carrier);
  node.stop(30s);
  const auto dialled = carrier ? static_cast<double>(carrier->dials()) : last.dialled - first.dialled;
  if (!all || dialled != static_cast<double>(count)) {
    std::fprintf(stderr, "of %zu calls %.0f were dialled and %.0f logged; see %s\n", count, dialled, calls,
                 folder.c_str());
    return 1;
  }
  fs::remove_all(folder);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  bench::bench_postgres postgres{words};
  options o;
  if (const auto option = std::find(words.begin(), words.end(), "--carrier"); option != words.end()) {
    const auto next = words.erase(option);
    if (next != words.end()) {
      o.carrier = *next;
      words.erase(next);
    }
    if (!o.carrier.starts_with("http"))
      words.assign(1, "--carrier without a URL");
  }
  if (words.size() > 0)
    o.count = std::strtoul(words[0].c_str(), nullptr, 10);
  if (words.size() > 1)
    o.callbacks = std::clamp(std::atoi(words[1].c_str()), 0, 4);
  auto name
    = (fs::path{words.size() > 2 ? words[2] : fs::temp_directory_path().string()} / "calls-bench-XXXXXX").string();
  if (o.count < 1 || o.count > 900'000 || words.size() > 3 || !::mkdtemp(name.data())) {
    std::fprintf(stderr, "calls_bench [CALLS, 1 to 900000] [CALLBACKS, 0 to 4] [FOLDER that can be written to] "
                         "[--postgres [URL of an empty database]] [--carrier URL]\n");
    return 2;
  }
  o.folder = name;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(bench_core, &cores);
  if (sched_setaffinity(0, sizeof cores, &cores) != 0)
    std::fprintf(stderr, "no second core: node and load share one, and the figures are too low\n");
  try {
    o.journal = postgres.journal_keys(); // its server shares the load's core
    return run(o);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "calls_bench: %s\n", e.what());
    return 1;
  }
}
