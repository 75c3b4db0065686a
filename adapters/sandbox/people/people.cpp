#include "adapters/sandbox/people/people.hpp"

#include "adapters/sandbox/world.hpp"

#include <algorithm>

namespace parley::sandbox {

using namespace std::chrono_literals;

/// So often somebody may ask to be called later, or have somebody else ask for
/// it; then they take the call.
static constexpr int busy_attempts_max = 2;

persona_kind people::kind_of(const std::string& number) const {
  const auto& patterns = world_.script().people.patterns;
  const std::pair<std::string, persona_kind>* best = nullptr;
  const auto telling = [](const std::string& pattern) {
    return std::count_if(pattern.begin(), pattern.end(), [](char c) { return c != '*' && c != '?'; });
  };
  for (const auto& entry : patterns)
    if (matches(entry.first, number) && (!best || telling(entry.first) > telling(best->first)))
      best = &entry;
  return best ? best->second : by_weight("persona " + number, false);
}

persona_kind people::by_weight(const std::string& subject, bool reachable_only) const {
  auto weights = world_.script().people.weights;
  if (reachable_only)
    for (const auto kind : {persona_kind::busy, persona_kind::no_answer, persona_kind::voicemail,
                            persona_kind::not_in_service, persona_kind::silent})
      weights[static_cast<size_t>(kind)] = 0;
  double sum = 0;
  for (const auto weight : weights)
    sum += weight;
  if (!(sum > 0))
    return persona_kind::eager; // only the unreachable have weights
  auto left = world_.draw(subject) * sum;
  size_t last = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0)
      continue;
    last = i;
    if (left < weights[i])
      break;
    left -= weights[i];
  }
  return static_cast<persona_kind>(last);
}

std::string pickup::key() const {
  if (!answers() || kind == persona_kind::voicemail || kind == persona_kind::silent)
    return "";
  return kind == persona_kind::opt_out_key ? "9" : "1";
}

pickup people::dial(const std::string& number) {
  pickup how;
  {
    std::lock_guard lock{mutex_};
    how.attempt = ++attempts_[number];
  }
  const auto& script = world_.script();
  const auto attempt = std::to_string(how.attempt);
  how.kind = kind_of(number);
  if ((how.kind == persona_kind::moves_meeting || how.kind == persona_kind::cancels_meeting) && how.attempt == 1)
    how.kind = persona_kind::eager; // there is no meeting to be moved yet
  if (how.attempt > 1) {
    // Whether somebody comes back to the phone is theirs, not the attempt's:
    // one who is never there stays so.
    if (!how.answers() && how.is_in_service() && world_.draw("picks up later " + number) < script.people.picks_up_later)
      how.kind = by_weight("picked up " + number, true);
    else if ((how.kind == persona_kind::busy_call_later || how.kind == persona_kind::gatekeeper)
             && (how.attempt > busy_attempts_max
                 || world_.draw("called back " + number) < script.people.eager_when_called_back))
      how.kind = persona_kind::eager;
  }
  const auto spread = script.carrier.ring_max - script.carrier.ring_min;
  const auto part = world_.draw("rings " + number + " " + attempt);
  how.rings = script.carrier.ring_min + milliseconds{static_cast<int64_t>(part * static_cast<double>(spread.count()))};
  return how;
}

pickup people::put_through(const std::string& number) const {
  pickup how;
  how.kind = kind_of(number);
  const auto spread = world_.script().carrier.ring_max - world_.script().carrier.ring_min;
  const auto part = world_.draw("is put through " + number);
  how.rings
    = world_.script().carrier.ring_min + milliseconds{static_cast<int64_t>(part * static_cast<double>(spread.count()))};
  return how;
}

std::unique_ptr<person> people::answer(const std::string& number, const pickup& how) const {
  manners habits;
  habits.silence_max = world_.patience(habits.silence_max);
  habits.farewell = world_.patience(habits.farewell);
  habits.lull = std::max(habits.lull, world_.media(300ms));
  habits.goodbye = std::max(habits.goodbye, world_.media(100ms));
  return make_person(how.kind, world_.seed(), number + " " + std::to_string(how.attempt), habits);
}

} // namespace parley::sandbox
