#pragma once

#include <string>
#include <string_view>

namespace parley::hubspot {

/// HubSpot shows the bodies of calls, meetings and notes as HTML: special
/// characters are escaped, line ends become `<br>`.
std::string html_of(std::string_view text);

/// The words of an HTML body: tags become blanks, the common entities their
/// characters, runs of white space one blank.
std::string words_of(std::string_view html);

/// At most `size_max` bytes, cut at a word's end where there is one and never
/// inside a UTF-8 character, with "…" in place of what is missing.
std::string shortened(std::string text, size_t size_max);

} // namespace parley::hubspot
