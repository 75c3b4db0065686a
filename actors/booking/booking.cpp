#include "actors/booking/booking.hpp"

#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

namespace parley {

caf::error nothing_booked(const std::string& why, call_id call) {
  spdlog::warn("call {}: a meeting cannot be booked ({})", to_string(call), why);
  return caf::make_error(ec::wrong_state, std::string{"the booking system does not answer"});
}

caf::result<meeting_booked> booking_state::book(const book_meeting& order) {
  reply<meeting_booked> answer{self};
  // One meeting per call and time: asking twice holds and books it once.
  const meeting_id meeting{ctx->hasher.of("meeting", to_string(order.call) + to_iso(order.at))};
  const time_range when{order.at, order.at + std::chrono::minutes{order.minutes}};
  const auto& door = ctx->door_of(order.manager);
  const auto give_up = [this, answer, door, manager = order.manager, meeting](caf::error e) {
    tell_to(self, *ctx, entity::diary, manager, release_slot{manager, meeting});
    answer(std::move(e));
    self->quit();
  };
  // Before the confirmation was asked for nothing is booked, whatever went wrong.
  const auto give_up_early = [this, give_up, call = order.call](const caf::error& e) {
    const bool refused = e == ec::conflict || e == ec::slot_expired;
    give_up(refused ? e : nothing_booked(self->system().render(e), call));
  };
  step = "hold";
  self->request(door, ctx->settings.request_timeout, hold_slot{order.manager, meeting, when})
    .then(
      [=, this](const slot_held& held) {
        step = "calendar";
        self->request(ctx->calendar, ctx->settings.vendor_timeout, free_busy_query{held.manager.calendar_id, when})
          .then(
            [=, this](const busy_times& busy) {
              for (const auto& b : busy.busy)
                if (b.overlaps(when))
                  return give_up(caf::make_error(ec::conflict, std::string{"that time has just been taken"}));
              step = "confirm";
              confirm_slot confirm;
              confirm.manager = order.manager;
              confirm.meeting.id = meeting;
              confirm.meeting.call = order.call;
              confirm.meeting.prospect = order.brief.person.id;
              confirm.meeting.duration_minutes = order.minutes;
              confirm.meeting.meeting_type = order.meeting_type;
              confirm.brief = order.brief;
              confirm.email = order.email;
              confirm.preparation = order.preparation;
              self->request(door, ctx->settings.request_timeout, std::move(confirm))
                .then(
                  [=, this](const slot_confirmed& x) {
                    answer(meeting_booked{x.meeting});
                    self->quit();
                  },
                  give_up);
            },
            give_up_early);
      },
      give_up_early);
  return answer.later();
}

booking_actor::behavior_type
booking(booking_actor::stateful_pointer<booking_state> self, context_ptr ctx, caf::actor_id parent_id, call_id call) {
  begin(self, ctx, parent_id, booking_state::name, to_string(call));
  self->state.ctx = std::move(ctx);
  return {
    [self](const book_meeting& x) { return self->state.book(x); },
    [self](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{json{{"step", self->state.step}}.dump()};
    },
  };
}

} // namespace parley
