#pragma once

#include "adapters/http/dialogue.hpp"
#include "adapters/twilio/outcome.hpp"
#include "adapters/twilio/settings.hpp"

namespace parley::twilio {

/// The request that starts a call. It asks for all four progress callbacks and
/// always bounds ringing and talking. To be sent once and never repeated.
http_request create_call(const twilio_settings& settings, const originate& order);

/// The answer to it as plain values, whatever came.
dial_reply read_reply(const http_response& response);

/// One call as the carrier shows it.
/// @param now Taken as the creation date of a call that shows none, as fresh
///   ones may; whoever fetches by SID knows already which call it is.
dialogue<carrier_call> fetch(const twilio_settings& settings, const std::string& sid, wall_time now);

/// All calls between two numbers, page by page to the last. What is in it is
/// evidence of a lost dial by its date, so a list with a call whose creation
/// date is missing or unreadable is no list: `ec::vendor_answered_rubbish`, to
/// be asked for again.
dialogue<carrier_calls> list(const twilio_settings& settings, const find_calls& query);

/// Ends a call; one that is over already is shown as it is.
dialogue<carrier_call> end(const twilio_settings& settings, const end_carrier_call& order, wall_time now);

/// Sends a live call to another page of ours; `ec::wrong_state` if it is over.
dialogue<carrier_call> redirect(const twilio_settings& settings, const redirect_call& order, wall_time now);

} // namespace parley::twilio
