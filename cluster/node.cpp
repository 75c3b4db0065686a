#include "cluster/node.hpp"

#include "actors/control/control.hpp"
#include "actors/inspector/inspector.hpp"
#include "actors/memory/memory.hpp"
#include "actors/shard/shard.hpp"
#include "adapters/embedded/embedded_calendar.hpp"
#include "adapters/embedded/embedded_crm.hpp"
#include "adapters/google_calendar/google_calendar.hpp"
#include "adapters/hubspot/hubspot_crm.hpp"
#include "adapters/media/media_plane.hpp"
#include "adapters/media/voice_model.hpp"
#include "adapters/openai/none_llm.hpp"
#include "adapters/openai/openai_llm.hpp"
#include "adapters/smtp/smtp_mailer.hpp"
#include "adapters/sqlite/sqlite_journal.hpp"
#include "adapters/twilio/twilio_telephony.hpp"
#include "adapters/web/web_server.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"
#include "runtime/system_config.hpp"

#include <caf/scoped_actor.hpp>
#include <spdlog/spdlog.h>

#include <random>

namespace parley {

struct node::parts {
  node_settings settings;
  parley::telemetry telemetry;
  actor_tree tree;
  std::shared_ptr<sqlite_store> store;
  std::unique_ptr<system_clock> clock;
  std::unique_ptr<media_plane> media; // sessions hold actors, so it is stopped before the system goes
  std::shared_ptr<const calling_rules> rules;
  std::unique_ptr<system_config> config;
  std::unique_ptr<caf::actor_system> system;
  std::shared_ptr<node_context> context;
  std::unique_ptr<web_server> web;
  control_actor control;
  inspector_port inspector;
  bool stopped = false;

  explicit parts(node_settings x) : settings{std::move(x)} {}

  void open_store_and_clock();
  void spawn_ports();
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
  store = open_store(settings.journal, wanted);
  clock = std::make_unique<system_clock>(store->identity().origin);
}

/// A secret for stream nonces that outlives the process: derived from the
/// store's own, so that a resumed call's nonce is still good.
static std::string stream_secret(const number_hasher& hasher) {
  return to_string(hasher.of("stream", "nonce"));
}

void node::parts::spawn_ports() {
  auto& sys = *system;
  auto& ctx = *context;
  ctx.journal = sys.spawn(sqlite_journal, store, &telemetry);
  ctx.voice_model = sys.spawn(voice_model, media.get());
  ctx.has_llm = settings.llm_provider == "openai";
  if (ctx.has_llm)
    ctx.llm = sys.spawn(openai_llm, settings.llm, &telemetry);
  else
    ctx.llm = sys.spawn(none_llm);
  if (settings.crm_provider == "hubspot")
    ctx.crm = sys.spawn(hubspot_crm, settings.crm, &telemetry);
  else
    ctx.crm = sys.spawn(embedded_crm);
  if (settings.calendar_provider == "google")
    ctx.calendar = sys.spawn(google_calendar_adapter, settings.calendar, &telemetry);
  else
    ctx.calendar = sys.spawn(embedded_calendar);
  if (settings.mailer_provider == "smtp")
    ctx.mailer = sys.spawn(smtp_mailer, settings.mailer, static_cast<const parley::clock*>(clock.get()), &telemetry);
  else
    ctx.mailer = sys.spawn<caf::detached>(file_mailer, settings.mail_files,
                                          static_cast<const parley::clock*>(clock.get()), &telemetry);
  ctx.telephony = sys.spawn(twilio_telephony, context_ptr{context}, settings.telephony);
}

void node::parts::spawn_actors() {
  auto& sys = *system;
  auto& ctx = *context;
  const context_ptr shared{context};
  ctx.compliance = sys.spawn(compliance, shared, rules, settings.compliance);
  ctx.pacer = sys.spawn(pacer, shared, settings.pacing);
  ctx.memory = sys.spawn(memory, shared);
  // Every door is there before the first one does anything.
  for (uint16_t i = 0; i < ctx.shard_count; ++i)
    ctx.doors.push_back(sys.spawn<caf::lazy_init>(shard, shared, i));
  control = sys.spawn<caf::detached>(parley::control, shared, rules,
                                     node_identity{settings.practice() ? "PRACTICE" : "LIVE", PARLEY_VERSION,
                                                   settings.compliance.home_region});
  inspector = sys.spawn(parley::inspector, shared);
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
                  {},
                  {}};
  web = std::make_unique<web_server>(settings.web, settings.telephony, std::move(ports));
  web->start();
}

node::node(node_settings settings) : parts_{std::make_unique<parts>(std::move(settings))} {
  auto& p = *parts_;
  p.rules = calling_rules::load(p.settings.compliance.rules_file, p.settings.compliance.area_codes_file);
  p.open_store_and_clock();
  p.media = std::make_unique<media_plane>(p.settings.voice_model, p.telemetry);
  p.media->start();
  p.config = std::make_unique<system_config>(p.settings.threads);
  p.system = std::make_unique<caf::actor_system>(*p.config);

  const auto& identity = p.store->identity();
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
    p.settings.compliance.allow_list = p.settings.allow_numbers;

  p.spawn_ports();
  p.spawn_actors();
  p.store_managers();
  adopt_open_calls(*p.system, ctx);
  p.open_sockets();
  for (const auto& door : ctx.doors) // a first message wakes each shard: open calls and campaigns go on
    caf::anon_send(door, tick_atom::value);
  spdlog::info("{}: webhooks on port {}, inspection and metrics on port {}, {} shards, {}",
               p.settings.practice() ? "PRACTICE" : "LIVE", p.web->webhook_port(), p.web->local_port(), ctx.shard_count,
               p.rules->version());
}

void node::parts::end_actors() {
  for (const auto& [id, entry] : tree.snapshot())
    if (auto handle = caf::actor_cast<caf::strong_actor_ptr>(entry.address))
      caf::anon_send_exit(caf::actor_cast<caf::actor>(handle), caf::exit_reason::user_shutdown);
  auto end = [](auto& handle) {
    if (handle)
      caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
    handle = std::decay_t<decltype(handle)>{};
  };
  auto& ctx = *context;
  end(ctx.telephony);
  end(ctx.voice_model);
  end(ctx.llm);
  end(ctx.crm);
  end(ctx.calendar);
  end(ctx.mailer);
  end(ctx.journal);
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
  if (p.system) {
    p.end_actors();
    p.control = control_actor{};
    p.inspector = inspector_port{};
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

bool node::practice() const {
  return parts_->settings.practice();
}

const clock_origin& node::origin() const {
  return parts_->clock->origin();
}

} // namespace parley
