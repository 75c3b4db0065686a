#include "adapters/cli/demo_report.hpp"

#include "adapters/cli/commands.hpp"

#include <iomanip>
#include <map>
#include <set>
#include <sstream>

namespace parley::cli {

using nlohmann::ordered_json;

static constexpr size_t columns = 80;

size_t lost_outcomes(const ordered_json& events, const ordered_json& calls) {
  std::map<std::string, std::pair<size_t, size_t>> stored; // SID → rows, of them with a disposition
  for (const auto& call : calls) {
    auto& [rows, ended] = stored[plain(call["call_sid"])];
    ++rows;
    ended += !call["ended_at"].is_null() && plain(call["outcome"]) != "none";
  }
  std::set<std::string> made;
  std::set<std::string> over;
  for (const auto& event : events)
    if (const auto kind = event.value("kind", std::string{}); kind == "create" || kind == "end")
      (kind == "create" ? made : over).insert(event.value("sid", std::string{}));
  size_t lost = 0;
  for (const auto& sid : made) {
    const auto found = stored.find(sid);
    lost += found == stored.end() || found->second.first != 1 || (over.contains(sid) && found->second.second != 1);
  }
  return lost;
}

ordered_json summary_of(const demo_result& r) {
  return {{"prospects", r.totals["prospects"]},
          {"calls", r.totals["calls"]},
          {"dispositions", r.totals["dispositions"]},
          {"meetings", r.totals["meetings"]},
          {"blocked", r.totals["blocked"]},
          {"double_dials", r.witness["double_dials"]},
          {"window_violations", r.witness["window_violations"]},
          {"crashes", r.crashes.size()},
          {"lost_outcomes", r.lost_outcomes},
          {"complete", r.complete},
          {"wall_seconds", static_cast<double>(static_cast<int64_t>(r.wall_seconds * 10)) / 10}};
}

static bool reached_nobody(const ordered_json& call) {
  const auto outcome = plain(call["outcome"]);
  return call["connected_at"].is_null() || outcome == "machine" || outcome == "machine_message";
}

/// A prospect who was not reached at first and was later: its calls, oldest
/// first.
static std::vector<ordered_json> connected_retry(const ordered_json& calls) {
  std::map<std::string, std::vector<ordered_json>> by_person;
  for (auto it = calls.rbegin(); it != calls.rend(); ++it) // the list is newest first
    by_person[plain((*it)["prospect_id"])].push_back(*it);
  std::vector<ordered_json> best;
  for (const auto& [person, theirs] : by_person)
    if (theirs.size() > 1 && reached_nobody(theirs.front()) && !reached_nobody(theirs.back())
        && (best.empty() || plain(theirs.back()["outcome"]) == "meeting_booked"))
      best = theirs;
  return best;
}

static void print_wrapped(std::ostream& out, const std::string& text, const std::string& indent) {
  for (const auto& line : wrapped(text, columns - indent.size()))
    out << indent << line << '\n';
}

static void print_blocked(std::ostream& out, const painter& paint, const ordered_json& prospects) {
  std::map<std::string, std::string> one_of_each;
  for (const auto& p : prospects)
    if (plain(p["state"]) == "blocked" || plain(p["state"]) == "disqualified") {
      const auto reason = plain(p["reason"]);
      one_of_each.try_emplace(reason.substr(0, reason.find(':')),
                              plain(p["name"]) + "|" + reason.substr(std::min(reason.size(), reason.find(':') + 2)));
    }
  if (one_of_each.empty())
    return;
  out << '\n' << paint.bold("Not called, one of each reason") << '\n';
  for (const auto& [code, text] : one_of_each) {
    const auto bar = text.find('|');
    out << "  " << code << paint.faint("  " + text.substr(0, bar)) << '\n';
    print_wrapped(out, text.substr(bar + 1), "    ");
  }
}

static void print_crashes(std::ostream& out, const painter& paint, const demo_result& r) {
  if (r.crashes.empty())
    return;
  out << '\n' << paint.bold(r.crashes.size() == 1 ? "The crash" : "The crashes") << '\n';
  for (const auto& crash : r.crashes) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(1) << "The node was killed (SIGKILL) at " << crash.at.substr(0, 10) << ' '
         << crash.at.substr(11, 5) << " UTC, practice time, with "
         << counted(static_cast<int64_t>(crash.up), "call", "calls") << " up: " << crash.ringing << " rang, "
         << crash.talking << " talked, " << crash.booking
         << " of them about the meeting's time. It was started again and ready after " << crash.away_seconds << " s.";
    const std::set<std::string> met(crash.calls.begin(), crash.calls.end());
    std::map<std::string, size_t> outcomes;
    for (const auto& call : r.calls)
      if (met.contains(plain(call["id"])))
        ++outcomes[plain(call["outcome"])];
    const char* between = " Those calls ended as ";
    for (const auto& [word, count] : outcomes) {
      text << between << word << ' ' << count;
      between = ", ";
    }
    print_wrapped(out, text.str() + ".", "  ");
  }
  const bool proved = r.lost_outcomes == 0 && r.witness["double_dials"] == 0;
  const auto made = r.witness["calls"]["created"].get<int64_t>();
  std::string verdict;
  if (proved)
    verdict = "What it proves: the carrier made " + counted(made, "call", "calls")
              + " in all, the store holds each of them once with one disposition, and nobody was called twice.";
  else
    verdict = "It did harm: of " + counted(made, "call", "calls") + " that the carrier made "
              + std::to_string(r.lost_outcomes) + " have no disposition of their own in the store, and "
              + plain(r.witness["double_dials"]) + " were double dials.";
  for (const auto& line : wrapped(verdict, columns - 2))
    out << "  " << (proved ? paint.green(line) : paint.red(line)) << '\n';
}

void print_report(std::ostream& out, const painter& paint, const demo_result& r) {
  out << '\n' << paint.bold("The campaign") << '\n';
  out << "  " << plain(r.import["rows"]) << " rows read, " << plain(r.import["rejected"]) << " unusable; "
      << counted(r.totals["prospects"], "prospect", "prospects") << ", " << counted(r.totals["calls"], "call", "calls")
      << ", " << paint.green(counted(r.totals["meetings"], "meeting", "meetings") + " booked") << "\n";
  for (const auto& row : r.import["rejected_rows"])
    for (const auto& line :
         wrapped("line " + plain(row["line"]) + ", " + plain(row["field"]) + ": " + plain(row["reason"]), columns - 2))
      out << paint.faint("  " + line) << '\n';

  out << '\n' << paint.bold("How the calls ended") << '\n';
  table dispositions{{"disposition", "calls"}};
  for (const auto& [word, count] : r.totals["dispositions"].items())
    dispositions.add({word, plain(count)});
  dispositions.print(out, paint, "  ");

  out << '\n' << paint.bold("Meetings") << '\n';
  table meetings{{"when, their local time", "prospect", "company", "with"}};
  for (const auto& m : r.meetings) // 24 characters of time and 48 of names fill a line
    meetings.add({meeting_time(m), shortened(plain(m["prospect"]), 18), shortened(plain(m["company"]), 18),
                  shortened(plain(m["account_manager"]), 12)});
  meetings.print(out, paint, "  ");

  if (const auto retry = connected_retry(r.calls); !retry.empty()) {
    auto text = plain(retry.front()["prospect"]);
    for (size_t i = 0; i < retry.size(); ++i)
      text += (i ? ", then " : ": ") + plain(retry[i]["outcome"]) + " (" + plain(retry[i]["initiated_at"]).substr(5, 11)
              + ")";
    out << '\n' << paint.bold("A retry that connected") << '\n';
    print_wrapped(out, text, "  ");
  }
  print_blocked(out, paint, r.prospects);
  if (!r.booked_call.is_null()) {
    out << '\n' << paint.bold("One of the booked calls") << '\n';
    print_call(out, paint, r.booked_call, false);
  }
  out << '\n' << paint.bold("The witness") << paint.faint(" (the practice world's own log, not Parley's)") << '\n';
  const auto verdict = [&](const char* what, const ordered_json& count) {
    const auto text = std::string{what} + " " + plain(count);
    out << "  " << (count == 0 ? paint.green(text) : paint.red(text)) << '\n';
  };
  verdict("double dials", r.witness["double_dials"]);
  verdict("calls outside lawful hours", r.witness["window_violations"]);
  verdict("outcomes that the store lost", r.lost_outcomes);
  print_crashes(out, paint, r);
  if (!r.complete)
    out << '\n' << paint.red("The campaign is not through: time was up. --seconds N gives it longer.") << '\n';
}

} // namespace parley::cli
