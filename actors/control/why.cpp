#include "actors/control/why.hpp"

#include "actors/prospect/core.hpp"
#include "runtime/json.hpp"

#include <date/tz.h>

#include <algorithm>
#include <cctype>

namespace parley {

namespace {

constexpr const char* own_list = "47 CFR 64.1200(d)(3) and (6), our own list of persons";
constexpr const char* attempts_setting = "setting: the campaign's attempts_max";
constexpr const char* backoff_setting = "setting: the campaign's backoff, doubled with each attempt";
constexpr const char* best_times_setting = "setting: the campaign's best times, within the lawful hours";
constexpr const char* pacing_setting = "settings: pacer and the campaign's calls_at_once";

/// What says how long to wait after a call that ended so.
std::string waits_by(disposition outcome) {
  const auto rule = prospects::retry_after(outcome);
  if (rule && rule->after == prospects::wait::minutes_10_to_30)
    return "rule: a busy line is tried again after 10 to 30 minutes";
  if (rule && rule->after == prospects::wait::another_day)
    return "rule: not again on the same day after a call that ended so";
  return backoff_setting;
}

/// "Tue 2026-12-01 10:00 EST"
std::string local(wall_time at, const std::string& zone) {
  const auto seconds = date::floor<std::chrono::seconds>(at);
  try {
    return date::format("%a %F %H:%M %Z", date::make_zoned(zone.empty() ? "UTC" : zone, seconds));
  } catch (const std::runtime_error&) { // no such zone
    return date::format("%a %F %H:%M UTC", seconds);
  }
}

/// A code and a sentence, as the enrolment keeps them in one text.
struct said_reason {
  std::string code;
  std::string sentence;
};

said_reason reason_of(const enrolment_row& e) {
  const auto colon = e.reason.find(": ");
  if (colon == std::string::npos)
    return {e.reason, ""};
  return {e.reason.substr(0, colon), e.reason.substr(colon + 2)};
}

/// Sentences as a part of another one: "It is late. Wait." as "it is late; wait".
std::string inside(std::string text) {
  while (!text.empty() && (text.back() == '.' || text.back() == ' '))
    text.pop_back();
  for (auto at = text.find(". "); at != std::string::npos; at = text.find(". ", at))
    text.replace(at, 1, ";");
  // A name keeps its capital; the words that our sentences begin with do not.
  static constexpr const char* ordinary[]{"A ",      "All ", "Another ", "Calls ",  "It ",   "No ",
                                          "Nobody ", "Not ", "The ",     "There ",  "This ", "Time ",
                                          "Waits ",  "Its ", "On ",      "Whether "};
  if (std::ranges::any_of(ordinary, [&](const char* word) { return text.starts_with(word); }))
    text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
  return text;
}

/// The rule that decided: the first that failed for this reason.
std::string rule_in(const std::string& rules, const std::string& reason) {
  const auto parsed = json::parse(rules, nullptr, false);
  if (parsed.is_array())
    for (const auto& one : parsed)
      if (one.is_object() && one.value("result", "") == "failed" && one.value("reason", reason) == reason)
        return one.value("rule", reason);
  return reason;
}

std::string count(uint64_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

class answering {
public:
  explicit answering(const why_facts& facts) : f_{facts}, e_{facts.enrolment}, reason_{reason_of(e_)} {
    out_.campaign = f_.campaign;
  }

  why_answer answer() {
    if (is_final(e_.state))
      finished();
    else if (e_.state == enrolment_state::awake && (reason_.code == "call_up" || f_.waits_for == "call"))
      tell("call_up", "a call is up since " + local(e_.updated_at, f_.zone), "", "");
    else if (reason_.code == to_string(disposition::submission_unknown))
      unresolved();
    else if (f_.status != campaign_status::running)
      halted();
    else if (e_.state == enrolment_state::listed)
      tell("not_enrolled", "the campaign is just taking its list in", "", "", f_.now);
    else if (e_.state == enrolment_state::awake)
      awake();
    else
      asleep();
    return std::move(out_);
  }

private:
  /// @param earliest Told as it is; without one nothing is promised.
  void tell(std::string code, const std::string& because, std::string rule, std::string source,
            std::optional<wall_time> earliest = {}, const std::string& after = {}) {
    out_.code = std::move(code);
    out_.rule = std::move(rule);
    out_.source = std::move(source);
    out_.earliest = earliest ? std::optional{std::max(*earliest, f_.now)} : std::nullopt;
    out_.sentence = f_.campaign + ": " + because;
    if (!out_.rule.empty())
      out_.sentence += " (rule " + out_.rule + (out_.source.empty() ? "" : "; source " + out_.source) + ")";
    if (out_.earliest)
      out_.sentence += "; the earliest next attempt is "
                       + (*out_.earliest <= f_.now ? std::string{"now"} : local(*out_.earliest, f_.zone));
    out_.sentence += after + ".";
  }
  /// Nothing more happens by itself.
  void never(std::string code, const std::string& because, std::string rule, std::string source,
             const std::string& remedy = {}) {
    tell(std::move(code), because, std::move(rule), std::move(source), {},
         "; no further attempt will be made" + (remedy.empty() ? "" : " unless " + remedy));
  }

  const ledger_row* newest(std::string_view verdict, std::string_view code) const {
    const auto row
      = std::ranges::find_if(f_.ledger, [&](const ledger_row& x) { return x.verdict == verdict && x.reason == code; });
    return row == f_.ledger.end() ? nullptr : &*row;
  }

  void finished() {
    const auto& [code, sentence] = reason_;
    switch (e_.state) {
      case enrolment_state::disqualified:
        return never("threshold", "not called: " + inside(sentence), "threshold",
                     "setting: the campaign's min_probability");
      case enrolment_state::exhausted: {
        const auto rule = prospects::retry_after(e_.last_disposition);
        const bool built_in = rule && sentence.starts_with("All " + std::to_string(rule->attempts_max) + " ");
        return never("attempts", "not called any more: " + inside(sentence), "attempts",
                     built_in ? "rule: one more attempt after a call that ended so" : attempts_setting);
      }
      case enrolment_state::stopped:
        if (code == "call_test") // taken off its list by itself, which says why
          return never(code, "not called: " + inside(sentence), code, "a test call is made now or not at all",
                       "parley call test is used again");
        return never("stopped", "not called: the campaign was stopped before", "stopped", "command of a manager",
                     "the campaign is launched again");
      case enrolment_state::blocked: return blocked();
      default:
        if (code == "do_not_call")
          return never("dnc_internal", "not called any more: " + inside(sentence), "dnc_internal", own_list);
        return never("done",
                     "done: "
                       + (sentence.empty() ? "the last call ended with " + std::string{to_string(e_.last_disposition)}
                                           : inside(sentence)),
                     "outcome", "how the last call ended");
    }
  }

  void blocked() {
    const auto& [code, sentence] = reason_;
    if (code == to_string(disposition::submission_unknown))
      return never(code, "not dialled again: " + inside(sentence), code,
                   "nobody is dialled twice: the carrier never said whether it had the last call",
                   "an operator finds out and calls by hand");
    const auto remedy = remedy_of(code);
    if (const auto* row = newest("blocked", code))
      return never(code, "blocked: " + inside(row->sentence), rule_in(row->rules, code), row->source, remedy);
    never(code.empty() ? "blocked" : code, "blocked: " + inside(sentence.empty() ? e_.reason : sentence), code, "",
          remedy);
  }

  /// What has it decided anew, as `find_reopenable` does.
  static std::string remedy_of(std::string_view code) {
    const auto is_one_of = [&](const auto& codes) { return std::ranges::find(codes, code) != codes.end(); };
    if (code.empty() || is_one_of(blocks_for_good))
      return {};
    const std::string then = " and the campaign is launched again";
    if (code.starts_with("consent"))
      return "a consent that covers it is imported" + then;
    if (code.starts_with("dnc_list"))
      return "an up-to-date list is imported" + then;
    if (code == "emergency")
      return "the emergency is over" + then;
    if (code == "not_on_allow_list")
      return "the number is allowed or the node set live" + then;
    return "an import changes what is known of the person" + then;
  }

  void unresolved() {
    tell(reason_.code, "not dialled again: " + inside(reason_.sentence), reason_.code,
         "nobody is dialled twice: the carrier never said whether it had the last call", {},
         "; no further attempt will be made unless the call shows up or an operator resolves it with parley call "
         "resolve");
  }

  void halted() {
    const auto why = f_.status_reason.empty() ? std::string{} : ": " + inside(f_.status_reason);
    switch (f_.status) {
      case campaign_status::draft:
        return tell("not_launched", "not called: the campaign has not been launched yet", "not_launched",
                    "command of a manager");
      case campaign_status::paused: {
        const auto next = f_.due.value_or(f_.now);
        return tell("paused", "not called: the campaign is paused" + why, "paused",
                    f_.status_reason.empty() ? "command of a manager" : "the campaign's own watch over its calls", {},
                    "; the earliest next attempt is when it is resumed"
                      + (next > f_.now ? ", not before " + local(next, f_.zone) : ""));
      }
      case campaign_status::completed:
        return tell("completed", "not called: the campaign is completed" + why, "completed",
                    "everybody on its list was through", {},
                    "; the earliest next attempt is when it is launched again");
      default:
        return tell("stopped", "not called: the campaign is " + std::string{to_string(f_.status)} + why, "stopped",
                    "command of a manager", {}, "; the earliest next attempt is when it is launched again");
    }
  }

  void awake() {
    if (f_.waits_for == "slot")
      return slot("waits for a slot");
    static constexpr std::pair<std::string_view, const char*> doing[]{
      {"profile", "is being looked up"},
      {"research", "is being researched, which comes before the first call"},
      {"time", "is being given a time to call"},
      {"memory", "is being looked up in what was said before"},
      {"line", "is at the gate: the line decides about the dial"}};
    for (const auto& [what, words] : doing)
      if (f_.waits_for == what)
        return tell("working", words, "", "", f_.now);
    tell("working", "is awake and being prepared for a call", "", "", f_.now);
  }

  /// All are in turn: as many at once as the campaign and the carrier allow.
  void slot(const std::string& what) {
    std::string busy;
    if (f_.slots)
      busy = ": " + count(f_.slots->held, "call", "calls") + " of the campaign's " + std::to_string(f_.calls_at_once)
             + " and " + std::to_string(f_.slots->node_held) + " of the node's "
             + std::to_string(f_.slots->node_maximum) + " are up, "
             + count(f_.slots->waiting, "prospect waits", "prospects wait");
    tell("slot", what + busy, "slot", pacing_setting, f_.now, ", as soon as one is free");
  }

  /// Tells what refuses the person at their turn, whatever they wait for.
  bool refused() {
    const std::string then = "will be blocked at its turn: ";
    if (const auto& gate = f_.gate; gate && gate->verdict == dial_verdict::blocked) {
      const bool list = gate->reason.starts_with("dnc_list"); // a copy that is too old by then
      tell(gate->reason, then + inside(gate->sentence), rule_in(gate->rules, gate->reason), gate->source, {},
           list ? ", unless an up-to-date list is imported before" : "");
      return true;
    }
    if (const auto& time = f_.time; time && !time->possible) {
      tell(time->reason, then + inside(time->sentence), time->reason, time->source);
      return true;
    }
    return false;
  }

  /// When somebody who sleeps until `due` may be called: a cap may hold for
  /// longer, and what follows an attempt knows of no hours and no best times.
  std::optional<wall_time> attempt_from(std::optional<wall_time> due) const {
    if (f_.gate && f_.gate->verdict == dial_verdict::not_now)
      due = std::max(due, f_.gate->earliest);
    return f_.time ? std::max(due, std::optional{f_.time->at}) : due;
  }

  void asleep() {
    const auto& [code, sentence] = reason_;
    const auto due = f_.due ? f_.due : e_.next_due;
    if (due && *due <= f_.now)
      return slot("is due and waits for its turn");
    if (refused())
      return;
    const auto* row = newest("not_now", code);
    // The line and the prospect both speak of a cool-down; the ledger has the line's.
    if (row && code == "cool_down" && inside(row->sentence) != inside(sentence))
      row = nullptr;
    const auto next = attempt_from(due || !row ? due : row->earliest_next);
    if (!row && (code == "best_time" || code.empty()))
      return best_time(next);
    std::string after;
    if (due && local(*due, f_.zone) != local(*next, f_.zone))
      after = ", the first that rules and settings allow after " + local(*due, f_.zone);
    const auto wait = [&](std::string as, const std::string& because, std::string rule, std::string source) {
      tell(std::move(as), because, std::move(rule), std::move(source), next, after);
    };
    if (code == "slot")
      return wait("slot", "not called yet: " + inside(sentence), "slot",
                  row && !row->source.empty() ? row->source : pacing_setting);
    if (row)
      return wait(code, "not called yet: " + inside(row->sentence), rule_in(row->rules, code), row->source);
    if (code == "cool_down" && sentence.starts_with("Waits for the callback"))
      return wait("callback", inside(sentence), "callback", "the time agreed in the call");
    if (code == "cool_down")
      return wait("backoff", inside(sentence), "backoff", waits_by(e_.last_disposition));
    if (code == "other_campaign")
      return wait(code, inside(sentence), code, "one campaign at a time talks to a person");
    if (code == "retry")
      return wait(code, "tries again after a failure: " + inside(sentence), code,
                  "a request inside the node that was not answered");
    wait(code, "waits: " + inside(sentence.empty() ? e_.reason : sentence), code, "");
  }

  void best_time(std::optional<wall_time> next) {
    if (const auto& gate = f_.gate; gate && gate->verdict == dial_verdict::not_now)
      return tell(gate->reason, "not called yet: " + inside(gate->sentence), rule_in(gate->rules, gate->reason),
                  gate->source, next);
    if (!next)
      return tell("turn", "waits for its first turn", "", "", f_.now);
    const auto words = inside(reason_.sentence);
    tell("best_time", words.empty() ? "waits for its time" : words, "best_time", best_times_setting, next);
  }

  const why_facts& f_;
  const enrolment_row& e_;
  said_reason reason_;
  why_answer out_;
};

} // namespace

why_answer why(const why_facts& facts) {
  return answering{facts}.answer();
}

} // namespace parley
