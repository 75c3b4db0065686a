// Do-not-call lists: an unreadable line is counted, never taken for nothing.
#include "actors/compliance/numbers.hpp"
#include "actors/control/import/dnc_list.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/shipped_rules.hpp"

#include <sstream>

namespace dnc_list_fuzz {

using namespace parley;
using fuzz::holds;

static void read_one(std::string_view input) {
  std::istringstream in{std::string{input}};
  uint64_t accepted = 0;
  try {
    const auto summary = read_dnc_list(in, dnc_options{}, fuzz::shipped_rules(), [&](std::string_view e164) {
      ++accepted;
      holds(is_e164(e164), "a number that was taken is in E.164");
    });
    holds(summary.accepted == accepted, "what was taken is counted");
    holds(summary.problems.size() == std::min<uint64_t>(summary.rejected, dnc_options{}.problems_max),
          "refused lines are described up to the bound");
  } catch (const unusable_file& e) {
    holds(*e.what(), "a file is not refused without a reason");
  }
}

static const fuzz::target registered{"dnc_list", read_one};

} // namespace dnc_list_fuzz
