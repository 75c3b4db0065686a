#pragma once

#include "adapters/http/dialogue.hpp"
#include "adapters/http/endpoint.hpp"
#include "runtime/messages/semantics.hpp"
#include "runtime/settings/section.hpp"

namespace parley {

/// `[embedder]` with `provider = "openai"`: OpenAI's embeddings, or any server
/// that speaks them.
struct openai_embedder_settings {
  std::string base_url = "https://api.openai.com/v1";
  std::string model = "text-embedding-3-small";
  std::string api_key; ///< may be empty: servers of one's own often have none
  std::string ca_file;
  /// Length of a vector; 0: the model's own, for models that know no other.
  uint32_t dimensions = 512;
  uint32_t batch_max = 64; ///< texts in one request

  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{20'000};
  /// One task: all its requests, tries and waits.
  std::chrono::milliseconds total_timeout{25'000};
  int attempts_max = 3;
  size_t requests_max = 8;
  size_t waiting_max = 1'000;

  /// Changes with whatever changes the vectors.
  std::string name() const;
  void describe(settings::section& s);
};

namespace openai {

/// The dialogue that embeds texts, batch by batch. Ends with
/// `ec::vendor_answered_rubbish` when a vector is missing, empty, of another
/// length than asked for, or has no direction.
dialogue<embedded> embed_texts(const openai_embedder_settings& settings, const embed& x);

} // namespace openai

} // namespace parley
