#pragma once

#include "runtime/messages/campaigns.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace parley::commands {

/// A new campaign as its manager describes it.
struct campaign_settings {
  campaign_policy policy; ///< without its id
  nlohmann::json target_filters = nlohmann::json::object();
};

/// Reads and checks the settings of a new campaign: names, types, ranges.
/// Lengths of time, times of day and weekdays may be texts (campaign_words.hpp).
/// Nothing that is stored makes an actor stumble later.
/// @throws std::invalid_argument with a sentence that names the field and the
///         remedy.
campaign_settings read_campaign(const nlohmann::json& given);

/// What is wrong with the campaign's managers, who must be among these.
std::optional<std::string>
managers_problem(const std::vector<std::string>& wanted, const std::vector<manager_row>& known);

} // namespace parley::commands
