// parley: the command line of campaign managers, the practice world and the
// demo. Links no actor.
#include "adapters/cli/commands.hpp"
#include "adapters/cli/control_client.hpp"
#include "adapters/cli/demo.hpp"
#include "adapters/sandbox/sandbox.hpp"

#include <CLI/CLI.hpp>

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
  app.add_subcommand("sandbox", "The practice world: every vendor on this machine (see parley sandbox --help)");
  try {
    cli::add_commands(app, global);
    app.parse(argc, argv);
    if (app.got_subcommand("demo")) {
      demo.json = demo.json || global.json;
      return cli::run_demo(demo);
    }
    return 0;
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
