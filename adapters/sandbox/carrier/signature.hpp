#pragma once

#include "adapters/sandbox/web.hpp"

#include <string>
#include <string_view>

namespace parley::sandbox {

/// `X-Twilio-Signature`: base64 of HMAC-SHA1 over the URL and the sorted
/// parameters, each name once with its distinct values.
std::string twilio_signature(std::string_view auth_token, std::string_view url, const fields& parameters);

} // namespace parley::sandbox
