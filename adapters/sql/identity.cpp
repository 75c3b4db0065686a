#include "adapters/sql/identity.hpp"

#include "adapters/sql/connection.hpp"

#include <sodium.h>

#include <cstring>
#include <sstream>

namespace parley::sql {

static const sealed_place hash_secret_place{"meta.hash_secret", {}, 0};

static std::string exact(double x) {
  std::ostringstream out;
  out.precision(17);
  out << x;
  return out.str();
}

static std::string open_secret(const identity_source& from, const sealer& seal, const std::string& sealed) {
  seal.keys().find({}); // another master key is told apart: this throws then
  std::optional<std::string> secret;
  try {
    secret = seal.open(sealed, hash_secret_place);
  } catch (const sealing_failed&) { // said below, with what to do
  }
  if (!secret || secret->size() != sizeof(number_hasher::secret))
    throw store_unusable{from.name + " was not made with " + from.keys + "; restore the two from the same time"};
  return *secret;
}

store_identity read_identity(const identity_source& from, const sealer& seal) {
  store_identity out;
  const auto text = [&](const char* key) {
    auto value = from.stored(key);
    if (!value)
      throw store_unusable{from.name + " lacks " + key + " in its table meta; restore a backup"};
    return *value;
  };
  const auto secret = open_secret(from, seal, text("hash_secret"));
  std::memcpy(out.secret.data(), secret.data(), out.secret.size());
  out.shards = static_cast<uint16_t>(std::stoul(text("shards")));
  out.origin.wall0 = wall_time{std::chrono::milliseconds{std::stoll(text("clock_wall0"))}};
  out.origin.real0 = std::chrono::milliseconds{std::stoll(text("clock_real0"))};
  out.origin.speed = std::stod(text("clock_speed"));
  return out;
}

std::map<std::string, std::string>
new_identity(const sealer& seal, const clock_origin& origin, uint16_t shards, std::optional<uint64_t> chance) {
  number_hasher::secret secret{};
  if (chance) {
    std::array<unsigned char, randombytes_SEEDBYTES> seed{};
    std::memcpy(seed.data(), &*chance, sizeof *chance);
    randombytes_buf_deterministic(secret.data(), secret.size(), seed.data());
  } else {
    randombytes_buf(secret.data(), secret.size());
  }
  return {{"hash_secret",
           seal.seal({reinterpret_cast<const char*>(secret.data()), secret.size()}, {}, hash_secret_place)},
          {"shards", std::to_string(shards)},
          {"clock_wall0", std::to_string(origin.wall0.time_since_epoch().count())},
          {"clock_real0", std::to_string(origin.real0.count())},
          {"clock_speed", exact(origin.speed)}};
}

void check_speed(const store_identity& made, const clock_origin& wanted, const std::string& where,
                 const std::string& remedy) {
  if (made.origin.speed != wanted.speed)
    throw store_unusable{where + " was made for a clock of speed " + exact(made.origin.speed) + ", not "
                         + exact(wanted.speed) + "; start with that speed or " + remedy};
}

} // namespace parley::sql
