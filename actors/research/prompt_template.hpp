#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Prompts are files in config/prompts with {{placeholders}}.
namespace parley::mind {

/// What to put for each placeholder. Every value is bounded and can't pass for
/// a heading: see `one_line` and `paragraph`.
using placeholders = std::map<std::string, std::string, std::less<>>;

/// A template that can't be used, and why.
struct template_error {
  std::string what;
};

/// Fills a template in. A line whose placeholders are all empty is left out,
/// and so is a section (from its "# " heading to the next) of which nothing is
/// left. A placeholder without a value in the map is an error.
std::variant<std::string, template_error> render(std::string_view text, const placeholders& values);

/// Words of other people as one line: line breaks and control characters
/// become spaces, and it doesn't begin with '#'.
std::string one_line(std::string_view text, size_t bytes_max = 400);

/// The same with its line breaks kept, no line of it beginning with '#'.
std::string paragraph(std::string_view text, size_t bytes_max = 4000);

/// "- a\n- b", each on one line; empty for an empty list.
std::string bullets(const std::vector<std::string>& items, size_t bytes_max = 400);

} // namespace parley::mind
