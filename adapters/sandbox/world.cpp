#include "adapters/sandbox/world.hpp"

#include <algorithm>

namespace parley::sandbox {

namespace {

/// SplitMix64's finaliser: spreads small differences over all bits.
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// FNV-1a: the same on every machine, unlike std::hash.
uint64_t digest(uint64_t seed, std::string_view subject) {
  uint64_t hash = 0xcbf29ce484222325ULL ^ mix(seed + 0x9e3779b97f4a7c15ULL);
  for (const char c : subject)
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return mix(hash);
}

} // namespace

std::mt19937_64 random_of(uint64_t seed, std::string_view subject) {
  return std::mt19937_64{digest(seed, subject)};
}

size_t draw(uint64_t seed, std::string_view subject, size_t count) {
  return count == 0 ? 0 : static_cast<size_t>(digest(seed, subject) % count);
}

world::world(world_options options, scenario script)
  : options_{std::move(options)}, script_{std::move(script)}, clock_{options_.origin},
    witness_{clock_, script_.territories, options_.witness_file}, work_{asio::make_work_guard(io_)} {
  // nop
}

world::~world() {
  stop();
}

nanoseconds world::real(milliseconds media) const {
  const auto wanted = static_cast<double>(nanoseconds{media}.count());
  return nanoseconds{static_cast<int64_t>(wanted / options_.media_speed)};
}

milliseconds world::media(nanoseconds real) const {
  const auto passed = static_cast<double>(real.count()) / 1e6;
  return milliseconds{static_cast<int64_t>(passed * options_.media_speed)};
}

milliseconds world::patience(milliseconds wanted) const {
  return std::max(wanted, media(std::chrono::seconds{2}));
}

std::mt19937_64 world::random(std::string_view subject) const {
  return random_of(options_.seed, subject);
}

size_t world::draw(std::string_view subject, size_t count) const {
  return sandbox::draw(options_.seed, subject, count);
}

double world::draw(std::string_view subject) const {
  return static_cast<double>(digest(options_.seed, subject) >> 11) * 0x1.0p-53;
}

void world::start(size_t threads) {
  for (size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this] { io_.run(); });
}

void world::stop() {
  io_.stop();
  for (auto& thread : threads_)
    thread.join();
  threads_.clear();
}

} // namespace parley::sandbox
