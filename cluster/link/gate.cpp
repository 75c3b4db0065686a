#include "cluster/link/gate.hpp"

#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <caf/openssl/manager.hpp>
#include <caf/openssl/publish.hpp>
#include <spdlog/spdlog.h>

namespace parley {

/// The part of the node that /readyz names.
static constexpr const char* part = "calls";

caf::result<node_greeted> gate_state::greet(const greet_node& peer) {
  if (peer.version != own.version)
    return caf::make_error(ec::invalid_configuration, "this node is Parley " + own.version + ", " + peer.name + " is "
                                                        + peer.version + "; run the same version on both");
  if (peer.practice != own.practice)
    return caf::make_error(ec::invalid_configuration, std::string{"this node is "}
                                                        + (own.practice ? "PRACTICE" : "LIVE") + ", " + peer.name
                                                        + " is not; give both the same vendors");
  if (ctx->lives_here(entity::call))
    return caf::make_error(ec::invalid_configuration,
                           std::string{"the calls live on this node; set [cluster] calls_elsewhere = true there"});
  return facts;
}

caf::result<calls_hosted> gate_state::host(const host_calls& offer) {
  if (watched)
    return caf::make_error(ec::conflict, host_name + " hosts the calls already; stop it first");
  const bool whole
    = offer.doors.size() == ctx->shard_count
      && std::all_of(offer.doors.begin(), offer.doors.end(), [](const auto& door) { return bool{door}; });
  if (!whole || ctx->lives_here(entity::call))
    return caf::make_error(ec::invalid_input, std::string{"not as many doors as shards"});
  host_name = offer.name;
  watched = offer.doors.front();
  self->monitor(watched);
  for (size_t i = 0; i < ctx->doors.size(); ++i)
    self->send(ctx->doors[i], opposite_atom::value, caf::actor_cast<caf::actor>(offer.doors[i]));
  spdlog::info("{} hosts the calls from now on", host_name);
  health->report(part, "");
  self->send(ctx->pacer, open_dials{true});
  return calls_hosted{own.name};
}

void gate_state::leave(const leave_calls& order) {
  if (!watched || order.name != host_name)
    return;
  spdlog::info("{}, which hosts the calls, is about to stop", host_name);
  away(host_name + ", which hosts them, is draining");
}

void gate_state::peer_ended(const caf::down_msg& down) {
  if (!watched || down.source != watched.address())
    return;
  watched = shard_door{};
  spdlog::warn("{}, which hosts the calls, is gone: {}", host_name, self->system().render(down.reason));
  away(host_name + ", which hosted them, is gone; start it again");
}

void gate_state::away(const std::string& why) {
  health->report(part, why);
  self->send(ctx->pacer, open_dials{false});
}

cluster_gate::behavior_type gate(cluster_gate::stateful_pointer<gate_state> self, context_ptr ctx, greet_node own,
                                 node_greeted facts, node_health* health) {
  begin(self, ctx, ctx->root, gate_state::name, "");
  auto& s = self->state;
  s.ctx = std::move(ctx);
  s.own = std::move(own);
  s.facts = std::move(facts);
  s.health = health;
  if (!s.ctx->lives_here(entity::call))
    s.away("no node has joined to host them");
  self->set_down_handler([&s](caf::scheduled_actor*, caf::down_msg& down) { s.peer_ended(down); });
  return {
    [&s](const greet_node& x) { return s.greet(x); },
    [&s](const host_calls& x) { return s.host(x); },
    [&s](const leave_calls& x) { s.leave(x); },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{json{{"calls_hosted_by", s.watched ? json{s.host_name} : json{}}}.dump()};
    },
  };
}

uint16_t open_cluster_port(const cluster_gate& gate, const cluster_settings& settings) {
  auto& system = gate.home_system();
  const auto& config = system.config();
  // None of them set would mean a port for anybody.
  if (config.openssl_certificate.empty() || config.openssl_key.empty() || config.openssl_cafile.empty())
    throw std::runtime_error{"[cluster] listen: the port is not opened without mutual TLS"};
  const auto address = parse_cluster_address(settings.listen);
  const auto port = caf::openssl::publish(gate, address.port, address.host.c_str(), true);
  if (!port)
    throw std::runtime_error{"[cluster] listen: " + settings.listen + " cannot be opened ("
                             + system.render(port.error())
                             + "); is it another program's, or no address of this machine?"};
  return *port;
}

void close_cluster_port(const cluster_gate& gate, uint16_t port) {
  // What caf::openssl::unpublish means to send; in 0.17.6 it does not compile.
  caf::anon_send(gate.home_system().openssl_manager().actor_handle(), caf::unpublish_atom::value, gate.address(), port);
}

} // namespace parley
