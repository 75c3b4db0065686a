#pragma once

#include "runtime/messages/telephony.hpp"

#include <initializer_list>
#include <optional>

/// What is known of a dial, and until when one may be sent: the rules behind
/// "nobody is dialled twice", shared by every carrier, real or simulated.
namespace parley {

/// What came back of a request that starts a call, as plain values.
struct dial_reply {
  bool held_back = false; ///< its time had passed before it could be sent
  bool written = true;    ///< any byte of the request left us
  int status = 0;         ///< HTTP status; 0: no complete answer
  int32_t code = 0;       ///< the carrier's own error code in the body; 0: none
  std::string sid;        ///< of the call in the body
  std::string failure;    ///< what broke when there is no answer
  std::optional<std::chrono::milliseconds> retry_after;
};

/// What a carrier's error code says about number and account.
struct code_meaning {
  int32_t code;
  bool number_bad;  ///< do not try this number again
  bool account_bad; ///< every call would fail: stop the campaign
  const char* reason;
  bool opted_out = false;    ///< the person told the carrier to be left alone
  bool rate_limited = false; ///< the number and the account are fine, only not now
};

/// How long no call is started after a refusal for the rate that comes without
/// a Retry-After of its own: carriers document none. Where refusals go on, the
/// pacer makes it longer. Real time.
inline constexpr std::chrono::milliseconds unasked_pause{1'000};

/// The class of a dial. Created: 2xx with a SID. Not created: nothing was
/// written (whatever else is said of it), or 429, or another 4xx that carries
/// the carrier's own code; a 4xx without one may be a proxy's on the way, after
/// it passed the request on. Everything else is unknown: the call may exist, so
/// only evidence decides.
submission submission_of(const dial_reply& reply);

/// The telephony port's whole answer to a dial.
/// @param meaning Of `reply.code` at this carrier; null when it says nothing.
///   Blame is only taken from a refusal: an unknown outcome blames nobody.
originated outcome_of_dial(const call_id& call, const dial_reply& reply, const code_meaning* meaning = nullptr);

/// The last instant at which a dial may be written: the earliest of the lawful
/// end, the slot's expiry and the node's own lease deadline. Those that do not
/// apply are left empty.
wall_time dial_deadline(std::initializer_list<std::optional<wall_time>> limits);

/// After `not_after`: by then a dial that was written at the last instant is
/// with the carrier. Real time.
inline constexpr std::chrono::milliseconds dial_margin{1'000};

/// Asked just before the first byte is written: at `not_after` it is too late.
constexpr bool may_dial(wall_time now, wall_time not_after) {
  return now < not_after;
}

} // namespace parley
