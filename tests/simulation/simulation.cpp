#include "tests/simulation/simulation.hpp"

#include "tests/simulation/run.hpp"

#include <spdlog/spdlog.h>

namespace parley::simulation {

using namespace std::chrono_literals;

/// A run that has not come to its end by then never will.
static constexpr uint64_t steps_max = 1'500'000;
/// How long the weather may be bad; then it clears up, and everything that is
/// left comes to its end.
static constexpr auto bad_weather = 10h;
static constexpr auto patience = 24h * 8;

void run::start_node() {
  if (o_.journal_away()) { // whatever runs it tries again
    o_.at(o_.journal_away_until + 1s, [this] { start_node(); });
    return;
  }
  o_.note("node starts");
  watch_.reborn();
  node_ = std::make_unique<node>(o_, phone_, offices_, voices_, managers_);
  watch_.check_due(false); // nothing has run yet: what is stored is all that there is
}

void run::end_node() {
  o_.crashed = false;
  node_.reset();
  phone_.break_streams();
  o_.after(clear_ ? nanoseconds{1s} : o_.faults.between(100ms, 90s), [this] { start_node(); });
}

/// From here on all goes well, and what was begun has to come to its end. A
/// campaign that pauses itself is resumed by its manager.
void run::clear_up() {
  clear_ = true;
  o_.after(6h, [this] { clear_up(); });
  o_.note("the weather clears up");
  o_.weather = {};
  o_.journal_away_until = o_.carrier_away_until = nanoseconds{0};
  for (const auto& c : campaigns_) {
    if (c.stopped)
      continue;
    for (const auto* name : {"campaign launch", "campaign resume"})
      order(name, {{"campaign", c.name}}, [](bool, const auto&) {});
  }
}

bool run::step() {
  const auto jobs = node_ ? std::min<size_t>(node_->runnable(), 8) : 0;
  const auto timers = node_ ? node_->due_timers() : 0;
  const auto events = o_.due();
  const auto drawn = o_.schedule.below(jobs + timers + events);
  if (jobs + timers + events == 0)
    return false;
  if (drawn < jobs)
    node_->run_one();
  else if (drawn < jobs + timers)
    node_->fire_one();
  else
    o_.happen();
  ++steps_;
  o_.now += o_.schedule.between(1us, 150us);
  return true;
}

/// Nothing is to be done now: a look around, and time goes on to whatever
/// comes next. False: it is over.
bool run::rest() {
  ++rests_;
  if (!offices_.by_hand.empty())
    o_.calendar_differs = watch_.calendar_differs();
  if (node_ && o_.gate_open())
    watch_.at_rest(*node_);
  if (!clear_ && o_.now > bad_weather)
    clear_up();
  if (node_ && o_.gate_open() && watch_.unfinished(*node_).empty() && rests_ % 4 == 0)
    return false;
  if (o_.now > patience) {
    o_.broke(promise::finished,
             "not finished after days: "
               + (node_ ? watch_.unfinished(*node_) + watch_.who_waits(*node_) : std::string{"no node"}));
    return false;
  }
  auto next = o_.next();
  if (node_)
    if (const auto timer = node_->next_timer(); timer && (!next || *timer < *next))
      next = timer;
  if (!next) {
    o_.broke(promise::finished,
             "nothing more will happen, and unfinished are: "
               + (node_ ? watch_.unfinished(*node_) + watch_.who_waits(*node_) : std::string{"no node"}));
    return false;
  }
  o_.now = std::max(o_.now, *next);
  return true;
}

outcome run::to_the_end() {
  make_weather();
  make_world();
  make_campaigns();
  plan_orders();
  start_node();
  while (o_.broken.empty()) {
    if (o_.crashed)
      end_node();
    if (!step() && !rest())
      break;
    if (steps_ > steps_max) {
      o_.broke(promise::finished, "does not come to rest");
      break;
    }
  }
  if (o_.broken.empty() && node_)
    watch_.at_end(*node_);
  outcome out;
  for (const auto& m : managers_)
    out.meetings += o_.store->look(load_meetings{{}, {}, m.id, {}, {}}).rows.size();
  node_.reset();
  out.broken = o_.broken;
  out.log_hash = o_.log_hash;
  out.hits = o_.hits;
  out.steps = steps_;
  out.calls = phone_.calls().size();
  for (const auto& [sid, c] : phone_.calls())
    out.talks += c.answered && c.who == pick_up::person ? 1 : 0;
  out.crashes = o_.crashes;
  out.lasted = o_.now;
  out.on_sqlite = on_sqlite();
  return out;
}

outcome simulate(const options& wanted) {
  if (!wanted.print)
    spdlog::set_level(spdlog::level::off);
  return run{wanted}.to_the_end();
}

} // namespace parley::simulation
