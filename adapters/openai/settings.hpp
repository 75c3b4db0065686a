#pragma once

#include "adapters/http/endpoint.hpp"
#include "runtime/settings/section.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace parley {

/// `[llm]` with `provider = "openai"`: OpenAI's chat completions, or any server
/// that speaks them.
struct openai_settings {
  std::string base_url = "https://api.openai.com/v1";
  std::string model = "gpt-4o-mini";
  std::string api_key; ///< may be empty: servers of one's own often have none
  std::string ca_file;
  /// Name of the field that limits the answer; older compatible servers only
  /// know `max_tokens`, OpenAI's reasoning models refuse that.
  std::string token_limit_field = "max_completion_tokens";
  /// Whether the server shall enforce the schema. It then accepts only schemas
  /// that require all properties and allow no others.
  bool strict = false;

  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{20'000};
  /// One completion: all its tries and waits.
  std::chrono::milliseconds total_timeout{25'000};
  int attempts_max = 3;
  size_t requests_max = 16;
  size_t waiting_max = 1'000;

  void describe(settings::section& s) {
    using namespace std::chrono_literals;
    s.url("base_url", base_url, "Root of the API; /chat/completions is appended.");
    s.required("model", model, "Model that answers.");
    s.secret("api_key", api_key, "The vendor's API key; none for a server that asks for none.");
    s.file("ca_file", ca_file, "PEM file of certificate authorities to trust; empty: the system's.");
    s.choice("token_limit_field", token_limit_field, {"max_completion_tokens", "max_tokens"},
             "Name of the field that limits an answer's length.");
    s.flag("strict", strict, "Whether the server shall enforce the JSON schema.");
    s.duration("connect_timeout", connect_timeout, 100ms, 60s, "Longest wait for a connection, TLS included.");
    s.duration("request_timeout", request_timeout, 500ms, 10min, "Longest wait for one answer.");
    s.duration("total_timeout", total_timeout, 1s, 10min,
               "Longest time for one task, tries and waits included; at most 5/6 of vendor_timeout of [actors].");
    s.number("attempts_max", attempts_max, 1, 10, "tries", "Tries per request, the first one included.");
    s.number<size_t>("requests_max", requests_max, 1, 1'000, "requests", "Requests at the same time.");
    s.number<size_t>("waiting_max", waiting_max, 1, 100'000, "requests", "Requests that may wait; more are refused.");
    if (!api_key.empty() && !is_protected(base_url))
      s.problem("base_url", "the API key would travel in the clear; use https:// (http:// only to this machine)");
  }
};

} // namespace parley
