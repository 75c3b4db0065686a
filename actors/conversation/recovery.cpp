#include "actors/conversation/recovery.hpp"

#include "actors/conversation/spoken_time.hpp"

#include <algorithm>

namespace parley::mind {

static void end_with(conversation_state& x, disposition how, const char* why) {
  x.ending = ending{how, why, 0};
}

std::string recover_tools(conversation_state& x, const std::vector<meeting_row>& booked, const meeting_row* earlier,
                          wall_time earlier_at, const std::string& zone) {
  if (x.ended)
    return {};
  const auto made = std::find_if(booked.begin(), booked.end(), [](const auto& m) { return m.status != "cancelled"; });
  if (made != booked.end() && !x.meeting) {
    x.meeting = booked_meeting{to_string(made->id), made->scheduled_at, made->meeting_type,
                               x.emails_confirmed.empty() ? "" : x.emails_confirmed.front(), made->duration_minutes};
    end_with(x, disposition::meeting_booked, "a meeting is booked");
    return "The meeting on " + local_spoken(made->scheduled_at, zone)
           + " was booked a moment ago and the person has not heard so yet: tell them, say goodbye and use end_call.";
  }
  if (!earlier)
    return {};
  if (earlier->status == "cancelled" && x.wants_cancel && !x.cancelled) {
    x.cancelled = true;
    end_with(x, disposition::meeting_cancelled, "the meeting is called off");
    return "The meeting was called off a moment ago, as the person wished, and they have not heard so yet: tell them, "
           "say goodbye and use end_call.";
  }
  if (earlier->status != "cancelled" && earlier->scheduled_at != earlier_at && x.wants_move && !x.moved) {
    x.moved = earlier->scheduled_at;
    end_with(x, disposition::meeting_moved, "the meeting is moved");
    return "The meeting was moved to " + local_spoken(earlier->scheduled_at, zone)
           + " a moment ago and the person has not heard so yet: tell them, say goodbye and use end_call.";
  }
  return {};
}

} // namespace parley::mind
