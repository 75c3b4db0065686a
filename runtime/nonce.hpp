#pragma once

#include "runtime/ids.hpp"

namespace parley {

/// The secret in a media stream's <Parameter> that proves the stream is this
/// call's: 64 hexadecimal digits, HMAC-SHA256 of the call's id. Both sides
/// compute it, so nothing has to be kept or shared but the node's secret.
/// @param secret Of the node; of any length, not empty.
std::string stream_nonce(std::string_view secret, const call_id& call);

} // namespace parley
