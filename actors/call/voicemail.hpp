#pragma once

#include "runtime/messages/campaigns.hpp"

#include <string>
#include <string_view>

namespace parley::calls {

/// What is spoken to an answering machine, or why nothing is.
struct voicemail {
  std::string text;    ///< empty: no message is left
  std::string missing; ///< what keeps a message that is set from being left; empty without one
};

/// The message of a campaign to a person, as the law on artificial voices wants
/// it (47 CFR 64.1200(b)): at the beginning who calls, by the business' name,
/// and that it is no human; a telephone number; and for sales a toll-free number
/// that leads straight to an automated opt-out. Without the name or that number
/// no message is left. Numbers are written so that they are spoken digit by
/// digit. {{agent}}, {{company}} and {{person}} of the message are filled in.
/// @param person Their name; may be empty.
voicemail voicemail_for(const campaign_policy& policy, std::string_view person);

/// A toll-free number of the North American plan in E.164: +18005550132.
bool is_toll_free(std::string_view number);

/// "8 0 0, 5 5 5, 0 1 3 2": the digits one by one, in the groups in which they
/// are read out.
std::string spoken_digits(std::string_view number);

} // namespace parley::calls
