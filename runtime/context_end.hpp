#pragma once

#include "runtime/node_context.hpp"

namespace parley {

/// At a node's end, once nobody reads them any more: each handle of the context
/// holds an actor that holds the context.
inline void let_go_of_handles(node_context& ctx) {
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

} // namespace parley
