#pragma once

#include "runtime/ids.hpp"

namespace parley {

/// What opens the media streams of one call: 64 hexadecimal digits,
/// HMAC-SHA256 of the call's id. Both the page that sends the carrier to the
/// media socket and the bridge behind it compute it, so nothing has to be kept
/// or shared but the node's secret. It never leaves the node.
/// @param secret Of the node; of any length, not empty.
std::string stream_key(std::string_view secret, const call_id& call);

/// A nonce for one media stream, to stand in its <Parameter>: 16 random
/// hexadecimal digits, a dot, and HMAC-SHA256 of them by the call's key. The
/// bridge lets in a stream that shows one, once.
std::string fresh_stream_nonce(std::string_view key);

/// Whether the nonce was made from this key. Takes the same time for all.
bool is_stream_nonce(std::string_view key, std::string_view nonce);

} // namespace parley
