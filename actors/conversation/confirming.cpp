// A talk that was taken up while a meeting may have been changed: what the mind before
// had booked, moved or called off is looked up before anything of it is done again.
#include "actors/booking/booking.hpp"
#include "actors/conversation/conversation.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace parley {

/// Where only the call's actor died, its conversation brings to an end what it began,
/// and what the store does not show yet it may show then.
bool conversation_shell::predecessor_lives() const {
  for (const auto* kind : {conversation_shell::name, booking_state::name}) {
    tree_query of_this_call;
    of_this_call.kind = kind;
    of_this_call.with = to_string(id);
    for (const auto& row : ctx->tree.page(of_this_call).rows)
      if (row.id != self->id())
        return true;
  }
  return false;
}

void conversation_shell::confirm_first(meetings_known then, std::function<void(const std::string& why)> unknown) {
  ++under_way;
  const auto not_yet = [this, unknown](const std::string& why) {
    spdlog::warn("call {}: what was booked before is not known yet ({})", to_string(id), why);
    unknown("It is not known yet whether this was done before the interruption. Say that you are checking, promise "
            "nothing, and try again in a moment.");
    settled();
  };
  if (predecessor_lives())
    return not_yet("the conversation before this one is still at it");
  const auto failed = [this, not_yet](const caf::error& e) { not_yet(self->system().render(e)); };
  self->request(ctx->journal, ctx->settings.request_timeout, load_meetings{id})
    .then(
      [this, then, failed](const meeting_rows& booked) {
        const auto known = [this, then, booked](const meeting_rows& earlier) {
          confirm_meetings = false;
          then(booked, earlier);
          settled();
        };
        if (!brief.meeting)
          return known({});
        load_meetings ask{};
        ask.meeting = brief.meeting->id;
        self->request(ctx->journal, ctx->settings.request_timeout, std::move(ask)).then(known, failed);
      },
      failed);
}

void conversation_shell::confirm_first(const mind::directive::book& x) {
  confirm_first(
    [this, x](const meeting_rows& booked, const meeting_rows&) {
      const auto made
        = std::find_if(booked.rows.begin(), booked.rows.end(), [](const auto& m) { return m.status != "cancelled"; });
      if (made == booked.rows.end())
        return carry_out(x);
      // That was the answer which the mind before did not live to hear.
      self->send(call, conversation_meeting{made->id});
      hear(mind::input::booking_result{
        x.tool_call_id, true, to_string(made->id), made->scheduled_at, {}, made->duration_minutes});
    },
    [this, x](const std::string& why) {
      hear(mind::input::booking_result{x.tool_call_id, false, {}, {}, why});
    });
}

void conversation_shell::confirm_first(const mind::directive::reschedule& x) {
  confirm_first(
    [this, x](const meeting_rows&, const meeting_rows& earlier) {
      const bool moved = !earlier.rows.empty() && earlier.rows.front().status != "cancelled"
                         && earlier.rows.front().scheduled_at == x.at;
      if (!moved)
        return carry_out(x);
      hear(mind::input::reschedule_result{x.tool_call_id, x.at, {}, {}});
    },
    [this, x](const std::string& why) {
      hear(mind::input::reschedule_result{x.tool_call_id, std::nullopt, {}, why});
    });
}

void conversation_shell::confirm_first(const mind::directive::cancel& x) {
  confirm_first(
    [this, x](const meeting_rows&, const meeting_rows& earlier) {
      if (earlier.rows.empty() || earlier.rows.front().status != "cancelled")
        return carry_out(x);
      hear(mind::input::cancel_result{x.tool_call_id, true, {}});
    },
    [this, x](const std::string& why) {
      hear(mind::input::cancel_result{x.tool_call_id, false, why});
    });
}

} // namespace parley
