#pragma once

#include "runtime/ports/control.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/ports/pacer.hpp"
#include "runtime/ports/shard.hpp"

#include <array>
#include <string>
#include <vector>

namespace parley {

/// A node that wants to host calls introduces itself. Fails with
/// `ec::invalid_configuration` when the two cannot work together: another
/// version (fields travel by position), or one PRACTICE and the other LIVE.
struct greet_node {
  std::string name;    ///< for logs
  std::string version; ///< of Parley
  bool practice = false;
};
PARLEY_INSPECT(greet_node, x.name, x.version, x.practice)

/// What a node must know of the store that it has not got itself.
struct node_greeted {
  uint16_t shards = 0;
  uint64_t epoch = 0;
  std::array<uint8_t, 32> secret{}; ///< of the keyed hashes of numbers
  wall_time wall0{};                ///< origin of the clock, with the next two
  std::chrono::milliseconds real0{0};
  double speed = 1;
  journal_port journal;
  pacer_actor pacer;
  control_port control;
  std::vector<shard_door> doors; ///< by shard
};
PARLEY_INSPECT(node_greeted, x.shards, x.epoch, x.secret, x.wall0, x.real0, wire::bits{x.speed}, x.journal, x.pacer,
               x.control, x.doors)

/// From now on the calls of every shard live behind these doors. Fails with
/// `ec::conflict` while another node hosts them, with `ec::invalid_input` when
/// the doors are not as many as the shards.
struct host_calls {
  std::string name;
  std::vector<shard_door> doors; ///< by shard
};
PARLEY_INSPECT(host_calls, x.name, x.doors)

struct calls_hosted {
  std::string name;
};
PARLEY_INSPECT(calls_hosted, x.name)

/// The host stops soon: it is given no new calls; those that are up go on.
struct leave_calls {
  std::string name;
};
PARLEY_INSPECT(leave_calls, x.name)

} // namespace parley
