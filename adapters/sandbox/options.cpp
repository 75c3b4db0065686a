#include "adapters/sandbox/model/model.hpp"
#include "adapters/sandbox/sandbox.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace parley::sandbox {

namespace {

/// Practice time that nobody gave an origin starts now.
void complete(clock_origin& origin, const std::string& wall0, const CLI::App& app) {
  const auto now = real_now();
  if (app.count("--clock-real0") == 0)
    origin.real0 = now;
  origin.wall0 = wall0.empty() ? wall_time{now} : *parse_iso(wall0);
}

std::string check_time(const std::string& text) {
  return parse_iso(text) ? std::string{} : "must be an ISO time such as 2026-11-24T09:30:00Z";
}

/// The ports that config/practice.toml expects its vendors on, so that the two
/// fit each other without a word.
void use_practice_ports(sandbox_options& out) {
  out.witness_port = 4010;
  out.carrier_port = 4011;
  out.openai_port = 4012;
  out.hubspot_port = 4013;
  out.google_port = 4014;
  out.smtp_port = 4015;
  out.apollo_port = 4016;
}

std::string check_disobedience(const std::string& name) {
  return model::parse_disobedience(name) ? std::string{} : "names no way in which the practice model misbehaves";
}

} // namespace

sandbox_options parse_sandbox_options(int argc, char** argv) {
  sandbox_options out;
  // Before the options are read: each port that is given wins over its default.
  const auto wants_any = [](const char* argument) { return std::string_view{argument} == "--any-ports"; };
  if (std::none_of(argv + 1, argv + argc, wants_any))
    use_practice_ports(out);
  std::string wall0;
  int64_t real0 = 0;
  CLI::App app{"The practice world: carrier, voice model, CRM, calendar and mail server on loopback", "parley sandbox"};
  app.footer(sandbox_footer);
  app.add_option("--scenario", out.scenario, "TOML file that says who picks up and what goes wrong")
    ->check(CLI::ExistingFile);
  app.add_option("--seed", out.seed, "chooses people and chance; the same seed repeats them");
  app.add_option("--witness", out.witness_file, "file that gets one JSON line for all that happens");
  app.add_option("--carrier-port", out.carrier_port, "Twilio's REST API")->capture_default_str();
  app.add_option("--openai-port", out.openai_port, "OpenAI's Realtime and chat API")->capture_default_str();
  app.add_option("--hubspot-port", out.hubspot_port, "HubSpot's CRM")->capture_default_str();
  app.add_option("--apollo-port", out.apollo_port, "Apollo's enrichment")->capture_default_str();
  app.add_option("--google-port", out.google_port, "Google Calendar")->capture_default_str();
  app.add_option("--smtp-port", out.smtp_port, "the mail server")->capture_default_str();
  app.add_option("--witness-port", out.witness_port, "GET /report and /events")->capture_default_str();
  bool any_ports = false; // read already
  app.add_flag("--any-ports", any_ports, "free ports for whatever is not named; the first line on stdout tells them");
  auto* wall = app.add_option("--clock-wall0", wall0, "practice time at its origin")->check(check_time);
  app.add_option("--clock-real0", real0, "the origin, in Unix milliseconds")->needs(wall);
  app.add_option("--speed", out.origin.speed, "practice time per real time")->check(CLI::Range(0.001, 1e6));
  app.add_option("--media-speed", out.media_speed, "media time per real time")->check(CLI::Range(0.01, 200.0));
  app.add_option("--disobedience", out.disobedience, "how the voice model misbehaves")->check(check_disobedience);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  out.origin.real0 = std::chrono::milliseconds{real0};
  complete(out.origin, wall0, app);
  return out;
}

} // namespace parley::sandbox
