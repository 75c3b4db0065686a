#pragma once

#include "cluster/doctor/finding.hpp"
#include "runtime/clock.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

/// Checks of the machine: pure functions over facts.
namespace parley::doctor {

/// A port that the node listens on.
struct port_facts {
  std::string setting; ///< e.g. "web.webhook_port"
  std::string address;
  uint16_t port = 0;
  bool free = false;
  bool ours = false; ///< our own node answers on it
  std::string error; ///< of the attempt to bind it
};
finding check_port(const port_facts& x);

/// How far our clock is from a vendor's, by the `Date` of an answer.
struct clock_facts {
  std::string who;
  std::chrono::milliseconds ahead{0}; ///< ours minus theirs
};
/// Most vendors' word counts: one server's own clock may be wrong.
finding check_clock(std::vector<clock_facts> all);

struct tzdata_facts {
  std::string version; ///< "2026e"; empty: not told
  bool canada = false; ///< zones know the changes of 2026 in Canada
};
finding check_tzdata(const tzdata_facts& x);
/// Whether a version of the time zone data is this one or newer.
bool is_at_least(const std::string& version, const std::string& wanted);

struct folder_facts {
  std::string setting; ///< e.g. "journal.data_dir"
  std::string folder;
  bool exists = false;
  bool writable = false; ///< or, while it does not exist, whether it can be made
  uint64_t free_bytes = 0;
  std::string error;
};
finding check_folder(const folder_facts& x);

/// A file that holds a secret.
struct secret_facts {
  std::string setting; ///< e.g. "telephony.auth_token_file"
  std::string file;
  bool exists = false;
  bool made_by_us = false; ///< at the first start
  unsigned mode = 0;       ///< permission bits
};
finding check_secret_file(const secret_facts& x, bool practice);

struct rules_facts {
  std::string problem; ///< why the files cannot be used
  std::string version;
  std::optional<std::chrono::sys_days> as_of;
};
finding check_rules(const rules_facts& x, wall_time now);

/// Our copy of the national do-not-call list.
struct list_facts {
  bool store = false;  ///< there is a store
  std::string problem; ///< it cannot be read
  std::string version; ///< empty: no list
  wall_time date{};
  uint64_t numbers = 0;
};
/// @param everybody The node may dial more than an allow-list.
finding check_national_list(const list_facts& x, wall_time now, bool everybody);

/// The certificate that a host shows.
struct certificate_facts {
  std::string host;
  bool reached = false;
  bool trusted = false;
  std::string problem; ///< why not
  std::optional<std::chrono::sys_seconds> expires;
  std::string issuer;
};
finding check_certificate(const std::string& check, const certificate_facts& x, wall_time now);

/// What came back from `public_url`.
struct webhook_facts {
  std::string url;
  bool node_runs = false;
  bool reached = false;
  std::string problem;
  int status = 0;
  bool is_ours = false;      ///< the answer proves that it knows our token
  int stream_status = 0;     ///< of an upgrade to the media socket; 101 is right
  bool standard_port = true; ///< Twilio opens media sockets on 443 only
};
findings check_webhook(const webhook_facts& x, bool practice);

} // namespace parley::doctor
