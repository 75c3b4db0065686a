// Goal: any text goes through headers and bodies of seven bits and short lines
// and is read again as it was written.
#include "adapters/smtp/mime.hpp"
#include "tests/adapters/mime_parts.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace mime_test {

using namespace parley;

TEST_CASE("smtp headers carry any text", "[smtp]") {
  CHECK(smtp::encode_words("Plain text") == "Plain text");
  for (const std::string text :
       {"Grüße aus Zürich, 日本語とても長い件名です、本当に長い件名です。もっと長く", "=?UTF-8?B?fake?="}) {
    const auto encoded = smtp::encode_words(text);
    CHECK(test::decode_words(encoded) == text);
    size_t begin = 0;
    do {
      const auto end = std::min(encoded.find("\r\n", begin), encoded.size());
      CHECK(end - begin <= 76);
      begin = end + 2;
    } while (begin < encoded.size());
  }
  CHECK(test::decode_words(smtp::encode_words(std::string(400, 'a'))) == std::string(400, 'a'));
}

TEST_CASE("smtp text survives quoted-printable in lines of at most 76", "[smtp]") {
  const std::string text = std::string(300, 'x') + "\nends with blank \nends with tab\t\n=3D\nlone \r return\nlast";
  const auto encoded = smtp::quoted_printable(text);
  std::string expected;
  for (size_t i = 0; i < text.size(); ++i)
    expected += text[i] == '\n' ? "\r\n" : std::string{text[i]};
  CHECK(test::decode_quoted_printable(encoded) == expected + "\r\n");
  for (size_t begin = 0, end; (end = encoded.find("\r\n", begin)) != std::string::npos; begin = end + 2) {
    CHECK(end - begin <= 76);
    CHECK((end == begin || (encoded[end - 1] != ' ' && encoded[end - 1] != '\t')));
  }
}

} // namespace mime_test
