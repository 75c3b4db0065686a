#include "runtime/guard.hpp"

#include <caf/actor_system.hpp>
#include <spdlog/spdlog.h>

namespace parley {

void guard(caf::scheduled_actor* self) {
  self->set_error_handler([](caf::scheduled_actor* me, caf::error& e) {
    spdlog::warn("{} #{}: unanswered error: {}", me->name(), me->id(), me->system().render(e));
  });
  self->set_exception_handler([](caf::scheduled_actor* me, std::exception_ptr& x) -> caf::error {
    // CAF would print what it says, which may quote a person's data.
    const char* type = "of an unknown type";
    try {
      std::rethrow_exception(x);
    } catch (const std::exception& e) {
      type = typeid(e).name();
    } catch (...) { // still ends the actor
    }
    spdlog::error("{} #{}: unhandled exception {}", me->name(), me->id(), type);
    return caf::sec::runtime_error;
  });
  self->set_default_handler([](caf::scheduled_actor* me, caf::message_view&) -> caf::result<caf::message> {
    if (me->current_mailbox_element()->mid.is_request())
      return caf::sec::unexpected_message;
    spdlog::warn("{} #{}: message that it does not know", me->name(), me->id());
    return caf::message{};
  });
}

} // namespace parley
