#pragma once

#include "actors/compliance/rules.hpp"
#include "actors/meter/figure_board.hpp"
#include "adapters/media/media_plane.hpp"
#include "adapters/postgres/store.hpp"
#include "adapters/sqlite/store.hpp"
#include "adapters/web/web_server.hpp"
#include "cluster/link/certificates.hpp"
#include "cluster/link/join.hpp"
#include "cluster/node.hpp"
#include "runtime/journal/store_identity.hpp"
#include "runtime/ports/atoms.hpp"
#include "runtime/ports/cluster.hpp"
#include "runtime/ports/control.hpp"
#include "runtime/ports/inspector.hpp"
#include "runtime/supervision/health.hpp"
#include "runtime/supervision/keeper.hpp"
#include "runtime/system_config.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parley {

/// What a node is made of; node*.cpp alone include this.
struct node::parts {
  node_settings settings;
  parley::telemetry telemetry;
  actor_tree tree;
  node_health health;
  std::shared_ptr<figure_board> board = std::make_shared<figure_board>(); // of the store's figures
  std::function<void(const std::string&)> fatal;
  std::shared_ptr<sqlite_store> store;
  std::shared_ptr<postgres_store> database; ///< or this one
  std::unique_ptr<system_clock> clock;
  std::unique_ptr<media_plane> media; // sessions hold actors, so it is stopped before the system goes
  std::shared_ptr<const calling_rules> rules;
  std::unique_ptr<cluster_certificates> certificates; // CAF reads them for every connection
  std::unique_ptr<system_config> config;
  std::unique_ptr<caf::actor_system> system;
  std::shared_ptr<node_context> context;
  std::unique_ptr<web_server> web;
  caf::actor root;
  std::vector<caf::actor> keepers;
  std::optional<joined_node> joined; ///< whose calls we host
  cluster_gate own_gate;
  uint16_t cluster_port = 0;
  control_port control;
  inspector_port inspector;
  bool stopped = false;

  parts(node_settings x, std::function<void(const std::string&)> on_fatal)
    : settings{std::move(x)}, fatal{std::move(on_fatal)} {}

  /// Keeps a service alive, and lets the root watch over its keeper.
  template <class Handle>
  Handle keep_made(const char* kind, kept_factory make) {
    auto kept = parley::keep<Handle>(*system, kind, health, std::move(make));
    keepers.push_back(caf::actor_cast<caf::actor>(kept));
    watch(kind, kept);
    return kept;
  }
  template <class Handle, class Behaviour, class... Ts>
  Handle keep(const char* kind, Behaviour* behaviour, Ts... args) {
    return keep_made<Handle>(kind, [=](caf::event_based_actor* self) {
      return caf::actor_cast<caf::actor>(self->spawn(behaviour, args...));
    });
  }
  template <class Handle>
  void watch(const std::string& name, const Handle& service) {
    caf::anon_send(root, watch_atom::value, name, caf::actor_cast<caf::actor>(service));
  }

  greet_node introduction() const;
  void start_system();
  void join_and_set_clock();
  void open_gate();
  void host_calls_of_peer();
  store_identity identity() const;
  void open_store_and_clock();
  void expose_figures();
  void spawn_journal();
  void spawn_ports();
  void spawn_call_ports();
  void spawn_actors();
  void store_managers();
  void open_sockets();
  void end_actors();
};

} // namespace parley
