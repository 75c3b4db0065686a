#pragma once

#include "runtime/supervision/actor_tree.hpp"
#include "runtime/telemetry/telemetry.hpp"

namespace parley {

/// Of the process, by the names that Prometheus' client libraries share; read
/// from /proc/self. What cannot be read is left out.
void read_process(scrape& out);

/// Of the living actors by kind: how many, births, failures, restarts,
/// messages, errors, backlog. Walks the whole tree: some ms per 100,000.
void read_actors(const actor_tree& tree, scrape& out);

} // namespace parley
