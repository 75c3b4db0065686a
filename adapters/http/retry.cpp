#include "adapters/http/retry.hpp"

#include <algorithm>
#include <random>

namespace parley {

using std::chrono::milliseconds;

static bool worth_repeating(const retry_policy& policy, const http_response& response) {
  switch (response.failure) {
    case http_failure::none: break;
    case http_failure::connect:
    case http_failure::timeout:
    case http_failure::broken: return policy.idempotent || !response.written;
    default: return false;
  }
  switch (response.status) {
    case 429: return true;
    case 408:
    case 425:
    case 500:
    case 502:
    case 503:
    case 504: return policy.idempotent;
    default: return false;
  }
}

std::optional<milliseconds>
retry_delay(const retry_policy& policy, int attempt, const http_response& response, double chance) {
  const bool answered = response.failure == http_failure::none;
  const auto told = policy.throttled && answered ? policy.throttled(response) : std::nullopt;
  if (attempt >= policy.attempts_max || !(told || worth_repeating(policy, response)))
    return std::nullopt;
  const auto wish = std::max(response.retry_after.value_or(milliseconds{0}), told.value_or(milliseconds{0}));
  if (wish > policy.delay_max)
    return std::nullopt;
  const auto doubled = policy.first_delay * (int64_t{1} << std::clamp(attempt - 1, 0, 20));
  const auto full = std::min<milliseconds>(doubled, policy.delay_max);
  const auto jittered = std::chrono::duration<double, std::milli>{full} * (0.5 + 0.5 * std::clamp(chance, 0.0, 1.0));
  const auto wait = std::chrono::duration_cast<milliseconds>(jittered);
  if (wish == milliseconds{0})
    return wait;
  // A vendor names the same wait to all whom it held up together.
  const auto spread = std::chrono::duration<double, std::milli>{policy.first_delay} * std::clamp(chance, 0.0, 1.0);
  return std::max(wait, wish + std::chrono::duration_cast<milliseconds>(spread));
}

// Chance only spreads callers over time here; nothing that is decided depends
// on it, so it needs no injected seed.
static double chance() {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>{}(engine);
}

namespace {

struct retried : std::enable_shared_from_this<retried> {
  retried(http_client& c, http_request r, retry_policy p, http_callback d)
    : client{c}, request{std::move(r)}, policy{std::move(p)}, done{std::move(d)} {
    policy.idempotent = policy.idempotent && request.repeatable;
  }

  void go(milliseconds delay) {
    ++attempt;
    client.send(
      request,
      [self = shared_from_this()](http_response response) {
        const auto wait = retry_delay(self->policy, self->attempt, response, chance());
        if (!wait || !self->in_time(*wait))
          return self->done(std::move(response));
        if (self->policy.retried)
          self->policy.retried(self->request);
        self->go(*wait);
      },
      delay);
  }

  bool in_time(milliseconds wait) const {
    return !request.deadline || std::chrono::steady_clock::now() + wait < *request.deadline;
  }

  http_client& client;
  const http_request request;
  retry_policy policy;
  const http_callback done;
  int attempt = 0;
};

} // namespace

void send_with_retries(http_client& client, http_request request, retry_policy policy, http_callback done) {
  std::make_shared<retried>(client, std::move(request), std::move(policy), std::move(done))->go({});
}

http_sender with_retries(http_client& client, retry_policy policy) {
  return [&client, policy](http_request request, http_callback done) {
    send_with_retries(client, std::move(request), policy, std::move(done));
  };
}

} // namespace parley
