#pragma once

#include "adapters/http/http_message.hpp"
#include "adapters/twilio/settings.hpp"
#include "runtime/messages/telephony.hpp"

namespace parley::twilio {

/// Where Twilio fetches its instructions and sends what happens, as paths
/// under `public_url`. Each names the call.
/// @param round How often it was asked before, and once more.
std::string twiml_path(const call_id& call, uint32_t round = 1);
std::string status_path(const call_id& call);
std::string machine_detection_path(const call_id& call);
std::string resume_path(const call_id& call, uint32_t round);
std::string recording_path(const call_id& call);
/// Asked what follows when the human has hung up or was not there; carries the
/// words for the latter, so that any node can answer.
std::string transferred_path(const call_id& call, const std::string& apology, const std::string& language);
/// The same question once more. Carries what the carrier tells of a hand-over
/// (`hand_over_told`), since it says so only at the end of the `<Dial>` itself, and
/// no apology: the person has heard it.
std::string transferred_again_path(const call_id& call, const http_fields& told, uint32_t round);

/// Asked what whoever picks up a hand-over hears before the two are connected,
/// and then what the key means that they pressed. Both are of the human's leg,
/// which is a call of its own; they name the person's.
std::string handover_path(const call_id& call);
std::string handover_key_path(const call_id& call);

/// Joins the call to the media bridge. What follows runs only when the stream
/// ends while the call goes on: a few words, a pause, and the question what to
/// do, to which whoever owns the call then knows the answer.
/// @param nonce Proves to the bridge that the stream is this call's.
/// @param round The resume round that follows, from 1.
std::string
connect_twiml(const twilio_settings& settings, const call_id& call, const std::string& nonce, uint32_t round = 1);

/// Nobody can take the call yet: waits and asks again with the next round;
/// after the last round it hangs up.
std::string wait_twiml(const twilio_settings& settings, const call_id& call, uint32_t round);

/// What the carrier told could not be stored: it says `apology`, if there is one,
/// pauses and asks `path` again, which tells the same once more. A page of
/// instructions that fails instead is not asked again: the carrier tells the person
/// of an error and ends the call.
/// @param round Of this question; after the last one (`resume_rounds_max`) it hangs up.
/// @param path With the next round.
std::string ask_again_twiml(const twilio_settings& settings, const std::string& path, uint32_t round,
                            const std::string& apology = {}, const std::string& language = {});

/// Announces, rings the human up, and asks `transferred_path` what follows. A
/// mailbox picks up as well: whoever does is asked at `handover_path` first, while
/// the person goes on hearing it ring.
std::string transfer_twiml(const twilio_settings& settings, const transfer_call& order);

/// To whoever picked up: says what this is and asks for the key 1; without a key
/// it hangs up on them.
std::string handover_twiml(const twilio_settings& settings, const call_id& call);
/// What a key means: 1 connects the two, any other one hangs up.
std::string handover_key_twiml(const std::string& digits);

/// Speaks and ends the call.
/// @param language With its region ("en-US") the voice speaks it; of a bare one
///   ("en") the carrier's own voice is taken.
std::string say_twiml(const std::string& text, const std::string& language);

/// Ends the call.
std::string hang_up_twiml();

} // namespace parley::twilio
