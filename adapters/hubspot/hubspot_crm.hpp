#pragma once

#include "adapters/http/oauth.hpp"
#include "adapters/http/retry.hpp"
#include "adapters/hubspot/core.hpp"
#include "runtime/guard.hpp"
#include "runtime/ports/crm.hpp"
#include "runtime/registry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <deque>
#include <memory>
#include <unordered_map>

namespace parley {

/// The CRM port and what its HTTP client says to it.
using hubspot_crm_actor = crm_port::extend<caf::reacts_to<http_answered, uint64_t>>;

struct hubspot_crm_state {
  explicit hubspot_crm_state(hubspot_crm_actor::pointer self) : self{self} {}
  void start(const hubspot_settings& settings, telemetry& t);
  caf::result<crm_contact> find(const find_contact& who);
  caf::result<crm_written> write(crm_activity activity);

  struct writing {
    crm_activity activity;
    reply<crm_written> done;
  };
  /// A contact that a write has found or made lately.
  struct known_contact {
    std::string id;
    caf::actor_clock::time_point until;
  };

  void write_next(const std::string& who);
  void remember(const std::string& who, const std::string& contact_id);
  std::string recall(const std::string& who) const;

  hubspot_crm_actor::pointer self;
  hubspot_settings settings;
  // In this order: what refers to another goes first.
  std::unique_ptr<hubspot::core> core;
  std::unique_ptr<port_metrics> metrics;
  std::unique_ptr<http_client> client;
  std::unique_ptr<actor_http> http;
  std::unique_ptr<dialogue_line> line;
  /// Writes that wait, by contact; the first of each is being done.
  std::unordered_map<std::string, std::deque<writing>> writes;
  size_t writes_waiting = 0;
  std::unordered_map<std::string, known_contact> known;
  static inline constexpr const char* name = "hubspot_crm";
};

/// The CRM port over HubSpot's API.
///
/// Activities of one contact are written one after another: HubSpot's search
/// sees a new contact only after seconds, so two writes at once would make the
/// same person twice. More than `waiting_max` waiting writes are refused with
/// `ec::queue_full`.
hubspot_crm_actor::behavior_type
hubspot_crm(hubspot_crm_actor::stateful_pointer<hubspot_crm_state> self, hubspot_settings settings, telemetry* t);

} // namespace parley
