#pragma once

#include "cluster/doctor/prober.hpp"
#include "cluster/node_settings.hpp"

#include <string>
#include <vector>

/// What the machine itself tells.
namespace parley::doctor {

/// Reads the version of the time zones that the program uses, and looks how
/// they have it in Canada.
/// @param zoneinfo Folder of the zones.
tzdata_facts read_tzdata(const std::string& zoneinfo = "/usr/share/zoneinfo");

folder_facts read_folder(const std::string& setting, const std::string& folder);

/// Every file that a `…_file` of the configuration names as holding a secret,
/// and the store's master key.
std::vector<secret_facts> read_secret_files(const std::string& config_file, const node_settings& settings);

rules_facts read_rules(const compliance_settings& settings);

/// Looks into the store without locking it, so that a node may run.
list_facts read_national_list(const node_settings& settings);

/// Whether the node of this data_dir runs: its control socket answers.
bool node_runs(const node_settings& settings);

/// @param running Our own node runs: it may have the port.
port_facts read_port(const std::string& setting, const std::string& address, uint16_t port, bool running);

/// Asks for a proof that only our node can give: the question is signed as the
/// carrier signs, and so is the answer. The same question with an upgrade to the media
/// socket follows.
/// @param url Where the node's webhook listener is believed to be.
webhook_facts ask_webhook(const twilio_settings& carrier, const std::string& url, bool running, const ask_http& ask);

} // namespace parley::doctor
