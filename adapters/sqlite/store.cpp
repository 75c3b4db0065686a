#include "adapters/sqlite/store.hpp"

#include "adapters/sql/identity.hpp"
#include "adapters/sqlite/key_file.hpp"
#include "adapters/sqlite/migrations.hpp"

#include <sodium.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace parley {

namespace fs = std::filesystem;
using sqlite::database;

/// Of an embedded store: enough to spread over cores, few enough to load.
static constexpr uint16_t embedded_shards = 16;

fs::path sqlite_store::journal_file() const {
  return fs::path{settings_.data_dir} / "journal.db";
}

std::unique_ptr<database> sqlite_store::connect(database::access mode) const {
  auto db = std::make_unique<database>(journal_file(), mode, settings_.busy_timeout);
  db->execute("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536");
  if (mode == database::access::write)
    // FULL: a commit is on the disk when it returns, also after a power cut.
    // Deleted rows are overwritten, so that an erasure leaves nothing behind.
    db->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST; "
                "PRAGMA wal_autocheckpoint = "
                + std::to_string(settings_.log_pages_max));
  else
    db->execute("PRAGMA query_only = ON; PRAGMA mmap_size = 268435456");
  return db;
}

static void make_folder(const fs::path& folder) {
  std::error_code error;
  const bool made = fs::create_directories(folder, error);
  if (!error && made)
    fs::permissions(folder, fs::perms::owner_all, error);
  if (error || ::access(folder.c_str(), R_OK | W_OK | X_OK) != 0)
    throw store_unusable{folder.string() + ": " + (error ? error.message() : std::strerror(errno))
                         + "; name a folder in data_dir that this user may write to"};
}

folder_lock::folder_lock(const fs::path& folder) {
  const auto file = folder / "parley.lock";
  handle_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (handle_ < 0)
    throw store_unusable{file.string() + ": " + std::strerror(errno) + "; give this user the folder"};
  std::string problem;
  if (::flock(handle_, LOCK_EX | LOCK_NB) != 0) {
    char owner[32]{};
    const auto length = ::read(handle_, owner, sizeof owner - 1);
    problem = folder.string() + " is in use by another parleyd"
              + (length > 0 ? " (process " + std::string{owner} + ")" : "") + "; stop that one or set another data_dir";
  } else {
    const auto pid = std::to_string(::getpid());
    if (::ftruncate(handle_, 0) != 0 || ::pwrite(handle_, pid.data(), pid.size(), 0) < 0)
      problem = file.string() + ": " + std::strerror(errno) + "; make room on the disk";
  }
  if (!problem.empty()) {
    ::close(handle_);
    throw store_unusable{problem};
  }
}

folder_lock::folder_lock(folder_lock&& other) noexcept : handle_{std::exchange(other.handle_, -1)} {}

folder_lock::~folder_lock() {
  if (handle_ >= 0)
    ::close(handle_); // and with it the lock
}

static std::shared_ptr<key_store> open_keys(const sqlite_settings& settings, const fs::path& folder) {
  const auto keys = folder / "keys.db";
  const auto master = settings.master_key_file.empty() ? folder / "master.key" : fs::path{settings.master_key_file};
  const bool first_start = !fs::exists(keys) && !fs::exists(folder / "journal.db");
  if (first_start && settings.master_key_file.empty() && !fs::exists(master))
    make_master_key(master);
  if (!fs::exists(master))
    throw store_unusable{master.string() + " is missing; restore it: without it no sealed field can be read"};
  if (!first_start && !fs::exists(keys))
    throw store_unusable{keys.string() + " is missing; restore it: without it no sealed field can be read"};
  return std::make_shared<sqlite::key_file>(keys, read_master_key(master), settings.busy_timeout);
}

static std::optional<std::string> stored(database& db, const char* key) {
  auto row = db.query("SELECT value FROM meta WHERE key = ?", key);
  return row.next() ? std::optional{std::string{row.bytes(0)}} : std::nullopt;
}

static void found(database& db, const sealer& seal, const clock_origin& origin, std::optional<uint64_t> chance) {
  const auto identity = sql::new_identity(seal, origin, embedded_shards, chance);
  seal.keys().persist();
  db.execute("BEGIN IMMEDIATE");
  for (const auto& [key, value] : identity)
    if (key == "hash_secret")
      db.run("INSERT INTO meta VALUES (?, ?)", key, sqlite::blob{value});
    else
      db.run("INSERT INTO meta VALUES (?, ?)", key, value);
  db.run("INSERT INTO meta VALUES ('position', 0)");
  for (int shard = 0; shard < embedded_shards; ++shard)
    db.run("INSERT INTO shards VALUES (?, 0)", shard);
  db.execute("COMMIT");
}

static store_identity identify(database& db, const sealer& seal) {
  return sql::read_identity(
    {[&](const std::string& key) { return stored(db, key.c_str()); }, "journal.db", "this keys.db"}, seal);
}

/// Nobody but the holder of the lock writes here, so all shards are ours.
static uint64_t claim_shards(database& db) {
  db.run("UPDATE shards SET epoch = (SELECT max(epoch) + 1 FROM shards)");
  auto row = db.query("SELECT max(epoch) FROM shards");
  row.next();
  return static_cast<uint64_t>(row.integer(0));
}

std::shared_ptr<sqlite_store>
open_store(const sqlite_settings& settings, const clock_origin& wanted, std::optional<uint64_t> chance) {
  if (sodium_init() < 0)
    throw store_unusable{"libsodium finds no source of randomness on this machine"};
  const fs::path folder{settings.data_dir};
  make_folder(folder);
  folder_lock lock{folder};
  const auto journal = (folder / "journal.db").string();
  try {
    std::shared_ptr<sqlite_store> store{
      new sqlite_store{settings, std::move(lock), sealer{open_keys(settings, folder)}}};
    if (fs::exists(journal))
      sqlite::refuse_foreign(*store->connect(database::access::read));
    auto db = store->connect(database::access::write);
    migrate(*db, sqlite::known_migrations());
    if (!stored(*db, "hash_secret"))
      found(*db, store->sealer(), wanted, chance);
    store->identity_ = identify(*db, store->sealer());
    sql::check_speed(store->identity_, wanted, folder.string(), "set another data_dir");
    store->identity_.epoch = claim_shards(*db);
    return store;
  } catch (const sqlite::failure& e) {
    throw store_unusable{journal + ": " + e.what() + remedy_of(e)};
  } catch (const sqlite::unknown_schema& e) {
    throw store_unusable{journal + " " + e.what()};
  } catch (const sealing_failed& e) {
    throw store_unusable{e.what()};
  }
}

std::shared_ptr<sqlite_store> open_stopped_store(const sqlite_settings& settings) {
  if (sodium_init() < 0)
    throw store_unusable{"libsodium finds no source of randomness on this machine"};
  const fs::path folder{settings.data_dir};
  const auto journal = (folder / "journal.db").string();
  if (!fs::exists(journal))
    throw store_unusable{journal + ": there is no such file; name the folder of a store"};
  folder_lock lock{folder};
  try {
    std::shared_ptr<sqlite_store> store{
      new sqlite_store{settings, std::move(lock), sealer{open_keys(settings, folder)}}};
    // Writable, so that what a crash left in the write-ahead log is there.
    auto db = store->connect(database::access::write);
    sqlite::refuse_foreign(*db);
    sqlite::refuse_other_schema(*db, sqlite::known_migrations());
    store->identity_ = identify(*db, store->sealer());
    return store;
  } catch (const sqlite::failure& e) {
    throw store_unusable{journal + ": " + e.what() + remedy_of(e)};
  } catch (const sqlite::unknown_schema& e) {
    throw store_unusable{journal + " " + e.what()};
  } catch (const sealing_failed& e) {
    throw store_unusable{e.what()};
  }
}

} // namespace parley
