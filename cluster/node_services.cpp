// The actors that a node starts: the journal, the services behind the ports, and
// the doors to calls and campaigns.
#include "actors/control/control.hpp"
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
#include "adapters/media/voice_model.hpp"
#include "adapters/openai/none_llm.hpp"
#include "adapters/openai/openai_embedder.hpp"
#include "adapters/openai/openai_llm.hpp"
#include "adapters/postgres/postgres_journal.hpp"
#include "adapters/smtp/smtp_mailer.hpp"
#include "adapters/sqlite/sqlite_journal.hpp"
#include "adapters/twilio/twilio_telephony.hpp"
#include "cluster/node_parts.hpp"
#include "runtime/registry.hpp"

namespace parley {

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

} // namespace parley
