#pragma once

#include <map>
#include <sodium.h>
#include <string>
#include <vector>

namespace parley::test {

/// A message or a part of one as a mail program sees it: unfolded headers, the
/// decoded body, and parts.
struct mime_part {
  std::map<std::string, std::string> headers;
  std::string body;
  std::vector<mime_part> parts;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

inline std::string decode_base64(const std::string& text) {
  std::string out(text.size(), '\0');
  size_t size = 0;
  sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), "\r\n", &size,
                    nullptr, sodium_base64_VARIANT_ORIGINAL);
  out.resize(size);
  return out;
}

inline std::string decode_quoted_printable(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
    } else if (text.substr(i + 1, 2) == "\r\n") {
      i += 2;
    } else {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
  }
  return out;
}

/// RFC 2047 words of encoding B; what stands between two words is folding.
inline std::string decode_words(const std::string& text) {
  const std::string begin = "=?UTF-8?B?";
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const auto word = text.find(begin, at);
    if (word == std::string::npos)
      return out + text.substr(at);
    const auto between = text.substr(at, word - at);
    if (at == 0 || between.find_first_not_of(" \r\n") != std::string::npos)
      out += between;
    const auto end = text.find("?=", word + begin.size());
    out += decode_base64(text.substr(word + begin.size(), end - word - begin.size()));
    at = end + 2;
  }
  return out;
}

inline mime_part parse_mime(const std::string& text) {
  mime_part out;
  const auto blank = text.find("\r\n\r\n");
  std::string name;
  for (size_t at = 0; at < blank;) {
    const auto end = text.find("\r\n", at);
    const auto line = text.substr(at, end - at);
    if (line.starts_with(' ')) {
      out.headers[name] += line;
    } else {
      name = line.substr(0, line.find(':'));
      out.headers[name] = line.substr(name.size() + 2);
    }
    at = end + 2;
  }
  const auto body = text.substr(blank + 4);
  const auto type = out.header("Content-Type");
  const auto encoding = out.header("Content-Transfer-Encoding");
  if (const auto mark = type.find("boundary=\""); mark != std::string::npos) {
    const auto boundary = "--" + type.substr(mark + 10, type.find('"', mark + 10) - mark - 10);
    for (auto at = body.find(boundary + "\r\n"); at != std::string::npos;) {
      const auto start = at + boundary.size() + 2;
      const auto next = body.find(boundary, start);
      out.parts.push_back(parse_mime(body.substr(start, next - start)));
      at = body.compare(next, boundary.size() + 2, boundary + "\r\n") == 0 ? next : std::string::npos;
    }
  } else {
    out.body = encoding == "base64"             ? decode_base64(body)
               : encoding == "quoted-printable" ? decode_quoted_printable(body)
                                                : body;
  }
  return out;
}

} // namespace parley::test
