#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sandbox::model {

/// What the instructions of a voice session say, by their headings
/// (docs/instructions.md). A part that is missing stays empty.
struct instructions {
  struct company_part {
    std::string name;
    std::string telephone;
    std::string about;
  };
  struct person_part {
    std::string name;
    std::string role;
    std::string company;
    std::string email;
    /// ISO date and time with an offset, a zone name, or both.
    std::string local_time;
  };
  struct disclosure_part {
    std::string say_first;
    std::string confirm;
    std::string opt_out;
  };
  struct strategy_part {
    std::string approach;
    std::vector<std::string> talking_points;
    std::vector<std::string> pain_points;
    /// From the kind of objection ("price") to the answer to it.
    std::map<std::string, std::string> objections;
  };
  struct stage_part {
    std::string name;
    std::string goal;
    std::vector<std::string> ask_about;
  };

  std::string role;
  company_part company;
  std::string offer;
  std::string objective;
  person_part person;
  disclosure_part disclosure;
  strategy_part strategy;
  std::vector<std::string> history;
  stage_part stage;
  /// From "budget", "authority", "need" and "timeline" to "unknown", "no",
  /// "weak" or "strong".
  std::map<std::string, std::string> known;
  std::vector<std::string> rules;
  std::vector<std::string> correction;
  std::string resume;

  /// Says nothing that one could call anybody about.
  bool empty() const;
  /// "at most two sentences" in the rules; 3 when they set no limit.
  size_t sentences_max() const;
};

/// Reads headings in any order and any capitals; what stands under an unknown
/// heading is ignored, as a person would.
instructions read_instructions(std::string_view text);

} // namespace parley::sandbox::model
