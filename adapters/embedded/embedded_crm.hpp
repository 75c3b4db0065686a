#pragma once

#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"
#include "runtime/telemetry/port_book.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

using embedded_crm_actor = crm_port::extend<caf::replies_to<inspect_state>::with<inspected_state>>;

struct embedded_crm_state {
  explicit embedded_crm_state(embedded_crm_actor::pointer self) : self{self} {}
  caf::result<crm_contact> find(const find_contact& who);
  caf::result<crm_contacts> search(const search_contacts& x);

  embedded_crm_actor::pointer self;
  context_ptr context;
  port_book_ptr book;
  static inline constexpr const char* name = "embedded_crm";

private:
  using found_reply = port_reply<crm_contact>;
  void find_next(const std::vector<search_prospects>& tries, size_t next, const found_reply& done);
};

/// The CRM port where there is no CRM: the node's own tables (prospects,
/// calls, meetings, agent_context) are it. People are found among the imported
/// ones, by the columns `tables::search_columns`; an activity, which the tables
/// hold already, is accepted. Past interactions and mails are not repeated
/// here: memory reads them from the same tables.
embedded_crm_actor::behavior_type
embedded_crm(embedded_crm_actor::stateful_pointer<embedded_crm_state> self, const context_ptr& context);

/// A row of ours as a CRM's contact: its id is the CRM's that it once came
/// from, else our own.
crm_contact contact_of(const prospect_row& row);

} // namespace parley
