#pragma once

#include "runtime/messages/telephony.hpp"

#include <optional>

namespace parley::twilio {

/// What came back of a create-call request, as plain values.
struct dial_reply {
  bool held_back = false; ///< its time had passed before it could be sent
  bool written = true;    ///< any byte of the request left us
  int status = 0;         ///< HTTP status; 0: no complete answer
  int32_t code = 0;       ///< Twilio's error code in the body; 0: none
  std::string sid;        ///< of the call in the body
  std::string failure;    ///< what broke when there is no answer
  std::optional<std::chrono::milliseconds> retry_after;
};

/// What became of a dial. Created: 2xx with a SID. Not created: nothing was
/// written (whatever else is said of it), or 429, or another 4xx that carries Twilio's own code. Everything
/// else is unknown: the call may exist, so only evidence decides.
originated classify(const call_id& call, const dial_reply& reply);

/// How long no call is started after a refusal for the rate (429, 20429) or for
/// too many calls at once (10004) that comes without a Retry-After of its own:
/// Twilio documents none for these. Where refusals go on, the pacer makes it
/// longer. Real time.
inline constexpr std::chrono::milliseconds unasked_pause{1'000};

/// What Twilio's error codes say about number and account
/// (https://www.twilio.com/docs/api/errors).
struct code_meaning {
  int32_t code;
  bool number_bad;  ///< do not try this number again
  bool account_bad; ///< every call would fail: stop the campaign
  const char* reason;
  bool opted_out = false;    ///< the person told the carrier to be left alone
  bool rate_limited = false; ///< the number and the account are fine, only not now
};

/// Nothing for a code that says neither.
const code_meaning* meaning_of(int32_t code);

} // namespace parley::twilio
