#include "adapters/cli/command_line.hpp"
#include "adapters/cli/long_command.hpp"

namespace parley::cli {

namespace {

std::string state_of(const ordered_json& job) {
  return !job.value("finished", false) ? progress_text(job)
         : job.contains("error")       ? "failed: " + job.value("message", std::string{})
                                       : "done";
}

void print_jobs(const shared& s, ordered_json rows) {
  for (auto& row : rows)
    row["state"] = state_of(row);
  print_list(s, rows, {{"command", "command"}, {"began", "began"}, {"state", "state"}, {"job", "id"}},
             "no imports or dry runs since the node started");
}

/// One job with its answer, of which rows that were rejected are a line each.
void print_job(const shared& s, ordered_json x) {
  std::cout << plain(x["command"]) << ", began " << plain(x["began"]) << ": " << state_of(x) << '\n';
  if (!x.contains("result"))
    return;
  auto& result = x["result"];
  if (!result.is_object()) {
    std::cout << plain(result) << '\n';
    return;
  }
  const auto rejected = result.value("rejected_rows", ordered_json::array());
  result.erase("rejected_rows");
  print_pairs(s, result);
  for (const auto& row : rejected)
    std::cout << "  line " << plain(row["line"]) << ": " << plain(row["reason"]) << '\n';
}

void stop_all(const shared& s) {
  const auto answer = s.ask("stop all");
  if (!s.as_json(answer)) {
    std::cout << counted(static_cast<int64_t>(answer["stopped"].size()), "campaign", "campaigns") << " stopped, "
              << counted(answer["calls_hung_up"], "call", "calls") << " hung up\n";
    for (const auto& one : answer["stopped"])
      std::cout << "  " << plain(one["name"]) << '\n';
  }
  if (const auto lost = answer.value("unresolved", ordered_json::array()); !lost.empty() && !s.options.json)
    std::cout << counted(static_cast<int64_t>(lost.size()), "call", "calls")
              << " may or may not exist at the carrier; nobody is on the phone: parley call list --unresolved\n";
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
  auto job = std::make_shared<std::string>();
  auto* jobs = add_command(&app, "jobs", "Imports and dry runs, under way and over; what came of one", "jobs");
  jobs->add_option("job", *job, "id of one or the beginning of it, to see what came of it");
  jobs->callback([s, job] {
    const auto x = job->empty() ? s->ask("job list") : s->ask("job show", {{"job", *job}});
    if (s->as_json(x))
      return;
    if (job->empty())
      print_jobs(*s, x);
    else
      print_job(*s, x);
  });
  auto all = std::make_shared<bool>(false);
  auto* stop = add_command(&app, "stop", "Emergency stop: no campaign dials any more, every call is hung up at once",
                           "stop --all");
  stop->add_flag("--all", *all, "yes, everything")->required();
  stop->callback([s, all] { stop_all(*s); }); // the flag is written to until then
}

} // namespace parley::cli
