// parleyd: one node of Parley.
#include "cluster/node.hpp"
#include "runtime/settings/catalogue.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>

namespace {

void set_up_log(const parley::node_settings& settings) {
  try {
    if (settings.log_file.empty())
      spdlog::set_default_logger(spdlog::stderr_logger_mt("parley"));
    else
      spdlog::set_default_logger(spdlog::basic_logger_mt("parley", settings.log_file));
  } catch (const spdlog::spdlog_ex& e) {
    throw std::runtime_error{std::string{"[node] log_file: "} + e.what() + "; name a file that this user may write to"};
  }
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  spdlog::set_level(spdlog::level::from_str(settings.log_level));
  spdlog::flush_on(spdlog::level::info);
}

/// Ends at once, as the signal does by itself: as safe as losing power.
[[noreturn]] void die_of(int signal) {
  std::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  ::raise(signal);
  std::_Exit(128 + signal); // somebody ignores it for us
}

/// Waits until no call is up or the limit is over; a second signal ends us.
void drain(parley::node& node, const sigset_t& signals) {
  using namespace std::chrono_literals;
  node.drain();
  const auto until = std::chrono::steady_clock::now() + node.drain_limit();
  const timespec look{0, std::chrono::nanoseconds{100ms}.count()};
  while (node.live_calls() > 0 && std::chrono::steady_clock::now() < until)
    if (const int second = sigtimedwait(&signals, nullptr, &look); second > 0) {
      spdlog::warn("ends at once on signal {}; the next start takes the calls up again", second);
      spdlog::default_logger()->flush();
      die_of(second);
    }
  if (const auto left = node.live_calls(); left > 0)
    spdlog::warn("stops with {} calls up; the next start takes them up again", left);
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"One node of Parley: runs calling campaigns."};
  std::string config = "parley.toml";
  bool check = false;
  bool list = false;
  app.add_option("--config", config, "TOML file; config/parley.toml is one to begin with")->capture_default_str();
  app.add_flag("--check", check, "Only check the configuration");
  app.add_flag("--settings", list, "Only print every key there is, with its default, range and meaning");
  app.set_version_flag("--version", PARLEY_VERSION);
  CLI11_PARSE(app, argc, argv);
  if (list) {
    using namespace parley;
    settings::print_keys(std::cout, settings::described_keys([] { node_settings::load("/dev/null"); }));
    return 0;
  }

  // Before any thread starts, so that all of them inherit the mask and only
  // the wait below sees the signals.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN); // a file that may not grow any more is a full disk, not our end

  try {
    auto settings = parley::node_settings::load(config);
    if (check) {
      std::cout << config << ": in order, " << (settings.practice() ? "PRACTICE" : "LIVE") << "\n";
      return 0;
    }
    set_up_log(settings);
    std::atomic<bool> failed{false};
    std::atomic<bool> stopping{false};
    parley::node node{std::move(settings), [&failed, &stopping](const std::string&) {
                        failed = true;
                        if (!stopping)
                          ::kill(::getpid(), SIGTERM);
                      }};
    const auto& origin = node.origin();
    std::cout << nlohmann::json{{"ready", true},
                                {"mode", node.practice() ? "PRACTICE" : "LIVE"},
                                {"webhook_port", node.webhook_port()},
                                {"local_port", node.local_port()},
                                {"cluster_port", node.cluster_port()},
                                {"wall0", parley::to_iso(origin.wall0)},
                                {"real0", origin.real0.count()},
                                {"speed", origin.speed}}
                   .dump()
              << std::endl;
    int signal = 0;
    sigwait(&signals, &signal);
    if (!failed) {
      spdlog::info("drains on signal {}; another one ends at once", signal);
      drain(node, signals);
    }
    stopping = true;
    if (!failed) // from here on another signal ends the process by itself
      pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    node.stop();
    return failed ? 1 : 0;
  } catch (const std::exception& e) {
    std::cerr << "parleyd: " << e.what() << "\n";
    return 1;
  }
}
