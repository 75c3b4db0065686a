#pragma once

#include "runtime/settings/section.hpp"

#include <chrono>
#include <string>

namespace parley {

/// The node's own sockets. Times are real time.
struct web_settings {
  std::string webhook_address = "127.0.0.1";
  uint16_t webhook_port = 8080; ///< 0: the system chooses
  std::string local_address = "127.0.0.1";
  uint16_t local_port = 8081;
  /// Path of the Unix socket for commands; the node sets it to
  /// `data_dir/control.sock`. Empty: none.
  std::string control_socket;
  std::chrono::milliseconds request_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds write_timeout{10'000};
  std::chrono::milliseconds journal_timeout{5'000};
  std::chrono::milliseconds inspect_timeout{1'000};
  std::chrono::milliseconds command_timeout{60'000};
  uint32_t header_bytes_max = 16u << 10;
  uint32_t body_bytes_max = 64u << 10;
  uint32_t command_bytes_max = 64u << 20;
  uint32_t connections_max = 1'000;
  uint32_t threads = 2;

  void describe(settings::section& s);
};

} // namespace parley
