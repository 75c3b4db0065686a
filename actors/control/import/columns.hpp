#pragma once

#include "runtime/names.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

/// What a column of a prospects file may mean. The names are the ones that
/// our own files use.
enum class prospect_column : uint8_t {
  source,
  crm_id,
  name,
  first_name,
  last_name,
  email,
  phone,
  extension,
  company,
  role,
  timezone,
  state,
  zip,
  consent_type,
  consent_at,
  consent_source,
  consent_text,
  consent_seller,
  notes,
  count_
};
PARLEY_NAMES(prospect_column, "source", "crm_id", "name", "first_name", "last_name", "email", "phone", "extension",
             "company", "role", "timezone", "state", "zip", "consent_type", "consent_at", "consent_source",
             "consent_text", "consent_seller", "notes")

/// Which field of a row holds what.
class column_map {
public:
  /// Reads a header. Names count up to case, spaces and punctuation, and by
  /// known synonyms ("E-Mail", "Phone Number"); one of our own names wins over
  /// a synonym, and the first of two synonyms over the second.
  /// @param chosen The user's own choice: header name → our column's name.
  /// @throws unusable_file if a needed column is missing, a chosen one does not
  ///         exist or is chosen twice, or the line is no header.
  column_map(const std::vector<std::string>& header, const std::map<std::string, std::string>& chosen);

  /// The row's field of this column; empty if it has none.
  std::string_view field(const std::vector<std::string>& row, prospect_column column) const;
  bool has(prospect_column column) const { return index(column).has_value(); }
  /// Where the column stands in a row.
  const std::optional<size_t>& place_of(prospect_column column) const { return index(column); }
  /// Columns without a meaning of ours: index and name.
  const std::map<size_t, std::string>& others() const { return others_; }
  /// Our name of the file's column, or its own if it has no meaning of ours.
  std::string name_of(size_t i) const;
  size_t size() const { return size_; }

private:
  std::optional<size_t>& index(prospect_column column) { return indices_[static_cast<size_t>(column)]; }
  const std::optional<size_t>& index(prospect_column column) const { return indices_[static_cast<size_t>(column)]; }
  void choose(const std::vector<std::string>& header, const std::string& name, const std::string& ours);
  void require_needed(const std::vector<std::string>& header) const;

  std::array<std::optional<size_t>, static_cast<size_t>(prospect_column::count_)> indices_;
  std::map<size_t, std::string> others_;
  size_t size_ = 0;
};

} // namespace parley
