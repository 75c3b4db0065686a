#include "adapters/cli/command_line.hpp"
#include "adapters/cli/long_command.hpp"

namespace parley::cli {

namespace {

void print_jobs(const shared& s, ordered_json rows) {
  for (auto& row : rows)
    row["state"] = !row.value("finished", false) ? progress_text(row)
                   : row.contains("error")       ? "failed: " + row.value("message", std::string{})
                                                 : "done";
  print_list(s, rows, {{"command", "command"}, {"began", "began"}, {"state", "state"}, {"job", "id"}},
             "no imports or dry runs since the node started");
}

void stop_all(const shared& s) {
  const auto answer = s.ask("stop all");
  if (!s.as_json(answer)) {
    std::cout << counted(static_cast<int64_t>(answer["stopped"].size()), "campaign", "campaigns") << " stopped, "
              << counted(answer["calls_hung_up"], "call", "calls") << " hung up\n";
    for (const auto& one : answer["stopped"])
      std::cout << "  " << plain(one["name"]) << '\n';
  }
  if (answer["failed"].empty())
    return;
  for (const auto& one : answer["failed"])
    std::cerr << "parley: not stopped: " << plain(one["what"]) << " (" << plain(one["reason"]) << ")\n";
  std::cerr << "parley: say it again, or end parleyd itself\n";
  throw CLI::RuntimeError(exit_refused);
}

} // namespace

void add_node_commands(CLI::App& app, const shared_ptr& s) {
  add_command(&app, "status", "Whether the node runs, and how", "status")->callback([s] {
    const auto answer = s->ask("node status");
    if (!s->as_json(answer))
      print_pairs(*s, answer);
  });
  add_command(&app, "jobs", "Imports and dry runs, under way and over", "jobs")->callback([s] {
    const auto rows = s->ask("job list");
    if (!s->as_json(rows))
      print_jobs(*s, rows);
  });
  auto all = std::make_shared<bool>(false);
  auto* stop = add_command(&app, "stop", "Emergency stop: no campaign dials any more, every call is hung up at once",
                           "stop --all");
  stop->add_flag("--all", *all, "yes, everything")->required();
  stop->callback([s, all] { stop_all(*s); }); // the flag is written to until then
}

} // namespace parley::cli
