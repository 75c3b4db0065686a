#pragma once

#include "tests/simulation/store.hpp"

namespace parley::simulation {

/// The embedded store's own reader and writer on a folder in memory, without
/// their threads. The folder goes with it.
/// @param seed Of the hash secret.
std::unique_ptr<store> make_sqlite_store(uint64_t seed);

} // namespace parley::simulation
