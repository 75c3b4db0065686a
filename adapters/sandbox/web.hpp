#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The bits of the web that every vendor needs: URLs, forms, headers.
namespace parley::sandbox {

/// Names and values in the order in which they came; a name may repeat.
using fields = std::vector<std::pair<std::string, std::string>>;

/// The first value of that name.
std::optional<std::string> find(const fields& all, std::string_view name);
/// The first value of that name, or the fallback.
std::string value_or(const fields& all, std::string_view name, std::string_view fallback = {});

/// Percent-encodes everything but RFC 3986's unreserved characters.
std::string percent_encode(std::string_view text);
/// The inverse, with '+' as a blank. Broken escapes are kept as they stand.
std::string percent_decode(std::string_view text);

/// `application/x-www-form-urlencoded`, also the query of a URL.
fields parse_form(std::string_view text);
std::string to_form(const fields& all);

/// An absolute http, https, ws or wss URL.
struct url {
  std::string scheme;
  std::string host;      ///< without brackets or port
  uint16_t port = 0;     ///< the scheme's own when none is given
  std::string target;    ///< path and query as they stand, "/" at least
  std::string authority; ///< host and port as they stand, for `Host`

  bool tls() const { return scheme == "https" || scheme == "wss"; }
  std::string path() const { return target.substr(0, target.find('?')); }
  std::string query() const;
};

std::optional<url> parse_url(std::string_view text);

} // namespace parley::sandbox
