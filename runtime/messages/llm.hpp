#pragma once

#include "runtime/ids.hpp"

#include <string>

namespace parley {

/// Asks a language model for one JSON object.
struct completion_request {
  std::string purpose; ///< research or analysis: a metric's label
  std::string system;
  std::string prompt;
  std::string schema_name;
  std::string schema; ///< JSON schema of the answer
  uint32_t tokens_max = 1200;
};
PARLEY_INSPECT(completion_request, x.purpose, x.system, x.prompt, x.schema_name, x.schema, x.tokens_max)

/// What the model wrote; whether it is valid JSON is the asker's to check.
struct completion {
  std::string text;
  std::string model;
  uint32_t tokens_in = 0;
  uint32_t tokens_out = 0;
};
PARLEY_INSPECT(completion, x.text, x.model, x.tokens_in, x.tokens_out)

} // namespace parley
