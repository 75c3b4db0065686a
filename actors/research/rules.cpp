#include "actors/research/core.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace parley::mind {
namespace {

/// A text in lower case with single spaces around each word, so that whole
/// words are found by " word ".
std::string as_words(std::string_view text) {
  std::string out{" "};
  for (const unsigned char c : text) {
    if (std::isalnum(c) || c >= 0x80)
      out += static_cast<char>(std::tolower(c));
    else if (out.back() != ' ')
      out += ' ';
  }
  if (out.back() != ' ')
    out += ' ';
  return out;
}

const char* found_in(const std::string& text, std::initializer_list<const char*> list) {
  for (const char* word : list)
    if (text.find(" " + std::string{word} + " ") != text.npos)
      return word;
  return nullptr;
}

/// Percentage points that one fact adds or takes, and why.
struct finding {
  int points = 0;
  std::string because;
};

enum class seniority { unknown, staff, manager, director, chief };

seniority seniority_of(const std::string& role) {
  if (found_in(role, {"assistant", "intern", "trainee", "student", "receptionist", "junior"}))
    return seniority::staff;
  if (found_in(role, {"ceo", "cfo", "cto", "coo", "cmo", "cro", "cio", "chief", "founder", "owner", "president",
                      "partner", "managing director"})
      && !found_in(role, {"vice president"}))
    return seniority::chief;
  if (found_in(role, {"director", "vp", "vice president", "head", "svp", "evp"}))
    return seniority::director;
  if (found_in(role, {"manager", "lead", "supervisor", "principal"}))
    return seniority::manager;
  return role == " " ? seniority::unknown : seniority::staff;
}

finding judge_role(const research_subject& who) {
  switch (seniority_of(as_words(who.role))) {
    case seniority::chief: return {18, "the role (" + one_line(who.role, 80) + ") decides"};
    case seniority::director: return {14, "the role (" + one_line(who.role, 80) + ") decides or weighs heavily"};
    case seniority::manager: return {6, "the role (" + one_line(who.role, 80) + ") influences the decision"};
    case seniority::staff: return {-14, "the role (" + one_line(who.role, 80) + ") rarely decides"};
    case seniority::unknown: return {0, "the role is unknown"};
  }
  return {};
}

std::vector<finding> judge_notes(const research_subject& who) {
  auto text = as_words(who.notes);
  for (const auto& [name, value] : who.crm)
    text += as_words(value);
  std::vector<finding> out;
  const auto note = [&](int points, std::initializer_list<const char*> list) {
    if (const char* word = found_in(text, list))
      out.push_back({points, std::string{"the notes say \""} + word + "\""});
  };
  note(14, {"requested", "asked for", "requested a demo", "demo", "wants", "inbound", "downloaded", "webinar",
            "signed up", "trial"});
  note(8, {"referral", "referred", "introduced", "met at", "conference"});
  note(8, {"growing", "hiring", "funding", "raised", "expanding", "budget approved"});
  note(6, {"struggling", "struggle", "problem", "manual", "manually", "spreadsheets", "slow", "frustrated",
           "looking for"});
  note(-12, {"competitor", "under contract", "long contract", "happy with", "locked in"});
  note(-10, {"no budget", "budget frozen", "layoffs", "cutting costs", "hiring freeze"});
  note(-25, {"not interested", "do not contact", "hostile", "rude", "unsubscribed", "left the company", "retired"});
  return out;
}

std::vector<finding> judge_history(const research_subject& who) {
  std::vector<finding> out;
  int unanswered = 0;
  for (const auto& one : who.interactions) {
    const auto& how = one.disposition;
    if (how == "do_not_call")
      out.push_back({-50, "the person asked not to be called"});
    else if (how == "not_interested")
      out.push_back({-25, "an earlier call ended with no interest"});
    else if (how == "meeting_cancelled")
      out.push_back({-20, "the person called a meeting off"});
    else if (how == "not_qualified")
      out.push_back({-20, "an earlier call found that it doesn't fit"});
    else if (how == "callback")
      out.push_back({15, "the person asked to be called again"});
    else if (how == "qualified" || how == "meeting_booked" || how == "meeting_moved")
      out.push_back({12, "an earlier call went well"});
    else if (how == "no_answer" || how == "machine" || how == "machine_message" || how == "busy")
      ++unanswered;
  }
  if (unanswered >= 2)
    out.push_back({-2 * std::min(unanswered, 5), std::to_string(unanswered) + " earlier calls were not answered"});
  return out;
}

/// What the public record tells of the company's means and moves.
std::vector<finding> judge_public_record(const research_subject& who) {
  std::vector<finding> out;
  if (!who.funding.empty())
    out.push_back({4, "the company has raised money (" + one_line(who.funding, 80) + ")"});
  std::string news;
  for (const auto& one : who.news)
    news += as_words(one);
  if (const char* word = found_in(news, {"expands", "expansion", "opens", "hires", "hiring", "growth", "acquires",
                                         "launches", "record"}))
    out.push_back({4, std::string{"the news say \""} + word + "\""});
  if (const char* word = found_in(news, {"layoffs", "lays off", "bankruptcy", "insolvency", "shuts down", "lawsuit"}))
    out.push_back({-8, std::string{"the news say \""} + word + "\""});
  return out;
}

finding judge_company(const research_subject& who) {
  if (who.company.empty())
    return {-6, "the company is unknown"};
  int size = 0;
  const auto digits = who.company_size.find_first_of("0123456789");
  if (digits != std::string::npos)
    std::from_chars(who.company_size.data() + digits, who.company_size.data() + who.company_size.size(), size);
  if (size >= 20 && size <= 1000)
    return {5, "a company of " + std::to_string(size) + " is large enough to gain and small enough to decide"};
  if (size > 5000)
    return {-5, "a company of " + std::to_string(size) + " decides slowly"};
  return {0, "the company's size tells nothing"};
}

approach approach_for(seniority who) {
  switch (who) {
    case seniority::chief: return approach::direct;
    case seniority::director:
    case seniority::manager: return approach::consultative;
    case seniority::staff:
    case seniority::unknown: break;
  }
  return approach::educational;
}

std::string approach_reason(seniority who) {
  switch (who) {
    case seniority::chief: return "People at the top have little time and want the point first.";
    case seniority::director:
    case seniority::manager: return "Whoever answers for an area knows its problems best: ask, then advise.";
    case seniority::staff:
    case seniority::unknown: break;
  }
  return "Nothing shows that the person knows this kind of offer: explain first.";
}

std::vector<reasoned> pains(const research_subject& who) {
  struct pain {
    std::initializer_list<const char*> words;
    const char* text;
  };
  static const std::array<pain, 7> table{{
    {{"manual", "manually", "spreadsheet", "spreadsheets", "excel", "by hand"},
     "Work done by hand takes time and lets errors in"},
    {{"slow", "delay", "delays", "late", "backlog"}, "Work takes longer than it should"},
    {{"hiring", "growing", "expanding", "scaling"}, "Growth outruns the way things are done today"},
    {{"cost", "costs", "expensive", "cutting", "savings"}, "Costs are under pressure"},
    {{"leads", "pipeline", "sales", "revenue", "meetings"}, "Too few good conversations reach the sales team"},
    {{"churn", "complaints", "support", "tickets"}, "Customers wait too long for an answer"},
    {{"compliance", "audit", "security"}, "Proof of compliance costs effort"},
  }};
  const auto notes = as_words(who.notes);
  const auto role = as_words(who.role + " " + who.industry);
  std::vector<reasoned> out;
  for (const auto& one : table) {
    if (const char* word = found_in(notes, one.words))
      out.push_back({one.text, std::string{"The notes mention \""} + word + "\"."});
    else if (const char* trade = found_in(role, one.words))
      out.push_back({one.text, std::string{"The role or industry mentions \""} + trade + "\"."});
  }
  return out;
}

std::vector<objection_strategy> answers(const research_campaign& campaign) {
  const auto offer = campaign.offer.empty() ? std::string{"what we offer"} : one_line(campaign.offer, 200);
  return {{objection_kind::price,
           "Cost matters, and the meeting is there to see whether it would pay off for you. You decide once you have "
           "the figures.",
           "Most first objections to a price are a question of value."},
          {objection_kind::time,
           "I will be brief. If now is a bad moment, tell me a time that suits you and I will call then.",
           "Time is respected by offering another one."},
          {objection_kind::trust,
           "That is a fair question. I am an AI assistant calling for "
             + (campaign.company.empty() ? std::string{"my company"} : one_line(campaign.company, 120))
             + ", and I can send you everything in writing.",
           "Openness about who calls answers distrust best."},
          {objection_kind::competitor,
           "Good that you have something in place. Many look at a second option to compare, and a short talk is enough "
           "for that.",
           "Comparing threatens no existing contract."},
          {objection_kind::not_needed,
           "I understand. May I ask how you handle it today? If it works well, I will not take more of your time.",
           "A question shows whether there is a need behind the no."},
          {objection_kind::other, "I see. What would have to be different for a short talk to be worth your time?",
           "An open question finds the reason."}};
}

} // namespace

strategy strategy_by_rules(const research_subject& who, const research_campaign& campaign) {
  strategy out;
  out.source = strategy_source::rules;
  const auto rank = seniority_of(as_words(who.role));
  if (!campaign.offer.empty())
    out.talking_points.push_back({one_line(campaign.offer, 300), "It is what the campaign offers."});
  out.pain_points = pains(who);
  for (const auto& pain : out.pain_points)
    out.talking_points.push_back({"How others dealt with this: " + pain.text, pain.reasoning});
  if (!who.industry.empty())
    out.talking_points.push_back({"What comes up often in " + one_line(who.industry, 80),
                                  "The person's industry is " + one_line(who.industry, 80) + "."});
  if (!who.news.empty())
    out.talking_points.push_back({"Their news: " + one_line(who.news.front(), 300), "It shows what moves them now."});
  if (out.talking_points.empty())
    out.talking_points.push_back(
      {"How " + (who.company.empty() ? std::string{"their team"} : one_line(who.company, 80)) + " handles this today",
       "Little is known, so the call begins with a question."});
  if (out.talking_points.size() > 8)
    out.talking_points.resize(8);
  out.way = approach_for(rank);
  out.way_reasoning = approach_reason(rank);
  out.objections = answers(campaign);

  std::vector<finding> findings{judge_role(who), judge_company(who)};
  for (const auto& more : {judge_notes(who), judge_history(who), judge_public_record(who)})
    findings.insert(findings.end(), more.begin(), more.end());
  int percent = 50;
  std::string because = "Starting from 50";
  for (const auto& one : findings) {
    percent += one.points;
    because += (one.points < 0 ? "; " : "; +") + std::to_string(one.points) + ": " + one.because;
  }
  out.success_probability = std::clamp(percent, 0, 100);
  out.success_reasoning = because + ".";
  return out;
}

} // namespace parley::mind
