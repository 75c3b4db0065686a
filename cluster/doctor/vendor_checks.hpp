#pragma once

#include "adapters/google_calendar/settings.hpp"
#include "adapters/hubspot/settings.hpp"
#include "adapters/twilio/settings.hpp"
#include "cluster/doctor/prober.hpp"
#include "runtime/messages/rows.hpp"

/// Harmless authenticated questions to the vendors, and what their answers
/// mean. Nothing is written, nobody is called, no mail is sent.
namespace parley::doctor {

/// What is wrong with an answer that is not a success, in the same words for
/// every vendor.
/// @param secret The setting that holds the credential, e.g. "auth_token".
finding failed_answer(const std::string& check, const http_response& response, const std::string& secret);

/// The account (active, no trial), the right to call from each of our numbers,
/// and the permission to call a country.
/// @param region ISO country that is called, e.g. "US".
findings check_twilio(const twilio_settings& s, const std::string& region, const ask_http& ask, bool practice);

/// Whether the key may use the model. Works for every server that speaks
/// OpenAI's API; a ws address is asked over http.
finding check_model(const std::string& check, const std::string& base_url, const std::string& api_key,
                    const std::string& model, const ask_http& ask);

/// Reads one contact, and looks for the property that holds our keys.
findings check_hubspot(const hubspot_settings& s, const ask_http& ask);

/// Access token, the account managers' calendars in one free/busy query, and for
/// each whether events may be written.
findings check_google(const google_calendar_settings& s, const std::vector<manager_row>& managers, wall_time now,
                      const ask_http& ask);

/// Apollo's own question about a key's health.
finding check_apollo(const std::string& base_url, const std::string& api_key, const ask_http& ask);

finding check_mail_server(const smtp_settings& s, const mail_answer& answer);

} // namespace parley::doctor
