#include "adapters/hubspot/core.hpp"
#include "adapters/hubspot/html.hpp"
#include "adapters/hubspot/objects.hpp"
#include "runtime/clock.hpp"

namespace parley::hubspot {

using nlohmann::json;

namespace {

/// How one kind of activity is called in paths and which association joins it
/// to a contact (ids as in HubSpot's Node client).
struct object_kind {
  const char* path;
  const char* singular;
  int contact_association;
};

object_kind kind_of(crm_activity_kind kind) {
  switch (kind) {
    case crm_activity_kind::meeting: return {"meetings", "meeting", 200};
    case crm_activity_kind::note: return {"notes", "note", 202};
    default: return {"calls", "call", 194};
  }
}

/// HubSpot would make a second object; neither retries nor libcurl, which
/// repeats a request by itself on a new connection, may send it again.
void do_once(http_request& request) {
  request.repeatable = false;
  request.once = true;
}

/// HubSpot reports a value that must be unique and is taken as a conflict or,
/// for some objects, as an invalid property.
bool exists_already(const http_response& response) {
  return response.status == 409
         || (response.status == 400 && response.body.find("CONFLICTING_UNIQUE_VALUE") != std::string::npos);
}

/// Whether HubSpot may have done what it was asked although it did not say so.
bool maybe_done(const http_response& response) {
  return response.written && (response.failure != http_failure::none || response.status >= 500);
}

std::string call_status(const std::string& outcome) {
  if (outcome == "busy")
    return "BUSY";
  if (outcome == "no_answer")
    return "NO_ANSWER";
  if (outcome == "canceled")
    return "CANCELED";
  if (outcome == "congestion" || outcome == "invalid_number" || outcome == "submission_unknown")
    return "FAILED";
  return "COMPLETED";
}

std::string meeting_outcome(const std::string& outcome) {
  if (outcome == "canceled" || outcome == "cancelled")
    return "CANCELED";
  if (outcome == "rescheduled")
    return "RESCHEDULED";
  if (outcome == "completed")
    return "COMPLETED";
  if (outcome == "no_show")
    return "NO_SHOW";
  return "SCHEDULED";
}

/// First and last name as HubSpot keeps them: the last word is the last name.
std::pair<std::string, std::string> split_name(const std::string& name) {
  const auto blank = name.rfind(' ');
  if (blank == std::string::npos)
    return {name, ""};
  return {name.substr(0, blank), name.substr(blank + 1)};
}

} // namespace

std::string core::outcome_id(const std::string& outcome) const {
  const auto found = settings_.call_outcomes.find(outcome);
  return found == settings_.call_outcomes.end() ? std::string{} : found->second;
}

json core::properties_of(const crm_activity& x) const {
  auto out = json::object();
  out["hs_timestamp"] = to_iso(x.at);
  put(out, settings_.key_property.c_str(), x.key);
  switch (x.kind) {
    case crm_activity_kind::meeting:
      put(out, "hs_meeting_title", x.title);
      put(out, "hs_meeting_body", html_of(x.body));
      out["hs_meeting_start_time"] = to_iso(x.at);
      if (x.end)
        out["hs_meeting_end_time"] = to_iso(*x.end);
      put(out, "hs_meeting_location", x.location);
      out["hs_meeting_outcome"] = meeting_outcome(x.outcome);
      break;
    case crm_activity_kind::note:
      put(out, "hs_note_body", html_of(x.title.empty() ? x.body : x.title + "\n" + x.body));
      break;
    default:
      put(out, "hs_call_title", x.title);
      put(out, "hs_call_body", html_of(x.body));
      out["hs_call_direction"] = "OUTBOUND";
      out["hs_call_status"] = call_status(x.outcome);
      put(out, "hs_call_disposition", outcome_id(x.outcome));
      out["hs_call_duration"] = std::to_string(x.duration.count());
      put(out, "hs_call_from_number", x.from);
      put(out, "hs_call_to_number", x.to);
  }
  return out;
}

dialogue<crm_written> core::write(const crm_activity& activity, const std::string& contact_id) const {
  if (activity.key.empty())
    return caf::make_error(ec::invalid_input, "crm activity: the key is empty");
  const auto kind = kind_of(activity.kind);
  exchange<crm_written> x;
  x.operation = std::string{"search_"} + kind.singular;
  x.request
    = json_request("POST", objects(std::string{kind.path} + "/search"),
                   search_body(any_of({filter(settings_.key_property, activity.key)}), {settings_.key_property}, 1));
  x.then = [this, activity, contact_id](const http_response& response) -> dialogue<crm_written> {
    if (!response.ok())
      return error_of(response);
    if (const auto object = first_result(response); !object.is_null())
      return update_existing(activity, object.at("id").get<std::string>());
    return contact_id.empty() ? find_or_create_contact(activity) : create(activity, contact_id, 2);
  };
  return x;
}

/// Calls and notes are past facts; a meeting may have been moved or canceled.
dialogue<crm_written> core::update_existing(const crm_activity& activity, const std::string& object_id) const {
  if (activity.kind != crm_activity_kind::meeting)
    return read_written(activity.kind, object_id);
  exchange<crm_written> x;
  x.operation = "update_meeting";
  x.request
    = json_request("PATCH", objects("meetings/" + url_encode(object_id)), {{"properties", properties_of(activity)}});
  x.then = [this, object_id](const http_response& response) -> dialogue<crm_written> {
    if (!response.ok())
      return error_of(response);
    return read_written(crm_activity_kind::meeting, object_id);
  };
  return x;
}

dialogue<crm_written> core::read_written(crm_activity_kind kind, const std::string& object_id) const {
  const auto names = kind_of(kind);
  exchange<crm_written> x;
  x.operation = std::string{"get_"} + names.singular;
  x.request = request("GET", objects(names.path) + "/" + url_encode(object_id), {{"associations", "contacts"}});
  x.then = [object_id](const http_response& response) -> dialogue<crm_written> {
    if (!response.ok())
      return error_of(response);
    crm_written out{object_id, {}};
    const auto object = json_of(response);
    // Absent when somebody has removed the association.
    const json::json_pointer first{"/associations/contacts/results/0/id"};
    if (object.contains(first))
      out.contact_id = object.at(first).get<std::string>();
    return out;
  };
  return x;
}

dialogue<crm_written> core::find_or_create_contact(const crm_activity& activity) const {
  return locate<crm_written>(activity.contact, [this, activity](const json* contact) -> dialogue<crm_written> {
    return contact ? create(activity, contact->at("id").get<std::string>(), 2) : create_contact(activity, 2);
  });
}

json core::contact_to_create(const crm_activity& activity) const {
  const auto& who = activity.contact;
  auto properties = json::object();
  const auto [first, last] = split_name(activity.contact_name);
  put(properties, "firstname", first);
  put(properties, "lastname", last);
  put(properties, "email", who.email);
  put(properties, "phone", who.phone);
  put(properties, "company", activity.contact_company);
  put(properties, "jobtitle", activity.contact_role);
  // HubSpot lets many contacts have the same phone: without an e-mail our key
  // alone keeps a repetition from making the person twice.
  if (!properties.empty() && who.prospect)
    put(properties, settings_.key_property.c_str(), to_string(who.prospect));
  return properties;
}

dialogue<crm_written> core::create_contact(const crm_activity& activity, int creations_left) const {
  const auto properties = contact_to_create(activity);
  if (properties.empty())
    return caf::make_error(ec::invalid_input, "crm activity: the contact has neither id, e-mail, phone nor name");
  exchange<crm_written> x;
  x.operation = "create_contact";
  x.request = json_request("POST", objects("contacts"), {{"properties", properties}});
  do_once(x.request);
  x.then = [this, activity, creations_left](const http_response& response) -> dialogue<crm_written> {
    if (response.ok())
      return create(activity, json_of(response).at("id").get<std::string>(), 2);
    const bool taken = exists_already(response);
    if (activity.contact.prospect && (taken || maybe_done(response)))
      return contact_by_key(activity, error_of(response), creations_left - 1, taken);
    if (taken && !activity.contact.email.empty())
      return contact_by_email(activity);
    return error_of(response);
  };
  return x;
}

/// Asked after a creation whose end nobody knows, or that came second; unlike
/// the search this sees every write at once.
dialogue<crm_written>
core::contact_by_key(const crm_activity& activity, const caf::error& why, int creations_left, bool taken) const {
  exchange<crm_written> x;
  x.operation = "get_contact";
  x.request = request("GET", objects("contacts/" + url_encode(to_string(activity.contact.prospect))),
                      {{"idProperty", settings_.key_property}});
  x.then = [this, activity, why, creations_left, taken](const http_response& response) -> dialogue<crm_written> {
    if (response.ok())
      return create(activity, json_of(response).at("id").get<std::string>(), 2);
    const bool absent = response.failure == http_failure::none && response.status == 404;
    if (absent && taken && !activity.contact.email.empty())
      return contact_by_email(activity); // it is the e-mail that is taken
    if (absent && !taken && creations_left > 0)
      return create_contact(activity, creations_left);
    return why; // a later write makes the contact with the same key
  };
  return x;
}

/// The e-mail is taken although the search did not see it: it lags behind.
dialogue<crm_written> core::contact_by_email(const crm_activity& activity) const {
  exchange<crm_written> x;
  x.operation = "get_contact";
  x.request = request("GET", objects("contacts/" + url_encode(activity.contact.email)), {{"idProperty", "email"}});
  x.then = [this, activity](const http_response& answer) -> dialogue<crm_written> {
    if (!answer.ok())
      return error_of(answer);
    return create(activity, json_of(answer).at("id").get<std::string>(), 2);
  };
  return x;
}

dialogue<crm_written>
core::create(const crm_activity& activity, const std::string& contact_id, int creations_left) const {
  const auto kind = kind_of(activity.kind);
  const json association{{"associationCategory", "HUBSPOT_DEFINED"}, {"associationTypeId", kind.contact_association}};
  const json link{{"to", {{"id", contact_id}}}, {"types", json::array({association})}};
  exchange<crm_written> x;
  x.operation = std::string{"create_"} + kind.singular;
  x.request = json_request("POST", objects(kind.path),
                           {{"properties", properties_of(activity)}, {"associations", json::array({link})}});
  do_once(x.request);
  x.then = [this, activity, contact_id, creations_left](const http_response& response) -> dialogue<crm_written> {
    if (response.ok())
      return crm_written{json_of(response).at("id").get<std::string>(), contact_id};
    if (exists_already(response) || maybe_done(response))
      return read_by_key(activity, contact_id, error_of(response), creations_left - 1);
    return error_of(response);
  };
  return x;
}

/// Reads by our unique property, which unlike the search sees every write at
/// once: after a creation whose end nobody knows, or that came second.
dialogue<crm_written> core::read_by_key(const crm_activity& activity, const std::string& contact_id,
                                        const caf::error& why, int creations_left) const {
  const auto kind = kind_of(activity.kind);
  exchange<crm_written> x;
  x.operation = std::string{"get_"} + kind.singular;
  x.request
    = request("GET", objects(kind.path) + "/" + url_encode(activity.key), {{"idProperty", settings_.key_property}});
  x.then = [this, activity, contact_id, why, creations_left](const http_response& response) -> dialogue<crm_written> {
    if (response.ok()) {
      const auto id = json_of(response).at("id").get<std::string>();
      // The search did not see the meeting that was moved or cancelled.
      const bool changed = activity.kind == crm_activity_kind::meeting && !activity.outcome.empty();
      return changed ? update_existing(activity, id) : crm_written{id, contact_id};
    }
    const bool absent = response.failure == http_failure::none && response.status == 404;
    if (absent && creations_left > 0)
      return create(activity, contact_id, creations_left);
    return why; // a later write with this key searches first
  };
  return x;
}

} // namespace parley::hubspot
