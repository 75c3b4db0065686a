#include "adapters/cli/commands.hpp"

#include "adapters/cli/control_client.hpp"
#include "adapters/cli/output.hpp"

#include <toml++/toml.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>

namespace parley::cli {

using nlohmann::ordered_json;
using arguments = nlohmann::json;

namespace {

/// What one command needs while the line is parsed.
struct shared {
  const global_options& options;
  painter paint{is_terminal(STDOUT_FILENO)};

  ordered_json ask(const std::string& command, arguments args = arguments::object()) const {
    return send_command(options.socket, command, std::move(args));
  }
  /// Prints JSON if that is wanted.
  bool as_json(const ordered_json& answer) const {
    if (options.json)
      std::cout << answer.dump(2) << '\n';
    return options.json;
  }
};
using shared_ptr = std::shared_ptr<shared>;

/// The rows of a list, by column name and heading.
void print_list(const shared& s, const ordered_json& rows, std::vector<std::pair<const char*, const char*>> columns,
                const char* nothing) {
  std::vector<std::string> headings;
  for (const auto& [key, heading] : columns)
    headings.push_back(heading);
  table out{headings};
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& [key, heading] : columns)
      cells.push_back(shortened(row.contains(key) ? plain(row.at(key)) : "-", 40));
    out.add(std::move(cells));
  }
  if (out.empty())
    std::cout << nothing << '\n';
  else
    out.print(std::cout, s.paint);
}

/// Keys of a TOML table as a JSON object: campaign files use the same names.
arguments from_toml(const std::string& file) {
  try {
    const auto parsed = toml::parse_file(file);
    std::ostringstream text;
    text << toml::json_formatter{parsed};
    return arguments::parse(text.str());
  } catch (const toml::parse_error& e) {
    throw command_failed{"invalid_input",
                         file + ":" + std::to_string(e.source().begin.line) + ": " + std::string{e.description()},
                         exit_usage};
  }
}

void add_campaign(CLI::App& app, const shared_ptr& s) {
  auto* group = app.add_subcommand("campaign", "Create, run and watch campaigns")->require_subcommand(1);

  struct creation {
    std::string file;
    std::map<std::string, std::string> texts;
    std::map<std::string, int64_t> numbers;
    std::vector<std::string> managers;
  };
  auto c = std::make_shared<creation>();
  auto* create = group->add_subcommand("create", "Create a campaign\n  e.g. parley campaign create --name Spring "
                                                 "--company \"Acme Robotics\" --offer \"Robots that count stock.\"");
  create->add_option("--file", c->file, "TOML file with the campaign's settings (config/samples/campaign.toml)")
    ->check(CLI::ExistingFile);
  for (const auto& [option, key, help] : {std::tuple{"--name", "name", "unique name"},
                                          {"--company", "company", "the seller, as consents name it"},
                                          {"--company-description", "company_description", "what the company does"},
                                          {"--offer", "offer", "what is offered, one or two sentences"},
                                          {"--objective", "objective", "what a good call ends with"},
                                          {"--agent-name", "agent_name", "name of the agent"},
                                          {"--voice", "voice", "voice of the agent"},
                                          {"--script", "script", "further guidance for the agent"},
                                          {"--from", "from_number", "our number, E.164"}})
    create->add_option(option, c->texts[key], help);
  for (const auto& [option, key, help] :
       {std::tuple{"--min-probability", "min_probability", "0 to 100; below it nobody is called"},
        {"--attempts", "attempts_max", "attempts per prospect"},
        {"--calls-at-once", "calls_at_once", "calls up at the same time"},
        {"--meeting-minutes", "meeting_minutes", "length of a meeting"}})
    create->add_option(option, c->numbers[key], help)->default_val(-1);
  create->add_option("--manager", c->managers, "account manager by name; repeatable, in turn");
  create->callback([s, c] {
    auto args = c->file.empty() ? arguments::object() : from_toml(c->file);
    for (const auto& [key, text] : c->texts)
      if (!text.empty())
        args[key] = text;
    for (const auto& [key, number] : c->numbers)
      if (number >= 0)
        args[key] = number;
    if (!c->managers.empty())
      args["managers"] = c->managers;
    const auto answer = s->ask("campaign create", args);
    if (!s->as_json(answer))
      std::cout << "created " << plain(answer["name"]) << " (" << plain(answer["campaign"]) << ")\n";
  });

  auto which = std::make_shared<std::string>();
  auto now = std::make_shared<bool>(false);
  for (const auto& [name, help] : {std::pair{"launch", "Enrol the prospects and begin to call"},
                                   {"pause", "No new calls; live ones finish"},
                                   {"resume", "Go on after a pause"},
                                   {"stop", "No new calls, ringing ones are cancelled; --now hangs up on everybody"}}) {
    auto* action = group->add_subcommand(name, std::string{help} + "\n  e.g. parley campaign " + name + " Spring");
    action->add_option("campaign", *which, "name or id")->required();
    if (std::string_view{name} == "stop")
      action->add_flag("--now", *now, "hang up at once");
    action->callback([s, which, now, name = std::string{name}] {
      const auto answer = s->ask("campaign " + name, {{"campaign", *which}, {"now", *now}});
      if (!s->as_json(answer))
        std::cout << plain(answer["name"]) << " is " << plain(answer["status"]) << '\n';
    });
  }

  auto* status
    = group->add_subcommand("status", "What a campaign has done so far\n  e.g. parley campaign status Spring");
  status->add_option("campaign", *which, "name or id")->required();
  status->callback([s, which] {
    const auto t = s->ask("campaign status", {{"campaign", *which}});
    if (s->as_json(t))
      return;
    std::cout << s->paint.bold(plain(t["name"])) << ": " << plain(t["status"]) << ", "
              << counted(t["prospects"], "prospect", "prospects") << ", " << counted(t["calls"], "call", "calls")
              << " (" << plain(t["calls_open"]) << " up), " << counted(t["meetings"], "meeting", "meetings") << '\n';
    for (const auto& [title, key] :
         {std::pair{"prospects", "states"}, {"calls", "dispositions"}, {"blocked", "blocked"}}) {
      table out{{title, ""}};
      for (const auto& [word, count] : t[key].items())
        out.add({word, plain(count)});
      if (!out.empty())
        out.print(std::cout, s->paint, "  ");
    }
    if (!t["next_due"].is_null())
      std::cout << "  next due " << plain(t["next_due"]) << '\n';
  });
  group->add_subcommand("list", "All campaigns\n  e.g. parley campaign list")->callback([s] {
    const auto rows = s->ask("campaign list");
    if (!s->as_json(rows))
      print_list(*s, rows,
                 {{"name", "name"},
                  {"status", "status"},
                  {"prospects", "prospects"},
                  {"calls", "calls"},
                  {"meetings", "meetings"},
                  {"created_at", "created"},
                  {"id", "id"}},
                 "no campaigns yet; create one with: parley campaign create --help");
  });
}

void add_prospects(CLI::App& app, const shared_ptr& s) {
  auto* group = app.add_subcommand("prospect", "Import and look at prospects")->require_subcommand(1);
  struct import {
    std::string file;
    std::string campaign;
    std::string source = "csv";
    std::vector<std::string> map;
  };
  auto i = std::make_shared<import>();
  auto* command
    = group->add_subcommand("import", "Import a CSV file\n  e.g. parley prospect import people.csv --campaign Spring");
  command->add_option("file", i->file, "CSV file")->required()->check(CLI::ExistingFile);
  command->add_option("--campaign", i->campaign, "list them in this campaign");
  command->add_option("--source", i->source, "whose ids crm_id are")->capture_default_str();
  command->add_option("--map", i->map, "a column of another name, as \"Their heading=phone\"; repeatable");
  command->callback([s, i] {
    arguments args{{"file", std::filesystem::absolute(i->file).string()}, {"source", i->source}};
    if (!i->campaign.empty())
      args["campaign"] = i->campaign;
    for (const auto& pair : i->map) {
      const auto equals = pair.rfind('=');
      if (equals == std::string::npos)
        throw command_failed{"invalid_input", "--map: write it as \"Their heading=our_column\"", exit_usage};
      args["map"][pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    const auto answer = s->ask("prospect import", args);
    if (s->as_json(answer))
      return;
    std::cout << counted(answer["rows"], "row", "rows") << ": " << plain(answer["added"]) << " added, "
              << plain(answer["updated"]) << " updated, " << plain(answer["unchanged"]) << " unchanged, "
              << plain(answer["rejected"]) << " rejected\n";
    for (const auto& row : answer["rejected_rows"])
      std::cout << "  line " << plain(row["line"]) << ", " << plain(row["field"]) << ": " << plain(row["reason"])
                << '\n';
  });
  auto campaign = std::make_shared<std::string>();
  auto* list
    = group->add_subcommand("list", "Prospects, of one campaign or all\n  e.g. parley prospect list --campaign Spring");
  list->add_option("--campaign", *campaign, "name or id");
  list->callback([s, campaign] {
    const auto rows
      = s->ask("prospect list", campaign->empty() ? arguments::object() : arguments{{"campaign", *campaign}});
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
                 "no prospects; import some with: parley prospect import FILE");
  });
  auto id = std::make_shared<std::string>();
  auto* show
    = group->add_subcommand("show", "One prospect with enrolments, calls and ledger\n  e.g. parley prospect show ID");
  show->add_option("prospect", *id, "id")->required();
  show->callback([s, id] { std::cout << s->ask("prospect show", {{"prospect", *id}}).dump(2) << '\n'; });
}

void add_lists(CLI::App& app, const shared_ptr& s) {
  auto* dnc = app.add_subcommand("dnc", "Do-not-call lists")->require_subcommand(1);
  struct import {
    std::string file;
    std::string list = "national";
    std::string state;
    std::string date;
    std::string version;
  };
  auto i = std::make_shared<import>();
  auto* command = dnc->add_subcommand("import", "Import a list\n  e.g. parley dnc import national.txt");
  command->add_option("file", i->file, "one number per line, either federal form or E.164")
    ->required()
    ->check(CLI::ExistingFile);
  command->add_option("--list", i->list, "national (replaces the copy) or internal")
    ->capture_default_str()
    ->check(CLI::IsMember({"national", "internal"}));
  command->add_option("--state", i->state, "a state's own list, by its two letters (replaces the copy)");
  command->add_option("--date", i->date, "day on which the list was made, as 2026-11-20; now if left out");
  command->add_option("--version-name", i->version, "what to call this copy");
  command->callback([s, i] {
    arguments args{{"file", std::filesystem::absolute(i->file).string()}, {"list", i->list}};
    for (const auto& [key, text] : {std::pair{"state", &i->state}, {"date", &i->date}, {"version", &i->version}})
      if (!text->empty())
        args[key] = *text;
    const auto answer = s->ask("dnc import", args);
    if (s->as_json(answer))
      return;
    std::cout << plain(answer["list"]) << ": " << plain(answer["accepted"]) << " numbers taken, "
              << plain(answer["skipped"]) << " of other countries skipped, " << plain(answer["rejected"])
              << " lines rejected\n";
    for (const auto& row : answer["rejected_rows"])
      std::cout << "  line " << plain(row["line"]) << ": " << plain(row["reason"]) << '\n';
  });
  auto number = std::make_shared<std::string>();
  for (const auto& [name, help] : {std::pair{"add", "Never call this number again"},
                                   {"remove", "Take a number off our own list"},
                                   {"check", "Which lists a number is on"}}) {
    auto* change = dnc->add_subcommand(name, std::string{help} + "\n  e.g. parley dnc " + name + " +14155550132");
    change->add_option("number", *number, "phone number")->required();
    change->callback([s, number, name = std::string{name}] {
      const auto answer = s->ask("dnc " + name, {{"number", *number}});
      if (s->as_json(answer))
        return;
      for (const auto& [key, value] : answer.items())
        std::cout << key << ": " << plain(value) << '\n';
    });
  }
}

void add_calls(CLI::App& app, const shared_ptr& s) {
  auto* group = app.add_subcommand("call", "Look at calls and end them")->require_subcommand(1);
  auto campaign = std::make_shared<std::string>();
  auto* list = group->add_subcommand("list", "Calls, newest first\n  e.g. parley call list --campaign Spring");
  list->add_option("--campaign", *campaign, "name or id");
  list->callback([s, campaign] {
    const auto rows = s->ask("call list", campaign->empty() ? arguments::object() : arguments{{"campaign", *campaign}});
    if (!s->as_json(rows))
      print_list(*s, rows,
                 {{"initiated_at", "when"},
                  {"prospect", "prospect"},
                  {"company", "company"},
                  {"status", "status"},
                  {"outcome", "disposition"},
                  {"duration_seconds", "s"},
                  {"id", "id"}},
                 "no calls yet");
  });
  auto id = std::make_shared<std::string>();
  auto* show = group->add_subcommand("show", "One call with its transcript\n  e.g. parley call show ID");
  show->add_option("call", *id, "id")->required();
  show->callback([s, id] {
    const auto call = s->ask("call show", {{"call", *id}});
    if (!s->as_json(call))
      print_call(std::cout, s->paint, call);
  });
  auto* end = group->add_subcommand("hangup", "End a live call\n  e.g. parley call hangup ID");
  end->add_option("call", *id, "id")->required();
  end->callback([s, id] {
    const auto answer = s->ask("call hangup", {{"call", *id}});
    if (!s->as_json(answer))
      std::cout << "asked to hang up " << plain(answer["call"]) << '\n';
  });

  auto* meetings = app.add_subcommand("meeting", "Meetings that were booked")->require_subcommand(1);
  auto* booked = meetings->add_subcommand("list", "All meetings, by time\n  e.g. parley meeting list");
  booked->add_option("--campaign", *campaign, "name or id");
  booked->callback([s, campaign] {
    auto rows = s->ask("meeting list", campaign->empty() ? arguments::object() : arguments{{"campaign", *campaign}});
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
                {"status", "status"}},
               "no meetings yet");
  });
}

void add_inspection(CLI::App& app, const shared_ptr& s) {
  app.add_subcommand("status", "Whether the node runs, and how\n  e.g. parley status")->callback([s] {
    const auto answer = s->ask("node status");
    if (s->as_json(answer))
      return;
    for (const auto& [key, value] : answer.items())
      std::cout << key << ": " << plain(value) << '\n';
  });
}

} // namespace

void print_call(std::ostream& out, const painter& paint, const ordered_json& call) {
  const auto zone
    = call.contains("timezone") && call["timezone"].is_string() ? call["timezone"].get<std::string>() : "";
  out << paint.bold(plain(call["prospect"])) << ", " << plain(call["company"]) << "  "
      << paint.faint(local_time(plain(call["initiated_at"]), zone)) << '\n'
      << "disposition " << paint.bold(plain(call["outcome"])) << ", " << plain(call["duration_seconds"])
      << " s, sentiment " << plain(call["sentiment_score"]) << '\n';
  std::string stage;
  for (const auto& turn : call["transcript"]) {
    if (const auto now = turn.value("stage", std::string{}); now != stage && !now.empty()) {
      stage = now;
      out << paint.faint("  -- " + stage) << '\n';
    }
    const bool agent = turn.value("who", std::string{}) == "agent";
    out << "  " << (agent ? paint.cyan("agent ") : paint.green("person")) << "  " << plain(turn["text"])
        << (turn.value("interrupted", false) ? paint.faint(" (interrupted)") : "") << '\n';
  }
  for (const auto& meeting : call["meetings"])
    out << "meeting " << paint.bold(local_time(plain(meeting["scheduled_at"]), zone)) << " with "
        << plain(meeting["account_manager"]) << '\n';
}

void add_commands(CLI::App& app, global_options& options) {
  auto s = std::make_shared<shared>(shared{options});
  add_campaign(app, s);
  add_prospects(app, s);
  add_lists(app, s);
  add_calls(app, s);
  add_inspection(app, s);
}

} // namespace parley::cli
