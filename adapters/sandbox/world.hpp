#pragma once

#include "adapters/sandbox/scenario.hpp"
#include "adapters/sandbox/witness.hpp"
#include "runtime/clock.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace parley::sandbox {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

struct world_options {
  clock_origin origin;
  /// Media milliseconds per real millisecond: ringing, talking, silence.
  double media_speed = 1.0;
  uint64_t seed = 1;
  /// The witness log's file; empty keeps it in memory only.
  std::string witness_file;
};

/// What all parts of the practice world share: time, chance, the witness, and
/// the threads on which everything runs.
///
/// Lifetime: make the world, then the parts on it, `start` the threads;
/// at the end `stop`, then let go of the parts, the world last.
class world {
public:
  world(world_options options, scenario script);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  asio::io_context& io() { return io_; }
  const clock& time() const { return clock_; }
  const scenario& script() const { return script_; }
  witness& log() { return witness_; }
  uint64_t seed() const { return options_.seed; }

  double media_speed() const { return options_.media_speed; }
  /// The real time that so much media time takes.
  nanoseconds real(milliseconds media) const;
  /// The media time that passes in so much real time.
  milliseconds media(nanoseconds real) const;
  /// `media`, but at least 2 s of real time: for patience that waits for an
  /// answer over the network, which does not get faster with the media.
  milliseconds patience(milliseconds media) const;

  /// Randomness that belongs to `subject` alone, e.g. "persona +12125550123":
  /// the same seed gives the same draws whatever else happens in between.
  std::mt19937_64 random(std::string_view subject) const;
  /// One draw of 0 ≤ x < count for that subject; 0 when count is 0.
  size_t draw(std::string_view subject, size_t count) const;
  /// One draw of 0 ≤ x < 1 for that subject.
  double draw(std::string_view subject) const;

  /// Runs the io_context on so many threads until `stop`.
  void start(size_t threads);
  void stop();

private:
  world_options options_;
  scenario script_;
  system_clock clock_;
  witness witness_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

/// The draws of `world`, for code that knows only the seed.
std::mt19937_64 random_of(uint64_t seed, std::string_view subject);
size_t draw(uint64_t seed, std::string_view subject, size_t count);

} // namespace parley::sandbox
