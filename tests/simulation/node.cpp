#include "tests/simulation/node.hpp"

#include "actors/call/core.hpp"
#include "actors/compliance/compliance.hpp"
#include "actors/control/control.hpp"
#include "actors/diary/calendar_watch.hpp"
#include "actors/memory/memory.hpp"
#include "actors/pacer/slot_audit.hpp"
#include "runtime/context_end.hpp"
#include "runtime/json.hpp"

namespace parley::simulation {

using namespace std::chrono_literals;
using simple_clock = caf::detail::simple_actor_clock;

namespace {

/// The clock's schedule, which its users only see.
struct open_clock : caf::detail::test_actor_clock {
  static schedule_map& schedule_of(simple_clock& x) { return x.*(&open_clock::schedule_); }
  static void fire(simple_clock& x, schedule_map::iterator which) {
    auto& lookup = x.*(&open_clock::actor_lookup_);
    auto event = std::move(which->second);
    if (event->backlink != lookup.end())
      lookup.erase(event->backlink);
    schedule_of(x).erase(which);
    (x.*(&open_clock::ship))(*event);
  }
  static schedule_map::iterator drop(simple_clock& x, schedule_map::iterator which) {
    auto& lookup = x.*(&open_clock::actor_lookup_);
    if (which->second->backlink != lookup.end())
      lookup.erase(which->second->backlink);
    return schedule_of(x).erase(which);
  }
};

/// What an actor still waits for, which its users do not see.
struct open_actor : caf::scheduled_actor {
  static bool waits_for(const caf::scheduled_actor& x, caf::message_id response) {
    if ((x.*(&open_actor::multiplexed_responses_)).count(response) > 0)
      return true;
    const auto& awaited = x.*(&open_actor::awaited_responses_);
    return std::any_of(awaited.begin(), awaited.end(), [&](const auto& one) { return one.first == response; });
  }
};

/// The limit of a request that was answered: CAF leaves it armed.
bool is_stale(const simple_clock::delayed_event& x) {
  if (x.subtype != simple_clock::request_timeout_type)
    return false;
  const auto& limit = static_cast<const simple_clock::request_timeout&>(x);
  const auto* actor = dynamic_cast<caf::scheduled_actor*>(caf::actor_cast<caf::abstract_actor*>(limit.self));
  return !actor || !open_actor::waits_for(*actor, limit.id);
}

/// Read once: the rules are the same in every run.
std::shared_ptr<const calling_rules> shipped_rules() {
  static const std::string dir = PARLEY_SOURCE_DIR "/config/rules/";
  static const auto rules
    = calling_rules::load(dir + "us-calling-rules.json", dir + "nanp-timezones.csv", dir + "us-zip-states.csv");
  return rules;
}

} // namespace

node::node(outside& o, carrier& phone, vendors& offices, talks& voices, const std::vector<manager_row>& managers)
  : o_{o}, clock_{o}, coordinator_{dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())},
    zero_{caf::actor_clock::time_point{} + 1h}, managers_{managers} {
  tick_clock();
  number_hasher hasher{o.store->secret()};
  context_ = std::make_shared<node_context>(node_context{clock_, tree_, metrics_, hasher});
  auto& ctx = *context_;
  ctx.seed = o.seed + 1000 * o.crashes; // as a process draws another one each time
  ctx.shard_count = o.store->shards();
  ctx.epoch = o.store->claim();
  ctx.caller_number = "+12025550100";
  ctx.stream_secret = "secret";
  ctx.has_llm = o.seed % 3 == 0;
  if (o.has(bug::forget_grace))
    ctx.settings.submission_grace = 0ms;
  world_ = std::make_shared<surroundings>(surroundings{o, phone, offices, voices, {}, {}});
  world_->wake = [this, alive = std::weak_ptr<bool>{alive_}](size_t adapter, uint64_t ticket, nanoseconds delay) {
    o_.after(delay, [this, alive, adapter, ticket] {
      if (!alive.expired())
        caf::anon_send(adapters_[adapter], answer_atom::value, ticket);
    });
  };
  o.open_gate();
  spawn_ports();
  spawn_actors();
  if (o.has(bug::outlive_node))
    spawn_survivor();
  adopt_open_calls();
  for (const auto& door : inner_) // a first message wakes each shard: open calls and campaigns go on
    caf::anon_send(door, tick_atom::value);
}

void node::spawn_ports() {
  auto& ctx = *context_;
  const context_ptr shared{context_};
  const auto keep = [this](const auto& handle) {
    adapters_.push_back(caf::actor_cast<caf::actor>(handle));
    return handle;
  };
  // In the order of `port`.
  ctx.journal = keep(system_.spawn(simulation::journal, world_));
  ctx.telephony = keep(system_.spawn(simulation::telephony, world_, shared));
  ctx.voice_model = keep(system_.spawn(simulation::voice, world_));
  ctx.llm = keep(system_.spawn(simulation::llm, world_));
  ctx.crm = keep(system_.spawn(simulation::crm, world_));
  ctx.enrichment = keep(system_.spawn(simulation::enrichment, world_));
  ctx.embedder = keep(system_.spawn(simulation::embedder, world_));
  ctx.vector_index = keep(system_.spawn(simulation::vector_index, world_));
  ctx.calendar = keep(system_.spawn(simulation::calendar, world_));
  ctx.mailer = keep(system_.spawn(simulation::mailer, world_));
  ctx.upkeep = system_.spawn(simulation::upkeep, world_);
  others_.push_back(caf::actor_cast<caf::actor>(ctx.upkeep));
  keep(system_.spawn(simulation::web, world_, shared,
                     std::function<void(uint64_t, bool)>{[this](uint64_t ticket, bool ok) {
                       if (auto found = acknowledgements_.extract(ticket))
                         found.mapped()(ok);
                     }}));
}

void node::spawn_actors() {
  auto& ctx = *context_;
  const context_ptr shared{context_};
  const auto keep = [this](const auto& handle) {
    others_.push_back(caf::actor_cast<caf::actor>(handle));
    return handle;
  };
  compliance_settings rules;
  rules.recommended_hours = o_.seed % 2 == 0;
  const auto judge = keep(system_.spawn(compliance, shared, shipped_rules(), rules));
  ctx.compliance = keep(system_.spawn(compliance_hop, &o_, judge));
  pacer_settings limits;
  limits.calls_per_second = 2;
  limits.calls_at_once = 4;
  pacing_ = keep(system_.spawn(parley::pacer, shared, limits));
  ctx.pacer = keep(system_.spawn(pacer_hop, &o_, pacer_actor{pacing_}));
  keep(system_.spawn(slot_audit, shared, pacing_));
  ctx.memory = keep(system_.spawn(memory_hop, keep(system_.spawn(parley::memory, shared))));
  for (uint16_t i = 0; i < ctx.shard_count; ++i)
    ctx.doors.push_back(
      keep(system_.spawn(door_hop, &o_, std::function<shard_door()>{[this, i] { return inner_[i]; }})));
  for (uint16_t i = 0; i < ctx.shard_count; ++i) {
    inner_.push_back(keep(system_.spawn<caf::lazy_init>(parley::shard, shared, i)));
    watch(caf::actor_cast<caf::actor>(inner_.back()), "shard");
  }
  watch(caf::actor_cast<caf::actor>(pacing_), "pacer");
  // Less often than in production: else hardly anything else would be asked for.
  keep(system_.spawn(calendar_watch, shared, std::chrono::milliseconds{10min}));
  control_ = keep(system_.spawn(parley::control, shared, shipped_rules(), node_identity{}));
  append rows;
  rows.epoch = ctx.epoch;
  for (const auto& m : managers_)
    rows.rows.push_back(m);
  caf::anon_send(ctx.journal, std::move(rows));
}

/// Holds its own handle, and nobody knows it who would end it.
void node::spawn_survivor() {
  const auto own = std::make_shared<caf::actor>();
  *own = system_.spawn([own](caf::event_based_actor*) -> caf::behavior { return {[own](tick_atom) { (void)own; }}; });
}

/// The end of what cannot be replaced under way ends the node.
void node::watch(const caf::actor& service, const char* name) {
  caf::actor_cast<caf::abstract_actor*>(service)->attach_functor([this, name](const caf::error&) {
    if (o_.gate_open())
      o_.crash("service_ended", name);
  });
}

/// Slots that open calls hold are adopted before anybody asks for a new one.
void node::adopt_open_calls() {
  adopt_slots adopted;
  for (uint16_t shard = 0; shard < context_->shard_count; ++shard)
    for (const auto& open : o_.store->look(find_open_calls{shard}).calls)
      if (const auto slot = calls::slot_of(o_.store->look(load_stream{open.call}).state))
        adopted.slots.push_back(*slot);
  caf::anon_send(context_->pacer, std::move(adopted));
}

/// Every actor is killed where it stands; the gate is shut, so that nothing
/// they do about it is seen.
node::~node() {
  o_.close_gate();
  alive_.reset();
  acknowledgements_.clear();
  const auto settle = [this] {
    while (coordinator_.try_run_once()) {
    }
  };
  coordinator_.clock().cancel_all();
  for (int round = 0; round < 3; ++round) {
    for (const auto& [id, entry] : tree_.snapshot())
      if (auto handle = caf::actor_cast<caf::actor>(entry.address))
        caf::anon_send_exit(handle, caf::exit_reason::kill);
    settle();
  }
  world_->sessions.clear();
  for (const auto* all : {&others_, &adapters_})
    for (const auto& handle : *all)
      caf::anon_send_exit(handle, caf::exit_reason::kill);
  settle();
  coordinator_.clock().cancel_all();
  let_go_of_handles(*context_);
  inner_.clear();
  pacing_ = checked_pacer_actor{};
  control_ = control_port{};
  others_.clear();
  adapters_.clear();
  settle();
  if (const auto left = system_.registry().running(); left > 0) {
    o_.broke(promise::sound, std::to_string(left) + " actors of a dead node live on");
    system_.await_actors_before_shutdown(false);
  }
  o_.store->release();
}

// --- steps ---------------------------------------------------------------------------

void node::tick_clock() {
  coordinator_.clock().current_time = zero_ + o_.now;
}

node::schedule& node::timers() {
  return open_clock::schedule_of(coordinator_.clock());
}

size_t node::due_timers() {
  size_t out = 0;
  for (auto it = timers().begin(); it != timers().end() && when(it->first) <= o_.now && out < 4;) {
    if (is_stale(*it->second)) {
      it = open_clock::drop(coordinator_.clock(), it);
      continue;
    }
    ++it;
    ++out;
  }
  return out;
}

void node::run_one() {
  tick_clock();
  auto& jobs = coordinator_.jobs;
  std::swap(jobs.front(), jobs[o_.schedule.below(jobs.size())]);
  coordinator_.run_once();
}

void node::fire_one() {
  tick_clock();
  open_clock::fire(coordinator_.clock(),
                   std::next(timers().begin(), static_cast<int64_t>(o_.schedule.below(due_timers()))));
}

/// Those who only look around every few seconds are passed over while there is
/// nothing to see: they look as soon as anything else happens.
bool node::has_work(const simple_clock::delayed_event& x, nanoseconds at) const {
  if (x.subtype != simple_clock::actor_msg_type)
    return true;
  const auto& message = static_cast<const simple_clock::actor_msg&>(x);
  auto* actor = dynamic_cast<caf::local_actor*>(caf::actor_cast<caf::abstract_actor*>(message.receiver));
  if (!actor)
    return true;
  const std::string_view name{actor->name()};
  if (name == "memory")
    return false;
  if (name == "calendar_watch")
    return o_.calendar_differs;
  if (name == "slot_audit")
    return !pacer().held.empty();
  if (name != "shard")
    return true;
  return o_.delivers_by(o_.begun + std::chrono::duration_cast<std::chrono::milliseconds>(at));
}

std::optional<nanoseconds> node::next_timer() {
  for (auto it = timers().begin(); it != timers().end();) {
    if (is_stale(*it->second)) {
      it = open_clock::drop(coordinator_.clock(), it);
      continue;
    }
    if (has_work(*it->second, when(it->first)))
      return when(it->first);
    ++it;
  }
  return std::nullopt;
}

// --- what comes in ---------------------------------------------------------------------

void node::bring(const carrier_event& event, std::function<void(bool)> answered) {
  acknowledgements_[++last_ticket_] = std::move(answered);
  caf::anon_send(adapters_[static_cast<size_t>(port::web)], across_the_wire(system_, event), last_ticket_);
}

void node::tell_media(call_id call, const media_event& what) {
  const auto found = world_->sessions.find(call);
  if (found == world_->sessions.end())
    return;
  std::visit([&](const auto& x) { caf::anon_send(found->second, across_the_wire(system_, x)); }, what);
}

void node::command(const std::string& name, const std::string& arguments,
                   std::function<void(bool, const std::string&)> done) {
  system_.spawn([=, this](caf::event_based_actor* self) {
    guard(self);
    self->request(control_, caf::infinite, control_command{name, arguments})
      .then(
        [=, this](const control_answer& x) {
          if (!o_.leave("command_answer"))
            return;
          o_.hit("command", name);
          done(true, x.json);
        },
        [=, this](const caf::error& e) {
          if (o_.leave("command_answer"))
            done(false, self->system().render(e));
        });
  });
}

// --- looking -----------------------------------------------------------------------------

const pacer_state& node::pacer() const {
  return *look<checked_pacer_actor, pacer_state>(caf::actor_cast<caf::actor>(pacing_));
}

const shard_state* node::shard(uint16_t number) const {
  return look<shard_door, shard_state>(caf::actor_cast<caf::actor>(inner_[number]));
}

} // namespace parley::simulation
