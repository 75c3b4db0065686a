#include "actors/research/core.hpp"

#include <date/date.h>

#include <algorithm>

#include "research_prompt.inc" // made by CMake from config/prompts/research.md

namespace parley::mind {
namespace {

constexpr size_t interactions_max = 10;
constexpr size_t answer_quote_bytes_max = 2000;

std::string interactions_text(std::vector<interaction> all) {
  // Those without a date keep the order in which memory gave them.
  std::ranges::stable_sort(all, std::greater{}, &interaction::at);
  // What was said tells more than that there was a call.
  std::ranges::stable_partition(all, [](const auto& one) { return !one.content.empty(); });
  std::vector<std::string> lines;
  for (const auto& one : all) {
    if (lines.size() == interactions_max)
      break;
    const auto day = date::format("%F", date::sys_time<std::chrono::milliseconds>{one.at.time_since_epoch()});
    lines.push_back((one.at == wall_time{} ? "" : day + " ") + one.kind
                    + (one.disposition.empty() ? "" : " (" + one.disposition + ")")
                    + (one.content.empty() ? "" : ": " + one.content));
  }
  return bullets(lines);
}

std::string crm_text(const std::map<std::string, std::string>& fields) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : fields)
    if (!value.empty())
      lines.push_back(name + ": " + value);
  return bullets(lines);
}

/// "a, b, c"
std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names)
    out += (out.empty() ? "" : ", ") + name;
  return out;
}

} // namespace

std::string_view research_template() {
  return research_prompt_text;
}

std::variant<research_request, template_error>
research_question(const research_subject& who, const research_campaign& campaign, std::string_view prompt) {
  const placeholders values{{"caller", one_line(campaign.company)},
                            {"about", one_line(campaign.about, 1000)},
                            {"offer", one_line(campaign.offer, 1000)},
                            {"objective", one_line(campaign.objective, 1000)},
                            {"name", one_line(who.name)},
                            {"role", one_line(who.role)},
                            {"company", one_line(who.company)},
                            {"industry", one_line(who.industry)},
                            {"company_size", one_line(who.company_size)},
                            {"notes", one_line(who.notes, 2000)},
                            {"crm", crm_text(who.crm)},
                            {"linkedin", one_line(who.linkedin)},
                            {"revenue", one_line(who.revenue)},
                            {"funding", one_line(who.funding)},
                            {"technologies", one_line(listed(who.technologies), 600)},
                            {"news", bullets(who.news, 300)},
                            {"interactions", interactions_text(who.interactions)}};
  auto text = render(prompt, values);
  if (auto* error = std::get_if<template_error>(&text))
    return *error;
  return research_request{"You are a careful sales researcher. You answer with one JSON object and nothing else.",
                          std::get<std::string>(std::move(text)), "call_strategy", strategy_schema().dump()};
}

research_request
research_repair(const research_request& first, const std::string& answer, const strategy_errors& errors) {
  auto again = first;
  std::string wrong;
  for (const auto& error : errors)
    wrong += "- " + one_line(error) + "\n";
  again.prompt += "\n# Repair\nYour answer could not be used. What is wrong with it:\n" + wrong + "\nYour answer was:\n"
                  + paragraph(answer, answer_quote_bytes_max)
                  + "\n\nAnswer again with the whole JSON object, corrected.\n";
  return again;
}

research_session::research_session(research_subject who, research_campaign campaign, std::string prompt)
  : who_{std::move(who)}, campaign_{std::move(campaign)}, prompt_{std::move(prompt)} {}

research_session::next research_session::start(bool with_model) {
  if (!with_model)
    return strategy_by_rules(who_, campaign_);
  auto question = research_question(who_, campaign_, prompt_);
  if (const auto* error = std::get_if<template_error>(&question))
    return failed("the template: " + error->what);
  asked_ = std::get<research_request>(std::move(question));
  return *asked_;
}

research_session::next research_session::answered(const std::string& text) {
  auto result = parse_strategy(text);
  if (auto* good = std::get_if<strategy>(&result)) {
    good->source = strategy_source::llm;
    return std::move(*good);
  }
  const auto& errors = std::get<strategy_errors>(result);
  troubles_.insert(troubles_.end(), errors.begin(), errors.end());
  if (repaired_ || !asked_)
    return strategy_by_rules(who_, campaign_);
  repaired_ = true;
  return research_repair(*asked_, text, errors);
}

research_session::next research_session::failed(const std::string& reason) {
  troubles_.push_back(reason);
  return strategy_by_rules(who_, campaign_);
}

} // namespace parley::mind
