#pragma once

#include "runtime/ids.hpp"
#include "runtime/names.hpp"

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace parley {

/// Finds a person by CRM id, else by e-mail, else by phone; empty fields are
/// not searched.
struct find_contact {
  std::string crm_id; ///< in the system `source`: another system's id may be somebody else's here
  std::string email;
  std::string phone;
  std::string source{};   ///< whose id it is; empty: not known, so no id
  prospect_id prospect{}; ///< ours, where our own tables are the CRM; nil: not known
};
PARLEY_INSPECT(find_contact, x.crm_id, x.email, x.phone, x.source, x.prospect)

/// One mail of a thread with this person.
struct crm_email {
  std::string id;
  wall_time at{};
  bool incoming = false; ///< from the person
  std::string subject;
  std::string text;
  std::string thread; ///< the same for all mails of a thread; empty when the CRM does not tell
};
PARLEY_INSPECT(crm_email, x.id, x.at, x.incoming, x.subject, x.text, x.thread)

struct crm_contact {
  bool found = false;
  std::string crm_id;
  std::string name;
  std::string email;
  std::string phone;
  std::string company;
  std::string role;
  std::string owner_id;                          ///< the CRM's id of the account manager, empty if none
  std::map<std::string, std::string> properties; ///< further ones, e.g. industry
  std::vector<std::string> interactions;         ///< past notes and calls, newest first, shortened
  std::vector<crm_email> emails;                 ///< newest first
};
PARLEY_INSPECT(crm_contact, x.found, x.crm_id, x.name, x.email, x.phone, x.company, x.role, x.owner_id, x.properties,
               x.interactions, x.emails)

/// Contacts by filter, for an import: every column must equal its value or one
/// of its values. Columns are the CRM's own property names.
struct search_contacts {
  std::map<std::string, std::vector<std::string>> filter;
  std::string after; ///< the last answer's `next`
  uint32_t limit = 100;
  /// To read besides those that the adapter reads by itself. Of all of these
  /// `crm_contact::properties` holds every one that the CRM knows, empty where
  /// the contact has no value.
  std::vector<std::string> properties{};
};
PARLEY_INSPECT(search_contacts, x.filter, x.after, x.limit, x.properties)

struct crm_contacts {
  std::vector<crm_contact> contacts;
  std::string next; ///< empty: that was all
  uint64_t total = 0;
};
PARLEY_INSPECT(crm_contacts, x.contacts, x.next, x.total)

/// What is written to the CRM. `key` is ours and unique: a repeated write
/// with the same key makes no second object.
enum class crm_activity_kind : uint8_t { call, meeting, note, count_ };
PARLEY_NAMES(crm_activity_kind, "call", "meeting", "note")

struct crm_activity {
  std::string key;
  crm_activity_kind kind = crm_activity_kind::call;
  find_contact contact; ///< created when it does not exist
  std::string contact_name;
  std::string contact_company;
  std::string contact_role;
  wall_time at{};
  std::string title;
  std::string body;
  std::string outcome; ///< calls: disposition; meetings: empty, rescheduled or cancelled
  std::string from;    ///< calls: E.164
  std::string to;
  std::chrono::milliseconds duration{0};
  std::optional<wall_time> end; ///< meetings
  std::string location;         ///< meetings: link or number
};
PARLEY_INSPECT(crm_activity, x.key, x.kind, wire::checked(x.kind), x.contact, x.contact_name, x.contact_company,
               x.contact_role, x.at, x.title, x.body, x.outcome, x.from, x.to, x.duration, x.end, x.location)

struct crm_written {
  std::string object_id;
  std::string contact_id;
};
PARLEY_INSPECT(crm_written, x.object_id, x.contact_id)

} // namespace parley
