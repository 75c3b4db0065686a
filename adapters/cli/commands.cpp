#include "adapters/cli/commands.hpp"

#include "adapters/cli/command_line.hpp"
#include "runtime/settings/toml.hpp"

#include <unistd.h>

#include <array>
#include <sstream>

namespace parley::cli {

namespace {

constexpr const char* exit_codes_help
  = "Exit codes: 0 done, 1 refused or failed (the message says why), 2 wrong usage, 3 no node answers.";

/// Every file of commands, in the order of the help.
constexpr std::array all_commands{
  add_campaign_commands, add_campaign_watch,          add_prospect_commands, add_why_command,
  add_dnc_commands,      add_call_commands,           add_recording_command, add_call_test,
  add_meeting_commands,  add_meeting_change_commands, add_inspect_commands,  add_node_commands,
  add_outbox_commands,   add_replay_command,          add_completion,
};

const char* help_of_group(std::string_view name) {
  for (const auto& [known, help] : {std::pair{"campaign", "Create, run and watch campaigns"},
                                    {"prospect", "Import and look at prospects"},
                                    {"dnc", "Do-not-call lists"},
                                    {"call", "Look at calls and steer them"},
                                    {"meeting", "Meetings that were booked"},
                                    {"inspect", "The living actors of a node"},
                                    {"outbox", "Deliveries to the CRM, calendars and mailboxes"},
                                    {"journal", "Check the journal, or take its events elsewhere"}})
    if (name == known)
      return help;
  return "";
}

} // namespace

CLI::App* group_of(CLI::App& app, const std::string& name) {
  const auto known = app.get_subcommands([&](CLI::App* x) { return x->get_name() == name; });
  if (!known.empty())
    return known.front();
  return app.add_subcommand(name, help_of_group(name))->require_subcommand(1)->footer(exit_codes_help);
}

CLI::App* add_command(CLI::App* group, const std::string& name, const std::string& help, const std::string& example) {
  auto* command = group->add_subcommand(name, help);
  return command->footer("Example:\n  parley " + example + "\n\n" + exit_codes_help);
}

void print_list(const shared& s, const ordered_json& rows, std::vector<std::pair<const char*, const char*>> columns,
                const char* nothing, int64_t limit) {
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
  if (limit > 0 && static_cast<int64_t>(rows.size()) >= limit)
    std::cout << s.paint.faint("there may be more; --limit says how many are shown") << '\n';
}

void add_limit(CLI::App* command, int64_t& limit, const char* help) {
  command->add_option("--limit", limit, help)->capture_default_str()->check(CLI::Range(1, 100'000));
}

void print_pairs(const shared&, const ordered_json& object) {
  for (const auto& [key, value] : object.items())
    std::cout << key << ": " << plain(value) << '\n';
}

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

void add_commands(CLI::App& app, global_options& options) {
  app.footer("Names stand for ids where only one thing has them; so do the beginnings of ids.\n"
             "Example: parley campaign status Spring\n\n"
             + std::string{exit_codes_help});
  const auto s = std::make_shared<const shared>(shared{options, painter{is_terminal(STDOUT_FILENO)}});
  for (const auto add : all_commands)
    add(app, s);
}

} // namespace parley::cli
