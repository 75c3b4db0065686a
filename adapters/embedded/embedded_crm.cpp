#include "adapters/embedded/embedded_crm.hpp"

#include "runtime/telemetry/port_book.hpp"

namespace parley {

static caf::expected<crm_written> accept(const crm_activity& x) {
  if (x.key.empty())
    return caf::make_error(ec::invalid_input, "crm activity: the key is empty");
  return crm_written{x.key, x.contact.crm_id};
}

embedded_crm_actor::behavior_type
embedded_crm(embedded_crm_actor::stateful_pointer<embedded_crm_state> self, const context_ptr& context) {
  begin(self, context, context->root, "crm", "embedded");
  const auto book = std::make_shared<port_book>(context->telemetry, "crm", "embedded");
  return {
    [book](const find_contact&) -> caf::result<crm_contact> {
      return counted(book, "find_contact", [] { return caf::expected<crm_contact>{crm_contact{}}; });
    },
    [book](const crm_activity& x) -> caf::result<crm_written> {
      return counted(book, "write_" + std::string{to_string(x.kind)}, [&] { return accept(x); });
    },
    [book](const inspect_state&) { return shown(book->shown()); },
  };
}

} // namespace parley
