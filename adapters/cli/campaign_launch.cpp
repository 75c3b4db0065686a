#include "adapters/cli/long_command.hpp"

#include <optional>
#include <thread>

namespace parley::cli {

using namespace std::chrono_literals;

namespace {

struct launch {
  std::string campaign;
  bool dry_run = false;
  int64_t list = 20;
  double minute_price = -1;
};

std::string amount(const ordered_json& x) {
  if (!x.is_number())
    return "?";
  std::ostringstream out;
  out << std::fixed << std::setprecision(x.get<double>() < 10 ? 2 : 0) << x.get<double>();
  return out.str();
}

void print_calls(const shared& s, const ordered_json& plan) {
  if (plan["calls"].empty())
    return;
  table out{{"when (their time)", "prospect", "company", "chance"}};
  for (const auto& row : plan["calls"])
    out.add({local_time(plain(row["at"]), row["zone"].get<std::string>()), shortened(plain(row["name"]), 30),
             shortened(plain(row["company"]), 30),
             row.contains("guess") ? "~" + plain(row["guess"]) : plain(row["probability"])});
  std::cout << s.paint.bold("first calls") << '\n';
  out.print(std::cout, s.paint, "  ");
  const auto more = plan["called"].get<int64_t>() - static_cast<int64_t>(plan["calls"].size());
  if (more > 0)
    std::cout << "  and " << more << " later; --rows says how many are shown\n";
  table hours{{"hour (UTC)", "calls"}};
  for (const auto& row : plan["by_hour"])
    hours.add({local_time(plain(row["hour"]), "UTC"), plain(row["calls"])});
  std::cout << s.paint.bold("by hour") << '\n';
  hours.print(std::cout, s.paint, "  ");
}

/// The list of who is not called is cut as a whole, so each heading tells how
/// many it lacks.
void print_rest(const std::string& indent, int64_t count, int64_t shown) {
  if (count > shown)
    std::cout << indent << "and " << count - shown << " more; --rows says how many are shown\n";
}

void print_disqualified(const shared& s, const ordered_json& plan) {
  const auto count = plan.value("disqualified", int64_t{0});
  if (count == 0)
    return;
  std::cout << s.paint.bold("disqualified by research") << '\n';
  int64_t shown = 0;
  for (const auto& one : plan["not_called"])
    if (one.value("what", "") == "disqualified") {
      std::cout << "  - " << plain(one["name"]) << ", " << plain(one["company"]) << ": " << plain(one["sentence"])
                << '\n';
      ++shown;
    }
  print_rest("  ", count, shown);
}

void print_blocked(const shared& s, const ordered_json& plan) {
  if (plan["blocked_by_reason"].empty())
    return;
  std::cout << s.paint.bold("blocked") << '\n';
  for (const auto& row : plan["blocked_by_reason"]) {
    std::cout << "  " << plain(row["count"]) << "  " << plain(row["reason"]) << ": " << plain(row["sentence"]) << '\n';
    if (!plain(row["source"]).starts_with("-"))
      std::cout << "     " << s.paint.faint(plain(row["source"])) << '\n';
    int64_t shown = 0;
    for (const auto& one : plan["not_called"])
      if (one.value("what", "") == "blocked" && one["reason"] == row["reason"]) {
        std::cout << "     - " << plain(one["name"]) << ", " << plain(one["company"]) << '\n';
        ++shown;
      }
    print_rest("     ", row["count"].get<int64_t>(), shown);
  }
}

void print_plan(const shared& s, const ordered_json& plan) {
  std::cout << s.paint.bold(plain(plan["name"])) << ": a dry run at " << plain(plan["now"])
            << "; nothing was written, nobody was called\n"
            << "  " << plain(plan["called"]) << " of " << counted(plan["prospects"], "prospect", "prospects")
            << " would be called, " << plain(plan["blocked"]) << " are blocked";
  for (const auto& [key, words] : {std::pair{"disqualified", " are too unlikely to succeed"},
                                   {"under_way", " have a call up"},
                                   {"undecided", " are put off again and again"}})
    if (plan.value(key, 0) != 0)
      std::cout << ", " << plain(plan[key]) << words;
  std::cout << ";\n  at most " << counted(plan["calls_at_once"], "call", "calls") << " at once\n  "
            << plain(plan["research"]["note"]) << '\n';
  print_calls(s, plan);
  print_disqualified(s, plan);
  print_blocked(s, plan);
  const auto& minutes = plan["minutes"];
  std::cout << s.paint.bold("minutes") << "  first attempts: " << amount(minutes["first_attempts"]) << ", at most "
            << amount(minutes["first_attempts_at_most"]) << "; all attempts: at most "
            << amount(minutes["all_attempts_at_most"]) << "\n  " << s.paint.faint(plain(minutes["basis"])) << '\n';
  const auto& cost = plan["cost"];
  std::cout << s.paint.bold("cost");
  if (cost.contains("currency"))
    std::cout << "     first attempts: " << amount(cost["first_attempts"]) << ' ' << plain(cost["currency"])
              << ", at most " << amount(cost["first_attempts_at_most"]) << "; all attempts: at most "
              << amount(cost["all_attempts_at_most"]);
  std::cout << "\n  " << s.paint.faint(plain(cost["basis"])) << '\n';
}

/// Shows how the list is enrolled, which goes on after the answer.
/// @return How many are, once all are; nothing when it takes too long.
std::optional<uint64_t> follow_enrolling(const shared& s, const std::string& campaign) {
  progress_line line{false};                   // taken away before anything else is printed
  for (int looks = 0; looks < 1200; ++looks) { // ten minutes, which is a list of millions
    const auto x = s.ask("campaign funnel", {{"campaign", campaign}});
    const auto enrolled = x["enrolled"].get<uint64_t>();
    const auto listed = x["listed"].get<uint64_t>();
    if (!x["enrolling"].get<bool>() || x["status"] != "running")
      return enrolled;
    line.show("enrols " + std::to_string(enrolled)
              + (listed > 0 ? " of " + std::to_string(enrolled + listed) : std::string{}));
    std::this_thread::sleep_for(looks < 10 ? 50ms : 500ms);
  }
  return std::nullopt;
}

} // namespace

void add_launch(CLI::App* group, const shared_ptr& s) {
  auto l = std::make_shared<launch>();
  auto* command = add_command(group, "launch", "Enrol the prospects and begin to call; --dry-run only says whom",
                              "campaign launch Spring --dry-run");
  command->add_option("campaign", l->campaign, "name or id")->required();
  command->add_flag("--dry-run", l->dry_run,
                    "write nothing, call nobody: who would be called when, who is blocked and why, minutes and cost");
  command
    ->add_option("--rows", l->list,
                 "with --dry-run: how many are listed of those who are called, and of those who are not")
    ->capture_default_str()
    ->check(CLI::Range(1, 100'000));
  command->add_option("--minute-price", l->minute_price, "with --dry-run: what a minute costs, else as configured")
    ->check(CLI::NonNegativeNumber);
  command->callback([s, l] {
    if (l->dry_run) {
      arguments args{{"campaign", l->campaign}, {"dry_run", true}, {"limit", l->list}};
      if (l->minute_price >= 0)
        args["minute_price"] = l->minute_price;
      const auto plan = ask_long(*s, "campaign launch", std::move(args));
      if (!s->as_json(plan))
        print_plan(*s, plan);
      return;
    }
    const auto answer = s->ask("campaign launch", {{"campaign", l->campaign}});
    if (s->as_json(answer))
      return;
    std::cout << plain(answer["name"]) << " is " << plain(answer["status"]) << std::endl;
    if (answer["status"] != "running")
      return;
    const auto id = answer["campaign"].get<std::string>();
    if (const auto enrolled = follow_enrolling(*s, id))
      std::cout << "  " << counted(static_cast<int64_t>(*enrolled), "prospect", "prospects")
                << " enrolled; watch it with: parley campaign watch " << id << '\n';
  });
}

} // namespace parley::cli
