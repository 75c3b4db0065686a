// parley: the command line of campaign managers, the practice world, the demo,
// talks with the practice agent, and the doctor. Starts no actor.
#include "adapters/cli/commands.hpp"
#include "adapters/cli/control_client.hpp"
#include "adapters/cli/demo.hpp"
#include "adapters/cli/output.hpp"
#include "adapters/sandbox/sandbox.hpp"
#include "cluster/doctor/doctor.hpp"
#include "cluster/talk_command.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <iostream>

int main(int argc, char** argv) {
  using namespace parley;
  if (argc > 1 && std::string_view{argv[1]} == "sandbox")
    return sandbox::run_sandbox(sandbox::parse_sandbox_options(argc - 1, argv + 1));

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
  app.add_subcommand("sandbox", "The practice world: every vendor on this machine (see parley sandbox --help)");
  try {
    cli::add_commands(app, global);
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
      return run_talk(talk, std::cin, std::cout);
    }
    return 0;
  } catch (const CLI::RuntimeError& e) { // all is said; only the exit code is left
    return e.get_exit_code();
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : cli::exit_usage;
  } catch (const cli::command_failed& e) {
    if (global.json)
      std::cout << nlohmann::json{{"error", e.code()}, {"message", e.what()}}.dump() << '\n';
    else
      std::cerr << "parley: " << e.what() << '\n';
    return e.exit_code();
  } catch (const std::exception& e) {
    std::cerr << "parley: " << e.what() << '\n';
    return cli::exit_refused;
  }
}
