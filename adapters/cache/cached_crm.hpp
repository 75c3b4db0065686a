#pragma once

#include "adapters/cache/answer_cache.hpp"
#include "adapters/cache/cache_metrics.hpp"
#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <tuple>

namespace parley {

using cached_crm_actor = crm_port::extend<caf::replies_to<inspect_state>::with<inspected_state>>;

struct cached_crm_state {
  /// CRM id, e-mail, phone, whose id it is, our own
  using question = std::tuple<std::string, std::string, std::string, std::string, prospect_id>;

  explicit cached_crm_state(cached_crm_actor::pointer self) : self{self} {}
  caf::result<crm_contact> find(const find_contact& who);
  caf::result<crm_written> write(crm_activity x);
  void forget(const find_contact& who, const std::string& crm_id);

  cached_crm_actor::pointer self;
  context_ptr context;
  crm_port vendor;
  std::unique_ptr<answer_cache<question, crm_contact>> answers;
  std::unique_ptr<cache_metrics> metrics;
  static inline constexpr const char* name = "cached_crm";
};

/// A CRM in front of a vendor's that uses answers to `find_contact` again for
/// a while. A write to a contact drops what is known of it, when it begins and
/// when it has ended. Searches pass through; errors are not kept. Waits for the
/// vendor as long as its askers do.
cached_crm_actor::behavior_type cached_crm(cached_crm_actor::stateful_pointer<cached_crm_state> self,
                                           context_ptr context, crm_port vendor, cache_settings settings);

} // namespace parley
