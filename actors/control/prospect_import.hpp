#pragma once

#include "actors/control/commands.hpp"
#include "actors/control/import/prospects.hpp"

#include <deque>

namespace parley::commands {

/// Prospects on their way into the store.
struct import_run {
  std::deque<prospect_import> people; ///< read and not stored yet
  args rejected = args::array();
  uint64_t rows = 0;
  uint64_t accepted = 0;
  std::optional<campaign_id> campaign;
  prospects_imported stored;
  std::string broken_off; ///< why it ended before everything was read; empty: it did not
  std::string hint;       ///< what the user should know besides; may be empty
  progress_ptr how_far;
};
using import_run_ptr = std::shared_ptr<import_run>;

/// Stores `people` in batches, then goes on; an error answers the command
/// after whoever is listed by then was told to the campaign.
void store_people(control_state& s, const import_run_ptr& run, const answer& reply, std::function<void()> then);

/// Tells the campaign of whoever is new on its list and answers with the sums,
/// and whether that was all (`complete`, else the `reason`).
void end_import(control_state& s, const import_run& run, const answer& reply);

/// Options that imports of all kinds have.
import_options options_of(const control_state& s, const args& a, const std::string& source);

/// `prospect import` with `crm`: contacts by filter, page by page.
void prospect_import_crm(control_state& s, const args& a, const answer& reply);

} // namespace parley::commands
