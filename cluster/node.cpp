#include "cluster/node.hpp"

#include "actors/call/core.hpp"
#include "actors/diary/calendar_watch.hpp"
#include "cluster/link/config.hpp"
#include "cluster/link/gate.hpp"
#include "cluster/node_parts.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"
#include "runtime/supervision/root.hpp"
#include "runtime/telemetry/node_figures.hpp"

#include <caf/scoped_actor.hpp>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <array>
#include <random>

namespace parley {

void node::parts::open_store_and_clock() {
  clock_origin wanted;
  wanted.speed = settings.speed;
  wanted.real0 = settings.start_real ? std::chrono::milliseconds{settings.start_real} : real_now();
  wanted.wall0 = settings.start_at.empty() ? wall_time{wanted.real0} : *parse_iso(settings.start_at);
  const bool repeats = settings.practice() && settings.seed != 0;
  const auto chance = repeats ? std::optional{settings.seed} : std::nullopt;
  if (settings.journal_provider == "postgres")
    database = open_store(settings.postgres, wanted, chance);
  else
    store = open_store(settings.journal, wanted, chance);
  // Whatever a store was made for, LIVE goes by the machine's clock.
  clock = std::make_unique<system_clock>(settings.practice() ? identity().origin : clock_origin{});
}

greet_node node::parts::introduction() const {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return {"parleyd " + std::to_string(::getpid()) + " on " + host.data(), PARLEY_VERSION, settings.practice()};
}

void node::parts::start_system() {
  if (settings.cluster.listens() || settings.cluster.joins()) {
    certificates = std::make_unique<cluster_certificates>(settings.cluster);
    config = std::make_unique<cluster_config>(settings.threads, settings.cluster, *certificates);
  } else {
    config = std::make_unique<system_config>(settings.threads);
  }
  system = std::make_unique<caf::actor_system>(*config);
}

/// A node that hosts another one's calls has no store of its own.
void node::parts::join_and_set_clock() {
  joined = join_cluster(*system, settings.cluster, introduction());
  const auto& facts = joined->facts;
  clock = std::make_unique<system_clock>(settings.practice() ? clock_origin{facts.wall0, facts.real0, facts.speed}
                                                             : clock_origin{});
}

store_identity node::parts::identity() const {
  if (!joined)
    return database ? database->identity() : store->identity();
  const auto& facts = joined->facts;
  return {facts.secret, facts.shards, {facts.wall0, facts.real0, facts.speed}, facts.epoch};
}

/// What /metrics reads when it is asked; everything else counts as it goes.
void node::parts::expose_figures() {
  telemetry.read_at_exposition([this](scrape& out) {
    out.gauge("parley_build_info", "1; the labels say what runs and whether it may call anybody.", 1,
              {{"version", PARLEY_VERSION}, {"mode", settings.practice() ? "practice" : "live"}});
    out.gauge("parley_node_ready", "1 when the node does its work, 0 when /readyz says why not.",
              health.problems().empty() ? 1 : 0);
    read_process(out);
    read_actors(tree, out);
    board->read(out, telemetry, std::chrono::steady_clock::now());
  });
}

/// A secret for stream nonces that outlives the process: derived from the
/// store's own, so that a resumed call's nonce is still good.
static std::string stream_secret(const number_hasher& hasher) {
  return to_string(hasher.of("stream", "nonce"));
}

/// Where other nodes join this one.
void node::parts::open_gate() {
  const auto& ctx = *context;
  const auto& origin = clock->origin();
  node_greeted facts{ctx.shard_count, ctx.epoch,   identity().secret, origin.wall0, origin.real0,
                     origin.speed,    ctx.journal, ctx.pacer,         control,      ctx.doors};
  own_gate = system->spawn(gate, context_ptr{context}, introduction(), std::move(facts), &health);
  watch("gate", own_gate);
  cluster_port = open_cluster_port(own_gate, settings.cluster);
}

/// The other node's doors know ours from then on; ours have not begun.
void node::parts::host_calls_of_peer() {
  offer_to_host(*system, settings.cluster, joined->gate, {introduction().name, context->doors});
}

/// Account managers live in the configuration; the store's rows follow it.
void node::parts::store_managers() {
  append batch;
  batch.epoch = context->epoch;
  for (auto& m : settings.managers) {
    m.id = manager_id{context->hasher.of("manager", m.email)};
    batch.rows.push_back(m);
  }
  if (batch.rows.empty())
    return;
  caf::scoped_actor self{*system};
  self->request(context->journal, settings.actors.journal_timeout, std::move(batch))
    .receive([](const committed&) {},
             [&](const caf::error& e) {
               throw store_unusable{"the account managers could not be stored: " + system->render(e)};
             });
}

/// Slots that open calls hold are adopted before anybody asks for a new one.
static void adopt_open_calls(caf::actor_system& system, const node_context& ctx) {
  caf::scoped_actor self{system};
  adopt_slots adopted;
  for (uint16_t shard = 0; shard < ctx.shard_count; ++shard)
    self->request(ctx.journal, ctx.settings.journal_timeout, find_open_calls{shard})
      .receive(
        [&](const open_calls& x) {
          for (const auto& open : x.calls)
            self->request(ctx.journal, ctx.settings.journal_timeout, load_stream{open.call})
              .receive(
                [&](const loaded_stream& stream) {
                  if (const auto slot = calls::slot_of(stream.state))
                    adopted.slots.push_back(*slot);
                },
                [](const caf::error&) {}); // its own actor reports that
        },
        [&](const caf::error& e) { throw store_unusable{"open calls could not be read: " + system.render(e)}; });
  self->send(ctx.pacer, std::move(adopted));
}

void node::parts::open_sockets() {
  auto* ctx = context.get();
  auto* plane = media.get();
  web_ports ports{*system,
                  *clock,
                  telemetry,
                  ctx->journal,
                  control,
                  inspector,
                  [ctx](const call_id& call) -> inbox_port { return ctx->door_of(call); },
                  ctx->stream_secret,
                  [plane](auto stream, auto upgrade) { plane->accept_media(std::move(stream), std::move(upgrade)); },
                  [plane](const call_id& call) { return plane->expects(call); },
                  [this] { return health.problems(); }};
  web = std::make_unique<web_server>(settings.web, settings.telephony, std::move(ports));
  web->start();
}

node::node(node_settings settings, std::function<void(const std::string&)> fatal)
  : parts_{std::make_unique<parts>(std::move(settings), std::move(fatal))} {
  try {
    start();
  } catch (...) { // what was begun would wait for ever for somebody to end it
    stop();
    throw;
  }
}

void node::start() {
  auto& p = *parts_;
  p.rules = calling_rules::load(p.settings.compliance.rules_file, p.settings.compliance.area_codes_file,
                                p.settings.compliance.zip_codes_file);
  if (p.settings.cluster.joins()) {
    p.start_system();
    p.join_and_set_clock();
  } else {
    p.open_store_and_clock();
  }
  p.expose_figures();
  p.media = std::make_unique<media_plane>(p.settings.voice_model, p.telemetry);
  p.media->start();
  if (!p.system)
    p.start_system();

  const auto identity = p.identity();
  number_hasher hasher{identity.secret};
  p.context = std::make_shared<node_context>(node_context{*p.clock, p.tree, p.telemetry, hasher});
  auto& ctx = *p.context;
  ctx.seed = p.settings.seed ? p.settings.seed : std::random_device{}() | (uint64_t{std::random_device{}()} << 32);
  ctx.shard_count = identity.shards;
  ctx.epoch = identity.epoch;
  ctx.settings = p.settings.actors;
  ctx.stream_secret = stream_secret(hasher);
  ctx.media_speed = p.settings.media_speed;
  ctx.slot_expiry = p.settings.pacing.slot_expiry;
  if (!p.settings.telephony.numbers.empty())
    ctx.caller_number = p.settings.telephony.numbers.front();

  p.root = p.system->spawn(node_root, context_ptr{p.context}, &p.health, p.fatal);
  ctx.root = p.root.id();
  p.spawn_journal();
  p.spawn_call_ports();
  if (!p.joined)
    p.spawn_ports();
  p.spawn_actors();
  if (!p.joined) {
    p.store_managers();
    adopt_open_calls(*p.system, ctx);
  }
  if (!p.joined && p.settings.calendar_provider == "google") // an embedded one is changed by nobody else
    p.keep<calendar_watch_actor>("calendar_watch", calendar_watch, context_ptr{p.context},
                                 p.settings.calendar.poll_interval);
  p.open_sockets();
  if (p.joined)
    p.host_calls_of_peer();
  else if (p.settings.cluster.listens())
    p.open_gate();
  caf::anon_send(p.root, tick_atom::value);
  for (const auto& door : ctx.doors) // a first message wakes each shard: open calls and campaigns go on
    caf::anon_send(door, tick_atom::value);
  spdlog::info("{}: webhooks on port {}, inspection and metrics on port {}, {} shards, {}",
               p.settings.practice() ? "PRACTICE" : "LIVE", p.web->webhook_port(), p.web->local_port(), ctx.shard_count,
               p.rules->version());
}

node::~node() {
  stop();
}

uint16_t node::webhook_port() const {
  return parts_->web->webhook_port();
}

uint16_t node::local_port() const {
  return parts_->web->local_port();
}

uint16_t node::cluster_port() const {
  return parts_->cluster_port;
}

bool node::practice() const {
  return parts_->settings.practice();
}

const clock_origin& node::origin() const {
  return parts_->clock->origin();
}

} // namespace parley
