#pragma once

#include "cluster/link/settings.hpp"

#include <array>
#include <stdexcept>
#include <string>

namespace parley {

/// The certificates cannot be used; what() names the file and the remedy.
class certificates_unusable : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// This node's certificate and key and the cluster's CA: checked at start, and
/// held in memory while it runs. CAF reads the files anew for each connection
/// and ends the process when one of them is missing or broken at that moment,
/// even if a stranger knocks: so it is given files that nobody can take away.
class cluster_certificates {
public:
  /// Throws `certificates_unusable` when a file cannot be read, the key is
  /// open to others or not the certificate's, or the CA did not issue it or not
  /// for now.
  explicit cluster_certificates(const cluster_settings& settings);
  ~cluster_certificates();
  cluster_certificates(const cluster_certificates&) = delete;
  cluster_certificates& operator=(const cluster_certificates&) = delete;

  std::string certificate() const { return path(0); }
  std::string key() const { return path(1); }
  std::string ca() const { return path(2); }

private:
  std::string path(size_t which) const;

  std::array<int, 3> files_{-1, -1, -1};
};

} // namespace parley
