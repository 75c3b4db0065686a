#pragma once

#include "adapters/cli/commands.hpp"
#include "adapters/cli/control_client.hpp"
#include "adapters/cli/output.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the files of commands share. Inside adapters/cli, and for commands that
/// cluster/ adds because they name more than this folder may.
namespace parley::cli {

using nlohmann::ordered_json;
using arguments = nlohmann::json;

/// What one command needs while the line is parsed.
struct shared {
  const global_options& options;
  painter paint;

  /// Sends a command to the node; throws `command_failed`.
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
using shared_ptr = std::shared_ptr<const shared>;

/// The group of this name ("campaign"), made at its first use: several files
/// may add to one.
CLI::App* group_of(CLI::App& app, const std::string& name);

/// Adds a command whose help ends with an example, as "parley " + `example`.
CLI::App* add_command(CLI::App* group, const std::string& name, const std::string& help, const std::string& example);

/// Rows of a list, where nobody asks for more.
inline constexpr int64_t rows_shown = 1000;
/// Adds `--limit`.
void add_limit(CLI::App* command, int64_t& limit, const char* help);

/// The rows of a list, by column name and heading.
/// @param limit What was asked for; that there may be more is said. 0: all.
void print_list(const shared& s, const ordered_json& rows, std::vector<std::pair<const char*, const char*>> columns,
                const char* nothing, int64_t limit = 0);

/// Every pair of an object, one a line.
void print_pairs(const shared& s, const ordered_json& object);

/// Keys of a TOML file as a JSON object: campaign files use the settings'
/// names. Throws `command_failed` with file and line.
arguments from_toml(const std::string& file);

// `campaign create` and `campaign launch`, parts of the campaign commands.
void add_create(CLI::App* group, const shared_ptr& s);
void add_launch(CLI::App* group, const shared_ptr& s);

// One function for each file of commands.
void add_call_commands(CLI::App& app, const shared_ptr& s);
void add_call_test(CLI::App& app, const shared_ptr& s);
void add_campaign_commands(CLI::App& app, const shared_ptr& s);
void add_campaign_watch(CLI::App& app, const shared_ptr& s);
void add_completion(CLI::App& app, const shared_ptr& s);
void add_dnc_commands(CLI::App& app, const shared_ptr& s);
void add_meeting_change_commands(CLI::App& app, const shared_ptr& s);
void add_inspect_commands(CLI::App& app, const shared_ptr& s);
void add_meeting_commands(CLI::App& app, const shared_ptr& s);
void add_node_commands(CLI::App& app, const shared_ptr& s);
void add_outbox_commands(CLI::App& app, const shared_ptr& s);
void add_prospect_commands(CLI::App& app, const shared_ptr& s);
void add_recording_command(CLI::App& app, const shared_ptr& s);
void add_replay_command(CLI::App& app, const shared_ptr& s);
void add_why_command(CLI::App& app, const shared_ptr& s);

} // namespace parley::cli
