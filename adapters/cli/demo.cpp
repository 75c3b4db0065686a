#include "adapters/cli/demo.hpp"

#include "adapters/cli/control_client.hpp"
#include "adapters/cli/demo_crash.hpp"
#include "adapters/cli/demo_report.hpp"
#include "adapters/cli/demo_world.hpp"
#include "adapters/cli/interrupt.hpp"
#include "runtime/settings/toml.hpp"

#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <sstream>
#include <thread>

namespace parley::cli {

using namespace std::chrono_literals;
using nlohmann::ordered_json;
using steady = std::chrono::steady_clock;

namespace {

/// Progress: one live line on a terminal, a plain line every few seconds
/// elsewhere, nothing in front of JSON.
class progress {
public:
  explicit progress(bool quiet) : quiet_{quiet}, live_{is_terminal(STDOUT_FILENO)} {}
  ~progress() { finish(); }

  void show(const ordered_json& totals, double seconds, const std::string& practice_time) {
    std::ostringstream line;
    line << practice_time << "  " << totals["calls"] << " calls, " << totals["calls_open"] << " up, "
         << totals["calls_connected"] << " connected, " << totals["meetings"] << " meetings, asleep "
         << totals["asleep"];
    if (quiet_)
      return;
    if (live_)
      std::cout << "\r\033[K" << line.str() << std::flush;
    else if (seconds >= next_line_) {
      std::cout << line.str() << std::endl;
      next_line_ = seconds + 5;
    }
    open_ = live_;
  }
  void finish() {
    if (std::exchange(open_, false))
      std::cout << std::endl;
  }

private:
  bool quiet_;
  bool live_;
  bool open_ = false;
  double next_line_ = 0;
};

nlohmann::json sample_campaign() {
  const auto table = toml::parse_file((config_folder() / "samples" / "campaign.toml").string());
  std::ostringstream text;
  text << toml::json_formatter{table};
  return nlohmann::json::parse(text.str());
}

demo_result collect(const demo_world& world, const ordered_json& import, const std::string& campaign,
                    const std::vector<demo_crash>& crashes, double seconds) {
  demo_result r;
  r.crashes = crashes;
  const nlohmann::json which{{"campaign", campaign}, {"limit", 100000}};
  r.import = import;
  r.totals = world.command("campaign status", which);
  r.calls = world.command("call list", which);
  r.meetings = world.command("meeting list", which);
  r.prospects = world.command("prospect list", which);
  for (const auto& call : r.calls)
    if (call["meeting_booked"] == true) {
      r.booked_call = world.command("call show", {{"call", call["id"]}});
      break;
    }
  r.witness = world.witness();
  r.lost_outcomes = lost_outcomes(world.witness("/events"), r.calls);
  r.wall_seconds = seconds;
  return r;
}

/// Until the campaign is through and everything is delivered (true), or time
/// is up.
bool watch(const demo_world& world, const std::string& campaign, const demo_options& options, steady::time_point begun,
           demo_crasher& crasher) {
  progress line{options.json};
  while (!interrupted) {
    const auto totals = world.command("campaign status", {{"campaign", campaign}});
    const auto seconds = std::chrono::duration<double>(steady::now() - begun).count();
    line.show(totals, seconds, plain(world.command("node status")["now"]).substr(0, 16));
    if (plain(totals["status"]) == "completed" && world.command("outbox list").empty())
      return true;
    if (seconds > options.seconds_max)
      return false;
    // Whoever waits for a moment to crash at looks often: it passes quickly.
    const auto next = steady::now() + 500ms;
    while (!interrupted && !crasher.is_done() && steady::now() < next) {
      crasher.look();
      std::this_thread::sleep_for(20ms);
    }
    if (!interrupted)
      std::this_thread::sleep_until(next);
  }
  return false;
}

} // namespace

void add_demo(CLI::App& app, demo_options& o) {
  auto* demo = app.add_subcommand("demo", "A whole campaign in the practice world, in a minute or so");
  demo->footer("Example:\n  parley demo --seed 42\n\n"
               "Exit codes: 0 the campaign ended, 1 it did not in time or failed (the message says why), 2 wrong "
               "usage, 130 interrupted.");
  demo->add_option("--prospects", o.prospects, "CSV file instead of the sample")->check(CLI::ExistingFile);
  demo->add_option("--seed", o.seed, "who the practice people are; the same seed repeats it")->capture_default_str();
  demo->add_flag("--exit", o.exit, "end after the report instead of staying up for a look");
  demo->add_flag("--json", o.json, "one JSON object on the last line; ends after it");
  demo->add_flag("--crash", o.crashes,
                 "kill the node (SIGKILL) while calls ring, talk and book, start it again, and report what that "
                 "cost; several times for several crashes");
  demo->add_option("--speed", o.speed, "practice time per real time")
    ->capture_default_str()
    ->check(CLI::Range(1.0, 20000.0));
  demo->add_option("--media-speed", o.media_speed, "audio time per real time")
    ->capture_default_str()
    ->check(CLI::Range(1.0, 100.0));
  demo->add_option("--seconds", o.seconds_max, "report after this much real time at the latest")->capture_default_str();
  demo->add_option("--keep", o.keep, "folder that keeps data, logs and the witness' log");
}

int run_demo(const demo_options& options) {
  take_interrupts();
  const painter paint{is_terminal(STDOUT_FILENO)};
  const bool quiet = options.json;
  const auto begun = steady::now();
  const auto say = [&](const std::string& text) {
    if (!quiet)
      std::cout << text << std::endl;
  };
  try {
    say(paint.bold("Parley practice demo") + ": nobody is really called; every vendor is on this machine.");
    demo_world world{options};
    const auto samples = config_folder() / "samples";
    const auto file = options.prospects.empty() ? (samples / "prospects.csv").string()
                                                : std::filesystem::absolute(options.prospects).string();
    world.command("dnc import", {{"file", (samples / "dnc-national.txt").string()}, {"version", "sample list"}});
    world.command("dnc import", {{"file", (samples / "dnc-florida.txt").string()}, {"state", "FL"}});
    const auto campaign = sample_campaign();
    const auto name = campaign.at("name").get<std::string>();
    world.command("campaign create", campaign);
    const auto import = world.command("prospect import", {{"file", file}, {"campaign", name}});
    say(counted(import["rows"], "row", "rows") + " read, " + plain(import["rejected"])
        + " unusable. Calling; practice time runs " + std::to_string(static_cast<int>(options.speed))
        + " times as fast as yours.");
    world.command("campaign launch", {{"campaign", name}});
    demo_crasher crasher{world, name, options.crashes};
    const bool complete = watch(world, name, options, begun, crasher);
    if (interrupted)
      return 130;
    auto result
      = collect(world, import, name, crasher.made(), std::chrono::duration<double>(steady::now() - begun).count());
    result.complete = complete;
    const int status = complete ? 0 : exit_refused;
    if (!quiet)
      print_report(std::cout, paint, result);
    if (options.json) {
      std::cout << summary_of(result).dump() << std::endl;
      return status;
    }
    if (options.exit)
      return status;
    say("\nStill up for a look, until Ctrl-C:\n  " + std::filesystem::canonical("/proc/self/exe").string()
        + " --socket " + world.socket() + " call list\n  curl http://127.0.0.1:" + std::to_string(world.local_port())
        + "/inspect/tree");
    while (!interrupted && world.running())
      std::this_thread::sleep_for(100ms);
    return 0;
  } catch (const std::exception& e) {
    if (interrupted) // whatever failed was cut short
      return 130;
    if (options.json) {
      const auto* refused = dynamic_cast<const command_failed*>(&e);
      throw command_failed{refused ? refused->code() : "failed", e.what(), exit_refused};
    }
    std::cerr << "parley demo: " << e.what() << '\n';
    return exit_refused;
  }
}

} // namespace parley::cli
