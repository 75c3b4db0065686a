#pragma once

#include "actors/compliance/compliance.hpp"
#include "actors/pacer/pacer.hpp"
#include "adapters/apollo/settings.hpp"
#include "adapters/cache/answer_cache.hpp"
#include "adapters/embedded/file_mailer.hpp"
#include "adapters/embedded/hashing_embedder.hpp"
#include "adapters/embedded/hnsw_index.hpp"
#include "adapters/google_calendar/settings.hpp"
#include "adapters/hubspot/settings.hpp"
#include "adapters/media/settings.hpp"
#include "adapters/openai/embeddings.hpp"
#include "adapters/openai/settings.hpp"
#include "adapters/postgres/settings.hpp"
#include "adapters/smtp/settings.hpp"
#include "adapters/sqlite/store.hpp"
#include "adapters/twilio/settings.hpp"
#include "adapters/web/settings.hpp"
#include "cluster/link/settings.hpp"
#include "runtime/messages/rows.hpp"

namespace parley {

/// Everything a node is told by its configuration file: one section per port,
/// `provider` selects, the vendor's keys beneath.
struct node_settings {
  // [node]
  bool live = false;                      ///< may dial anybody the law allows
  std::vector<std::string> allow_numbers; ///< whom a LIVE node dials before `live` is true
  uint32_t threads = 0;                   ///< of the scheduler; 0: one per core
  std::string log_level = "info";
  std::string log_file;         ///< empty: standard error
  uint64_t seed = 0;            ///< of all chance; 0: from the machine
  double minute_price = 0;      ///< of a call, all in all, for estimates; 0: not known
  std::string currency = "USD"; ///< of that
  double speed = 1;             ///< wall time per real time, practice only
  double media_speed = 1;       ///< audio time per real time, practice only
  std::string start_at;         ///< wall time of the first start, practice only
  int64_t start_real = 0;       ///< Unix ms that start_at is at; 0: the first start

  std::string journal_provider = "sqlite";
  sqlite_settings journal; ///< with postgres only its data_dir and master_key_file, which are the same
  postgres_settings postgres;
  twilio_settings telephony;
  media_settings voice_model;
  std::string llm_provider = "none";
  openai_settings llm;
  std::string crm_provider = "none";
  hubspot_settings crm;
  cache_settings crm_cache; ///< of a CRM elsewhere; our own tables need none
  std::string enrichment_provider = "none";
  apollo_settings enrichment;
  cache_settings enrichment_cache;
  std::string embedder_provider = "hashing";
  hashing_settings hashing;
  openai_embedder_settings embedder;
  hnsw_settings vector_index;
  std::string calendar_provider = "none";
  google_calendar_settings calendar;
  std::string mailer_provider = "file";
  smtp_settings mailer;
  file_mailer_settings mail_files;
  web_settings web;
  pacer_settings pacing;
  compliance_settings compliance;
  actor_settings actors;
  cluster_settings cluster;
  std::vector<manager_row> managers;

  /// Reads and checks a file. Throws `settings::invalid` with every problem.
  static node_settings load(const std::string& file);

  /// PRACTICE when every vendor is on this machine, else LIVE.
  bool practice() const;
};

} // namespace parley
