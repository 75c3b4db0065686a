#pragma once

#include "actors/research/prompt_template.hpp"
#include "runtime/messages/crm.hpp"
#include "runtime/messages/llm.hpp"
#include "runtime/messages/rows.hpp"

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What memory keeps of mails: the thinking, without any I/O.
namespace parley::memories {

/// A mail's own words: without the older mails that it quotes (each of them is
/// a mail of its own) and without its signature.
std::string own_words(std::string_view text);

/// By rules alone: the last lines of the mail's own words, where people ask
/// and promise. Empty when it has none.
std::string summary_by_rules(const crm_email& mail);

/// Asks a language model to summarise mails, oldest first; each is known by
/// its number, from 1. Fails on a template with unknown placeholders.
std::variant<completion_request, mind::template_error> summary_question(const std::vector<crm_email>& mails);

/// The model's summaries by number. What it left out, numbered wrongly or
/// wrote at absurd length is not there; an answer that is no such JSON gives
/// none.
std::map<size_t, std::string> read_summaries(const std::string& answer, size_t mails);

/// The row that remembers a mail.
/// @param id The same for the same mail of the same person, so that a mail
///   which comes again replaces itself.
/// @param by Who summarised it: "llm" or "rules".
context_row
row_of(const crm_email& mail, const uuid& id, const prospect_id& prospect, const std::string& summary, const char* by);

} // namespace parley::memories
