#include "tests/simulation/outside.hpp"

#include "runtime/clock.hpp"
#include "tests/simulation/coverage.hpp"

#include <algorithm>
#include <iostream>

namespace parley::simulation {

using namespace std::chrono_literals;

outside::outside(uint64_t seed, bug planted, bool print)
  : seed{seed}, planted{planted}, print{print}, schedule{seed * 3 + 1}, faults{seed * 5 + 2}, people{seed * 7 + 3} {}

void outside::at(nanoseconds when, std::function<void()> what) {
  events_.emplace(std::max(when, now), std::move(what));
}

size_t outside::due() const {
  size_t out = 0;
  for (auto it = events_.begin(); it != events_.end() && it->first <= now && out < 4; ++it)
    ++out;
  return out;
}

std::optional<nanoseconds> outside::next() const {
  return events_.empty() ? std::nullopt : std::optional{events_.begin()->first};
}

void outside::happen() {
  auto it = std::next(events_.begin(), static_cast<int64_t>(schedule.below(due())));
  const auto what = std::move(it->second);
  events_.erase(it);
  what();
}

void outside::crash(const char* when, const std::string& event) {
  hit(when, event);
  note(std::string{"node dies: "} + when + " " + event);
  open_ = false;
  crashed = true;
  ++crashes;
}

/// Aimed ones come besides those that chance may make.
bool outside::dies(const char* when, const std::string& event, uint32_t rarity) {
  const bool aimed = weather.crash_at.erase(std::string{when} + " " + event) > 0;
  if (!aimed
      && (crashes_by_chance_ >= weather.crashes_max || !faults.per_mille(weather.crash_per_mille)
          || (rarity > 1 && faults.below(rarity) != 0)))
    return false;
  crashes_by_chance_ += aimed ? 0 : 1;
  crash(when, event);
  return true;
}

bool outside::leave(const std::string& event, uint32_t rarity) {
  if (!open_)
    return false;
  hit("exits", event);
  return !dies("crash_before", event, rarity);
}

bool outside::left(const std::string& event) {
  return !dies("crash_after", event);
}

fate outside::draw(uint32_t share, const std::string& event) {
  auto out = fate::well;
  static const std::set<std::string> rare{rare_requests().begin(), rare_requests().end()};
  if (weather.favourite != fate::well && rare.contains(event) && favoured_.insert(event).second)
    out = weather.favourite;
  else if (faults.percent(share))
    out = static_cast<fate>(1 + faults.below(static_cast<uint64_t>(fate::count_) - 1));
  if (out == fate::well)
    return out;
  hit(std::string{to_string(out)}, event);
  hit("any_fault", event);
  note(std::string{to_string(out)} + " " + event);
  return out;
}

bool outside::delivers_by(wall_time when) const {
  std::set<prospect_id> behind;
  for (const auto& one : deliveries)
    if ((!one.prospect || behind.insert(one.prospect).second) && one.due <= when)
      return true;
  return false;
}

void outside::note(const std::string& line) {
  const auto whole = to_iso(wall()) + " " + line;
  for (const auto c : whole)
    log_hash = (log_hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  ++notes;
  if (print)
    std::cout << whole << '\n';
}

void outside::unpark(const uuid& id, wall_time due) {
  auto found = parked.extract(id);
  if (!found)
    return;
  auto& one = found.mapped();
  one.due = due;
  const auto behind
    = std::find_if(deliveries.begin(), deliveries.end(), [&](const auto& x) { return x.place > one.place; });
  deliveries.insert(behind, one);
}

void outside::broke(promise which, const std::string& what) {
  note("BROKEN: " + std::string{to_string(which)} + ": " + what);
  if (broken.size() < 20)
    broken.push_back({which, what});
}

} // namespace parley::simulation
