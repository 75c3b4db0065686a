#include "tests/simulation/coverage.hpp"

namespace parley::simulation {
namespace {

using names = std::vector<std::string>;

names operator+(names left, const names& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

names with_prefix(const std::string& prefix, const names& all) {
  names out;
  for (const auto& one : all)
    out.push_back(prefix + one);
  return out;
}

} // namespace

const std::vector<std::string>& rare_requests() {
  static const names all{"cancel_event", "delete_recording", "fetch_recording", "leave_message", "mail",
                         "put_event",    "record",           "redirect_call",   "stop_record",   "transfer_call"};
  return all;
}

const std::vector<std::string>& rare_exits() {
  static const names all
    = with_prefix("crash_before ", {"answer_tool", "append.confirmed", "append.held", "append.meeting_agreed",
                                    "append.opted_out", "append.outcome_decided", "delete_recording", "mail",
                                    "prompt_agent", "put_event", "webhook_answer.status.failed"})
      + with_prefix("crash_after ", {"delete_recording", "fetch_recording", "mail", "put_event", "record",
                                     "webhook_answer.status.failed"});
  return all;
}

const std::map<std::string, std::vector<std::string>>& cells() {
  // Requests of every run, and those that only some talks lead to.
  static const names vendors{"completion", "crm_activity", "embed", "enrich",     "find_contact",
                             "free_busy",  "list_changes", "mail",  "open_voice", "put_event"};
  static const names carrier{"end_call", "fetch_call", "fetch_recording", "find_calls", "delete_recording", "record"};
  static const names requests = vendors + carrier + names{"originate"};
  // Appends by their first event. `call_intended` is never one: it comes with
  // the line's `attempt_made`.
  static const names appends = with_prefix("append.", {"absence_seen",
                                                       "answer_classified",
                                                       "attempt_begun",
                                                       "attempt_ended",
                                                       "attempt_made",
                                                       "call_closed",
                                                       "call_not_created",
                                                       "call_submitted",
                                                       "carrier_reported",
                                                       "confirmed",
                                                       "conversation_noted",
                                                       "finished",
                                                       "hang_up_asked",
                                                       "held",
                                                       "line_freed",
                                                       "line_suppressed",
                                                       "manager_taken",
                                                       "media_changed",
                                                       "meeting_agreed",
                                                       "opted_out",
                                                       "outcome_decided",
                                                       "researched",
                                                       "rows",
                                                       "slept",
                                                       "status_changed",
                                                       "submission_doubted",
                                                       "turn_spoken"});
  static const names writes = appends + names{"enrol", "inbox.machine", "inbox.status", "outbox.again", "outbox.done"};
  static const names often
    = with_prefix("append.", {"absence_seen", "attempt_begun", "attempt_ended", "attempt_made", "call_closed",
                              "call_submitted", "carrier_reported", "conversation_noted", "finished", "line_freed",
                              "media_changed", "researched", "rows", "slept", "status_changed", "turn_spoken"})
      + names{"enrol", "inbox.status", "outbox.done"};
  static const names webhooks{"machine",          "resume",        "status.busy",        "status.canceled",
                              "status.completed", "status.failed", "status.in-progress", "status.initiated",
                              "status.no-answer", "status.ringing"};
  static const names webhook_answers
    = with_prefix("webhook_answer.", {"machine", "status.completed", "status.failed", "status.in-progress",
                                      "status.initiated", "status.ringing"});
  static const names orders{"carrier_outage", "dnc", "dnc_import", "outage", "pause", "stop", "stop_now"};
  static const std::map<std::string, names> all{
    {"429", requests},
    {"429_retry_after", requests},
    {"5xx", requests},
    {"5xx_done", requests},
    {"refused", requests},
    {"request_lost", requests},
    {"answer_lost", requests},
    {"answer_late", requests},
    {"no_answer", requests},
    {"held_back", {"originate"}},
    {"carrier_away", {"end_call", "fetch_call", "find_calls", "originate"}},
    // A node dies before whatever leaves it, …
    {"crash_before",
     requests + writes + webhook_answers + names{"answer_tool", "command_answer", "commit", "prompt_agent"}},
    // … and after it. What is stored is stored by a commit, of many appends: so
    // no append has a crash of its own after it. Tools and prompts have no answer.
    {"crash_after", requests + webhook_answers + names{"commit"}},
    // One commit in 16 at the most: what a run has but once or never is left to chance.
    {"commit_answered_late", often},
    {"commit_unanswered", often},
    {"database_away", {"append.carrier_reported", "append.rows", "inbox.machine", "inbox.status", "read"}},
    // A read that hangs is no other than one that is answered when it is over.
    {"database_hangs", {"append.carrier_reported", "append.rows", "inbox.machine", "inbox.status"}},
    {"queued_late", {"dial"}},
    {"list_late", {"find_calls"}},
    {"webhook_lost", webhooks},
    {"webhook_doubled", webhooks},
    {"webhook_reordered", webhooks},
    {"webhook_after_end", webhooks},
    {"webhook_refused",
     {"machine", "resume", "status.completed", "status.in-progress", "status.initiated", "status.ringing"}},
    // Nobody asks for what comes next where no node is up.
    {"webhook_unreached", {"machine", "status.completed", "status.in-progress", "status.initiated", "status.ringing"}},
    {"begun",
     {"2026-10-31T22:00:00Z", "2026-11-01T12:30:00Z", "2026-12-01T14:00:00Z", "2026-12-02T00:30:00Z",
      "2027-03-13T23:00:00Z", "2027-03-14T11:00:00Z"}},
    {"order",
     {"dnc", "dnc_import", "meeting_cancel", "meeting_move", "outbox_retry", "pause", "resolve_not_placed", "stop",
      "stop_now"}},
    {"order_at_attempt", orders},
    {"order_at_attempt_stored", orders},
    {"order_at_originate", orders},
    {"order_at_dial", orders},
    {"order_at_ringing", orders},
    {"by_hand", {"delete", "move"}},
    {"foreign_appointment", {"calendar", "free_busy"}},
    {"slots_put_right", {"journal_trouble"}},
  };
  return all;
}

std::vector<std::string> never_hit(const hit_counts& hits) {
  std::vector<std::string> out;
  for (const auto& [fault, events] : cells()) {
    const auto row = hits.find(fault);
    for (const auto& event : events)
      if (row == hits.end() || !row->second.contains(event) || row->second.at(event) == 0)
        out.push_back(fault + " " + event);
  }
  return out;
}

} // namespace parley::simulation
