#pragma once

#include "adapters/smtp/mime.hpp"
#include "adapters/smtp/settings.hpp"

#include <caf/error.hpp>

#include <functional>
#include <memory>
#include <string>

namespace parley::smtp {

/// What came of one try to send a mail.
struct delivery {
  int curl_code = 0;    ///< CURLcode; 0 means the server took the mail
  int status = 0;       ///< the server's last reply code, 0 if there was none
  std::string reply;    ///< its last line, addresses taken out; else what failed on our side
  bool stopped = false; ///< the transport ended first

  bool ok() const { return curl_code == 0 && !stopped; }
};

/// Takes the outcome, exactly once. Must not throw and must not block.
using delivery_callback = std::function<void(delivery)>;

/// Whether a later try may succeed: the server said 4xx (RFC 5321, 4.2.1) or
/// could not be reached.
bool is_temporary(const delivery& x);

/// The error of a failed delivery: `vendor_unavailable` if temporary,
/// `vendor_unauthorised` if the login failed, `shutting_down`, otherwise
/// `vendor_refused`, with the server's reply as context.
caf::error error_of(const delivery& x);

/// SMTP client over libcurl's multi interface and one thread of its own, with
/// connections kept open between mails.
class transport {
public:
  explicit transport(const smtp_settings& settings);
  /// Cancels what runs; its callbacks get `stopped`.
  ~transport();
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  /// Tries once to send a mail; any thread may call it. `done` runs on the
  /// transport's thread. The caller bounds how many run at once.
  /// @param limit When the content must have gone out, else the try is given
  ///   up; afterwards the settings' `acceptance_timeout` counts.
  void send(wire_mail mail, std::chrono::steady_clock::time_point limit, delivery_callback done);

private:
  class worker;
  std::shared_ptr<worker> worker_;
};

} // namespace parley::smtp
