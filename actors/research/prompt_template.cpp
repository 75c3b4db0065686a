#include "actors/research/prompt_template.hpp"

#include <algorithm>

namespace parley::mind {
namespace {

bool blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == line.npos;
}

std::string bounded(std::string text, size_t bytes_max) {
  if (text.size() > bytes_max) {
    size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
      --end;
    text.resize(end);
  }
  return text;
}

/// A filled line, and whether it is to be kept.
struct filled {
  std::string text;
  bool keep = true;
};

std::variant<filled, template_error> fill(std::string_view line, const placeholders& values) {
  filled out;
  bool any = false;
  bool any_value = false;
  while (!line.empty()) {
    const auto open = line.find("{{");
    out.text += line.substr(0, open);
    if (open == line.npos)
      break;
    const auto close = line.find("}}", open);
    if (close == line.npos)
      return template_error{"a placeholder is not closed: " + std::string{line.substr(open)}};
    const auto name = line.substr(open + 2, close - open - 2);
    const auto value = values.find(name);
    if (value == values.end())
      return template_error{"unknown placeholder {{" + std::string{name} + "}}"};
    any = true;
    any_value = any_value || !value->second.empty();
    out.text += value->second;
    line.remove_prefix(close + 2);
  }
  out.keep = !any || any_value;
  return out;
}

} // namespace

std::variant<std::string, template_error> render(std::string_view text, const placeholders& values) {
  std::string out;
  std::string section;
  bool has_heading = false;
  bool has_body = false;
  const auto finish_section = [&] {
    if (!has_heading || has_body)
      out += section;
    section.clear();
    has_heading = has_body = false;
  };
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    auto result = fill(line, values);
    if (auto* error = std::get_if<template_error>(&result))
      return *error;
    const auto& done = std::get<filled>(result);
    if (line.starts_with("# ")) {
      finish_section();
      has_heading = true;
    } else if (!done.keep) {
      continue;
    } else {
      has_body = has_body || !blank(done.text);
    }
    section += done.text + '\n';
  }
  finish_section();
  return out;
}

std::string one_line(std::string_view text, size_t bytes_max) {
  std::string out;
  for (const char c : text) {
    const bool space = static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
    if (!space)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  while (!out.empty() && out.back() == ' ')
    out.pop_back();
  if (out.starts_with('#'))
    out.insert(0, "\\");
  return bounded(std::move(out), bytes_max);
}

std::string paragraph(std::string_view text, size_t bytes_max) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (auto line = one_line(text.substr(0, end), bytes_max); !line.empty())
      out += (out.empty() ? "" : "\n") + line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return bounded(std::move(out), bytes_max);
}

std::string bullets(const std::vector<std::string>& items, size_t bytes_max) {
  std::string out;
  for (const auto& item : items)
    if (const auto line = one_line(item, bytes_max); !line.empty())
      out += (out.empty() ? "- " : "\n- ") + line;
  return out;
}

} // namespace parley::mind
