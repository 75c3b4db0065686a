#include "adapters/hubspot/settings.hpp"

#include "adapters/http/endpoint.hpp"
#include "runtime/messages/telephony.hpp"

namespace parley {

using namespace std::chrono_literals;

std::map<std::string, std::string> default_call_outcomes() {
  const std::string connected = "f240bbac-87c9-4f6e-bf70-924b57d47db7";
  const std::string no_answer = "73a0d17f-1163-4015-bdd5-ec830791da20";
  const std::string busy = "9d9162e7-6cf3-4944-bf63-4dff82258764";
  const std::string left_voicemail = "b2cf5968-551e-4856-9783-52b3da59a7d0";
  const std::string left_live_message = "a4c4c377-d246-4b32-a13b-75a56a4cd0ff";
  const std::string wrong_number = "17b47fee-58de-441e-a44c-c6300d46f273";
  return {
    {"no_answer", no_answer},
    {"busy", busy},
    {"machine", no_answer},
    {"machine_message", left_voicemail},
    {"invalid_number", wrong_number},
    {"wrong_person", wrong_number},
    {"gatekeeper", left_live_message},
    {"failed", connected},
    {"hung_up", connected},
    {"dead_air", connected},
    {"callback", connected},
    {"not_interested", connected},
    {"do_not_call", connected},
    {"not_qualified", connected},
    {"qualified", connected},
    {"meeting_booked", connected},
    {"transferred", connected},
    {"language_barrier", connected},
    {"no_decision", connected},
    {"meeting_moved", connected},
    {"meeting_cancelled", connected},
  };
}

void hubspot_settings::describe(settings::section& s) {
  s.url("base_url", base_url, "HubSpot's API; another one only for practice and tests.");
  s.secret("access_token", access_token, "Token of a private app.");
  s.text("client_id", client_id, "OAuth client id, when there is no private app.");
  s.secret("client_secret", client_secret, "OAuth client secret.");
  s.secret("refresh_token", refresh_token, "OAuth refresh token of the HubSpot account.");
  s.required("key_property", key_property, "Internal name of the unique property that holds Parley's key.");
  s.texts("properties", properties, "Contact properties that research gets to see, by internal name.");
  s.number<size_t>("interactions_max", interactions_max, 0, 50, "notes and calls",
                   "How much history is read for one contact; 0 reads none.");
  s.number<size_t>("interaction_chars_max", interaction_chars_max, 40, 10'000, "characters",
                   "Length to which a note or call is shortened.");
  s.number<size_t>("emails_max", emails_max, 0, 100, "mails",
                   "How many of a contact's latest mails are read, to be summarised; 0 reads none. Needs the scope "
                   "sales-email-read.");
  s.number<size_t>("email_chars_max", email_chars_max, 200, 100'000, "characters",
                   "Length to which a mail is shortened before it is summarised.");
  s.table("call_outcomes", [this](settings::section& t) {
    for (const auto name : disposition_names)
      t.text(std::string{name}.c_str(), call_outcomes[std::string{name}],
             "HubSpot's id of the call outcome for this disposition; empty leaves the outcome out.");
  });
  s.duration("connect_timeout", connect_timeout, 100ms, 60s, "Longest wait for a connection, TLS included.");
  s.duration("request_timeout", request_timeout, 500ms, 120s, "Longest wait for one answer.");
  s.duration("total_timeout", total_timeout, 1s, 10min,
             "Longest time for one task, tries and waits included; at most 5/6 of vendor_timeout of [actors].");
  s.number("attempts_max", attempts_max, 1, 10, "tries", "Tries per request, the first one included.");
  s.number<size_t>("requests_max", requests_max, 1, 100, "requests", "Requests at the same time.");
  s.number<size_t>("waiting_max", waiting_max, 1, 100'000, "requests", "Requests that may wait; more are refused.");

  const bool has_oauth = !client_id.empty() && !client_secret.empty() && !refresh_token.empty();
  if (access_token.empty() && !has_oauth)
    s.problem("access_token", "no credentials; name a private app's token in access_token_env or access_token_file, or "
                              "give client_id, client_secret and refresh_token");
  if (!access_token.empty() && !refresh_token.empty())
    s.problem("access_token", "both a private app's token and a refresh token are given; remove one of them");
  if (!is_protected(base_url))
    s.problem("base_url", "credentials would travel in the clear; use https:// (http:// only to this machine)");
}

} // namespace parley
