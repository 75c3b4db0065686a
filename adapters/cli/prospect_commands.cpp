#include "adapters/cli/long_command.hpp"

#include <filesystem>

namespace parley::cli {

namespace {

struct people_import {
  std::string file;
  std::vector<std::string> crm;
  std::string campaign;
  std::string source;
  std::vector<std::string> map;
};

/// "left=right"; the last sign splits, since headings may hold one.
std::pair<std::string, std::string> split(const std::string& pair, const char* option, const char* as) {
  const auto equals = pair.rfind('=');
  if (equals == std::string::npos || equals == 0)
    throw command_failed{"invalid_input", std::string{option} + ": write it as " + as, exit_usage};
  return {pair.substr(0, equals), pair.substr(equals + 1)};
}

arguments arguments_of(const people_import& i) {
  arguments args = arguments::object();
  if (i.file.empty() == i.crm.empty())
    throw command_failed{"invalid_input", "name a CSV file or give --crm column=value, one of the two", exit_usage};
  if (!i.file.empty())
    args["file"] = std::filesystem::absolute(i.file).string();
  for (const auto& one : i.crm) {
    const auto [column, value] = split(one, "--crm", "column=value, as in lifecyclestage=lead");
    args["crm"][column].push_back(value);
  }
  if (!i.source.empty())
    args["source"] = i.source;
  if (!i.campaign.empty())
    args["campaign"] = i.campaign;
  for (const auto& one : i.map) {
    const auto [theirs, ours] = split(one, "--map", "\"Their heading=our_column\"");
    args["map"][theirs] = ours;
  }
  return args;
}

void print_import(const ordered_json& answer) {
  std::cout << counted(answer["rows"], "row", "rows") << ": " << plain(answer["added"]) << " added, "
            << plain(answer["updated"]) << " updated, " << plain(answer["unchanged"]) << " unchanged, "
            << plain(answer["rejected"]) << " rejected";
  if (answer.value("listed", 0) > 0)
    std::cout << "; " << plain(answer["listed"]) << " new on the campaign's list";
  std::cout << '\n';
  if (const auto hint = answer.value("hint", std::string{}); !hint.empty())
    std::cout << hint << '\n';
  for (const auto& row : answer["rejected_rows"]) {
    if (row.contains("line"))
      std::cout << "  line " << plain(row["line"]);
    else
      std::cout << "  contact " << plain(row.value("crm_id", ordered_json{}));
    std::cout << ", " << plain(row["field"]) << ": " << plain(row["reason"]) << '\n';
  }
  if (const auto all = answer.value("rejected", size_t{0}); all > answer["rejected_rows"].size())
    std::cout << "  and " << all - answer["rejected_rows"].size() << " more\n";
}

void add_people_import(CLI::App* group, const shared_ptr& s) {
  auto i = std::make_shared<people_import>();
  auto* command = add_command(group, "import", "Import a CSV file, or contacts of the CRM by filter",
                              "prospect import people.csv --campaign Spring\n  parley prospect import --crm "
                              "lifecyclestage=lead --campaign Spring");
  command->add_option("file", i->file, "CSV file; other headings than ours are known or named with --map")
    ->check(CLI::ExistingFile);
  command->add_option("--crm", i->crm,
                      "contacts of the CRM whose property has this value, as column=value; repeatable: further values "
                      "of a column are alternatives, further columns must hold as well");
  command->add_option("--campaign", i->campaign, "list them in this campaign, by name or id");
  command->add_option("--source", i->source, "whose ids crm_id are; csv or the CRM if left out");
  command->add_option("--map", i->map, "a column of another name, as \"Their heading=phone\"; repeatable");
  command->callback([s, i] {
    const auto answer = ask_long(*s, "prospect import", arguments_of(*i));
    if (!s->as_json(answer))
      print_import(answer);
    if (answer.value("complete", true))
      return;
    std::cerr << "parley: the import ended early, what is counted above is stored: " << plain(answer["reason"]) << '\n';
    throw CLI::RuntimeError(exit_refused);
  });
}

void print_prospect(const shared& s, const ordered_json& x) {
  std::cout << s.paint.bold(plain(x["name"])) << ", " << plain(x["role"]) << " at " << plain(x["company"]) << "  "
            << s.paint.faint(plain(x["id"])) << '\n'
            << "  " << plain(x["phone"]) << ", " << plain(x["email"]) << ", " << plain(x["timezone"]) << ", state "
            << plain(x["state"]) << "\n  consent " << plain(x["consent_type"]) << ", " << plain(x["consent_at"]) << ", "
            << plain(x["consent_source"]) << '\n';
  const auto section
    = [&](const char* title, const ordered_json& rows, std::vector<std::pair<const char*, const char*>> columns) {
        if (rows.empty())
          return;
        std::cout << s.paint.bold(title) << '\n';
        print_list(s, rows, std::move(columns), "");
      };
  section("campaigns", x["enrolments"],
          {{"campaign", "campaign"},
           {"state", "state"},
           {"probability", "chance"},
           {"attempts", "attempts"},
           {"last_disposition", "last"},
           {"next_due", "next due"},
           {"reason", "reason"}});
  section("calls", x["calls"],
          {{"initiated_at", "when"},
           {"status", "status"},
           {"outcome", "disposition"},
           {"duration_seconds", "s"},
           {"id", "id"}});
  section("meetings", x["meetings"],
          {{"scheduled_at", "when"}, {"account_manager", "with"}, {"status", "status"}, {"id", "id"}});
  section(
    "compliance ledger", x["ledger"],
    {{"at", "at"}, {"verdict", "verdict"}, {"reason", "reason"}, {"sentence", "why"}, {"earliest_next", "earliest"}});
}

} // namespace

void add_prospect_commands(CLI::App& app, const shared_ptr& s) {
  auto* group = group_of(app, "prospect");
  add_people_import(group, s);

  auto campaign = std::make_shared<std::string>();
  auto limit = std::make_shared<int64_t>(rows_shown);
  auto* list = add_command(group, "list", "Prospects, of one campaign or all", "prospect list --campaign Spring");
  list->add_option("--campaign", *campaign, "name or id");
  add_limit(list, *limit, "how many");
  list->callback([s, campaign, limit] {
    arguments args{{"limit", *limit}};
    if (!campaign->empty())
      args["campaign"] = *campaign;
    const auto rows = s->ask("prospect list", args);
    if (!s->as_json(rows))
      print_list(*s, rows,
                 {{"name", "name"},
                  {"company", "company"},
                  {"state", "state"},
                  {"probability", "chance"},
                  {"attempts", "attempts"},
                  {"last_disposition", "last"},
                  {"next_due", "next due"},
                  {"reason", "reason"},
                  {"id", "id"}},
                 "no prospects; import some with: parley prospect import FILE", *limit);
  });

  auto who = std::make_shared<std::string>();
  auto* show = add_command(group, "show", "One prospect with campaigns, calls and compliance ledger",
                           "prospect show \"Samuel Adeyemi\"");
  show->add_option("prospect", *who, "name, number, e-mail address or id")->required();
  show->callback([s, who] {
    const auto x = s->ask("prospect show", {{"prospect", *who}});
    if (!s->as_json(x))
      print_prospect(*s, x);
  });
}

} // namespace parley::cli
