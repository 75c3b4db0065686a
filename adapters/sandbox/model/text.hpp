#pragma once

#include "adapters/sandbox/lower.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sandbox::model {

std::string_view trim(std::string_view text);
std::vector<std::string> split_lines(std::string_view text);

/// Sentences with their end marks; "Dr." and "3.5" do not end one.
std::vector<std::string> sentences_of(std::string_view text);

/// Lower case, apostrophes dropped, every other sign a blank, one blank on
/// either side: so that " no " is found as a word of its own.
std::string as_words(std::string_view text);

/// Whether the words contain one of the phrases, as whole words.
/// @param words From `as_words`.
bool has_any(const std::string& words, std::initializer_list<std::string_view> phrases);

std::string join(const std::vector<std::string>& parts, std::string_view between);

} // namespace parley::sandbox::model
