#pragma once

#include "runtime/names.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace parley::mind {

/// What a person may have against it. `other` is anything else.
enum class objection_kind : uint8_t { price, time, trust, competitor, not_needed, other, count_ };
PARLEY_NAMES(objection_kind, "price", "time", "trust", "competitor", "not_needed", "other")

enum class approach : uint8_t { consultative, direct, educational, count_ };
PARLEY_NAMES(approach, "consultative", "direct", "educational")

/// Who wrote a strategy: the language model, or the rules where there is none
/// or it answered rubbish twice.
enum class strategy_source : uint8_t { llm, rules, count_ };
PARLEY_NAMES(strategy_source, "llm", "rules")

/// A statement and why it is made.
struct reasoned {
  std::string text;
  std::string reasoning;
  bool operator==(const reasoned&) const = default;
};

struct objection_strategy {
  objection_kind kind = objection_kind::other;
  std::string answer;
  std::string reasoning;
  bool operator==(const objection_strategy&) const = default;
};

/// How to talk to one person, and whether to call at all.
struct strategy {
  std::vector<reasoned> talking_points;
  std::vector<reasoned> pain_points;
  approach way = approach::consultative;
  std::string way_reasoning;
  std::vector<objection_strategy> objections; ///< at most one of a kind
  int success_probability = 50;               ///< percent, 0 to 100
  std::string success_reasoning;
  strategy_source source = strategy_source::rules;
  bool operator==(const strategy&) const = default;
};

/// The form that the language model answers in, with `source` besides.
nlohmann::json to_json(const strategy& x);

/// Every error of a text that should be a strategy, each naming its field.
using strategy_errors = std::vector<std::string>;

/// Reads a strategy and checks every field and range. `source` is llm when
/// the text doesn't say.
std::variant<strategy, strategy_errors> parse_strategy(const std::string& text);

/// JSON schema (2020-12, closed, as structured outputs need it) of the answer.
nlohmann::json strategy_schema();

} // namespace parley::mind
