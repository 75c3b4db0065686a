#include "cluster/link/join.hpp"

#include "runtime/errors.hpp"
#include "runtime/registry.hpp"

#include <caf/openssl/manager.hpp>
#include <caf/scoped_actor.hpp>
#include <spdlog/spdlog.h>

#include <set>
#include <thread>

namespace parley {

using namespace std::chrono_literals;

/// Of one question to the other node; it is asked again.
static constexpr auto answer_patience = 5s;
static constexpr auto pause = 250ms;

namespace {

/// Runs `attempt` until it succeeds. It returns an error that may pass, or
/// nothing when it is done, and throws on one that will not.
void keep_trying(caf::actor_system& system, const cluster_settings& settings,
                 const std::function<caf::error()>& attempt) {
  const auto until = std::chrono::steady_clock::now() + settings.join_patience;
  bool told = false;
  for (;;) {
    const auto e = attempt();
    if (!e)
      return;
    const auto why = system.render(e);
    if (e == ec::invalid_configuration)
      throw cannot_join{"[cluster] join: " + settings.join + " refuses: " + why};
    if (std::chrono::steady_clock::now() + pause >= until)
      throw cannot_join{"[cluster] join: " + settings.join + " cannot be joined (" + why
                        + "); does a node listen there, and are both certificates of the same CA?"};
    if (!std::exchange(told, true))
      spdlog::warn("{} cannot be joined yet ({}); trying for {} s", settings.join, why,
                   settings.join_patience.count() / 1000);
    std::this_thread::sleep_for(pause);
  }
}

/// As caf::openssl::remote_actor does it, but never for longer than we wait.
caf::expected<cluster_gate> find_gate(caf::actor_system& system, const cluster_address& address) {
  caf::expected<cluster_gate> out{caf::make_error(caf::sec::request_timeout)};
  caf::scoped_actor self{system};
  self
    ->request(system.openssl_manager().actor_handle(), answer_patience, caf::connect_atom::value, address.host,
              address.port)
    .receive(
      [&](const caf::node_id&, const caf::strong_actor_ptr& found, const std::set<std::string>& interface) {
        const caf::detail::type_list<cluster_gate> wanted;
        if (!found)
          out = caf::make_error(caf::sec::no_actor_published_at_port);
        else if (!system.assignable(interface, system.message_types(wanted)))
          out = caf::make_error(caf::sec::unexpected_actor_messaging_interface);
        else
          out = caf::actor_cast<cluster_gate>(found);
      },
      [&](const caf::error& e) { out = e; });
  return out;
}

} // namespace

joined_node join_cluster(caf::actor_system& system, const cluster_settings& settings, const greet_node& own) {
  const auto address = parse_cluster_address(settings.join);
  joined_node out;
  keep_trying(system, settings, [&]() -> caf::error {
    auto gate = find_gate(system, address);
    if (!gate)
      return gate.error();
    caf::error refused;
    caf::scoped_actor self{system};
    self->request(*gate, answer_patience, own)
      .receive(
        [&](node_greeted& x) {
          out = {*gate, std::move(x)};
        },
        [&](const caf::error& e) { refused = e; });
    return refused;
  });
  const auto& facts = out.facts;
  if (facts.shards == 0 || facts.doors.size() != facts.shards || !facts.journal || !facts.pacer || !facts.control)
    throw cannot_join{"[cluster] join: " + settings.join
                      + " does not say all that is needed; run the same version on both"};
  return out;
}

void offer_to_host(caf::actor_system& system, const cluster_settings& settings, const cluster_gate& gate,
                   const host_calls& offer) {
  keep_trying(system, settings, [&] {
    caf::error refused;
    caf::scoped_actor self{system};
    self->request(gate, answer_patience, offer)
      .receive([](const calls_hosted&) {}, [&](const caf::error& e) { refused = e; });
    return refused;
  });
}

} // namespace parley
