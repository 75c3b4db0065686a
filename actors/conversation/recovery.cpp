#include "actors/conversation/recovery.hpp"

#include "actors/conversation/spoken_time.hpp"

#include <algorithm>
#include <array>

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

static constexpr std::array<std::string_view, 3> meeting_changers{"book_meeting", "reschedule_meeting",
                                                                  "cancel_meeting"};

bool changes_meetings(std::string_view tool) {
  return std::ranges::find(meeting_changers, tool) != meeting_changers.end();
}

bool meeting_may_change(const conversation_state& x) {
  return std::ranges::any_of(x.open_tools, changes_meetings, &tool_under_way::name);
}

namespace {

/// "book_meeting and cancel_meeting": of the open tools those that change meetings.
std::string meeting_tools(const std::vector<tool_under_way>& open) {
  std::string out;
  for (const auto name : meeting_changers)
    if (std::ranges::find(open, name, &tool_under_way::name) != open.end())
      out += (out.empty() ? "" : " and ") + std::string{name};
  return out;
}

/// The tool may have done its work all the same, which nobody can look up now. The
/// shell asks the store once more before it carries such a tool out.
std::string meetings_unknown(const std::vector<tool_under_way>& open) {
  const auto tools = meeting_tools(open);
  return "The records cannot be read just now: it is not known whether a meeting was booked, moved or called off right "
         "before the interruption"
         + (tools.empty() ? std::string{} : " (" + tools + " had no answer yet)")
         + ". Do not say that it was or that it was not, and promise nothing about it. When the person asks, say that "
           "you are checking, and use the tool again: only what it answers counts.";
}

std::string recovered_callback(conversation_state& x, const tool_outcomes& known, const std::string& zone) {
  if (!x.callback_set)
    x.callback_set = known.callback;
  if (!x.callback_set)
    return "schedule_callback was not carried out: no call-back is set. Do not say that one is; if the person still "
           "wants it, ask for the time again and use schedule_callback again.";
  if (!x.ending)
    end_with(x, x.gatekeeper ? disposition::gatekeeper : disposition::callback, "a call-back is set");
  return "A call-back is stored for " + local_spoken(*x.callback_set, zone)
         + ", which the person may not have heard yet: tell them. If they wanted another time, that one was not noted: "
           "use schedule_callback again.";
}

std::string recovered_meeting(const conversation_state& x, const std::string& tool, const tool_outcomes& known,
                              const std::string& zone) {
  if (!known.meetings_read)
    return {}; // said of all of them at once
  if (tool == "book_meeting")
    return x.meeting ? std::string{}
                     : "book_meeting had no answer, and the records show no meeting so far. Do not say that one is "
                       "booked; if the person still wants it, use book_meeting again: only what it answers counts.";
  if (x.moved || x.cancelled)
    return {};
  const bool stands = known.earlier && known.earlier->status != "cancelled";
  const auto still
    = stands ? ": by the records the meeting still takes place on " + local_spoken(known.earlier->scheduled_at, zone)
             : std::string{};
  return tool + " had no answer" + still + ". Do not say that it was done; if the person still wants it, use " + tool
         + " again: only what it answers counts.";
}

std::string recovered_transfer(conversation_state& x, const tool_outcomes& known) {
  const bool asked = std::exchange(x.handing_over, known.transfer == handover::begun);
  const auto whom = known.transfer_name.empty() ? std::string{"a colleague"} : known.transfer_name;
  if (known.transfer == handover::begun)
    return "The hand-over to " + whom
           + " was begun and is under way: say at most that you are connecting them, and do not use transfer_to_human "
             "again.";
  if (!asked)
    return {};
  if (known.transfer == handover::refused) {
    x.wants_human = true;
    x.transfer_failed = true;
    return "The hand-over to " + whom + " was tried and failed: apologise in one sentence, and "
           + (x.last_attempt ? "offer that an account manager writes; promise no further call."
                             : "ask when somebody may call the person back.");
  }
  return "transfer_to_human was not carried out: nobody was rung up. If the person still wants a human, say in one "
         "sentence that you connect them and use transfer_to_human again.";
}

} // namespace

std::string recover(conversation_state& x, const tool_outcomes& known, const std::string& zone) {
  const auto open = std::exchange(x.open_tools, {});
  if (x.ended)
    return {};
  std::vector<std::string> told;
  told.push_back(recovered_transfer(x, known));
  told.push_back(known.meetings_read
                   ? recover_tools(x, known.booked, known.earlier ? &*known.earlier : nullptr, known.earlier_at, zone)
                   : meetings_unknown(open));
  std::vector<std::string> seen; // the same tool may have been called twice
  for (const auto& [id, tool, unused] : open) {
    if (std::ranges::find(seen, tool) != seen.end())
      continue;
    seen.push_back(tool);
    if (tool == "schedule_callback")
      told.push_back(recovered_callback(x, known, zone));
    else if (changes_meetings(tool))
      told.push_back(recovered_meeting(x, tool, known, zone));
    else if (tool == "check_calendar_availability")
      told.push_back("The answer of check_calendar_availability is lost: offer no times from before the interruption "
                     "that you do not know, and use it again.");
    else
      told.push_back(tool + " was not carried out: if it is still wanted, use it again.");
  }
  std::string out;
  for (const auto& one : told)
    if (!one.empty())
      out += (out.empty() ? "" : " ") + one;
  return out;
}

} // namespace parley::mind
