// Files of prospects, as people export them from anywhere.
#include "actors/compliance/numbers.hpp"
#include "actors/control/import/prospects.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/shipped_rules.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace prospects_csv_fuzz {

using namespace parley;
using fuzz::holds;

static void check_prospect(const prospect_import& x) {
  holds(is_e164(x.phone), "a person who was taken has a number in E.164");
  holds(!x.name.empty() && x.line > 1, "and a name, from a row below the header");
  holds(nlohmann::json::accept(x.attributes), "further columns are JSON");
}

static void read_one(std::string_view input) {
  std::istringstream in{std::string{input}};
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  try {
    const auto summary = read_prospects(
      in, import_options{}, fuzz::shipped_rules(),
      [&](const prospect_import& x) {
        ++accepted;
        check_prospect(x);
      },
      [&](const rejected_row& x) {
        ++rejected;
        holds(!x.reason.empty(), "a row is not refused without a reason");
      });
    holds(summary.accepted == accepted && summary.rejected == rejected && summary.rows == accepted + rejected,
          "every row is taken or refused, and counted once");
  } catch (const unusable_file& e) {
    holds(*e.what(), "a file is not refused without a reason");
  }
}

static const fuzz::target registered{"prospects_csv", read_one};

} // namespace prospects_csv_fuzz
