#pragma once

#include "runtime/wire.hpp"

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace parley {

/// Instant in wall time (see clock.hpp), UTC, to the millisecond.
using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// 128 bits that name one thing for ever. The lowest 16 bits are the home
/// key: they choose the shard, so the owner is found from the id alone.
struct uuid {
  uint64_t high = 0;
  uint64_t low = 0;

  auto operator<=>(const uuid&) const = default;
  explicit operator bool() const { return (high | low) != 0; }
  uint16_t home() const { return static_cast<uint16_t>(low); }
};

std::string to_string(const uuid& x);
/// The usual form with dashes; nothing else is accepted.
std::optional<uuid> parse_uuid(std::string_view text);

/// A uuid that cannot be taken for one of another kind.
template <class Tag>
struct typed_id : uuid {
  typed_id() = default;
  explicit typed_id(const uuid& x) : uuid{x} {}
};

using campaign_id = typed_id<struct campaign_tag>;
using prospect_id = typed_id<struct prospect_tag>;
using line_id = typed_id<struct line_tag>;
using call_id = typed_id<struct call_tag>;
using manager_id = typed_id<struct manager_tag>;
using meeting_id = typed_id<struct meeting_tag>;
using slot_id = typed_id<struct slot_tag>;

PARLEY_INSPECT(uuid, x.high, x.low)
template <class I, class Tag>
typename I::result_type inspect(I& f, typed_id<Tag>& x) {
  return f(x.high, x.low);
}

/// Makes ids. Seeded in tests, so that a run repeats exactly; one per owner,
/// never shared between threads.
class id_source {
public:
  explicit id_source(uint64_t seed) : engine_{seed} {}

  /// A UUIDv7 (RFC 9562) of this instant that lives in the shard of `home`.
  template <class Id>
  Id next(wall_time now, uint16_t home) {
    return Id{next_uuid(now, home)};
  }
  /// The same with a home by chance, for things that may live anywhere.
  template <class Id>
  Id next(wall_time now) {
    return Id{next_uuid(now, static_cast<uint16_t>(engine_()))};
  }

private:
  uuid next_uuid(wall_time now, uint16_t home);

  std::mt19937_64 engine_;
};

/// Turns numbers into ids and suppression entries that say nothing about the
/// number without the store's secret (keyed BLAKE2b).
class number_hasher {
public:
  using secret = std::array<uint8_t, 32>;
  explicit number_hasher(const secret& key) : key_{key} {}
  /// The id of the line with this E.164 number; always the same.
  line_id line(std::string_view e164) const;
  /// Version-8 uuid of any text (RFC 9562), for ids that clients choose.
  uuid of(std::string_view purpose, std::string_view text) const;

private:
  secret key_;
};

/// The shard of an id, of `count` shards. Fixed when the store is made.
inline uint16_t shard_of(const uuid& id, uint16_t count) {
  return static_cast<uint16_t>(id.home() % count);
}

} // namespace parley

template <>
struct std::hash<parley::uuid> {
  size_t operator()(const parley::uuid& x) const noexcept { return x.high * 0x9e3779b97f4a7c15ULL ^ x.low; }
};
template <class Tag>
struct std::hash<parley::typed_id<Tag>> : std::hash<parley::uuid> {};
