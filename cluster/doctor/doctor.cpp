#include "cluster/doctor/doctor.hpp"

#include "adapters/cli/output.hpp"
#include "adapters/http/endpoint.hpp"
#include "cluster/doctor/host_facts.hpp"

#include <unistd.h>

#include <iostream>

namespace parley::doctor {

namespace {

/// Whom a live node may call.
finding check_reach(const node_settings& s) {
  constexpr auto check = "mode";
  if (s.practice())
    return ok(check, "PRACTICE: every vendor is on this machine, nobody real is called");
  if (s.live)
    return ok(check, "LIVE: dials anybody whom the law and your lists allow");
  const auto n = s.allow_numbers.size();
  return ok(check, "LIVE, but dials only the " + std::to_string(n) + (n == 1 ? " number" : " numbers")
                     + " of node.allow_numbers");
}

/// Whether there is a node to look at. One for real calls that does not run may
/// be fit, but not all of it was seen.
finding check_runs(const std::string& config_file, bool running, bool practice) {
  constexpr auto check = "node";
  if (running)
    return ok(check, "runs");
  if (practice)
    return skipped(check, "does not run; some checks need it");
  return warning(check, "does not run, so whether the carrier reaches it was not looked at",
                 "parleyd --config " + config_file + ", then look again");
}

finding check_managers(const node_settings& s) {
  constexpr auto check = "account managers";
  if (s.managers.empty())
    return warning(check, "there is none, so the agent can book no meeting", "describe each in a [[manager]]");
  return ok(check, std::to_string(s.managers.size()) + " in the configuration");
}

/// The store: a database that is there comes before what is in it.
findings check_store(const node_settings& s, wall_time now) {
  constexpr auto list = "national list";
  findings out;
  if (s.cluster.joins()) // its own settings name none that counts
    return {skipped(list, "the node at " + s.cluster.join + " keeps the store")};
  if (s.journal_provider == "postgres")
    for (const auto& database : read_databases(s.postgres))
      out.push_back(check_database(database));
  if (s.practice())
    out.push_back(skipped(list, "practice: nobody real is called"));
  else if (!is_fit(out))
    out.push_back(skipped(list, "it is in the database, which cannot be used"));
  else
    out.push_back(check_national_list(read_national_list(s), now, s.live));
  return out;
}

findings check_host(const std::string& config_file, const node_settings& s, wall_time now) {
  const bool practice = s.practice();
  findings out{check_tzdata(read_tzdata())};
  out.push_back(check_folder(read_folder("journal.data_dir", s.journal.data_dir)));
  if (s.mailer_provider == "file")
    out.push_back(check_folder(read_folder("mailer.directory", s.mail_files.directory)));
  for (const auto& secret : read_secret_files(config_file, s))
    out.push_back(check_secret_file(secret, practice));
  out.push_back(check_rules(read_rules(s.compliance), now));
  add(out, check_store(s, now));
  return out;
}

findings check_ports(const node_settings& s, bool running, const ask_http& ask) {
  auto webhooks = read_port("web.webhook_port", s.web.webhook_address, s.web.webhook_port, running);
  auto local = read_port("web.local_port", s.web.local_address, s.web.local_port, running);
  // That our node runs does not say that it is the one who has the port.
  const auto authority = [](const port_facts& x) {
    const auto address = x.address == "0.0.0.0" ? "127.0.0.1" : x.address == "::" ? "::1" : x.address;
    return "http://" + (address.find(':') == address.npos ? address : '[' + address + ']') + ':'
           + std::to_string(x.port);
  };
  if (webhooks.ours)
    webhooks.ours = ask_webhook(s.telephony, authority(webhooks), true, ask).is_ours;
  if (local.ours) // 503 is an answer of ours, too: something is wrong, and /readyz says what
    local.ours = ask(get(authority(local) + "/healthz")).failure == http_failure::none;
  return {check_port(webhooks), check_port(local)};
}

finding built_in(const char* port, const char* what) {
  return ok(port, std::string{"built in: "} + what);
}

findings check_vendors(const node_settings& s, const probes& ask, wall_time now, std::vector<clock_facts>& clocks) {
  const auto over = [&](const std::string& ca_file) { return noting_clocks(ask.http(ca_file), clocks); };
  const auto http = over({});
  auto out = check_twilio(s.telephony, s.compliance.home_region, http, s.practice());
  const auto& voice = s.voice_model;
  out.push_back(check_model("voice_model", voice.base_url, voice.api_key, voice.model, over(voice.ca_file)));
  out.push_back(s.llm_provider == "openai"
                  ? check_model("llm", s.llm.base_url, s.llm.api_key, s.llm.model, over(s.llm.ca_file))
                  : built_in("llm", "research and analysis by rules"));
  if (s.crm_provider == "hubspot")
    add(out, check_hubspot(s.crm, http));
  else
    out.push_back(built_in("crm", "our own tables"));
  out.push_back(s.enrichment_provider == "apollo" ? check_apollo(s.enrichment.base_url, s.enrichment.api_key, http)
                                                  : skipped("enrichment", "there is none, and none is needed"));
  out.push_back(s.embedder_provider == "openai" ? check_model("embedder", s.embedder.base_url, s.embedder.api_key,
                                                              s.embedder.model, over(s.embedder.ca_file))
                                                : built_in("embedder", "by words"));
  if (s.calendar_provider == "google")
    add(out, check_google(s.calendar, s.managers, now, http));
  else
    out.push_back(built_in("calendar", "working hours and the diary"));
  if (s.mailer_provider == "smtp")
    out.push_back(check_mail_server(s.mailer, ask.mail(s.mailer)));
  else
    out.push_back(built_in("mailer", "mails become files"));
  return out;
}

findings check_public_url(const node_settings& s, bool running, const probes& ask, wall_time now) {
  const auto& url = s.telephony.public_url;
  findings out;
  if (url.starts_with("https://"))
    out.push_back(check_certificate("certificate", ask.certificate(url), now));
  else
    out.push_back(skipped("certificate", "public_url is not https: only this machine reaches it"));
  add(out, check_webhook(ask_webhook(s.telephony, url, running, ask.http({})), s.practice()));
  return out;
}

} // namespace

probes probes::over_network() {
  return {http_over_network, mail_over_network, certificate_over_network, connect_over_network};
}

findings examine(const std::string& config_file, const node_settings& s, const probes& ask, wall_time now) {
  const bool running = node_runs(s);
  std::vector<clock_facts> clocks;
  findings out{ok("config", "\"" + config_file + "\" is in order"), check_reach(s), check_managers(s)};
  add(out, check_host(config_file, s, now));
  out.push_back(check_runs(config_file, running, s.practice()));
  add(out, check_ports(s, running, ask.http({})));
  add(out, check_cluster(s.cluster, running, ask.connect, now));
  add(out, check_vendors(s, ask, now, clocks));
  out.push_back(s.practice() ? skipped("clock", "practice: the vendors have this machine's clock")
                             : check_clock(std::move(clocks)));
  add(out, check_public_url(s, running, ask, now));
  return out;
}

findings examine_broken(const std::string& config_file, const std::vector<std::string>& problems) {
  findings out;
  for (const auto& problem : problems)
    out.push_back(failure("config", problem, "put that right in \"" + config_file + "\", then look again"));
  out.push_back(check_tzdata(read_tzdata()));
  out.push_back(skipped("all else", "needs a configuration in order"));
  return out;
}

void add_doctor(CLI::App& app, doctor_options& options) {
  auto* doctor = app.add_subcommand("doctor", "Whether this node is fit to make calls, and what to do if not");
  doctor->footer("Example:\n  parley doctor --config parley.toml\n\n"
                 "Exit codes: 0 fit, 1 not fit (each finding says what to do), 2 wrong usage.");
  doctor->add_option("--config", options.config, "the node's TOML file")->capture_default_str();
}

static int print(const findings& all, const std::string& mode, const doctor_options& options) {
  if (options.json)
    std::cout << to_json(all, mode).dump(2) << '\n';
  else
    std::cout << to_text(all, mode, cli::is_terminal(STDOUT_FILENO));
  return is_fit(all) ? 0 : 1;
}

int run_doctor(const doctor_options& options) {
  try {
    const auto settings = node_settings::load(options.config);
    return print(examine(options.config, settings, probes::over_network(), wall_time{real_now()}),
                 settings.practice() ? "PRACTICE" : "LIVE", options);
  } catch (const settings::invalid& e) {
    return print(examine_broken(options.config, e.problems()), "UNKNOWN", options);
  }
}

} // namespace parley::doctor
