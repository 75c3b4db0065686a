#pragma once

#include "actors/research/prompt_template.hpp"
#include "runtime/messages/crm.hpp"
#include "runtime/messages/llm.hpp"
#include "runtime/messages/rows.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What memory keeps of mails: the thinking, without any I/O.
namespace parley::memories {

/// A mail's own words: without the older mails that it quotes (each of them is
/// a mail of its own) and without its signature.
std::string own_words(std::string_view text);

/// Mails that belong together, oldest first.
struct mail_thread {
  /// The CRM's id of the thread, else its subject without "Re:" and the like,
  /// else (a mail without a subject) the mail's own id.
  std::string key;
  std::vector<crm_email> mails;
  // What is remembered of it so far:
  std::string before;             ///< its summary
  std::vector<std::string> known; ///< ids of the mails in that
  std::optional<wall_time> began; ///< its first mail that we saw

  /// A mail that is in no summary yet. Their number.
  size_t fresh() const;
};

/// The threads of these mails, the one with the newest mail first.
std::vector<mail_thread> threads_of(std::vector<crm_email> mails);

/// Takes what the row of the thread knows.
void take_known(mail_thread& thread, const context_row& row);

/// By rules alone: the last lines of the mail's own words, where people ask
/// and promise. Empty when it has none.
std::string summary_by_rules(const crm_email& mail);
/// Of a thread: what its last mails come to, and who wrote which.
std::string summary_by_rules(const mail_thread& thread);

/// Asks a language model to summarise threads; each is known by its number,
/// from 1. Fails on a template with unknown placeholders.
std::variant<completion_request, mind::template_error> summary_question(const std::vector<mail_thread>& threads);

/// The model's summaries by number. What it left out, numbered wrongly or
/// wrote at absurd length is not there; an answer that is no such JSON gives
/// none.
std::map<size_t, std::string> read_summaries(const std::string& answer, size_t threads);

/// The row that remembers a thread.
/// @param id The same for the same thread of the same person, so that a new
///   mail of it replaces its row.
/// @param by Who summarised it: "llm" or "rules".
context_row row_of(const mail_thread& thread, const uuid& id, const prospect_id& prospect, const std::string& summary,
                   const char* by);

} // namespace parley::memories
