#pragma once

#include "runtime/settings/section.hpp"

#include <chrono>
#include <string>

namespace parley {

/// `[enrichment]` with `provider = "apollo"`.
struct apollo_settings {
  std::string base_url = "https://api.apollo.io";
  std::string api_key;
  /// Articles about the company; 0 asks for none. Costs a credit of its own.
  uint32_t news_max = 3;
  uint32_t technologies_max = 20;

  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{10'000};
  /// One person: all its requests, tries and waits.
  std::chrono::milliseconds total_timeout{25'000};
  int attempts_max = 3;
  size_t requests_max = 4;
  size_t waiting_max = 1'000;

  void describe(settings::section& s);
};

} // namespace parley
