#pragma once

#include "runtime/settings/section.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace parley {

/// [cluster]: how this node and other processes find each other. Empty: it is
/// alone, and opens no cluster port.
struct cluster_settings {
  std::string listen;           ///< HOST:PORT where other nodes join this one
  std::string join;             ///< HOST:PORT of the node whose calls this one hosts
  bool calls_elsewhere = false; ///< calls live on the node that joins
  std::string certificate_file; ///< PEM, ours, with the rest of its chain if there is one
  std::string key_file;         ///< PEM, ours, not encrypted, mode 0600
  std::string ca_file;          ///< PEM, the cluster's own CA
  std::chrono::milliseconds join_patience{30'000};
  std::chrono::milliseconds peer_timeout{5'000};

  void describe(settings::section& s);
  bool listens() const { return !listen.empty(); }
  bool joins() const { return !join.empty(); }
};

/// "HOST:PORT" taken apart; the port is 0 when it is none.
struct cluster_address {
  std::string host;
  uint16_t port = 0;
};
cluster_address parse_cluster_address(const std::string& text);

} // namespace parley
