#pragma once

#include "actors/conversation/directives.hpp"
#include "actors/conversation/state.hpp"
#include "actors/research/prompt_template.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A second reader of the person's words: a language model beside the voice
/// model, asked after each turn, answering by a schema.
namespace parley::mind {

/// The built-in template (config/prompts/analysis.md).
std::string_view analysis_template();

struct analysis_objection {
  objection_kind kind = objection_kind::other;
  std::string quote;
};

struct side_analysis {
  std::vector<evidence> bant; ///< without `unknown` ones; turn to be filled in
  std::vector<analysis_objection> objections;
  std::optional<std::string> opt_out; ///< the words
  bool wrong_person = false;
  bool identity_confirmed = false;
  double sentiment = 0;
  std::vector<std::string> key_points;
  std::string next_action;
};

/// The question about the callee's last turn.
directive::ask_side_analysis
analysis_question(const conversation_state& x, const conversation_policy& policy, const briefing& about);

nlohmann::json analysis_schema();

/// Every error of an answer, each naming its field.
using analysis_errors = std::vector<std::string>;
std::variant<side_analysis, analysis_errors> parse_analysis(const std::string& text);

} // namespace parley::mind
