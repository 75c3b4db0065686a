#include "adapters/embedded/embedded_calendar.hpp"

#include "runtime/telemetry/port_book.hpp"

namespace parley {

static caf::expected<busy_times> busy(const free_busy_query& x) {
  if (x.range.from >= x.range.until)
    return caf::make_error(ec::invalid_input, "free/busy: the end must be after the start");
  return busy_times{};
}

static caf::expected<event_written> accept(const put_event& x) {
  if (x.event_id.empty() || x.when.from >= x.when.until)
    return caf::make_error(ec::invalid_input, "event: it needs an id and an end after its start");
  return event_written{x.event_id, {}};
}

embedded_calendar_actor::behavior_type
embedded_calendar(embedded_calendar_actor::stateful_pointer<embedded_calendar_state> self, const context_ptr& context) {
  begin(self, context, context->root, "calendar", "embedded");
  const auto book = std::make_shared<port_book>(context->telemetry, "calendar", "embedded");
  return {
    [book](const free_busy_query& x) -> caf::result<busy_times> {
      return counted(book, "free_busy", [&] { return busy(x); });
    },
    [book](const put_event& x) -> caf::result<event_written> {
      return counted(book, "put_event", [&] { return accept(x); });
    },
    [book](const cancel_event& x) -> caf::result<event_cancelled> {
      return counted(book, "cancel_event", [&] { return caf::expected<event_cancelled>{event_cancelled{x.event_id}}; });
    },
    // Nobody but us changes what is kept nowhere else.
    [book](const list_changes&) -> caf::result<event_changes> {
      return counted(book, "list_changes", [&] { return caf::expected<event_changes>{event_changes{}}; });
    },
    [book](const inspect_state&) { return shown(book->shown()); },
  };
}

} // namespace parley
