#include "adapters/sandbox/model/brain.hpp"
#include "adapters/sandbox/model/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace parley::sandbox::model {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<std::string_view, disobedience>, 10> names{{
  {"none", disobedience::none},
  {"books_early", disobedience::books_early},
  {"ignores_opt_out", disobedience::ignores_opt_out},
  {"keeps_arguing", disobedience::keeps_arguing},
  {"rambles", disobedience::rambles},
  {"floods", disobedience::floods},
  {"unknown_tools", disobedience::unknown_tools},
  {"rubbish_json", disobedience::rubbish_json},
  {"disconnects", disobedience::disconnects},
  {"never_ends", disobedience::never_ends},
}};

constexpr int flood_sentences = 200;

size_t times_said(const session_view& session) {
  return static_cast<size_t>(std::count_if(session.turns.begin(), session.turns.end(),
                                           [](const turn& x) { return x.what == turn::kind::said; }));
}

int times_called(const session_view& session, std::string_view tool) {
  return static_cast<int>(std::count_if(session.turns.begin(), session.turns.end(),
                                        [&](const turn& x) { return x.what == turn::kind::called && x.tool == tool; }));
}

/// Looks for a slot at once and takes the first, with an address of its own.
reply book_early(const session_view& session, const memory& m, reply obedient) {
  if (m.turns_heard == 0 || m.booked || m.booking_attempts >= 3)
    return obedient;
  known_facts facts;
  facts.email = m.email.value_or("somebody@example.com");
  facts.moment = m.slots.empty() ? "2030-01-07T15:00:00Z" : to_iso(m.slots.front());
  facts.by_name = {{"datetime", facts.moment}, {"prospect_email", facts.email}, {"meeting_type", "video"}};
  const auto* which = find_tool(session.tools, m.slots.empty() && m.calendar_checks == 0 ? "check_calendar_availability"
                                                                                         : "book_meeting");
  if (which == nullptr)
    return obedient;
  if (which->name == "check_calendar_availability")
    facts.by_name = {{"preferred_dates", json::array({facts.moment.substr(0, 10)})}, {"duration_minutes", 30}};
  reply eager;
  eager.calls.push_back({which->name, arguments_for(*which, facts).dump()});
  return eager;
}

/// Talks on as if the last words had been something else.
reply talk_on(const session_view& session) {
  const auto& points = session.text.strategy.talking_points;
  reply stubborn;
  stubborn.lines = {{topic::pitch, "Before you go, hear me out."},
                    {topic::pitch, points.empty() ? session.text.offer : points[times_said(session) % points.size()]},
                    {topic::interest, "So, would a short meeting make sense?"}};
  return stubborn;
}

/// Whether an obedient model would end the call now, or was told to.
bool takes_leave(const session_view& session, const reply& obedient, const memory& m) {
  return !m.note.empty() || session.text.stage.name == "closing"
         || std::any_of(obedient.calls.begin(), obedient.calls.end(),
                        [](const auto& x) { return x.tool == "end_call" || x.tool == "opt_out"; })
         || std::any_of(obedient.lines.begin(), obedient.lines.end(),
                        [](const line& x) { return x.about == topic::goodbye; });
}

void ramble(reply& answer) {
  static constexpr std::array<std::string_view, 10> promises{
    "I promise that our product does all of that.",
    "It will double your revenue within a month, guaranteed.",
    "We guarantee that it works with every system that you have.",
    "The next version will surely have whatever feature you ask for.",
    "There will never be an outage.",
    "You will save half of your costs.",
    "All our customers are delighted.",
    "Nobody else on the market can do this.",
    "We will build any feature that you are missing for free.",
    "And I promise that the price will never change.",
  };
  std::vector<line> all;
  for (const auto promise : promises)
    all.push_back({topic::none, std::string{promise}});
  // The question still comes last, so that the call goes on.
  answer.lines.insert(answer.lines.begin(), all.begin(), all.end());
}

reply flood(reply answer) {
  if (answer.lines.empty())
    return answer;
  for (int i = 0; i < flood_sentences; ++i)
    answer.lines.push_back({topic::none, "And that is not all that there is to be said about this matter today."});
  return answer;
}

} // namespace

std::optional<disobedience> parse_disobedience(std::string_view name) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const auto& x) { return x.first == name; });
  return found != names.end() ? std::optional{found->second} : std::nullopt;
}

reply decide(const session_view& session, disobedience mode) {
  auto answer = decide(session);
  if (mode == disobedience::none || session.text.empty())
    return answer;
  const auto m = recall(session, person_clock::read(session.text.person.local_time));
  const bool answering = m.turns_heard > 0 && !answer.lines.empty();
  switch (mode) {
    case disobedience::none: return answer;
    case disobedience::books_early: return book_early(session, m, std::move(answer));
    case disobedience::ignores_opt_out: return m.means.opt_out && !m.heard.empty() ? talk_on(session) : answer;
    case disobedience::keeps_arguing: return m.objections >= 2 && !m.heard.empty() ? talk_on(session) : answer;
    case disobedience::rambles:
      if (answering)
        ramble(answer);
      return answer;
    case disobedience::floods: return answering ? flood(std::move(answer)) : answer;
    case disobedience::unknown_tools:
      // Once for each turn of the person, or it would talk to itself.
      if (answering && times_called(session, "transfer_funds") < m.turns_heard)
        answer.calls.push_back({"transfer_funds", R"({"amount":1000})"});
      return answer;
    case disobedience::rubbish_json:
      for (auto& call : answer.calls)
        call.arguments = "{\"datetime\": tomorrow at ten,";
      return answer;
    case disobedience::never_ends: return takes_leave(session, answer, m) ? talk_on(session) : answer;
    case disobedience::disconnects: answer.hang_up = times_said(session) >= 2 && !answer.lines.empty(); return answer;
  }
  return answer;
}

} // namespace parley::sandbox::model
