#pragma once

#include "adapters/http/http_message.hpp"

namespace parley::twilio {

/// `X-Twilio-Signature` of a request: base64 of HMAC-SHA1, keyed with the auth
/// token, over the URL and the sorted form parameters.
/// @param form Decoded parameters of a form POST; empty for GET, WebSocket
///   upgrades and JSON bodies.
std::string signature(std::string_view token, std::string_view url, http_fields form);

/// Whether a request comes from Twilio. The comparison takes the same time
/// wherever it fails.
/// @param tokens Any of them may have signed: two while tokens are rotated.
/// @param url As Twilio was given it, from the configured `public_url`; a
///   standard port may be written or left out.
bool verify(const std::vector<std::string>& tokens, std::string_view url, const http_fields& form,
            std::string_view header);

/// For JSON bodies: whether the `bodySHA256` of the signed URL fits the body.
bool body_fits(std::string_view url, std::string_view body);

} // namespace parley::twilio
