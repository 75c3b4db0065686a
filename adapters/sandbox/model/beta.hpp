#pragma once

#include "adapters/sandbox/model/session_config.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <variant>

/// The Realtime API's older shape, which a client asks for with the header
/// `OpenAI-Beta: realtime=v1`. The practice model thinks in the current one;
/// here is how the two are told from each other.
namespace parley::sandbox::model::beta {

/// The settings of a `session.update`, or why they are refused.
std::variant<nlohmann::json, problem> session_from(const nlohmann::json& flat);

/// The settings of a `response.create`.
nlohmann::json response_from(const nlohmann::json& flat);

/// An event of the server; nothing for one that the beta does not have.
std::optional<nlohmann::json> event_of(nlohmann::json event);

} // namespace parley::sandbox::model::beta
