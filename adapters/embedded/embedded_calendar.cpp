#include "adapters/embedded/embedded_calendar.hpp"

namespace parley {

calendar_port::behavior_type embedded_calendar(calendar_port::stateful_pointer<embedded_calendar_state> self) {
  guard(self);
  return {
    [](const free_busy_query& x) -> caf::result<busy_times> {
      if (x.range.from >= x.range.until)
        return caf::make_error(ec::invalid_input, "free/busy: the end must be after the start");
      return busy_times{};
    },
    [](const put_event& x) -> caf::result<event_written> {
      if (x.event_id.empty() || x.when.from >= x.when.until)
        return caf::make_error(ec::invalid_input, "event: it needs an id and an end after its start");
      return event_written{x.event_id, {}};
    },
    [](const cancel_event& x) { return event_cancelled{x.event_id}; },
  };
}

} // namespace parley
