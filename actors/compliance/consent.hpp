#pragma once

#include "actors/compliance/verdict.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

/// What a person gave us the right to do.
enum class consent_type : uint8_t {
  none,
  inquiry,         ///< asked or applied; a relationship of 3 months
  ebr,             ///< bought; an established business relationship, 18 months
  express,         ///< agreed, in any form
  express_written, ///< agreed in a signed or E-SIGN text
  count_
};
PARLEY_NAMES(consent_type, "none", "inquiry", "ebr", "express", "express_written")

/// A consent with its proof, as imported.
struct consent_record {
  consent_type type = consent_type::none;
  std::optional<wall_time> at;
  std::string source; ///< where it was given: form, contract, call
  std::string text;   ///< the words that the person saw or heard
  std::string seller; ///< to whom; several separated by semicolons
};

/// Words that show what a consent text covers: lower case, beginnings of words,
/// or whole words where they are shorter than four letters. English; a campaign
/// in another language sets its own. "Recorded" is not among them: that calls
/// are recorded says nothing of who speaks.
struct consent_words {
  std::vector<std::string> phone{"call", "phone", "telephone", "dial"};
  std::vector<std::string> artificial_voice{"artificial",  "automated",    "automatic", "autodial",
                                            "prerecorded", "pre-recorded", "ai",        "virtual",
                                            "synthetic",   "robocall",     "bot"};
};

/// What the consent must be good for.
struct consent_need {
  bool written = true;     ///< sales by artificial voice; some states' calls
  std::string_view seller; ///< who calls
  const consent_words* words = nullptr;
};

/// Whether the consent covers a call by artificial voice. The first thing that
/// is missing decides; nothing is assumed.
rule_check check_consent(const consent_record& given, const consent_need& need, wall_time now);

/// Same name up to case, spacing and punctuation.
bool names_seller(std::string_view consent_sellers, std::string_view seller);

} // namespace parley
