#pragma once

#include "adapters/http/oauth.hpp"
#include "adapters/http/retry.hpp"
#include "adapters/http/write_lines.hpp"
#include "adapters/hubspot/core.hpp"
#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <unordered_map>

namespace parley {

using hubspot_crm_actor = crm_port::extend<caf::replies_to<inspect_state>::with<inspected_state>,
                                           // INTERNAL: an answer of HubSpot is there.
                                           caf::reacts_to<http_answered, uint64_t>>;

struct hubspot_crm_state {
  explicit hubspot_crm_state(hubspot_crm_actor::pointer self) : self{self} {}
  void start(const node_context& context, const hubspot_settings& settings);
  caf::result<crm_contact> find(const find_contact& who);
  caf::result<crm_contacts> search(const search_contacts& x);
  caf::result<crm_written> write(crm_activity activity);
  inspected_state inspect() const;

  /// A contact that a write has found or made lately.
  struct known_contact {
    std::string id;
    caf::actor_clock::time_point until;
  };

  void do_write(const std::string& who, const crm_activity& activity, dialogue_line::time_point deadline,
                const write_lines::finish<crm_written>& done);
  void remember(const std::string& who, const std::string& contact_id);
  std::string recall(const std::string& who) const;

  hubspot_crm_actor::pointer self;
  // In this order: what refers to another goes first.
  std::unique_ptr<hubspot::core> core;
  port_book_ptr book;
  std::unique_ptr<http_client> client;
  std::unique_ptr<actor_http> http;
  std::unique_ptr<dialogue_line> line;
  std::unique_ptr<write_lines> writes; ///< a line per contact
  std::unordered_map<std::string, known_contact> known;
  static inline constexpr const char* name = "hubspot_crm";
};

/// The CRM port over HubSpot's API.
///
/// Activities of one contact are written one after another: HubSpot's search
/// sees a new contact only after seconds, so two writes at once would make the
/// same person twice. More than `waiting_max` waiting writes are refused with
/// `ec::queue_full`. An activity that is asked for again while it is being
/// written is not written twice: both askers get its one end.
hubspot_crm_actor::behavior_type hubspot_crm(hubspot_crm_actor::stateful_pointer<hubspot_crm_state> self,
                                             context_ptr context, hubspot_settings settings);

} // namespace parley
