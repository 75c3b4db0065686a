#include "adapters/cli/command_line.hpp"

namespace parley::cli {

namespace {

void add_actions(CLI::App* group, const shared_ptr& s) {
  for (const auto& [name, help] : {std::pair{"pause", "No new calls; live ones finish"},
                                   {"resume", "Go on after a pause"},
                                   {"stop", "No new calls, ringing ones are cancelled; --now hangs up on everybody"}}) {
    auto which = std::make_shared<std::string>();
    auto now = std::make_shared<bool>(false);
    auto* action = add_command(group, name, help, std::string{"campaign "} + name + " Spring");
    action->add_option("campaign", *which, "name or id")->required();
    if (std::string_view{name} == "stop")
      action->add_flag("--now", *now, "hang up at once");
    action->callback([s, which, now, name = std::string{name}] {
      const auto answer = s->ask("campaign " + name, {{"campaign", *which}, {"now", *now}});
      if (s->as_json(answer))
        return;
      std::cout << plain(answer["name"]) << " is " << plain(answer["status"]) << '\n';
    });
  }
}

void print_status(const shared& s, const ordered_json& t) {
  std::cout << s.paint.bold(plain(t["name"])) << ": " << plain(t["status"]) << ", "
            << counted(t["prospects"], "prospect", "prospects") << ", " << counted(t["calls"], "call", "calls") << " ("
            << plain(t["calls_open"]) << " up), " << counted(t["meetings"], "meeting", "meetings") << '\n';
  if (const auto& settings = t["settings"]; settings.is_object() && settings.contains("reason"))
    std::cout << "  " << s.paint.red(plain(settings["reason"])) << '\n';
  for (const auto& [title, key] :
       {std::pair{"prospects", "states"}, {"calls", "dispositions"}, {"blocked", "blocked"}}) {
    table out{{title, ""}};
    for (const auto& [word, count] : t[key].items())
      out.add({word, plain(count)});
    if (!out.empty())
      out.print(std::cout, s.paint, "  ");
  }
  if (!t["next_due"].is_null())
    std::cout << "  next due " << plain(t["next_due"]) << '\n';
}

} // namespace

void add_campaign_commands(CLI::App& app, const shared_ptr& s) {
  auto* group = group_of(app, "campaign");
  add_create(group, s);
  add_launch(group, s);
  add_actions(group, s);

  auto which = std::make_shared<std::string>();
  auto* status = add_command(group, "status", "What a campaign has done so far", "campaign status Spring");
  status->add_option("campaign", *which, "name or id")->required();
  status->callback([s, which] {
    const auto totals = s->ask("campaign status", {{"campaign", *which}});
    if (!s->as_json(totals))
      print_status(*s, totals);
  });
  auto limit = std::make_shared<int64_t>(rows_shown);
  auto* list = add_command(group, "list", "Campaigns, newest first", "campaign list");
  add_limit(list, *limit, "how many");
  list->callback([s, limit] {
    const auto rows = s->ask("campaign list", {{"limit", *limit}});
    if (!s->as_json(rows))
      print_list(*s, rows,
                 {{"name", "name"},
                  {"status", "status"},
                  {"prospects", "prospects"},
                  {"calls", "calls"},
                  {"meetings", "meetings"},
                  {"created_at", "created"},
                  {"id", "id"}},
                 "no campaigns yet; create one with: parley campaign create --help", *limit);
  });
}

} // namespace parley::cli
