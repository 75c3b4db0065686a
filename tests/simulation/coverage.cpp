#include "tests/simulation/coverage.hpp"

#include "tests/simulation/kinds.hpp"

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

using reasons = std::map<std::string, std::string>;

reasons with(reasons all, const std::string& kind, const std::string& reason) {
  all.emplace(kind, reason);
  return all;
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

const std::map<std::string, std::vector<std::string>>& kinds() {
  static const std::map<std::string, names> all{{"stored", event_kinds()},
                                                {"exits", request_kinds(requests::all)},
                                                {"any_fault", request_kinds(requests::answered)},
                                                {"webhook", webhook_kinds()},
                                                {"command", command_kinds()}};
  return all;
}

const std::map<std::string, std::map<std::string, std::string>>& left_out() {
  static const std::string by_chance = "needs two rare things at once: left to chance, the report counts it";
  static const std::string asks = "asks and changes nothing; its reads are everybody's";
  static const reasons own_memory{
    {"index_vector", "no exit: the index lies in the node's memory and goes with it"},
    {"find_nearest", "no exit, as index_vector"},
    {"search_contacts", "nobody imports from a CRM in a run"},
  };
  static const std::map<std::string, reasons> all{
    {"stored",
     {
       {"campaign_created", "the harness makes the campaigns before the node starts"},
       {"suppression_lifted", "nobody takes a number off the list in a run"},
       {"recording_objected", "nobody minds being recorded in a run"},
       {"opt_out_heard", by_chance},
       {"placed_unseen", by_chance},
     }},
    {"exits", with(own_memory, "forget_vectors", "no exit, as index_vector")}, // has no answer that could be lost
    {"any_fault", own_memory},
    {"webhook",
     {
       {"status.queued", "the carrier tells nobody that a call is queued"},
       {"status.unknown", "no status of the carrier"},
     }},
    {"command",
     {
       {"call list", asks},
       {"call recording", asks},
       {"call replay", asks},
       {"call resolve", "its two answers have cells of their own in the row \"order\", as far as they are sure"},
       {"call show", asks},
       {"call test", "the number is allowed by hand, and the call is one of a campaign like any other"},
       {"campaign create", "the harness makes the campaigns before the node starts"},
       {"campaign funnel", asks},
       {"campaign list", asks},
       {"campaign status", asks},
       {"dnc check", asks},
       {"dnc remove", "nobody takes a number off the list in a run"},
       {"job list", asks},
       {"job show", asks},
       {"journal export", asks},
       {"journal verify", "asks; the promises replay every stream themselves"},
       {"ledger list", asks},
       {"manager list", asks},
       {"meeting list", asks},
       {"node status", asks},
       {"outbox drop", by_chance},
       {"outbox list", asks},
       {"prospect import", "the harness makes the people before the node starts"},
       {"prospect list", asks},
       {"prospect show", asks},
       {"prospect why", asks},
       {"stop all", "is \"campaign stop\" for each campaign"},
     }},
  };
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
  static const std::map<std::string, names> chosen{
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
    {"crash_before", requests + writes + webhook_answers
                       + names{"answer_tool", "await_playback", "close_voice", "command_answer", "commit",
                               "prompt_agent", "read", "update_instructions"}},
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
    {"order_at_talking", {"call hangup", "call say", "call transfer"}},
    {"by_hand", {"delete", "move"}},
    {"foreign_appointment", {"calendar", "free_busy"}},
    {"slots_put_right", {"journal_trouble"}},
    {"shared_number", {"dial"}},
    {"line_refused", {"call_up"}},
    {"read_late", {"read"}},
  };
  static const auto all = [] {
    auto out = chosen;
    for (const auto& [row, every] : kinds())
      for (const auto& kind : every)
        if (const auto without = left_out().find(row); without == left_out().end() || !without->second.contains(kind))
          out[row].push_back(kind);
    return out;
  }();
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
