#include "adapters/cli/demo_report.hpp"

#include "adapters/cli/commands.hpp"

#include <map>

namespace parley::cli {

using nlohmann::ordered_json;

ordered_json summary_of(const demo_result& r) {
  return {{"prospects", r.totals["prospects"]},
          {"calls", r.totals["calls"]},
          {"dispositions", r.totals["dispositions"]},
          {"meetings", r.totals["meetings"]},
          {"blocked", r.totals["blocked"]},
          {"double_dials", r.witness["double_dials"]},
          {"window_violations", r.witness["window_violations"]},
          {"complete", r.complete},
          {"wall_seconds", static_cast<double>(static_cast<int64_t>(r.wall_seconds * 10)) / 10}};
}

/// A prospect who was not reached at first and was later: its calls, oldest
/// first.
static std::vector<ordered_json> connected_retry(const ordered_json& calls) {
  std::map<std::string, std::vector<ordered_json>> by_person;
  for (auto it = calls.rbegin(); it != calls.rend(); ++it) // the list is newest first
    by_person[plain((*it)["prospect_id"])].push_back(*it);
  std::vector<ordered_json> best;
  for (const auto& [person, theirs] : by_person)
    if (theirs.size() > 1 && theirs.front()["connected_at"].is_null() && !theirs.back()["connected_at"].is_null()
        && (best.empty() || plain(theirs.back()["outcome"]) == "meeting_booked"))
      best = theirs;
  return best;
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
  table t{{"reason", "who", "why"}};
  for (const auto& [code, text] : one_of_each)
    t.add({code, text.substr(0, text.find('|')), shortened(text.substr(text.find('|') + 1), 88)});
  t.print(out, paint, "  ");
}

void print_report(std::ostream& out, const painter& paint, const demo_result& r) {
  out << '\n' << paint.bold("The campaign") << '\n';
  out << "  " << plain(r.import["rows"]) << " rows read, " << plain(r.import["rejected"]) << " unusable; "
      << counted(r.totals["prospects"], "prospect", "prospects") << ", " << counted(r.totals["calls"], "call", "calls")
      << ", " << paint.green(counted(r.totals["meetings"], "meeting", "meetings") + " booked") << "\n";
  for (const auto& row : r.import["rejected_rows"])
    out << paint.faint("  line " + plain(row["line"]) + ", " + plain(row["field"]) + ": "
                       + shortened(plain(row["reason"]), 100))
        << '\n';

  out << '\n' << paint.bold("How the calls ended") << '\n';
  table dispositions{{"disposition", "calls"}};
  for (const auto& [word, count] : r.totals["dispositions"].items())
    dispositions.add({word, plain(count)});
  dispositions.print(out, paint, "  ");

  out << '\n' << paint.bold("Meetings") << '\n';
  table meetings{{"when, local to the prospect", "prospect", "company", "with"}};
  for (const auto& m : r.meetings)
    meetings.add({meeting_time(m), plain(m["prospect"]), plain(m["company"]), plain(m["account_manager"])});
  meetings.print(out, paint, "  ");

  if (const auto retry = connected_retry(r.calls); !retry.empty()) {
    out << '\n' << paint.bold("A retry that connected") << '\n' << "  " << plain(retry.front()["prospect"]) << ": ";
    for (size_t i = 0; i < retry.size(); ++i)
      out << (i ? ", then " : "") << plain(retry[i]["outcome"])
          << paint.faint(" (" + plain(retry[i]["initiated_at"]).substr(5, 11) + ")");
    out << '\n';
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
  if (!r.complete)
    out << '\n' << paint.red("The campaign is not through: time was up. --seconds N gives it longer.") << '\n';
}

} // namespace parley::cli
