#pragma once

#include "runtime/messages/journal_upkeep.hpp"

#include <caf/typed_actor.hpp>

namespace parley {

/// The JOURNAL AUDIT port: reads of a store that may be damaged. What is wrong
/// is told, not thrown.
using journal_audit_port
  = caf::typed_actor<caf::replies_to<list_streams>::with<stream_page>,
                     caf::replies_to<audit_stream>::with<audited_stream>,
                     caf::replies_to<audit_rows>::with<audited_rows>, caf::replies_to<audit_seals>::with<audited_seals>,
                     caf::replies_to<export_events>::with<exported_events>>;

/// The JOURNAL UPKEEP port: what operators ask of a store, beside what its
/// actors do (runtime/ports/journal.hpp). The same actor may be both.
using journal_upkeep_port = journal_audit_port::extend<
  // Decides on deliveries. `ec::not_found`, `ec::wrong_state`; nothing is
  // changed then.
  caf::replies_to<outbox_order>::with<outbox_changed>>;

} // namespace parley
