#include "adapters/cli/command_line.hpp"

namespace parley::cli {

void add_meeting_commands(CLI::App& app, const shared_ptr& s) {
  auto campaign = std::make_shared<std::string>();
  auto limit = std::make_shared<int64_t>(rows_shown);
  auto* booked
    = add_command(group_of(app, "meeting"), "list", "All meetings, by time", "meeting list --campaign Spring");
  booked->add_option("--campaign", *campaign, "name or id");
  add_limit(booked, *limit, "how many, the latest ones");
  booked->callback([s, campaign, limit] {
    arguments args{{"limit", *limit}};
    if (!campaign->empty())
      args["campaign"] = *campaign;
    auto rows = s->ask("meeting list", std::move(args));
    if (s->as_json(rows))
      return;
    for (auto& row : rows)
      row["local"] = meeting_time(row);
    print_list(*s, rows,
               {{"local", "when (prospect's time)"},
                {"prospect", "prospect"},
                {"company", "company"},
                {"account_manager", "with"},
                {"meeting_type", "type"},
                {"status", "status"},
                {"id", "id"}},
               "no meetings yet", *limit);
  });
}

} // namespace parley::cli
