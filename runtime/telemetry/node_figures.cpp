#include "runtime/telemetry/node_figures.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace parley {

/// What stands behind the program's name in /proc/self/stat, which may hold
/// blanks itself: the first is field 3 of proc(5).
static std::vector<double> stat_fields() {
  std::ifstream file{"/proc/self/stat"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  std::vector<double> out;
  const auto end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos)
    return out;
  std::istringstream fields{text.substr(end_of_name + 1)};
  std::string state;
  fields >> state;
  out.push_back(0);
  for (double x; fields >> x;)
    out.push_back(x);
  return out;
}

/// Unix time at which the machine was started.
static std::optional<double> boot_time() {
  std::ifstream file{"/proc/stat"};
  for (std::string word; file >> word;)
    if (double at; word == "btime" && file >> at)
      return at;
  return std::nullopt;
}

void read_process(scrape& out) {
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto fields = stat_fields();
  // Indices are those of proc(5) minus 3.
  if (fields.size() > 21) {
    out.counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
                (fields[11] + fields[12]) / ticks);
    out.gauge("process_threads", "Number of OS threads in the process.", fields[17]);
    out.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", fields[20]);
    out.gauge("process_resident_memory_bytes", "Resident memory size in bytes.",
              fields[21] * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    if (const auto boot = boot_time())
      out.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
                *boot + fields[19] / ticks);
  }
  std::error_code error;
  const std::filesystem::directory_iterator open{"/proc/self/fd", error};
  if (!error)
    out.gauge("process_open_fds", "Number of open file descriptors.",
              static_cast<double>(std::distance(begin(open), end(open))));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    out.gauge("process_max_fds", "Maximum number of open file descriptors.", static_cast<double>(limit.rlim_cur));
}

void read_actors(const actor_tree& tree, scrape& out) {
  for (const auto& [kind, x] : tree.figures()) {
    const prometheus::Labels labels{{"kind", kind}};
    out.gauge("parley_actors", "Actors that live, by kind.", static_cast<double>(x.living), labels);
    out.gauge("parley_actor_backlog_messages", "Messages that wait in the actors' mailboxes, by their last samples.",
              static_cast<double>(x.backlog), labels);
    out.counter("parley_actor_births_total", "Actors that came to life.", static_cast<double>(x.born), labels);
    out.counter("parley_actor_failures_total", "Actors that ended by an error.", static_cast<double>(x.failed), labels);
    out.counter("parley_actor_restarts_total", "Actors that came to life after one of the same key had failed.",
                static_cast<double>(x.restarted), labels);
    out.counter("parley_actor_messages_total", "Messages that actors handled.", static_cast<double>(x.handled), labels);
    out.counter("parley_actor_errors_total", "Errors that actors survived: unanswered ones and unknown messages.",
                static_cast<double>(x.troubles), labels);
  }
}

} // namespace parley
