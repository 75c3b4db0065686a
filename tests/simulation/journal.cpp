// The journal port over a simulated store: group commits, outages, and answers
// that come late, never, or (as a planted bug) too early.
#include "tests/simulation/adapters.hpp"

#include "runtime/journal/carrier_event_json.hpp"
#include "runtime/json.hpp"

#include <algorithm>

namespace parley::simulation {
namespace {

using namespace std::chrono_literals;
using self_ptr = simulated_journal::stateful_pointer<adapter_state>;

/// What an append is about, for the coverage report.
std::string name_of(const append& x) {
  if (x.streams.empty())
    return x.rows.empty() ? "append.nothing" : "append.rows";
  for (const auto& write : x.streams)
    if (!write.events.empty())
      return "append." + write.events.front().type;
  return "append.nothing";
}
std::string name_of(const record_inbox& x) {
  return "inbox." + std::string{kind_of(x.event)};
}
std::string name_of(const enrol&) {
  return "enrol";
}
std::string name_of(const import_prospects&) {
  return "import_prospects";
}
std::string name_of(const import_national_list&) {
  return "import_national_list";
}
std::string name_of(const outbox_result& x) {
  return "outbox." + std::string{to_string(x.result)};
}

bool intends_call(const append& x) {
  for (const auto& write : x.streams)
    for (const auto& event : write.events)
      if (event.type == "call_intended")
        return true;
  return false;
}

bool attempts(const append& x) {
  return !x.streams.empty() && !x.streams.front().events.empty()
         && x.streams.front().events.front().type == "attempt_made";
}
bool attempts(const auto&) {
  return false;
}

/// Keeps the harness's own account of what waits to be delivered, and notes
/// what was stored.
void account(outside& o, const append& x) {
  for (const auto& write : x.streams)
    for (const auto& event : write.events) {
      o.note("stored: " + std::string{to_string(write.kind)} + " " + to_string(write.stream) + " " + event.type);
      o.hit("stored", event.type);
    }
  for (const auto& row : x.rows)
    if (const auto* delivery = std::get_if<outbox_row>(&row);
        delivery && o.known_deliveries.insert(delivery->id).second)
      o.deliveries.push_back({o.known_deliveries.size(), delivery->id, delivery->prospect, delivery->created_at});
    else if (const auto* verdict = std::get_if<ledger_row>(&row)) {
      o.note("stored: verdict " + verdict->verdict + " " + verdict->reason + ": " + verdict->sentence);
      if (verdict->reason == "call_up")
        o.hit("line_refused", "call_up");
    }
  if (o.watch_commit)
    o.watch_commit(x);
}
void account(outside& o, const outbox_result& x) {
  o.note("stored: delivery " + to_string(x.id) + " " + std::string{to_string(x.result)});
  const auto found = std::find_if(o.deliveries.begin(), o.deliveries.end(), [&](auto& one) { return one.id == x.id; });
  if (found == o.deliveries.end())
    return;
  found->due = x.again_at.value_or(x.at);
  if (x.result == delivery::parked)
    o.parked[x.id] = *found;
  if (x.result != delivery::again)
    o.deliveries.erase(found);
}
void account(outside& o, const outbox_order& x) {
  for (const auto& id : x.ids) {
    o.note("stored: delivery " + to_string(id) + " " + std::string{to_string(x.what)});
    if (x.what == outbox_action::retry)
      o.unpark(id, x.at);
    else
      o.parked.erase(id);
  }
}
void account(outside&, const auto&) {}

/// What the version check would refuse goes in all the same.
append forced(store& s, append x) {
  for (auto& write : x.streams)
    if (const auto known = s.ask(load_stream{write.stream}))
      write.expected = known->version;
  return x;
}

/// Whoever goes to sleep has no row among the due any more.
append without_due(append x) {
  const bool sleeps = std::any_of(x.streams.begin(), x.streams.end(), [](const auto& write) {
    return std::any_of(write.events.begin(), write.events.end(), [](const auto& e) { return e.type == "slept"; });
  });
  for (auto& row : x.rows)
    if (auto* due = std::get_if<due_row>(&row); due && sleeps)
      due->at.reset();
  return x;
}

/// The end of a call once more, as if nobody had stored it.
void close_again(outside& o, const append& x) {
  for (const auto& write : x.streams) {
    append again{x.shard, x.epoch, {write}, {}};
    auto& events = again.streams.front().events;
    std::erase_if(events, [](const auto& event) { return event.type != "call_closed"; });
    if (!events.empty() && o.store->ask(forced(*o.store, again)))
      account(o, again);
  }
}

/// Stores a request; part of a batch.
template <class Request>
auto apply(outside& o, const Request& x) {
  if constexpr (std::is_same_v<Request, append>) {
    auto out = o.has(bug::accept_stale_versions) ? o.store->ask(forced(*o.store, x))
               : o.has(bug::forget_due)          ? o.store->ask(without_due(x))
                                                 : o.store->ask(x);
    if (out)
      account(o, x);
    else
      o.note("refused: " + name_of(x));
    if (out && o.has(bug::close_twice))
      close_again(o, x);
    return out;
  } else {
    auto out = o.store->ask(x);
    if (out)
      account(o, x);
    return out;
  }
}

/// Ready to be committed: does its part, and says how its answer is given.
using change = std::function<std::function<void()>()>;

struct batches {
  std::vector<change> waiting;
  bool scheduled = false;
};

/// Commits what waits, now and then only its beginning: the writer of a true
/// store takes what has come when it is free, so that a node may die between any
/// two appends.
void commit(self_ptr self, const std::shared_ptr<batches>& batch) {
  auto& o = self->state.world->o;
  batch->scheduled = false;
  auto changes = std::exchange(batch->waiting, {});
  if (changes.size() > 1 && o.faults.percent(25)) {
    const auto cut = changes.begin() + o.faults.between(int64_t{1}, static_cast<int64_t>(changes.size()) - 1);
    batch->waiting.assign(std::make_move_iterator(cut), std::make_move_iterator(changes.end()));
    changes.erase(cut, changes.end());
    batch->scheduled = true;
    self->state.answer_after(o.faults.between(1ms, 30ms), [self, batch] { commit(self, batch); });
  }
  if (!o.leave("commit"))
    return; // all of it is lost
  std::vector<std::function<void()>> answers;
  o.store->begin();
  for (const auto& one : changes)
    answers.push_back(one());
  o.store->commit();
  if (!o.left("commit"))
    return;
  for (const auto& one : answers)
    one();
}

template <class Answer, class Request>
caf::result<Answer> write(self_ptr self, const std::shared_ptr<batches>& batch, const Request& sent) {
  auto& s = self->state;
  auto& o = s.world->o;
  const auto event = name_of(sent);
  const reply<Answer> answer{self};
  auto later = answer.later();
  const auto never = [&] { s.keep([answer] { (void)answer; }); };
  if (attempts(sent))
    o.moment("attempt");
  if (!o.leave(event)) {
    never();
    return later;
  }
  if (o.journal_away()) {
    o.journal_trouble(o.journal_hangs ? "database_hangs" : "database_away", event);
    if (o.journal_hangs)
      never();
    else
      s.answer_after(o.latency(), [answer] { answer(caf::make_error(ec::journal_unavailable, std::string{"away"})); });
    return later;
  }
  auto request = across_the_wire(self->system(), sent);
  bool early = false;
  if constexpr (std::is_same_v<Request, append>)
    early = o.has(bug::dial_before_commit) && intends_call(request);
  if (early)
    answer(Answer{});
  batch->waiting.push_back([self, answer, request = std::move(request), event]() -> std::function<void()> {
    auto& o = self->state.world->o;
    auto result = apply(o, request);
    if (attempts(request))
      o.moment("attempt_stored");
    return [self, answer, event, result = std::move(result)] {
      auto& s = self->state;
      auto& o = s.world->o;
      const auto give = [answer, result] {
        if (result)
          answer(*result);
        else
          answer(result.error());
      };
      if (!o.faults.percent(o.weather.journal))
        return give();
      if (o.faults.percent(50)) {
        o.journal_trouble("commit_answered_late", event);
        s.answer_after(o.faults.between(1s, 20s), give);
      } else {
        o.journal_trouble("commit_unanswered", event);
        s.keep(give);
      }
    };
  });
  if (!std::exchange(batch->scheduled, true))
    s.answer_after(o.faults.between(1ms, early ? 2s : 30ms), [self, batch] { commit(self, batch); });
  return later;
}

/// What the store says when it gets to the question.
template <class Answer, class Query>
caf::expected<Answer> look_up(self_ptr self, const Query& x) {
  auto& o = self->state.world->o;
  if (o.journal_away()) {
    o.journal_trouble("database_away", "read");
    return caf::make_error(ec::journal_unavailable, std::string{"away"});
  }
  if constexpr (std::is_same_v<Query, find_open_calls>)
    if (o.has(bug::reload_without_calls))
      return open_calls{};
  auto out = o.store->ask(x);
  if (!out)
    return std::move(out.error());
  return across_the_wire(self->system(), *out);
}

/// Reads are passed far more often than all other exits together.
constexpr uint32_t reads_rarity = 20;

/// Most are answered at once. One that is late is asked late: others may write
/// before it, and its asker has to bear with that.
template <class Answer, class Query>
caf::result<Answer> read(self_ptr self, const Query& sent) {
  auto& s = self->state;
  auto& o = s.world->o;
  const auto later = [&](auto what) {
    const reply<Answer> answer{self};
    auto out = answer.later();
    what(answer);
    return out;
  };
  const bool away = o.journal_away();
  if (!o.leave("read", reads_rarity)) // never answered
    return later([&](const reply<Answer>& answer) { s.keep([answer] { (void)answer; }); });
  if (away || !o.faults.percent(o.weather.reads)) {
    auto out = look_up<Answer>(self, across_the_wire(self->system(), sent));
    if (!out)
      return std::move(out.error());
    return std::move(*out);
  }
  o.hit("read_late", "read");
  const auto delay = o.faults.percent(80) ? o.faults.between(1ms, 100ms) : o.faults.between(100ms, 3s);
  return later([&](const reply<Answer>& answer) {
    s.answer_after(delay, [self, answer, x = across_the_wire(self->system(), sent)] {
      if (!self->state.world->o.gate_open())
        return (void)self->state.keep([answer] { (void)answer; });
      auto out = look_up<Answer>(self, x);
      if (out)
        answer(std::move(*out));
      else
        answer(std::move(out.error()));
    });
  });
}

template <class... Writes, class... Reads>
simulated_journal::behavior_type
behaviour(self_ptr self, const std::shared_ptr<batches>& batch, all_of<Writes...>*, all_of<Reads...>*) {
  return {
    [self, batch](const typename Writes::query& x) { return write<typename Writes::answer>(self, batch, x); }...,
    [self](const typename Reads::query& x) { return read<typename Reads::answer>(self, x); }...,
    [self](answer_atom, uint64_t ticket) { self->state.answer(ticket); },
  };
}

/// Nobody checks a store or takes its events elsewhere here.
caf::error not_simulated() {
  return caf::make_error(ec::invalid_input, std::string{"the simulation asks for deliveries only"});
}

caf::result<outbox_changed>
decide(journal_upkeep_port::stateful_pointer<adapter_state> self, const outbox_order& sent) {
  auto& o = self->state.world->o;
  const reply<outbox_changed> answer{self};
  auto later = answer.later();
  const auto never = [&] { self->state.keep([answer] { (void)answer; }); };
  if (!o.leave("outbox_order")) {
    never();
    return later;
  }
  if (o.journal_away()) {
    o.journal_trouble("database_away", "outbox_order");
    answer(caf::make_error(ec::journal_unavailable, std::string{"away"}));
    return later;
  }
  const auto x = across_the_wire(self->system(), sent);
  auto out = o.store->ask(x);
  if (out)
    account(o, x);
  if (!o.left("outbox_order"))
    never();
  else if (out)
    answer(*out);
  else
    answer(std::move(out.error()));
  return later;
}

} // namespace

journal_upkeep_port::behavior_type upkeep(journal_upkeep_port::stateful_pointer<adapter_state> self, world_ptr world) {
  guard(self);
  self->state.world = std::move(world);
  return {
    [](const list_streams&) -> caf::result<stream_page> { return not_simulated(); },
    [](const audit_stream&) -> caf::result<audited_stream> { return not_simulated(); },
    [](const audit_rows&) -> caf::result<audited_rows> { return not_simulated(); },
    [](const audit_seals&) -> caf::result<audited_seals> { return not_simulated(); },
    [](const export_events&) -> caf::result<exported_events> { return not_simulated(); },
    [self](const outbox_order& x) { return decide(self, x); },
  };
}

simulated_journal::behavior_type journal(self_ptr self, world_ptr world) {
  settle_in(self, std::move(world), port::journal);
  return behaviour(self, std::make_shared<batches>(), static_cast<store_writes*>(nullptr),
                   static_cast<store_reads*>(nullptr));
}

} // namespace parley::simulation
