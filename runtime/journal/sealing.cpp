#include "runtime/journal/sealing.hpp"

#include <sodium.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace parley {

static constexpr char format_1 = 1;
static constexpr size_t subject_bytes = 16;
static constexpr size_t header_bytes = 1 + subject_bytes;
static constexpr size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
static constexpr size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(sizeof(sealing_key) == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

static const uint8_t* bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

static uint8_t* bytes(std::string& text) {
  return reinterpret_cast<uint8_t*>(text.data());
}

static void put_number(std::string& out, uint64_t x) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(x >> shift));
}

static uint64_t get_number(std::string_view in) {
  uint64_t x = 0;
  for (size_t i = 0; i < 8; ++i)
    x = (x << 8) | static_cast<uint8_t>(in[i]);
  return x;
}

static void put_id(std::string& out, const uuid& id) {
  put_number(out, id.high);
  put_number(out, id.low);
}

static void encrypt(std::string& out, std::string_view plain, std::string_view associated, const sealing_key& key) {
  const auto start = out.size();
  out.resize(start + nonce_bytes + plain.size() + tag_bytes);
  auto* nonce = bytes(out) + start;
  randombytes_buf(nonce, nonce_bytes); // 24 bytes by chance do not collide in practice
  crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + nonce_bytes, nullptr, bytes(plain), plain.size(),
                                             bytes(associated), associated.size(), nullptr, nonce, key.data());
}

static std::optional<std::string>
decrypt(std::string_view sealed, std::string_view associated, const sealing_key& key) {
  if (sealed.size() < nonce_bytes + tag_bytes)
    return std::nullopt;
  std::string plain(sealed.size() - nonce_bytes - tag_bytes, '\0');
  const auto* nonce = bytes(sealed);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes(plain), nullptr, nullptr, nonce + nonce_bytes,
                                                 sealed.size() - nonce_bytes, bytes(associated), associated.size(),
                                                 nonce, key.data())
      != 0)
    return std::nullopt;
  return plain;
}

static std::string associated_data(const uuid& subject, const sealed_place& place) {
  std::string out;
  out.reserve(place.column.size() + 42);
  put_id(out, subject);
  put_id(out, place.owner);
  put_number(out, place.version);
  out.append(place.column);
  return out;
}

std::string sealer::seal(std::string_view plain, const uuid& subject, const sealed_place& place) const {
  std::string out;
  out.reserve(header_bytes + nonce_bytes + plain.size() + tag_bytes);
  out.push_back(format_1);
  put_id(out, subject);
  if (const auto key = keys_->obtain(subject))
    encrypt(out, plain, associated_data(subject, place), *key);
  return out;
}

std::optional<std::string> sealer::open(std::string_view sealed, const sealed_place& place) const {
  const auto describe = [&] { return std::string{place.column} + " of " + to_string(place.owner); };
  if (sealed.size() < header_bytes || sealed[0] != format_1)
    throw sealing_failed{describe() + " is not in a form that this version knows"};
  const uuid subject{get_number(sealed.substr(1)), get_number(sealed.substr(9))};
  const auto key = keys_->find(subject);
  if (!key || sealed.size() == header_bytes)
    return std::nullopt;
  auto plain = decrypt(sealed.substr(header_bytes), associated_data(subject, place), *key);
  if (!plain)
    throw sealing_failed{describe() + " does not open with its key: it is damaged or was moved"};
  return plain;
}

std::optional<sealing_key> memory_key_store::obtain(const uuid& subject) {
  std::lock_guard guard{mutex_};
  if (destroyed_.contains(subject))
    return std::nullopt;
  auto [at, fresh] = keys_.try_emplace(subject);
  if (fresh)
    at->second = random_key();
  return at->second;
}

std::optional<sealing_key> memory_key_store::find(const uuid& subject) {
  std::lock_guard guard{mutex_};
  const auto at = keys_.find(subject);
  return at == keys_.end() ? std::nullopt : std::optional{at->second};
}

void memory_key_store::destroy(const uuid& subject) {
  std::lock_guard guard{mutex_};
  if (!subject)
    throw std::invalid_argument{"the store's own key cannot be destroyed"};
  keys_.erase(subject);
  destroyed_.insert(subject);
}

static std::string wrapping_data(const uuid& subject) {
  return associated_data(subject, {"keys.wrapped", subject, 0});
}

std::string wrap_key(const sealing_key& key, const sealing_key& master, const uuid& subject) {
  std::string out;
  encrypt(out, {reinterpret_cast<const char*>(key.data()), key.size()}, wrapping_data(subject), master);
  return out;
}

sealing_key unwrap_key(std::string_view wrapped, const sealing_key& master, const uuid& subject) {
  auto plain = decrypt(wrapped, wrapping_data(subject), master);
  sealing_key key{};
  if (!plain || plain->size() != key.size())
    throw sealing_failed{"a stored key does not open with this master key; restore the one that the store was made "
                         "with"};
  std::memcpy(key.data(), plain->data(), key.size());
  sodium_memzero(plain->data(), plain->size());
  return key;
}

sealing_key random_key() {
  sealing_key key;
  randombytes_buf(key.data(), key.size());
  return key;
}

sealing_key read_master_key(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0)
    throw sealing_failed{file.string() + ": " + std::strerror(errno)};
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    throw sealing_failed{file.string() + " can be read by others; run: chmod 600 " + file.string()};
  errno = 0;
  std::ifstream in{file};
  if (!in)
    throw sealing_failed{file.string() + ": " + std::strerror(errno) + "; give this user the rights to read it"};
  std::string digits;
  sealing_key key{};
  size_t length = 0;
  in >> digits;
  if (!in || digits.size() != 2 * key.size()
      || sodium_hex2bin(key.data(), key.size(), digits.data(), digits.size(), nullptr, &length, nullptr) != 0
      || length != key.size())
    throw sealing_failed{file.string()
                         + " must hold 64 hex digits; restore it, or make one for a new store with: "
                           "openssl rand -hex 32"};
  sodium_memzero(digits.data(), digits.size());
  return key;
}

sealing_key make_master_key(const std::filesystem::path& file) {
  const auto key = random_key();
  char digits[2 * sizeof(sealing_key) + 1];
  sodium_bin2hex(digits, sizeof digits, key.data(), key.size());
  digits[2 * sizeof(sealing_key)] = '\n'; // in place of the terminating zero
  // Under another name first: a key that a full disk has cut off would bar every
  // later start.
  auto draft = file;
  draft += ".new";
  ::unlink(draft.c_str());
  errno = 0;
  const int handle = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool written
    = handle >= 0 && folder >= 0 && ::write(handle, digits, sizeof digits) == sizeof digits && ::fsync(handle) == 0;
  int reason = errno ? errno : ENOSPC; // a write that ends early gives no reason
  if (written && ::access(file.c_str(), F_OK) == 0) {
    written = false;
    reason = EEXIST;
  } else if (written && (::rename(draft.c_str(), file.c_str()) != 0 || ::fsync(folder) != 0)) {
    written = false;
    reason = errno;
  }
  for (const int open : {handle, folder})
    if (open >= 0)
      ::close(open);
  ::unlink(draft.c_str());
  sodium_memzero(digits, sizeof digits);
  if (!written)
    throw sealing_failed{file.string() + ": cannot write a new master key: " + std::strerror(reason)
                         + (reason == ENOSPC || reason == EFBIG ? "; make room on the disk" : "")};
  return key;
}

} // namespace parley
