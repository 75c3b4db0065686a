#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace parley {

/// A text as a vector of unit length, without a model: its words, pairs of
/// words and the letters inside of words are hashed into `dimensions` places,
/// each with a sign, so that collisions cancel instead of adding up (the
/// "hashing trick", Weinberger et al. 2009). Texts that share words, or forms
/// of the same word, are near each other; the meaning of words it does not
/// know. The same text gives the same vector on every machine.
std::vector<float> hashed_features(std::string_view text, size_t dimensions);

} // namespace parley
