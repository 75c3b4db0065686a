#include "adapters/hubspot/html.hpp"

#include <array>
#include <utility>

namespace parley::hubspot {

std::string html_of(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '\r':
        if (i + 1 < text.size() && text[i + 1] == '\n')
          break; // the line feed follows
        [[fallthrough]];
      case '\n': out += "<br>"; break;
      default: out += text[i];
    }
  }
  return out;
}

static std::string without_tags(std::string_view html) {
  std::string out;
  bool inside = false;
  for (const char c : html) {
    if (c == '<') {
      inside = true;
      out += ' ';
    } else if (c == '>' && inside) {
      inside = false;
    } else if (!inside) {
      out += c;
    }
  }
  return out;
}

static std::string with_characters(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> entities{{
    {"&amp;", "&"},
    {"&lt;", "<"},
    {"&gt;", ">"},
    {"&quot;", "\""},
    {"&#39;", "'"},
    {"&#x27;", "'"},
    {"&nbsp;", " "},
  }};
  std::string out;
  while (!text.empty()) {
    size_t taken = 0;
    for (const auto& [entity, character] : entities)
      if (text.starts_with(entity)) {
        out += character;
        taken = entity.size();
      }
    if (taken == 0) {
      out += text.front();
      taken = 1;
    }
    text.remove_prefix(taken);
  }
  return out;
}

std::string words_of(std::string_view html) {
  const auto text = with_characters(without_tags(html));
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  while (out.ends_with(' '))
    out.pop_back();
  return out;
}

std::string shortened(std::string text, size_t size_max) {
  const std::string_view ellipsis = "…";
  if (text.size() <= size_max || size_max < ellipsis.size())
    return text;
  auto size = size_max - ellipsis.size();
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
    --size;
  if (const auto blank = text.rfind(' ', size); blank != std::string::npos && blank > size / 2)
    size = blank;
  text.resize(size);
  return text += ellipsis;
}

} // namespace parley::hubspot
