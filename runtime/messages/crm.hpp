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
  std::string crm_id;
  std::string email;
  std::string phone;
};
PARLEY_INSPECT(find_contact, x.crm_id, x.email, x.phone)

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
};
PARLEY_INSPECT(crm_contact, x.found, x.crm_id, x.name, x.email, x.phone, x.company, x.role, x.owner_id, x.properties,
               x.interactions)

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
  std::string outcome; ///< disposition, for calls
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
