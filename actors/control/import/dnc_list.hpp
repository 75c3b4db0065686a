#pragma once

#include "actors/control/import/prospects.hpp"

namespace parley {

struct dnc_options {
  std::string home_region = "US"; ///< of numbers without a country code
  size_t problems_max = 20;       ///< rejected lines to describe; all are counted
};

struct dnc_summary {
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  std::vector<rejected_row> problems; ///< the first ones
};

/// Reads a do-not-call list, one number per line: the federal flat file in both
/// of its forms ("415,5550132" and "4155550132"), our own lists in E.164 or as
/// people write numbers. Further fields are ignored, so the numbers of a
/// federal change list are all taken as listed, also the deleted ones. Empty
/// lines, lines that begin with # and a header are skipped. Streams: a national
/// list has hundreds of millions of lines.
/// @throws unusable_file if this is no text.
dnc_summary read_dnc_list(std::istream& in, const dnc_options& options, const calling_rules& rules,
                          const std::function<void(std::string_view e164)>& use);

} // namespace parley
