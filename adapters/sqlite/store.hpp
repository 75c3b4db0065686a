#pragma once

#include "adapters/sqlite/database.hpp"
#include "runtime/clock.hpp"
#include "runtime/journal/sealing.hpp"
#include "runtime/journal/store_identity.hpp"
#include "runtime/settings/section.hpp"

#include <memory>

namespace parley {

/// [journal] with provider "sqlite".
struct sqlite_settings {
  std::string data_dir = "data";
  std::string master_key_file; ///< empty: data_dir/master.key, made at first start
  std::chrono::milliseconds busy_timeout{5'000};
  uint32_t batch_requests_max = 512; ///< requests that share one commit
  uint32_t waiting_requests_max = 20'000;
  uint64_t waiting_bytes_max = 256u * 1024 * 1024;
  std::chrono::milliseconds outage_wait{50'000};
  std::chrono::milliseconds append_wait{600'000};
  uint32_t log_pages_max = 1000; ///< pages of 4 KiB; longer pauses come rarer, shorter ones keep the p99 low

  void describe(settings::section& s) {
    using namespace std::chrono_literals;
    s.text("data_dir", data_dir, "Folder of the store: journal.db, keys.db, master.key, control.sock.");
    s.file("master_key_file", master_key_file,
           "File with the master key, 64 hex digits, mode 0600; by default master.key in data_dir. Keep a copy of it "
           "apart from the backups: without it no sealed field can be read.");
    s.duration("busy_timeout", busy_timeout, 100ms, 1min, "How long to wait while somebody else reads the files.");
    s.number<uint32_t>("batch_requests_max", batch_requests_max, 1, 10'000, "requests",
                       "Most requests that share one commit.");
    s.number<uint32_t>("waiting_requests_max", waiting_requests_max, 10, 1'000'000, "requests",
                       "More waiting writes than this are refused at once.");
    s.number<uint64_t>("waiting_bytes_max", waiting_bytes_max, 1'000'000, uint64_t{1} << 40, "bytes",
                       "While the disk takes nothing, writes beyond this are refused at once.");
    s.duration("outage_wait", outage_wait, 0s, 10min,
               "So long requests wait for a disk that is full or takes nothing; then they are refused. Keep it below "
               "actors.journal_timeout.");
    s.duration("append_wait", append_wait, 0s, 24h,
               "So long what live calls and other actors append does: refused, it would end the call.");
    s.number<uint32_t>("log_pages_max", log_pages_max, 100, 1'000'000, "pages",
                       "Length of the write-ahead log at which it is moved into the database; writes wait meanwhile.");
  }
};

/// Keeps other processes out of a folder while it lives.
class folder_lock {
public:
  /// Throws `store_unusable` when another process has the folder.
  explicit folder_lock(const std::filesystem::path& folder);
  folder_lock(folder_lock&& other) noexcept;
  ~folder_lock();

private:
  int handle_;
};

/// An opened store: the folder is locked for this process while it lives.
class sqlite_store {
public:
  const sqlite_settings& settings() const { return settings_; }
  const store_identity& identity() const { return identity_; }
  /// Seals and opens with the keys of keys.db.
  const parley::sealer& sealer() const { return sealer_; }
  std::filesystem::path journal_file() const;

  /// Opens a connection to the journal, set up for its use. Throws
  /// `sqlite::failure`.
  std::unique_ptr<sqlite::database> connect(sqlite::database::access mode) const;

private:
  friend std::shared_ptr<sqlite_store> open_store(const sqlite_settings&, const clock_origin&, std::optional<uint64_t>);
  friend std::shared_ptr<sqlite_store> open_stopped_store(const sqlite_settings&);
  sqlite_store(sqlite_settings settings, folder_lock lock, parley::sealer sealer)
    : settings_{std::move(settings)}, lock_{std::move(lock)}, sealer_{std::move(sealer)} {}

  sqlite_settings settings_;
  folder_lock lock_;
  parley::sealer sealer_;
  store_identity identity_;
};

/// Opens the store of `data_dir`, and makes it at the first start: 16 shards,
/// a hash secret by chance, the wanted clock origin. Afterwards the stored
/// origin counts. Claims all shards with a new epoch. To be called before the
/// actors start. Throws `store_unusable` when another process has the folder,
/// it cannot be used, is of a newer Parley, or runs at another clock speed.
/// @param chance Seed of the hash secret, only for practice, where the same
///        seed shall make the same ids; nothing: by true chance.
std::shared_ptr<sqlite_store>
open_store(const sqlite_settings& settings, const clock_origin& wanted, std::optional<uint64_t> chance = std::nullopt);

/// Opens the store of a node that does not run, to read it: nothing is made,
/// migrated or claimed. Throws `store_unusable` when there is none, a process
/// has it, or it is of another schema than this program's.
std::shared_ptr<sqlite_store> open_stopped_store(const sqlite_settings& settings);

} // namespace parley
