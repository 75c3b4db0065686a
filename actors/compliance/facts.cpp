#include "actors/compliance/facts.hpp"

#include "runtime/clock.hpp"

#include <nlohmann/json.hpp>

namespace parley {

consent_record consent_of(const prospect_row& row) {
  return {parse<consent_type>(row.consent_type).value_or(consent_type::none), parse_iso(row.consent_at),
          row.consent_source, row.consent_text, row.consent_seller};
}

address address_of(const prospect_row& row) {
  return {row.state, row.timezone, row.postal_code};
}

void write_verdict(ledger_row& row, const gate_verdict& verdict) {
  row.at = verdict.at;
  row.verdict = to_string(verdict.outcome);
  row.reason = to_string(verdict.reason);
  row.sentence = verdict.sentence;
  row.source = verdict.source;
  row.data_version = verdict.data_version;
  row.rules = rules_to_json(verdict).dump();
  row.earliest_next = verdict.earliest;
}

} // namespace parley
