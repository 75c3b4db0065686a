#pragma once

#include "runtime/messages/crm.hpp"
#include "runtime/messages/rows.hpp"

namespace parley {

/// By what a CRM knows this person.
inline find_contact identity_of(const prospect_row& person) {
  return {person.crm_id, person.email, person.phone, person.source, person.id};
}

} // namespace parley
