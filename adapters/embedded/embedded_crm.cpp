#include "adapters/embedded/embedded_crm.hpp"

namespace parley {

crm_port::behavior_type embedded_crm(crm_port::stateful_pointer<embedded_crm_state> self) {
  guard(self);
  return {
    [](const find_contact&) { return crm_contact{}; },
    [](const crm_activity& x) -> caf::result<crm_written> {
      if (x.key.empty())
        return caf::make_error(ec::invalid_input, "crm activity: the key is empty");
      return crm_written{x.key, x.contact.crm_id};
    },
  };
}

} // namespace parley
