#include "adapters/twilio/outcome.hpp"

#include <algorithm>
#include <array>

namespace parley::twilio {

// 13224 is not among the bad numbers: it can be an outage of the carrier, so
// the number may be tried again another day. A country that the account does
// not permit counts with the number: the campaign's other numbers are fine.
static constexpr std::array meanings{
  code_meaning{10001, false, true, "account is not active"},
  code_meaning{10004, false, false, "too many concurrent calls", false, true},
  code_meaning{13223, true, false, "number is malformed"},
  code_meaning{13224, false, false, "number is not supported or cannot be reached now"},
  code_meaning{13225, true, false, "number is blocked"},
  code_meaning{13227, true, false, "country is not permitted by the account"},
  code_meaning{20003, false, true, "credentials were refused"},
  code_meaning{20005, false, true, "account is not active"},
  code_meaning{20429, false, false, "too many requests", false, true},
  code_meaning{21210, false, true, "our caller number is not verified"},
  code_meaning{21211, true, false, "number is not valid"},
  code_meaning{21212, false, true, "our caller number is not valid"},
  code_meaning{21214, true, false, "number cannot be reached"},
  code_meaning{21215, true, false, "country is not permitted by the account"},
  code_meaning{21216, true, false, "number is blocked"},
  code_meaning{21217, true, false, "number is not valid"},
  code_meaning{21610, true, false, "person opted out at the carrier", true},
};

const code_meaning* meaning_of(int32_t code) {
  const auto found = std::find_if(meanings.begin(), meanings.end(), [code](const auto& x) { return x.code == code; });
  return found == meanings.end() ? nullptr : &*found;
}

originated classify(const call_id& call, const dial_reply& reply) {
  return outcome_of_dial(call, reply, meaning_of(reply.code));
}

} // namespace parley::twilio
