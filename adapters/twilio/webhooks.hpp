#pragma once

#include "adapters/http/http_message.hpp"
#include "runtime/messages/telephony.hpp"

#include <caf/expected.hpp>

namespace parley::twilio {

/// A status callback as an event. Unknown parameters are ignored, an unknown
/// status is told as `carrier_status::unknown`, and without a SequenceNumber the
/// status's rank stands in for it, so that each status is kept once. Fails with `ec::invalid_input`
/// and the parameter's name when the form cannot be one of Twilio's.
/// @param received Taken as the event's time when the form states none.
caf::expected<carrier_event> status_event(const call_id& call, const http_fields& form, wall_time received);

/// The callback of asynchronous answering machine detection; as above.
caf::expected<carrier_event> machine_detection(const call_id& call, const http_fields& form, wall_time received);

/// The request for the page that takes a call up again.
caf::expected<carrier_event>
resume_requested(const call_id& call, const http_fields& form, uint32_t round, wall_time received);

/// What became of a hand-over: the request for what follows a `<Dial>`. It counts
/// as connected only when the two were: a mailbox that picked up is "completed"
/// as well, but never bridged.
caf::expected<carrier_event> transfer_ended(const call_id& call, const http_fields& form, wall_time received);

/// What of a request tells of a hand-over, and nothing else of it.
http_fields hand_over_told(const http_fields& form);

/// What the request for a call's first instructions tells: that it was answered
/// (the status, which the carrier does not number here), and by whom where it
/// listened for a machine first. Nothing of a request that names no call of the
/// carrier's or no status: it is answered all the same.
std::vector<carrier_event> answer_told(const call_id& call, const http_fields& form, wall_time received);

/// The callback of a recording that is ready, or never will be.
caf::expected<carrier_event> recording_told(const call_id& call, const http_fields& form, wall_time received);

/// First value of this name, or nothing.
std::optional<std::string> field(const http_fields& fields, std::string_view name);

/// "Tue, 04 Aug 2026 12:00:00 +0000" (RFC 2822).
std::optional<wall_time> parse_rfc2822(const std::string& text);

/// Twilio's `AnsweredBy`, in callbacks and in the call resource.
answered_by parse_answered_by(std::string_view text);

} // namespace parley::twilio
