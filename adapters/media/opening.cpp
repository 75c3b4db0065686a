#include "adapters/media/opening.hpp"

#include "adapters/http/retry.hpp"

#include <curl/curl.h>

#include <cstdlib>
#include <random>
#include <string>

namespace parley::media {

namespace http = boost::beast::http;
using std::chrono::milliseconds;

// The first one included.
static constexpr int tries_max = 3;
// Longer waits are taken for nonsense.
static constexpr double wait_ms_max = 1e10;

static std::optional<milliseconds> wait_of(double ms) {
  if (ms > 0 && ms < wait_ms_max)
    return milliseconds{static_cast<int64_t>(ms)};
  return std::nullopt;
}

static std::optional<milliseconds> named_wait(const http::response<http::string_body>& answer) {
  const std::string precise{answer["retry-after-ms"]}; // OpenAI and Azure
  if (const auto wait = wait_of(std::strtod(precise.c_str(), nullptr)))
    return wait;
  const std::string text{answer[http::field::retry_after]};
  char* behind = nullptr;
  const double seconds = std::strtod(text.c_str(), &behind);
  if (behind != text.c_str())
    return wait_of(seconds * 1000.0);
  const auto date = curl_getdate(text.c_str(), nullptr); // the other form, RFC 9110, 10.2.3
  if (date < 0)
    return std::nullopt;
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return wait_of(static_cast<double>(date - now) * 1000.0);
}

http_response refusal_of(const http::response<http::string_body>& answer) {
  http_response out;
  out.status = static_cast<int>(answer.result_int());
  out.retry_after = named_wait(answer);
  return out;
}

// Spreads the calls that were refused together; nothing that is decided
// depends on it, so it needs no injected seed.
static double chance_of_opening() {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>{}(engine);
}

void session_opening::begin(time_point now, milliseconds limit) {
  since_ = now;
  limit_ = limit;
  tries_ = 1;
  next_try_.reset();
}

std::optional<milliseconds> session_opening::try_again(const http_response& failed, time_point now) {
  retry_policy policy;
  policy.attempts_max = tries_max;
  policy.delay_max = limit_;
  const auto wait = retry_delay(policy, tries_, failed, chance_of_opening());
  if (!wait || now + *wait >= since_ + limit_)
    return std::nullopt;
  ++tries_;
  next_try_ = now + *wait;
  return wait;
}

bool session_opening::due(time_point now) {
  if (!next_try_ || now < *next_try_)
    return false;
  next_try_.reset();
  return true;
}

} // namespace parley::media
