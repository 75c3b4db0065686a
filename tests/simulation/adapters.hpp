#pragma once

#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"
#include "tests/simulation/talks.hpp"
#include "tests/simulation/vendors.hpp"
#include "tests/support/wire.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

/// The node's ports, in one thread and in virtual time. Each is an actor of
/// the node's system; what it does is done outside, through the gate.
namespace parley::simulation {

using answer_atom = caf::atom_constant<caf::atom("answer")>;

/// What ports share: the world beyond, and who is told when time has passed.
struct surroundings {
  outside& o;
  carrier& phone;
  vendors& offices;
  talks& voices;
  /// Sends `answer_atom` and a ticket to the adapter of this number after a
  /// while, if its node still lives.
  std::function<void(size_t adapter, uint64_t ticket, nanoseconds delay)> wake;
  /// Voice sessions of the node, by call.
  std::map<call_id, media_events_port> sessions;
};

/// An adapter's open answers. A promise is kept inside its actor; the world
/// knows tickets.
struct adapter_state {
  adapter_state() = default;

  std::shared_ptr<surroundings> world;
  size_t number = 0;
  uint64_t last = 0;
  std::map<uint64_t, std::function<void()>> waiting;
  static inline constexpr const char* name = "adapter";

  uint64_t keep(std::function<void()> what) {
    waiting[++last] = std::move(what);
    return last;
  }
  void answer_after(nanoseconds delay, std::function<void()> what) {
    world->wake(number, keep(std::move(what)), delay);
  }
  void answer(uint64_t ticket) {
    if (auto found = waiting.extract(ticket))
      found.mapped()();
  }
};

/// The numbers of the adapters, for `wake`.
enum class port : size_t {
  journal,
  telephony,
  voice_model,
  llm,
  crm,
  enrichment,
  embedder,
  vector_index,
  calendar,
  mailer,
  web,
  count_
};

using simulated_journal = journal_port::extend<caf::reacts_to<answer_atom, uint64_t>>;
using simulated_telephony = telephony_port::extend<caf::reacts_to<answer_atom, uint64_t>>;
using simulated_voice = voice_model_port::extend<caf::reacts_to<answer_atom, uint64_t>>;
using simulated_llm = llm_port::extend<caf::reacts_to<answer_atom, uint64_t>>;
using simulated_crm = crm_port::extend<caf::reacts_to<answer_atom, uint64_t>>;
using simulated_enrichment = enrichment_port::extend<caf::reacts_to<answer_atom, uint64_t>>;
using simulated_embedder = embedder_port::extend<caf::reacts_to<answer_atom, uint64_t>>;
using simulated_index = vector_index_port::extend<caf::reacts_to<answer_atom, uint64_t>>;
using simulated_calendar = calendar_port::extend<caf::reacts_to<answer_atom, uint64_t>>;
using simulated_mailer = mailer_port::extend<caf::reacts_to<answer_atom, uint64_t>>;
/// Webhooks come in with the ticket of their acknowledgement.
using simulated_web = caf::typed_actor<caf::reacts_to<carrier_event, uint64_t>>;

using world_ptr = std::shared_ptr<surroundings>;

/// First line of an adapter's behaviour.
template <class Self>
void settle_in(Self* self, world_ptr world, port number) {
  guard(self);
  self->state.world = std::move(world);
  self->state.number = static_cast<size_t>(number);
}

simulated_journal::behavior_type journal(simulated_journal::stateful_pointer<adapter_state> self, world_ptr world);
simulated_telephony::behavior_type
telephony(simulated_telephony::stateful_pointer<adapter_state> self, world_ptr world, context_ptr ctx);
simulated_voice::behavior_type voice(simulated_voice::stateful_pointer<adapter_state> self, world_ptr world);
simulated_llm::behavior_type llm(simulated_llm::stateful_pointer<adapter_state> self, world_ptr world);
simulated_crm::behavior_type crm(simulated_crm::stateful_pointer<adapter_state> self, world_ptr world);
simulated_enrichment::behavior_type
enrichment(simulated_enrichment::stateful_pointer<adapter_state> self, world_ptr world);
simulated_embedder::behavior_type embedder(simulated_embedder::stateful_pointer<adapter_state> self, world_ptr world);
simulated_index::behavior_type vector_index(simulated_index::stateful_pointer<adapter_state> self, world_ptr world);
simulated_calendar::behavior_type calendar(simulated_calendar::stateful_pointer<adapter_state> self, world_ptr world);
simulated_mailer::behavior_type mailer(simulated_mailer::stateful_pointer<adapter_state> self, world_ptr world);
/// What operators ask of the store.
journal_upkeep_port::behavior_type upkeep(journal_upkeep_port::stateful_pointer<adapter_state> self, world_ptr world);
/// @param acknowledged Told whether the webhook with this ticket was taken.
simulated_web::behavior_type web(simulated_web::stateful_pointer<adapter_state> self, world_ptr world, context_ptr ctx,
                                 std::function<void(uint64_t ticket, bool accepted)> acknowledged);

/// Doors and services as others reach them: every message crosses a wire.
shard_door::behavior_type door_hop(shard_door::pointer self, outside* o, std::function<shard_door()> inner);
pacer_actor::behavior_type pacer_hop(pacer_actor::pointer self, outside* o, pacer_actor real);
memory_actor::behavior_type memory_hop(memory_actor::pointer self, memory_actor real);
compliance_actor::behavior_type compliance_hop(compliance_actor::pointer self, outside* o, compliance_actor real);

using test::across_the_wire;

/// Takes a request out of the node and brings the answer back, as the day's
/// weather has it. `perform` does the work out there.
/// @param trouble Its share of requests that go wrong.
template <class Answer, class Self, class Request, class F>
caf::result<Answer>
exchange(Self* self, const std::string& event, uint32_t weather::*trouble, const Request& sent, F perform) {
  using namespace std::chrono_literals;
  auto& s = self->state;
  auto& o = s.world->o;
  const reply<Answer> answer{self};
  auto later = answer.later();
  const auto give = [self, answer](caf::expected<Answer> result, nanoseconds delay) {
    self->state.answer_after(delay, [self, answer, result = std::move(result)] {
      if (result)
        answer(across_the_wire(self->system(), *result));
      else
        answer(result.error());
    });
  };
  const auto never = [self, answer] { self->state.keep([answer] { (void)answer; }); };
  if (!o.leave(event)) {
    never();
    return later;
  }
  const auto what = o.draw(o.weather.*trouble, event);
  const auto request = across_the_wire(self->system(), sent);
  const auto fails = [what](ec code) { return caf::make_error(code, std::string{to_string(what)}); };
  // Too much at once: the HTTP client tries again in a moment, or when it was
  // asked to, unless that would take too long.
  if (what == fate::limited || what == fate::limited_asked) {
    const auto pause = what == fate::limited ? o.faults.between(500ms, 4s) : o.faults.between(1s, 60s);
    if (pause > 25s || o.faults.percent(30))
      give(fails(ec::vendor_unavailable), o.latency());
    else
      s.answer_after(pause, [self, event, request, perform, give, never] {
        auto& o = self->state.world->o;
        if (!o.leave(event))
          return never();
        auto result = caf::expected<Answer>{perform(request)};
        if (!o.left(event))
          return never();
        give(std::move(result), o.latency());
      });
    return later;
  }
  const bool performed = what == fate::well || what == fate::late || what == fate::answer_lost
                         || what == fate::failed_done || (what == fate::silent && o.faults.percent(50));
  caf::expected<Answer> result = fails(what == fate::refused ? ec::vendor_refused : ec::vendor_unavailable);
  if (performed)
    result = perform(request);
  if (!o.left(event) || what == fate::silent) {
    never();
    return later;
  }
  if (what == fate::answer_lost || what == fate::failed_done)
    result = fails(ec::vendor_unavailable);
  give(std::move(result), what == fate::late                                ? o.faults.between(1s, 50s)
                          : what == fate::lost || what == fate::answer_lost ? nanoseconds{10s} // the adapter gives up
                                                                            : o.latency());
  return later;
}

} // namespace parley::simulation
