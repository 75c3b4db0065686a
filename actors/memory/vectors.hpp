#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parley::memories {

/// A vector as `agent_context.embedding` keeps it: IEEE 754 floats, little
/// endian.
std::string pack(const std::vector<float>& vector);

/// The other way; empty for bytes that are no whole vector.
std::vector<float> unpack(std::string_view bytes);

} // namespace parley::memories
