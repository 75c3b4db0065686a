#pragma once

#include "cluster/doctor/neighbours.hpp"
#include "cluster/doctor/vendor_checks.hpp"
#include "cluster/node_settings.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace parley::doctor {

struct doctor_options {
  std::string config = "parley.toml";
  bool json = false;
};

/// Adds `parley doctor`; it runs when `run_doctor` is called.
void add_doctor(CLI::App& app, doctor_options& options);

/// How the world is asked; a test puts its own in.
struct probes {
  /// By the PEM file of authorities to trust; empty: the system's.
  std::function<ask_http(const std::string& ca_file)> http;
  ask_mail mail;
  std::function<certificate_facts(const std::string& url)> certificate;
  ask_connect connect;

  static probes over_network();
};

/// What stands between this machine and its first or next call: every check,
/// in the order in which one would put things right.
findings examine(const std::string& config_file, const node_settings& settings, const probes& ask, wall_time now);

/// What is left to say of a configuration that cannot be used.
findings examine_broken(const std::string& config_file, const std::vector<std::string>& problems);

/// Reads the configuration, examines, prints. Exit code 0 when nothing failed,
/// 1 otherwise.
int run_doctor(const doctor_options& options);

} // namespace parley::doctor
