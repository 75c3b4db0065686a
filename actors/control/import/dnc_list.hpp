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
  uint64_t change_line = 0;           ///< the first one that adds a number to a list or deletes it; 0: there is none
};

/// Reads a do-not-call list, one number per line: the federal flat file in both
/// of its forms ("415,5550132" and "4155550132"), our own lists in E.164 or as
/// people write numbers. Further fields are ignored, but an A or D behind the
/// number, as in a federal change list, is told: such a file is not the list.
/// Empty lines, lines that begin with # and a header are skipped. A national
/// list has hundreds of millions of lines, so it is read bit by bit.
class dnc_list_reader {
public:
  dnc_list_reader(std::istream& in, dnc_options options, const calling_rules& rules)
    : lines_{in}, options_{std::move(options)}, rules_{rules} {}

  /// Reads the next lines, so many at most; false when there are no more.
  /// @throws unusable_file if this is no text, or cannot be read to its end.
  bool read(uint64_t lines_max, const std::function<void(std::string_view e164)>& use);
  const dnc_summary& summary() const { return summary_; }

private:
  void read_line(std::string_view line, const std::function<void(std::string_view)>& use);

  text_lines lines_;
  dnc_options options_;
  const calling_rules& rules_;
  dnc_summary summary_;
};

/// Reads all of it at once.
/// @throws unusable_file
dnc_summary read_dnc_list(std::istream& in, const dnc_options& options, const calling_rules& rules,
                          const std::function<void(std::string_view e164)>& use);

} // namespace parley
