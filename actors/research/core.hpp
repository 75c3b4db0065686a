#pragma once

#include "actors/research/prompt_template.hpp"
#include "actors/research/strategy.hpp"
#include "runtime/clock.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What to make of a prospect before the call: the thinking of the research
/// actor, without any I/O.
namespace parley::mind {

/// One earlier call or note, as memory keeps it.
struct interaction {
  wall_time at{};
  std::string kind;        ///< call, note, e-mail
  std::string content;     ///< empty for a call of which only the end is known
  std::string disposition; ///< of a call, by name; empty for others
};

/// Everything that is known of a prospect; unknown fields are empty.
struct research_subject {
  std::string name;
  std::string role;
  std::string company;
  std::string industry;
  std::string company_size; ///< as the source says it: "50", "51-200"
  std::string notes;
  std::map<std::string, std::string> crm; ///< further fields of the CRM record
  std::vector<interaction> interactions;  ///< any order
  // Of the public record.
  std::string linkedin;
  std::string revenue;
  std::string funding;
  std::vector<std::string> technologies;
  std::vector<std::string> news; ///< newest first
};

/// For whom the campaign calls.
struct research_campaign {
  std::string company;
  std::string about;
  std::string offer;
  std::string objective;
};

/// A question to a language model.
struct research_request {
  std::string system;
  std::string prompt;
  std::string schema_name;
  std::string schema; ///< JSON schema of the answer
};

/// The built-in template (config/prompts/research.md).
std::string_view research_template();

/// Asks for a strategy. Fails on a template with unknown placeholders.
std::variant<research_request, template_error>
research_question(const research_subject& who, const research_campaign& campaign,
                  std::string_view prompt = research_template());

/// Asks again once, quoting what was wrong with the first answer.
research_request
research_repair(const research_request& first, const std::string& answer, const strategy_errors& errors);

/// A strategy by rules alone: role, notes, history and company, each with its
/// reasoning. What the campaign does when there is no model or it failed.
strategy strategy_by_rules(const research_subject& who, const research_campaign& campaign);

/// Drives one piece of research: question, at most one repair, rules.
class research_session {
public:
  research_session(research_subject who, research_campaign campaign,
                   std::string prompt = std::string{research_template()});

  /// What to do next: ask the model, or take the strategy.
  using next = std::variant<research_request, strategy>;

  /// @param with_model False where the `llm` port is `none`.
  next start(bool with_model);
  /// The model's words.
  next answered(const std::string& text);
  /// The model gave no answer.
  next failed(const std::string& reason);

  /// Why the model's answers were not used, for the journal; empty if they were.
  const std::vector<std::string>& troubles() const { return troubles_; }

private:
  research_subject who_;
  research_campaign campaign_;
  std::string prompt_;
  std::optional<research_request> asked_;
  bool repaired_ = false;
  std::vector<std::string> troubles_;
};

} // namespace parley::mind
