#pragma once

#include "adapters/sandbox/carrier/call_resource.hpp"
#include "adapters/sandbox/carrier/recording.hpp"
#include "adapters/sandbox/http_server.hpp"

#include <optional>
#include <stdexcept>
#include <string>

/// The REST API's rules: who may, what is valid, what an error looks like.
namespace parley::sandbox::rest {

/// An error of the API; `code` is Twilio's, e.g. 21211 for a bad `To`.
struct error : std::runtime_error {
  error(unsigned status, int code, const std::string& message)
    : std::runtime_error{message}, status{status}, code{code} {}
  unsigned status;
  int code;
};

http_response answer(unsigned status, const nlohmann::json& body);
http_response answer(const error& refused);

struct credentials {
  std::string user;
  std::string password;
};
/// HTTP Basic; nothing when the header is missing or malformed.
std::optional<credentials> read_credentials(const http_request& request);

/// Checks a create-call form. Throws `error`.
call_request read_create(const fields& form);

/// Checks a create-recording form. Throws `error`.
recording_request read_recording(const fields& form);

struct update_request {
  std::string status; ///< "completed", "canceled" or empty
  std::string url;
  std::string method = "POST";
  std::string twiml;
  std::optional<std::chrono::milliseconds> time_limit;
};
/// Checks an update-call form. Throws `error`.
update_request read_update(const fields& form);

struct list_request {
  fields filters; ///< To, From, Status, StartTime, StartTime<, …
  size_t page_size = 50;
  size_t page = 0;
  std::string page_token; ///< "PA" and the SID that ended the page before

  bool accepts(const call_resource& call) const;
  /// The query of that page, filters included.
  std::string query(size_t page, const std::string& token) const;
};
/// Checks a list's query. Throws `error`.
list_request read_list(const fields& query);

} // namespace parley::sandbox::rest
