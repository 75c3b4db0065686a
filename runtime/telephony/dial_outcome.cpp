#include "runtime/telephony/dial_outcome.hpp"

#include <algorithm>

namespace parley {

static bool is_success(const dial_reply& reply) {
  return reply.status >= 200 && reply.status < 300;
}

/// The carrier itself said no.
static bool is_refusal(const dial_reply& reply) {
  return reply.status == 429 || (reply.status >= 400 && reply.status < 500 && reply.code != 0);
}

submission submission_of(const dial_reply& reply) {
  if (is_success(reply) && !reply.sid.empty())
    return submission::created;
  const bool unsent = !reply.written && (reply.held_back || reply.status == 0);
  return unsent || is_refusal(reply) ? submission::not_created : submission::unknown;
}

static std::string reason_of(const dial_reply& reply, const code_meaning* meaning) {
  if (is_success(reply))
    return "the answer holds no SID";
  if (reply.held_back && !reply.written)
    return "its time had passed before it could be sent";
  if (reply.status == 0)
    return reply.failure;
  auto text = "HTTP " + std::to_string(reply.status);
  if (reply.code != 0)
    text += ", code " + std::to_string(reply.code);
  if (meaning)
    text += std::string{": "} + meaning->reason;
  return text;
}

originated outcome_of_dial(const call_id& call, const dial_reply& reply, const code_meaning* meaning) {
  originated result;
  result.call = call;
  result.outcome = submission_of(reply);
  if (result.outcome == submission::created) {
    result.sid = reply.sid;
    return result;
  }
  result.reason = reason_of(reply, meaning);
  result.vendor_code = reply.code;
  result.retry_after = reply.retry_after.value_or(std::chrono::milliseconds{0});
  if (!is_refusal(reply))
    return result;
  if (meaning) {
    result.number_bad = meaning->number_bad;
    result.account_bad = meaning->account_bad;
    result.opted_out = meaning->opted_out;
  }
  const bool too_much = reply.status == 429 || (meaning && meaning->rate_limited);
  if (too_much && result.retry_after.count() <= 0)
    result.retry_after = unasked_pause;
  return result;
}

wall_time dial_deadline(std::initializer_list<std::optional<wall_time>> limits) {
  auto earliest = wall_time::max();
  for (const auto& limit : limits)
    if (limit)
      earliest = std::min(earliest, *limit);
  return earliest;
}

} // namespace parley
