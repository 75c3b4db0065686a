#pragma once

#include "adapters/postgres/settings.hpp"
#include "cluster/doctor/checks.hpp"
#include "cluster/link/settings.hpp"

#include <functional>
#include <string>
#include <vector>

/// What a node leans on that is no vendor: its database and other nodes.
namespace parley::doctor {

/// A PostgreSQL that the journal is in, or a part of it.
struct database_facts {
  std::string setting; ///< e.g. "journal.url"
  bool reached = false;
  std::string where;   ///< as user@host:port/database
  std::string problem; ///< why it was not reached
  int version = 0;     ///< as libpq counts: 150004 is 15.4
};
/// The journal's, then those of reports and keys where they are not the same.
std::vector<database_facts> read_databases(const postgres_settings& settings);
finding check_database(const database_facts& x);

/// Our certificate of the cluster.
struct cluster_certificate_facts {
  std::string file;
  std::string problem; ///< why no cluster port can be opened with it
  std::string remedy;
  std::optional<std::chrono::sys_seconds> expires;
};
/// By the same eyes as at the node's start: files, key and CA.
cluster_certificate_facts read_cluster_certificate(const cluster_settings& settings);
finding check_cluster_certificate(const cluster_certificate_facts& x, wall_time now);

/// Tries to connect; why that is impossible, empty when it is possible.
using ask_connect = std::function<std::string(const cluster_address&)>;
std::string connect_over_network(const cluster_address& address);

/// Certificates, then the port that others join, or the node that is joined.
/// @param running Our own node runs: it may have the port.
findings check_cluster(const cluster_settings& settings, bool running, const ask_connect& connect, wall_time now);

} // namespace parley::doctor
