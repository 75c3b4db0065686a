#pragma once

#include "actors/compliance/rules.hpp"
#include "actors/control/import/csv_rows.hpp"

#include <cstdint>
#include <functional>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

/// A usable row of a prospects file, every field checked and in one form.
struct prospect_import {
  uint64_t line = 0;  ///< where the row begins in the file
  std::string source; ///< whose crm_id it is
  std::string crm_id;
  std::string name;
  std::string email;     ///< lower-case domain; may be empty
  std::string phone;     ///< E.164
  std::string extension; ///< digits
  std::string company;
  std::string role;
  std::string timezone; ///< IANA name, may be empty
  std::string state;    ///< two letters where it is one of the US's, else as given
  std::string zip;
  bool consent_told = true; ///< false: nothing was said of consent, so what is known stays
  std::string consent_type; ///< a name of consent_type; "none" if not given
  std::string consent_at;   ///< as to_iso() writes it, or empty
  std::string consent_source;
  std::string consent_text;
  std::string consent_seller;
  std::string notes;
  std::string attributes = "{}"; ///< further columns by lower-case name, a JSON object of texts
};

/// A row that cannot be used. The reason is a sentence that says what to do,
/// without the row's data.
struct rejected_row {
  uint64_t line = 0;
  std::string field; ///< our name of the column, or "row"
  std::string reason;
};

struct import_options {
  std::string source = "csv";     ///< for rows that do not name one
  std::string home_region = "US"; ///< of numbers without a country code
  /// The user's own choice of columns: header name → our column's name.
  std::map<std::string, std::string> columns;
  /// More are refused: they are held in memory until all are read, so that an
  /// unusable file leaves nothing behind.
  uint64_t rows_max = 1'000'000;
};

struct import_summary {
  uint64_t rows = 0; ///< that the file has, its header and empty lines not counted
  uint64_t accepted = 0;
  uint64_t rejected = 0;
};

/// Reads a prospects file row by row.
///
/// Two rows are the same person if they have the same (source, crm_id) or, where
/// one of them has no crm_id, the same number and e-mail address up to case; the
/// second one is rejected. People who share only a number are two.
/// @throws unusable_file if nothing in it can be used.
import_summary
read_prospects(std::istream& in, const import_options& options, const calling_rules& rules,
               const std::function<void(prospect_import)>& accept, const std::function<void(rejected_row)>& reject);

/// The IANA name of a time zone as people write it: "America/Denver",
/// "america/new york", "Eastern", "PST". Nothing if it is unknown or could be two.
std::optional<std::string> parse_zone(std::string_view text);

/// The two letters of a US state from its code or name; nothing if it is none.
std::optional<std::string> parse_state(std::string_view text, const calling_rules& rules);

/// An instant from "2026-03-01", "2026-03-01T09:30:00Z", "2026-03-01 09:30" or
/// "3/1/2026" (month first); without a zone it is UTC.
std::optional<wall_time> parse_date(std::string_view text);

} // namespace parley
