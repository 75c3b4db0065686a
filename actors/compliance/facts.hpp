#pragma once

#include "actors/compliance/gate.hpp"
#include "runtime/messages/rows.hpp"

/// Between the rows of the store and the gate's facts.
namespace parley {

/// The consent as imported. A type or date that cannot be read counts as not
/// given.
consent_record consent_of(const prospect_row& row);

address address_of(const prospect_row& row);

/// Fills the verdict's columns; ids and `call` stay the caller's.
void write_verdict(ledger_row& row, const gate_verdict& verdict);

} // namespace parley
