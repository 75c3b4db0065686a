#pragma once

#include "runtime/telephony/dial_outcome.hpp"

namespace parley::twilio {

/// What became of a dial, with what Twilio's code says of number and account.
originated classify(const call_id& call, const dial_reply& reply);

/// What Twilio's error codes say (https://www.twilio.com/docs/api/errors).
/// Nothing for a code that says nothing about number, account or rate.
const code_meaning* meaning_of(int32_t code);

} // namespace parley::twilio
