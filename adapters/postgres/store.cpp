#include "adapters/postgres/store.hpp"

#include "adapters/postgres/values.hpp"
#include "adapters/sql/identity.hpp"

#include <sodium.h>
#include <spdlog/spdlog.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <random>
#include <thread>

namespace parley {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using postgres::connection_lost;
using postgres::parameter;
using postgres::session;

/// Enough for a cluster of many nodes; fixed when the store is made.
static constexpr uint16_t cluster_shards = 256;

/// One node at a time has a store. The lock is the session's: it goes with it.
static constexpr auto take_node_lock = "SELECT pg_try_advisory_lock(1885434476, 2)";
/// So long a node that was killed may seem to be there: its session ends when
/// the database notices that the socket is closed.
static constexpr auto node_lock_wait = 10s;

static std::unique_ptr<session> connect(const postgres_settings& settings, session::access mode) {
  return std::make_unique<session>(settings, settings.address(), settings.password, mode);
}

static bool try_lock(session& db) {
  return db.execute(take_node_lock)[0][0].as<bool>();
}

std::unique_ptr<session> postgres_store::connect_writer() {
  if (first_)
    return std::move(first_);
  auto db = connect(settings_, session::access::write);
  // The lock comes first: whoever has it finds the epoch as it stays. Where
  // somebody else has it, the epoch tells whether that is another node.
  const bool locked = try_lock(*db);
  if (!db->run("SELECT 1 FROM shards WHERE epoch <> $1::bigint LIMIT 1", {std::to_string(identity_.epoch)}).empty())
    throw sql::refusal{ec::append_refused, "another node has taken the store over while the database was away"};
  if (!locked)
    throw connection_lost{"the lost connection still has the node's lock"};
  return db;
}

std::unique_ptr<session> postgres_store::connect_reader() const {
  return connect(settings_, session::access::read);
}

std::unique_ptr<session> postgres_store::connect_reports() const {
  if (settings_.reports_url.empty())
    return connect_reader();
  return std::make_unique<session>(settings_, settings_.reports_url,
                                   settings_.reports_password.empty() ? settings_.password : settings_.reports_password,
                                   session::access::read);
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

static std::optional<std::string> stored(session& db, const char* key) {
  auto row = postgres::rows_of(db.run("SELECT value FROM meta WHERE key = $1", {key}));
  return row.next() ? std::optional{row.get<std::string>(0)} : std::nullopt;
}

static sealing_key master_key(const postgres_settings& settings, bool first_start) {
  const auto file = settings.master_key_file.empty() ? fs::path{settings.data_dir} / "master.key"
                                                     : fs::path{settings.master_key_file};
  if (fs::exists(file))
    return read_master_key(file);
  if (first_start && settings.master_key_file.empty())
    return make_master_key(file);
  throw store_unusable{file.string()
                       + " is missing; restore it, or copy it from another node of this store: without "
                         "it no sealed field can be read"};
}

static std::string hex(std::string_view bytes) {
  return postgres::bytes_text(bytes).substr(2);
}

static std::string from_hex(const std::string& digits) {
  std::string out(digits.size() / 2, '\0');
  size_t length = 0;
  sodium_hex2bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), digits.data(), digits.size(), nullptr,
                 &length, nullptr);
  out.resize(length);
  return out;
}

static void found(session& db, const sealer& seal, const clock_origin& origin, std::optional<uint64_t> chance) {
  db.execute("BEGIN");
  for (const auto& [key, value] : sql::new_identity(seal, origin, cluster_shards, chance))
    db.run("INSERT INTO meta (key, value) VALUES ($1, $2)", {key, key == "hash_secret" ? hex(value) : value});
  db.run("INSERT INTO shards (shard, epoch) SELECT n, 0 FROM generate_series(0, $1::int - 1) n",
         {std::to_string(cluster_shards)});
  db.execute("COMMIT");
}

static store_identity identify(session& db, const sealer& seal) {
  const auto value = [&](const std::string& key) {
    auto text = stored(db, key.c_str());
    return text && key == "hash_secret" ? std::optional{from_hex(*text)} : text;
  };
  return sql::read_identity({value, "the journal", "the keys in parley_keys.keys"}, seal);
}

static void lock_as_node(session& db) {
  const auto until = std::chrono::steady_clock::now() + node_lock_wait;
  while (!try_lock(db)) {
    if (std::chrono::steady_clock::now() > until)
      throw store_unusable{db.where() + " is in use by another parleyd; stop that one or name another database"};
    std::this_thread::sleep_for(100ms);
  }
}

/// Nobody but the holder of the lock writes here, so all shards are ours.
static uint64_t claim_shards(session& db) {
  auto row = postgres::rows_of(db.execute("WITH claimed AS (UPDATE shards SET epoch = (SELECT max(epoch) + 1 FROM "
                                          "shards) RETURNING epoch) SELECT max(epoch) FROM claimed"));
  row.next();
  return row.get<uint64_t>(0);
}

static uuid register_writer(session& db) {
  std::random_device chance;
  std::mt19937_64 numbers{(uint64_t{chance()} << 32) | chance()};
  const uuid id{numbers(), numbers()};
  char host[256]{};
  ::gethostname(host, sizeof host - 1);
  db.execute("DELETE FROM writers WHERE at < now() - interval '30 days'");
  db.run("INSERT INTO writers (id, host, process, position) VALUES ($1::uuid, $2, $3::int, 0)",
         {to_string(id), host, std::to_string(::getpid())});
  return id;
}

/// @param mode Read: keys are only looked up, nothing is made.
static std::shared_ptr<postgres::key_table>
open_keys(const postgres_settings& settings, bool first_start, session::access mode) {
  using postgres::key_table;
  return std::make_shared<key_table>(
    [settings, mode] {
      if (settings.keys_url.empty())
        return connect(settings, mode);
      return std::make_unique<session>(
        settings, settings.keys_url, settings.keys_password.empty() ? settings.password : settings.keys_password, mode);
    },
    master_key(settings, first_start),
    mode == session::access::write ? key_table::table::made : key_table::table::found);
}

/// Every way in which a database can be of no use, in the same words.
/// @param rights What the role has to be allowed.
template <class F>
static std::shared_ptr<postgres_store> told(const char* rights, F&& open) {
  if (sodium_init() < 0)
    throw store_unusable{"libsodium finds no source of randomness on this machine"};
  std::string where = "the database";
  try {
    return open(where);
  } catch (const connection_lost& e) {
    throw store_unusable{where + ": " + e.what()
                         + "; is the server running there, and do the address, the role and its password fit?"};
  } catch (const postgres::failure& e) {
    throw store_unusable{where + ": " + e.what()
                         + (e.state() == "42501" ? std::string{"; the role needs the rights "} + rights : "")};
  } catch (const postgres::unknown_schema& e) {
    throw store_unusable{where + " " + e.what()};
  } catch (const sealing_failed& e) {
    throw store_unusable{e.what()};
  }
}

std::shared_ptr<postgres_store>
open_store(const postgres_settings& settings, const clock_origin& wanted, std::optional<uint64_t> chance) {
  return told("to make tables and schemas", [&](std::string& where) {
    make_folder(settings.data_dir);
    auto db = connect(settings, session::access::write);
    where = db->where();
    postgres::migrate(*db, postgres::known_migrations());
    const auto vectors = postgres::choose_vector_column(*db);
    db = connect(settings, session::access::write); // with the timeouts that the schema did without
    lock_as_node(*db);
    const bool first_start = !stored(*db, "hash_secret");
    std::shared_ptr<postgres_store> store{
      new postgres_store{settings, open_keys(settings, first_start, session::access::write)}};
    if (first_start)
      found(*db, store->sealer(), wanted, chance);
    store->vectors_ = vectors;
    store->identity_ = identify(*db, store->sealer());
    sql::check_speed(store->identity_, wanted, where, "name another database");
    store->identity_.epoch = claim_shards(*db);
    store->writer_ = register_writer(*db);
    spdlog::info("journal: PostgreSQL {}.{} at {}, schema {}, embeddings as {}", db->server_version() / 10'000,
                 db->server_version() % 10'000, where, postgres::known_migrations().back().version,
                 vectors == postgres::vector_column::pgvector ? "vector(1536) of pgvector, indexed"
                                                              : "real[], since pgvector is not installed");
    store->first_ = std::move(db);
    return store;
  });
}

std::shared_ptr<postgres_store> open_stopped_store(const postgres_settings& settings) {
  // The database itself refuses to write what should be written by mistake.
  constexpr auto mode = session::access::read;
  return told("to read the journal's tables and those in parley_keys", [&](std::string& where) {
    auto db = connect(settings, mode);
    where = db->where();
    postgres::refuse_other_schema(*db, postgres::known_migrations());
    lock_as_node(*db);
    std::shared_ptr<postgres_store> store{new postgres_store{settings, open_keys(settings, false, mode)}};
    store->vectors_ = postgres::vector_column_of(*db);
    store->identity_ = identify(*db, store->sealer());
    store->first_ = std::move(db);
    return store;
  });
}

} // namespace parley
