#pragma once

#include "adapters/http/dialogue.hpp"
#include "adapters/openai/settings.hpp"
#include "runtime/messages/llm.hpp"

namespace parley::openai {

/// The dialogue that answers a request. Besides transport errors it ends with
/// `ec::invalid_input` when the asker's schema is no JSON object,
/// `ec::vendor_refused` when the model declines or its answer was filtered, and
/// `ec::vendor_answered_rubbish` when there is no text in it.
dialogue<completion> complete(const openai_settings& settings, const completion_request& request);

} // namespace parley::openai
