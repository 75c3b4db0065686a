#pragma once

#include "runtime/ids.hpp"

#include <array>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

/// Personal fields at rest: each is sealed (XChaCha20-Poly1305, libsodium)
/// with a key of the person that it is about. Destroying the key erases them
/// everywhere at once, in backups too.
namespace parley {

using sealing_key = std::array<uint8_t, 32>;

/// A key or a sealed field cannot be used: damaged, moved to another place, or
/// sealed under another master key.
class sealing_failed : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Keys by subject (a prospect's id). The nil subject names the store's own
/// key, for fields that belong to nobody in particular. Thread-safe.
class key_store {
public:
  virtual ~key_store() = default;
  /// The subject's key, made at first use. Empty once it was destroyed: then
  /// nothing more is stored of that person.
  virtual std::optional<sealing_key> obtain(const uuid& subject) = 0;
  /// The subject's key if it has one; makes none.
  virtual std::optional<sealing_key> find(const uuid& subject) = 0;
  /// Returns when all keys made so far survive a crash. To be called before
  /// the commit of what they sealed.
  virtual void persist() = 0;
  /// Destroys the subject's key for good and remembers that it did. The
  /// store's own key cannot be destroyed.
  virtual void destroy(const uuid& subject) = 0;
};

/// Keys that live as long as the process: for tests and simulations.
class memory_key_store final : public key_store {
public:
  std::optional<sealing_key> obtain(const uuid& subject) override;
  std::optional<sealing_key> find(const uuid& subject) override;
  void persist() override {}
  void destroy(const uuid& subject) override;

private:
  std::mutex mutex_;
  std::unordered_map<uuid, sealing_key> keys_;
  std::set<uuid> destroyed_;
};

/// The place a sealed field belongs to. It is authenticated with the field,
/// so that a value copied to another row, column or version does not open.
struct sealed_place {
  std::string_view column; ///< e.g. "events.personal"
  uuid owner;              ///< id of the row or stream
  uint64_t version = 0;    ///< of the stream, where there is one
};

/// What stands in place of a field whose key was destroyed.
inline constexpr std::string_view erased_json = R"({"erased":true})";

/// Seals and opens fields. A sealed field carries its subject:
/// format (1 byte) | subject (16) | nonce (24) | ciphertext and tag (n + 16).
class sealer {
public:
  explicit sealer(std::shared_ptr<key_store> keys) : keys_{std::move(keys)} {}

  /// Always seals; for a subject whose key was destroyed nothing but the
  /// subject is kept, which opens as erased.
  std::string seal(std::string_view plain, const uuid& subject, const sealed_place& place) const;

  /// The plain field, empty when its key was destroyed. Throws
  /// `sealing_failed` when the field is damaged or stands in another place.
  std::optional<std::string> open(std::string_view sealed, const sealed_place& place) const;

  key_store& keys() const { return *keys_; }

private:
  std::shared_ptr<key_store> keys_;
};

/// Wraps a subject's key with the master key, for storage.
std::string wrap_key(const sealing_key& key, const sealing_key& master, const uuid& subject);
/// Throws `sealing_failed` under another master key.
sealing_key unwrap_key(std::string_view wrapped, const sealing_key& master, const uuid& subject);

sealing_key random_key();

/// Reads a master key: 64 hex digits in a file that only its owner may read.
/// Throws `sealing_failed` with file and remedy.
sealing_key read_master_key(const std::filesystem::path& file);
/// Makes a master key file (mode 0600), durably, and returns the key. Throws
/// `sealing_failed` when there is one already or it cannot be written.
sealing_key make_master_key(const std::filesystem::path& file);

} // namespace parley
