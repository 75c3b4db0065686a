#include "cluster/node.hpp"

#include "actors/control/control.hpp"
#include "actors/diary/calendar_watch.hpp"
#include "actors/inspector/inspector.hpp"
#include "actors/memory/memory.hpp"
#include "actors/meter/meter.hpp"
#include "actors/pacer/slot_audit.hpp"
#include "actors/shard/shard.hpp"
#include "adapters/apollo/apollo_enrichment.hpp"
#include "adapters/cache/cached_crm.hpp"
#include "adapters/cache/cached_enrichment.hpp"
#include "adapters/embedded/embedded_calendar.hpp"
#include "adapters/embedded/embedded_crm.hpp"
#include "adapters/embedded/hashing_embedder.hpp"
#include "adapters/embedded/hnsw_index.hpp"
#include "adapters/embedded/none_enrichment.hpp"
#include "adapters/google_calendar/google_calendar.hpp"
#include "adapters/hubspot/hubspot_crm.hpp"
#include "adapters/media/media_plane.hpp"
#include "adapters/media/voice_model.hpp"
#include "adapters/openai/none_llm.hpp"
#include "adapters/openai/openai_embedder.hpp"
#include "adapters/openai/openai_llm.hpp"
#include "adapters/postgres/postgres_journal.hpp"
#include "adapters/smtp/smtp_mailer.hpp"
#include "adapters/sqlite/sqlite_journal.hpp"
#include "adapters/twilio/twilio_telephony.hpp"
#include "adapters/web/web_server.hpp"
#include "cluster/link/config.hpp"
#include "cluster/link/gate.hpp"
#include "cluster/link/join.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"
#include "runtime/supervision/keeper.hpp"
#include "runtime/supervision/root.hpp"
#include "runtime/system_config.hpp"
#include "runtime/telemetry/node_figures.hpp"

#include <caf/scoped_actor.hpp>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <random>
#include <set>
#include <thread>

namespace parley {

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

/// Neither is replaced under way: the writer holds the files, and with the
/// connection to another node its doors, slots and journal are gone at once.
/// Then the node ends and is started again.
void node::parts::spawn_journal() {
  if (joined) {
    context->journal = joined->facts.journal;
    return watch("the node at " + settings.cluster.join, context->journal);
  }
  const auto journal = database ? system->spawn(postgres_journal, context_ptr{context}, database)
                                : system->spawn(sqlite_journal, context_ptr{context}, store);
  context->journal = journal;
  context->upkeep = journal;
  watch("journal", context->journal);
}

/// What calls and their conversations need.
void node::parts::spawn_call_ports() {
  auto& ctx = *context;
  const context_ptr shared{context};
  ctx.voice_model = keep<voice_model_port>("voice_model", voice_model, shared, media.get());
  ctx.has_llm = settings.llm_provider == "openai";
  ctx.llm
    = ctx.has_llm ? keep<llm_port>("llm", openai_llm, shared, settings.llm) : keep<llm_port>("llm", none_llm, shared);
  if (settings.calendar_provider == "google") {
    ctx.event_uid_domain = "google.com"; // what Google makes of an id that the client chose
    ctx.calendar = keep<calendar_port>("calendar", google_calendar_adapter, shared, settings.calendar);
  } else {
    ctx.calendar = keep<calendar_port>("calendar", embedded_calendar, shared);
  }
  ctx.telephony = keep<telephony_port>("telephony", twilio_telephony, shared, settings.telephony);
}

void node::parts::spawn_ports() {
  auto& ctx = *context;
  const context_ptr shared{context};
  if (settings.crm_provider == "hubspot")
    ctx.crm = keep<crm_port>("crm_cache", cached_crm, shared, keep<crm_port>("crm", hubspot_crm, shared, settings.crm),
                             settings.crm_cache);
  else
    ctx.crm = keep<crm_port>("crm", embedded_crm, shared);
  if (settings.enrichment_provider == "apollo")
    ctx.enrichment
      = keep<enrichment_port>("enrichment_cache", cached_enrichment, shared,
                              keep<enrichment_port>("enrichment", apollo_enrichment, shared, settings.enrichment),
                              settings.enrichment_cache);
  else
    ctx.enrichment = keep<enrichment_port>("enrichment", none_enrichment, shared);
  ctx.embedder = settings.embedder_provider == "openai"
                   ? keep<embedder_port>("embedder", openai_embedder, shared, settings.embedder)
                   : keep<embedder_port>("embedder", hashing_embedder, shared, settings.hashing);
  ctx.vector_index = keep<vector_index_port>("vector_index", hnsw_index, shared, settings.vector_index);
  if (settings.mailer_provider == "smtp")
    ctx.mailer = keep<mailer_port>("mailer", smtp_mailer, shared, settings.mailer);
  else
    ctx.mailer = keep_made<mailer_port>("mailer", [=, this](auto* self) {
      return caf::actor_cast<caf::actor>(self->template spawn<caf::detached>(file_mailer, shared, settings.mail_files));
    });
}

void node::parts::spawn_actors() {
  auto& sys = *system;
  auto& ctx = *context;
  const context_ptr shared{context};
  ctx.compliance = keep<compliance_actor>("compliance", compliance, shared, rules, settings.compliance);
  inspector = keep<inspector_port>("inspector", parley::inspector, shared);
  if (joined) {
    ctx.pacer = joined->facts.pacer;
    ctx.opposite_doors = joined->facts.doors;
    ctx.elsewhere.set().reset(static_cast<size_t>(entity::call));
  } else {
    ctx.memory = keep<memory_actor>("memory", memory, shared);
    // Slots are known to it alone: it is not replaced under way.
    const checked_pacer_actor slots = sys.spawn(pacer, shared, settings.pacing);
    ctx.pacer = slots;
    watch("pacer", ctx.pacer);
    keep<slot_audit_actor>("slot_audit", slot_audit, shared, slots);
    if (settings.cluster.calls_elsewhere)
      ctx.elsewhere.set(static_cast<size_t>(entity::call));
  }
  // Every door is there before the first one does anything.
  for (uint16_t i = 0; i < ctx.shard_count; ++i) {
    ctx.doors.push_back(sys.spawn<caf::lazy_init>(shard, shared, i));
    watch("shard " + std::to_string(i), ctx.doors.back());
  }
  if (joined) {
    control = joined->facts.control; // any node takes any command
    return;
  }
  const node_identity identity{settings.practice() ? "PRACTICE" : "LIVE",
                               PARLEY_VERSION,
                               settings.compliance.home_region,
                               settings.crm_provider,
                               settings.minute_price,
                               settings.currency};
  control = keep_made<control_port>("control", [=, this](auto* self) {
    return caf::actor_cast<caf::actor>(self->template spawn<caf::detached>(parley::control, shared, rules, identity));
  });
  keep<meter_actor>("meter", meter, shared, board);
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
                  const auto state = nlohmann::json::parse(stream.state);
                  if (state.value("slot_returned", false))
                    return; // nobody knows whether there is a call: it holds no channel
                  adopted.slots.push_back(state.at("slot").get<slot_id>());
                  adopted.campaigns.push_back(open.campaign);
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
  if (!p.settings.telephony.numbers.empty())
    ctx.caller_number = p.settings.telephony.numbers.front();
  if (!p.settings.practice() && !p.settings.live)
    p.settings.compliance.allow_list = p.settings.telephony.only_numbers = p.settings.allow_numbers;

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

/// Ends actors, again and again: some may start another one before they hear
/// of it. False if some do not end.
static bool end_all(const actor_tree& tree, const std::function<bool(const std::string&)>& of_kind) {
  using namespace std::chrono_literals;
  for (int round = 0; round < 2'000; ++round) {
    size_t left = 0;
    for (const auto& [id, entry] : tree.snapshot())
      if (of_kind(entry.kind)) {
        ++left;
        if (auto handle = caf::actor_cast<caf::strong_actor_ptr>(entry.address))
          caf::anon_send_exit(caf::actor_cast<caf::actor>(handle), caf::exit_reason::user_shutdown);
      }
    if (left == 0)
      return true;
    std::this_thread::sleep_for(2ms);
  }
  return false;
}

/// First who could start others, then the aggregates while all that they ask
/// still answers, the journal last.
void node::parts::end_actors() {
  auto& ctx = *context;
  if (own_gate && cluster_port != 0)
    close_cluster_port(own_gate, cluster_port);
  for (const auto& service : keepers)
    caf::anon_send_exit(service, caf::exit_reason::user_shutdown);
  for (const auto& door : ctx.doors)
    caf::anon_send_exit(door, caf::exit_reason::user_shutdown);
  end_all(tree, [](const std::string& kind) { return kind == "shard"; });
  static const std::set<std::string> aggregates{"campaign", "campaign_shard", "prospect", "line", "call", "diary"};
  end_all(tree, [](const std::string& kind) { return aggregates.contains(kind); });
  end_all(tree, [](const std::string& kind) { return kind != "journal"; });
  if (!end_all(tree, [](const std::string&) { return true; })) {
    spdlog::error("some actors do not end; the node stops without them");
    system->await_actors_before_shutdown(false);
  }
  keepers.clear();
  root = caf::actor{};
  joined.reset();
  own_gate = cluster_gate{};
  control = control_port{};
  inspector = inspector_port{};
  // Nobody reads them any more, and each holds the context.
  ctx.journal = journal_port{};
  ctx.upkeep = journal_upkeep_port{};
  ctx.telephony = telephony_port{};
  ctx.voice_model = voice_model_port{};
  ctx.llm = llm_port{};
  ctx.crm = crm_port{};
  ctx.enrichment = enrichment_port{};
  ctx.embedder = embedder_port{};
  ctx.vector_index = vector_index_port{};
  ctx.calendar = calendar_port{};
  ctx.mailer = mailer_port{};
  ctx.compliance = compliance_actor{};
  ctx.pacer = pacer_actor{};
  ctx.memory = memory_actor{};
  ctx.doors.clear();
  ctx.opposite_doors.clear();
}

void node::drain() {
  auto& p = *parts_;
  p.health.report("node", "is draining");
  if (p.joined) { // the slots are the other node's
    caf::anon_send(p.joined->gate, leave_calls{p.introduction().name});
    return;
  }
  caf::anon_send(p.context->pacer, hold_dials{std::chrono::hours{24}});
  // Slots that were granted already are revoked; the campaigns' status stays,
  // so that the next start goes on with them.
  caf::scoped_actor self{*p.system};
  self->request(p.context->journal, p.settings.actors.journal_timeout, load_campaigns{})
    .receive(
      [&](const campaign_rows& x) {
        for (const auto& row : x.rows)
          if (row.status == campaign_status::running)
            caf::anon_send(p.context->pacer, gate_campaign{row.id, false});
      },
      [&](const caf::error& e) { spdlog::warn("slots granted before stay granted: {}", p.system->render(e)); });
}

size_t node::live_calls() const {
  auto& p = *parts_;
  if (p.joined)
    return p.tree.count("call");
  size_t held = 0;
  caf::scoped_actor self{*p.system};
  self->request(p.context->pacer, p.settings.actors.request_timeout, inspect_state{})
    .receive([&](const inspected_state& x) { held = nlohmann::json::parse(x.json).value("held", size_t{0}); },
             [&](const caf::error&) { held = p.tree.count("call"); });
  return held;
}

std::chrono::milliseconds node::drain_limit() const {
  return parts_->settings.actors.drain_limit;
}

void node::stop() {
  auto& p = *parts_;
  if (std::exchange(p.stopped, true))
    return;
  // A detached actor's thread lives until the last handle is gone, and the
  // sockets hold some.
  if (p.web)
    p.web->stop();
  p.web.reset();
  if (p.media)
    p.media->stop();
  if (p.system && p.context) {
    p.end_actors();
    p.context.reset();
    p.system.reset(); // waits until every actor has ended
  }
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
