#pragma once

#include "adapters/postgres/settings.hpp"
#include "adapters/sqlite/store.hpp"
#include "runtime/messages/journal_upkeep.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>

namespace parley::journal_tools {

/// The store of a node that does not run. Nothing in it is changed.
class stopped_store {
public:
  /// Throws `store_unusable` when there is none, or a node has it.
  explicit stopped_store(const sqlite_settings& settings);
  explicit stopped_store(const postgres_settings& settings);
  ~stopped_store();
  stopped_store(const stopped_store&) = delete;

  /// The whole check, as `journal verify` of a node answers it.
  /// @param progress Told a phase, how much is done and of how much.
  nlohmann::json
  verify(uint32_t findings_max, const std::function<void(const char*, uint64_t, uint64_t)>& progress) const;
  /// One page of events.
  exported_events read(const export_events& what) const;
  /// The campaign of this name or id.
  campaign_id campaign(const std::string& name) const;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace parley::journal_tools
