// parley: the command line of campaign managers, the practice world, the demo,
// talks with the practice agent, the doctor, and the journal of a stopped node,
// whose reading is the only thing that starts actors here.
#include "adapters/cli/commands.hpp"
#include "adapters/cli/control_client.hpp"
#include "adapters/cli/demo.hpp"
#include "adapters/cli/output.hpp"
#include "adapters/cli/terminal.hpp"
#include "adapters/sandbox/sandbox.hpp"
#include "cluster/doctor/doctor.hpp"
#include "cluster/journal/journal_command.hpp"
#include "cluster/talk_command.hpp"
#include "runtime/settings/section.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

namespace {

/// Whether --json is on the line. The line is looked at itself, since an error
/// in it ends the reading before or after the flag.
bool wants_json(int argc, char** argv) {
  for (int i = 1; i < argc && std::string_view{argv[i]} != "--"; ++i)
    if (std::string_view{argv[i]} == "--json")
      return true;
  return false;
}

/// A line may hold bytes that are no UTF-8; they are shown as such.
void refuse_as_json(const std::string& code, const std::string& message) {
  std::cout << nlohmann::json{{"error", code}, {"message", message}}.dump(-1, ' ', false,
                                                                          nlohmann::json::error_handler_t::replace)
            << '\n';
}

/// A word where a command should be, and the command that it may be meant for:
/// CLI11 only says that a command is missing. Nothing for any other error.
std::string unknown_command(const CLI::App& app) {
  const auto* last = &app;
  for (auto chosen = last->get_subcommands(); !chosen.empty(); chosen = last->get_subcommands())
    last = chosen.front();
  std::vector<std::string> names;
  for (const auto* one : last->get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(one->get_name());
  const auto rest = app.remaining(true);
  if (names.empty() || rest.empty() || rest.front().starts_with('-'))
    return {};
  const auto near = parley::settings::nearest(rest.front(), names);
  return "no command \"" + rest.front() + '"' + (near.empty() ? "" : "; did you mean \"" + near + "\"?");
}

/// The practice world is a program of its own, beside this one: no actor and no
/// adapter of Parley's is in its process. Returns only when that fails.
int become_sandbox(char** argv) {
  const auto program = std::filesystem::canonical("/proc/self/exe").parent_path() / "parley-sandbox";
  ::execv(program.c_str(), argv);
  std::cerr << "parley: " << program.string() << " could not be started: " << std::strerror(errno)
            << "; it belongs beside parley\n";
  return parley::cli::exit_refused;
}

/// For the help and the completion; it runs before this line is parsed.
void add_sandbox(CLI::App& app) {
  app.add_subcommand("sandbox", "The practice world: every vendor on this machine")
    ->footer(parley::sandbox::sandbox_footer)
    ->callback([] {
      throw parley::cli::command_failed{"usage", "sandbox takes options of its own only; write parley sandbox first",
                                        parley::cli::exit_usage};
    });
}

} // namespace

int main(int argc, char** argv) {
  using namespace parley;
  if (argc > 1 && std::string_view{argv[1]} == "sandbox")
    return become_sandbox(argv + 1);

  CLI::App app{"Parley runs outbound calling campaigns with AI agents.", "parley"};
  app.require_subcommand(1);
  app.fallthrough(); // --json and --socket also behind the command
  app.set_version_flag("--version", PARLEY_VERSION);
  cli::global_options global;
  app.add_option("--socket", global.socket, "control socket of the node")
    ->envname("PARLEY_SOCKET")
    ->capture_default_str();
  app.add_flag("--json", global.json, "print JSON");
  cli::demo_options demo;
  cli::add_demo(app, demo);
  talk_options talk;
  add_talk(app, talk);
  doctor::doctor_options examined;
  doctor::add_doctor(app, examined);
  add_sandbox(app);
  const auto refuse = [&](const std::string& code, const std::string& message) {
    if (global.json || wants_json(argc, argv))
      refuse_as_json(code, message);
    else
      std::cerr << "parley: " << message << '\n';
  };
  try {
    cli::add_commands(app, global);
    journal_tools::add_journal(app, global);
    app.parse(argc, argv);
    if (app.got_subcommand("demo")) {
      demo.json = demo.json || global.json;
      return cli::run_demo(demo);
    }
    if (app.got_subcommand("doctor")) {
      examined.json = global.json;
      return doctor::run_doctor(examined);
    }
    if (app.got_subcommand("talk")) {
      talk.json = global.json;
      talk.live = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
      talk.colours = cli::is_terminal(STDOUT_FILENO);
      talk.columns = cli::size_of_screen().columns;
      return run_talk(talk, std::cin, std::cout);
    }
    return 0;
  } catch (const CLI::RuntimeError& e) { // all is said; only the exit code is left
    return e.get_exit_code();
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) // help and version
      return app.exit(e);
    auto message = dynamic_cast<const CLI::RequiredError*>(&e) ? unknown_command(app) : std::string{};
    if (message.empty())
      message = e.what();
    const std::string hint = "Run with --help for more information.";
    if (wants_json(argc, argv))
      refuse_as_json("usage", message + (message.ends_with('?') ? " " : ". ") + hint);
    else
      std::cerr << message << '\n' << hint << '\n';
    return cli::exit_usage;
  } catch (const cli::command_failed& e) {
    refuse(e.code(), e.what());
    return e.exit_code();
  } catch (const std::exception& e) {
    refuse("failed", e.what());
    return cli::exit_refused;
  }
}
