// A talk that was taken up while the store could not be read: what the mind before
// had booked, moved or called off is looked up before anything of it is done again.
#include "actors/conversation/conversation.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace parley {

void conversation_shell::confirm_first(meetings_known then, std::function<void(const std::string& why)> unknown) {
  ++under_way;
  const auto failed = [this, unknown](const caf::error& e) {
    spdlog::warn("call {}: what was booked before cannot be looked up yet ({})", to_string(id),
                 self->system().render(e));
    unknown("It is not known yet whether this was done before the interruption. Say that you are checking, promise "
            "nothing, and try again in a moment.");
    settled();
  };
  self->request(ctx->journal, ctx->settings.request_timeout, load_meetings{id})
    .then(
      [this, then, failed](const meeting_rows& booked) {
        const auto known = [this, then, booked](const meeting_rows& earlier) {
          unread = false;
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
