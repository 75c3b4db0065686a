// What managers and operators ask for, at moments that chance picks.
#include "runtime/clock.hpp"
#include "tests/simulation/run.hpp"

#include <date/date.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace parley::simulation {

using namespace std::chrono_literals;

static const std::vector<std::string>& moments() {
  static const std::vector<std::string> all{"attempt", "attempt_stored", "originate", "dial", "ringing"};
  return all;
}

/// Half of the orders fall all over the busy time; the others come right when
/// an attempt is stored, dialled or rings.
void run::plan(const std::string& name, std::function<void()> what) {
  if (o_.people.percent(50))
    planned_.push_back({o_.people.one_of(moments()), o_.people.below(6), name, std::move(what)});
  else
    o_.at(o_.people.percent(70) ? o_.people.between(5s, 4min) : o_.people.between(4min, 2h), std::move(what));
}

/// An order to a call that is up, some time after a talk began.
void run::plan_for_talk(const std::string& what, const json& args) {
  planned_.push_back({"talking", o_.people.below(4), what, [this, what, args] {
                        o_.after(o_.people.between(0s, 40s), [this, what, args] { steer_a_call(what, args); });
                      }});
}

void run::at_moment(const std::string& what) {
  for (auto it = planned_.begin(); it != planned_.end();) {
    if (it->moment != what || it->skipped-- > 0) {
      ++it;
      continue;
    }
    o_.hit("order_at_" + what, it->name);
    o_.after(o_.schedule.between(0ms, 15ms), std::move(it->what));
    it = planned_.erase(it);
  }
}

void run::plan_orders() {
  for (auto& c : campaigns_) {
    o_.at(1s, [this, &c] { launch(c); });
    const auto n = o_.people.below(10);
    if (n < 4)
      plan("pause", [this, &c] { pause(c); });
    if (n == 4)
      plan("stop", [this, &c] { stop(c, false); });
    if (n == 5)
      plan("stop_now", [this, &c] { stop(c, true); });
  }
  for (size_t i = 0; i < people_.size(); ++i)
    if (o_.people.percent(12))
      plan("dnc", [this, i] { do_not_call(people_[i]); });
  if (o_.people.percent(15))
    plan("dnc_import", [this] { import_do_not_call(); });
  if (o_.people.percent(20))
    plan_for_talk("call hangup", json::object());
  if (o_.people.percent(20))
    plan_for_talk("call say", {{"text", "We close at five today."}});
  if (o_.people.percent(20))
    plan_for_talk("call transfer", {{"to", "+12025550112"}});
  if (o_.people.percent(20))
    o_.at(o_.people.between(2min, 2h), [this] { cancel_a_meeting(); });
  if (o_.people.percent(20))
    o_.at(o_.people.between(2min, 2h), [this] { move_a_meeting(); });
  if (o_.people.percent(25))
    o_.at(o_.people.between(1min, 3h), [this] { change_calendar(); });
  if (o_.people.percent(40))
    make_appointments();
  o_.at(30min, [this] { resolve_calls(); });
  o_.at(40min, [this] { retry_parked(); });
  if (o_.weather.carrier_outage)
    plan("carrier_outage", [this] {
      o_.carrier_away_until = o_.now + o_.faults.between(5min, 90min);
      o_.note("the carrier is away");
    });
  for (uint32_t i = 0; i < o_.weather.outages; ++i)
    plan("outage", [this] {
      o_.journal_hangs = o_.faults.percent(40);
      o_.journal_away_until = o_.now + o_.faults.between(1s, 3min);
      o_.note("the database is away");
    });
}

/// Tried until it is taken: the node may be down, and may die of it.
void run::order(const std::string& name, const json& args, heard done, uint32_t tries) {
  auto answered = std::make_shared<bool>(false);
  if (node_up()) {
    if (name == "campaign launch" || name == "campaign resume")
      for (const auto& c : campaigns_)
        if (args.at("campaign").get<std::string>() == c.name)
          watch_.opened(c.id); // whatever was promised before
    o_.note("order: " + name); // arguments may name a file of this process
    node_->command(name, args.dump(), [this, name, done, answered](bool ok, const std::string& text) {
      *answered = true;
      o_.note("answer to " + name + ": " + text);
      done(ok, text);
    });
  }
  if (tries < 20)
    o_.after(node_up() ? 3min : 20s, [this, name, args, done, answered, tries] {
      if (!*answered)
        order(name, args, done, tries + 1);
    });
}

void run::launch(const campaign& c) {
  if (c.stopped)
    return;
  order("campaign launch", {{"campaign", c.name}}, [this, &c](bool ok, const std::string& text) {
    if (!ok && !clear_ && text.find("wrong_state") == std::string::npos)
      o_.after(30s, [this, &c] { launch(c); });
  });
}

/// A launch that was tried before and taken afterwards has overtaken the order,
/// and the answer says so.
static bool is_overtaken(const std::string& answer) {
  return json::parse(answer).at("status") == to_string(campaign_status::running);
}

void run::pause(const campaign& c) {
  if (c.stopped)
    return;
  order("campaign pause", {{"campaign", c.name}}, [this, &c](bool ok, const std::string& text) {
    if (!ok || is_overtaken(text))
      return;
    o_.hit("order", "pause");
    watch_.closed(c.id);
    o_.after(o_.people.between(30s, 20min), [this, &c] {
      if (c.stopped)
        return;
      order("campaign resume", {{"campaign", c.name}}, [](bool, const auto&) {});
    });
  });
}

void run::stop(campaign& c, bool now) {
  c.stopped = true;
  order("campaign stop", {{"campaign", c.name}, {"now", now}}, [this, &c, now](bool ok, const std::string& text) {
    if (!ok) { // it was not launched yet: then it is to run
      c.stopped = false;
      return launch(c);
    }
    if (is_overtaken(text))
      return stop(c, now);
    o_.hit("order", now ? "stop_now" : "stop");
    watch_.closed(c.id);
  });
}

/// Whether the answer says that nothing begun before is dialled any more. One
/// that does not promises nothing yet, and the operator gives the order again.
bool run::settled(const std::string& name, const std::string& answer) {
  if (json::parse(answer).at("settled").get<bool>())
    return true;
  o_.hit("unsettled", name);
  return false;
}

void run::do_not_call(const person& p) {
  order("dnc add", {{"number", p.number}, {"reason", "asked by mail"}}, [this, &p](bool ok, const auto& text) {
    if (!ok)
      return;
    if (!settled("dnc", text))
      return o_.after(30s, [this, &p] { do_not_call(p); });
    o_.hit("order", "dnc");
    watch_.opted_out(p.number);
  });
}

/// Several numbers at once, from a file.
void run::import_do_not_call() {
  const auto file = std::filesystem::temp_directory_path()
                    / ("parley-simulation-" + std::to_string(::getpid()) + "-" + std::to_string(o_.seed) + ".txt");
  std::vector<std::string> numbers;
  for (const auto& p : people_)
    if (o_.people.percent(40))
      numbers.push_back(p.number);
  if (numbers.empty())
    return;
  std::ofstream out{file};
  for (const auto& number : numbers)
    out << number << '\n';
  out.close();
  files_.push_back(file);
  import_list(file.string(), numbers);
}

void run::import_list(const std::string& file, const std::vector<std::string>& numbers) {
  order("dnc import", {{"file", file}, {"list", "internal"}}, [this, file, numbers](bool ok, const auto& text) {
    if (!ok)
      return;
    if (!settled("dnc_import", text))
      return o_.after(30s, [this, file, numbers] { import_list(file, numbers); });
    o_.hit("order", "dnc_import");
    for (const auto& number : numbers)
      watch_.opted_out(number);
  });
}

/// Tried until there is one.
void run::with_a_meeting(std::function<void(const meeting_row&)> then, uint32_t tries) {
  std::vector<meeting_row> all;
  for (const auto& m : managers_)
    for (const auto& meeting : o_.store->look(load_meetings{{}, {}, m.id, {}, {}}).rows)
      if (meeting.status != "cancelled")
        all.push_back(meeting);
  if (!all.empty())
    then(o_.people.one_of(all));
  else if (tries < 12)
    o_.after(15min, [this, then, tries] { with_a_meeting(then, tries + 1); });
}

void run::cancel_a_meeting() {
  with_a_meeting([this](const meeting_row& x) {
    order("meeting cancel", {{"meeting", to_string(x.id)}, {"reason", "the manager is ill"}},
          [this](bool ok, const auto&) {
            if (ok)
              o_.hit("order", "meeting_cancel");
          });
  });
}

/// Half an hour within the next days.
time_range run::some_time() {
  const auto half_hours = o_.people.between(6, 4 * 48);
  const auto from = date::floor<std::chrono::hours>(o_.wall()) + half_hours * 30min;
  return {from, from + 30min};
}

void run::move_a_meeting() {
  with_a_meeting([this](const meeting_row& x) {
    order("meeting reschedule", {{"meeting", to_string(x.id)}, {"to", to_iso(some_time().from)}},
          [this](bool ok, const auto&) {
            if (ok)
              o_.hit("order", "meeting_move");
          });
  });
}

/// An account manager moves a meeting in the calendar to where nothing is yet,
/// or deletes it there. Tried until there is one.
void run::change_calendar(uint32_t tries) {
  if (offices_.events.empty()) {
    if (tries < 12)
      o_.after(15min, [this, tries] { change_calendar(tries + 1); });
    return;
  }
  const auto which = std::next(offices_.events.begin(), static_cast<int64_t>(o_.people.below(offices_.events.size())));
  const auto id = which->first;
  const auto to = some_time();
  if (o_.people.percent(25)) {
    o_.note("by hand: deletes " + id);
    o_.hit("by_hand", "delete");
    offices_.delete_by_hand(id);
  } else if (offices_.busy_of({which->second.calendar, to}).busy.empty()) {
    o_.note("by hand: moves " + id + " to " + to_iso(to.from));
    o_.hit("by_hand", "move");
    offices_.move_by_hand(id, to);
  } else {
    return; // nowhere to move it
  }
  o_.calendar_differs = true;
}

/// What account managers have to do besides: before the campaign, or while it runs.
void run::make_appointments() {
  for (auto n = o_.people.between(1, 12); n > 0; --n)
    o_.at(o_.people.percent(50) ? 0s : o_.people.between(1s, 2h), [this] {
      o_.hit("foreign_appointment", "calendar");
      offices_.busy[o_.people.one_of(managers_).calendar_id].push_back({some_time(), o_.wall()});
    });
}

/// What was refused for good is tried again by an operator; what a later change
/// has overtaken is dropped.
void run::retry_parked() {
  for (const auto& [id, what] : o_.parked) {
    const json delivery = to_string(id);
    order(
      "outbox retry", {{"delivery", delivery}},
      [this, delivery](bool ok, const std::string& text) {
        if (ok)
          return o_.hit("order", "outbox_retry");
        if (text.find("wrong_state") == std::string::npos)
          return;
        order(
          "outbox drop", {{"delivery", delivery}, {"reason", "overtaken"}},
          [this](bool ok, const auto&) {
            if (ok)
              o_.hit("order", "outbox_drop");
          },
          19);
      },
      19);
  }
  o_.after(40min, [this] { retry_parked(); });
}

/// One order, to one of those that are up; it may be over when the order comes.
void run::steer_a_call(const std::string& what, json args) {
  std::vector<call_id> up;
  for (const auto& [sid, call] : phone_.calls())
    if (call.answered && !call.ended)
      up.push_back(call.call);
  if (up.empty())
    return;
  const auto call = o_.people.one_of(up);
  args["call"] = to_string(call);
  order(
    what, args,
    [this, what, call](bool ok, const auto&) {
      if (ok && what == "call hangup")
        watch_.hung_up(call);
    },
    19);
}

/// What an operator does with calls that nobody knows of: looks at the
/// carrier's console, and says what it shows.
void run::resolve_calls() {
  for (const auto& call : watch_.unresolved()) {
    const bool placed
      = std::any_of(phone_.calls().begin(), phone_.calls().end(), [&](const auto& c) { return c.second.call == call; });
    order(
      "call resolve", {{"call", to_string(call)}, {"as", placed ? "placed" : "not-placed"}},
      [this, placed](bool ok, const auto&) {
        if (ok)
          o_.hit("order", placed ? "resolve_placed" : "resolve_not_placed");
      },
      19);
  }
  o_.after(30min, [this] { resolve_calls(); });
}

} // namespace parley::simulation
