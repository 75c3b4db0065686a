#pragma once

#include "runtime/settings/section.hpp"

#include <algorithm>
#include <string>

namespace parley {

/// [journal] with provider "postgres".
struct postgres_settings {
  std::string data_dir = "data"; ///< of the node's own files; the journal is in the database
  std::string url;               ///< without the password
  std::string host;              ///< the parts of it, where there is no url
  uint16_t port = 5432;
  std::string database = "parley";
  std::string user;
  std::string password;
  std::string reports_url;      ///< empty: as the journal
  std::string reports_password; ///< empty: the journal's
  std::string keys_url;         ///< empty: as the journal
  std::string keys_password;    ///< empty: the journal's
  std::string master_key_file;  ///< empty: data_dir/master.key, made with the store
  uint32_t readers = 2;
  uint32_t batch_requests_max = 512;
  uint32_t waiting_requests_max = 20'000;
  uint64_t waiting_bytes_max = 256u * 1024 * 1024;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds statement_timeout{15'000};
  std::chrono::milliseconds idle_in_transaction_timeout{10'000};
  std::chrono::milliseconds reconnect_min{100};
  std::chrono::milliseconds reconnect_max{5'000};
  std::chrono::milliseconds outage_wait{50'000};
  std::chrono::milliseconds append_wait{600'000};

  /// So long an answer may take. A server that works gives up a statement after
  /// `statement_timeout` and says so; the rest is for the way, and for what the
  /// server does not count: a commit that waits for its standby.
  std::chrono::milliseconds answer_limit() const {
    return statement_timeout + std::max(std::chrono::milliseconds{1'000}, statement_timeout / 3);
  }

  /// Where the journal is, as a connection string of libpq.
  std::string address() const;

  void describe(settings::section& s);
};

} // namespace parley
