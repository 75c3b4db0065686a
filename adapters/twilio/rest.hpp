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

/// Announces, then rings the human up; the person's call may last as long as the
/// carrier allows from then on. `ec::wrong_state` if the call is over.
dialogue<carrier_call> transfer(const twilio_settings& settings, const transfer_call& order, wall_time now);

/// Speaks and hangs up; as above.
dialogue<carrier_call>
leave_message(const twilio_settings& settings, const parley::leave_message& order, wall_time now);

/// Records both sides in one channel; as above.
dialogue<recording_started> record(const twilio_settings& settings, const start_recording& order);

/// Ends a recording; one that is over or gone already is no error.
dialogue<recording_stopped> stop_recording(const twilio_settings& settings, const parley::stop_recording& order);

/// The audio as WAV.
dialogue<recording_audio> fetch_recording(const twilio_settings& settings, const parley::fetch_recording& query);

/// Deletes a recording; one that is gone already is no error.
dialogue<recording_deleted> delete_recording(const twilio_settings& settings, const parley::delete_recording& order);

} // namespace parley::twilio
