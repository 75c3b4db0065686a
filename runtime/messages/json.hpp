#pragma once

#include "runtime/json.hpp"
#include "runtime/messages/booking.hpp"
#include "runtime/messages/crm.hpp"
#include "runtime/messages/mail.hpp"

/// JSON of the messages that are also stored: in states, in the outbox, in
/// `campaigns.settings`. Keys are the field names; absent keys keep their
/// default, so that old texts stay readable.
namespace parley {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(local_window, weekdays, from, until)
/// A flat object, as managers write it: the roles beside the window's own keys.
inline void to_json(nlohmann::json& out, const role_window& x) {
  out = x.hours;
  out["roles"] = x.roles;
}
inline void from_json(const nlohmann::json& in, role_window& x) {
  x.hours = in.get<local_window>();
  x.roles = in.value("roles", std::vector<std::string>{});
}
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(campaign_policy, campaign, name, company, company_description,
                                                agent_name, voice, language, offer, objective, script, callback_number,
                                                managers, meeting_minutes, min_probability, attempts_max, backoff,
                                                best_times, role_times, allowed_times, calls_per_person_day,
                                                from_number, calls_at_once, ring_timeout, call_limit, voicemail_message,
                                                opt_out_number, record_calls, transfers, breaker_share, breaker_window,
                                                breaker_minimum)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(prospect_row, id, source, crm_id, name, email, phone, extension,
                                                company, role, timezone, state, postal_code, consent_type, consent_at,
                                                consent_source, consent_text, consent_seller, notes, attributes,
                                                created_at, updated_at)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(manager_row, id, name, email, specialty, timezone, working_hours,
                                                calendar_id, meeting_link, crm_owner_id, phone)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(meeting_row, id, call, prospect, account_manager, scheduled_at,
                                                duration_minutes, meeting_type, calendar_event_id, status, zoom_link,
                                                created_at, sequence)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(call_brief, policy, person, strategy, history, zone, owner_id, attempt,
                                                meeting, last_attempt)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(keep_recording, call, prospect, recording_sid, duration_seconds,
                                                discard)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(time_range, from, until)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(find_contact, crm_id, email, phone, source, prospect)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(put_event, calendar, event_id, title, description, location, when, zone,
                                                attendee_email, attendee_name, sequence)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(cancel_event, calendar, event_id)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(invite, uid, sequence, cancel, summary, description, location,
                                                organizer_email, organizer_name, attendee_email, attendee_name, when,
                                                zone)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(outgoing_mail, message_id, to, to_name, copies, subject, text, meeting)

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(crm_activity, key, kind, contact, contact_name, contact_company,
                                                contact_role, at, title, body, outcome, from, to, duration, end,
                                                location)

} // namespace parley
