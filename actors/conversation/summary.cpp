#include "actors/conversation/spoken_time.hpp"
#include "actors/conversation/state.hpp"

#include <algorithm>
#include <cmath>

namespace parley::mind {
namespace {

/// What is left to do about a wish for a call that nobody makes any more.
std::string written_instead(const conversation_state& x, disposition how) {
  const std::string why = how == disposition::gatekeeper ? "Somebody else answered for the person"
                          : x.callback_asked             ? "The person asked to be called later"
                                                         : "The person asked for a human";
  return why + ", and this was the last call: an account manager should write.";
}

std::string follow_up(const conversation_state& x, disposition how, const briefing& about) {
  switch (how) {
    case disposition::meeting_booked:
      return "Prepare the meeting on " + local_spoken(x.meeting->at, about.person.zone) + ".";
    case disposition::gatekeeper:
      if (x.last_attempt)
        return written_instead(x, how);
      if (!x.callback_set && !x.callback_wished)
        return "Call again another day: somebody else answered for the person.";
      [[fallthrough]];
    case disposition::callback:
      if (x.callback_set)
        return "Call again on " + local_spoken(*x.callback_set, about.person.zone) + ".";
      return x.callback_wished
               ? "Call again on " + local_spoken(*x.callback_wished, about.person.zone) + ", as the person wished."
               : "Call again later: the person asked for it without naming a time.";
    case disposition::do_not_call: return "Never call this number again.";
    case disposition::wrong_person: return "Find the right number of the person.";
    case disposition::qualified: return "Qualified, but without a meeting: propose one by another way.";
    case disposition::not_interested: return "Leave the person alone; do not call again in this campaign.";
    case disposition::not_qualified: return "Drop from this campaign: it does not fit now.";
    default:
      if (x.last_attempt && (x.wants_human || x.callback_asked))
        return written_instead(x, how);
      return x.wants_human ? "The person asked for a human: let a colleague call." : "None.";
  }
}

void append_list(std::string& text, const char* title, const std::vector<std::string>& items) {
  if (items.empty())
    return;
  text += title;
  for (const auto& item : items)
    text += "\n- " + item;
  text += "\n";
}

} // namespace

call_summary summary(const conversation_state& x, const briefing& about) {
  call_summary out;
  out.outcome = conclude(x);
  out.bant = x.bant;
  out.score = score(x.bant);
  out.sentiment = x.sentiment;
  out.objections = x.objections;
  out.key_points = x.key_points;
  for (size_t i = 0; i < x.bant.items.size(); ++i)
    if (x.bant.items[i].value != bant_value::unknown)
      out.topics.emplace_back(bant_key_names[i]);
  for (const auto& one : x.objections)
    if (auto topic = "objection: " + std::string{to_string(one.kind)};
        std::ranges::find(out.topics, topic) == out.topics.end())
      out.topics.push_back(std::move(topic));
  if (!x.slots.empty())
    out.topics.emplace_back("meeting");
  if (x.callback_asked)
    out.topics.emplace_back("call-back");
  out.follow_up = follow_up(x, out.outcome, about);
  if (!x.follow_up_asked.empty())
    out.follow_up = (out.follow_up == "None." ? "" : out.follow_up + " ") + "Asked of us: " + x.follow_up_asked;

  std::vector<std::string> known;
  for (size_t i = 0; i < x.bant.items.size(); ++i)
    if (const auto& item = x.bant.items[i]; item.value != bant_value::unknown)
      known.push_back(std::string{bant_key_names[i]} + ": " + std::string{to_string(item.value)} + ", \"" + item.quote
                      + "\"");
  std::vector<std::string> against;
  for (const auto& one : x.objections)
    against.push_back(std::string{to_string(one.kind)} + ": \"" + one.quote + "\"");
  out.text
    = "Outcome: " + std::string{to_string(out.outcome)} + ". BANT score " + std::to_string(out.score) + " of 100.\n";
  append_list(out.text, "Established:", known);
  append_list(out.text, "Objections:", against);
  append_list(out.text, "Key points:", out.key_points);
  out.text += "Follow-up: " + out.follow_up;
  return out;
}

nlohmann::json to_json(const call_summary& x) {
  auto objections = nlohmann::json::array();
  for (const auto& one : x.objections)
    objections.push_back({{"kind", to_string(one.kind)}, {"quote", one.quote}, {"turn", one.turn}});
  return {{"outcome", to_string(x.outcome)},
          {"topics", x.topics},
          {"key_points", x.key_points},
          {"objections", objections},
          {"bant", x.bant},
          {"score", x.score},
          {"sentiment", std::round(x.sentiment * 100) / 100},
          {"follow_up", x.follow_up},
          {"text", x.text}};
}

} // namespace parley::mind
