#include "adapters/sql/journal_writer.hpp"

#include "adapters/sql/journal_metrics.hpp"
#include "adapters/sql/outage.hpp"
#include "runtime/guard.hpp"

#include <spdlog/spdlog.h>

namespace parley {

namespace {

using sql::outcome;
using sql::store_away;

struct writer_state {
  explicit writer_state(journal_writer_actor::pointer self) : self{self} {}

  /// What has come in is stored even when the actor is told to end.
  ~writer_state() {
    if (!store)
      return;
    while (!away && !queue->empty())
      if (!write_group())
        break;
    end_all(caf::make_error(ec::shutting_down));
  }

  template <class Answer, class Request>
  caf::result<Answer> take(const char* operation, Request& x) {
    const port_reply<Answer> done{self, book, operation};
    sql::write_request fresh{std::move(x), [done](outcome out) { done(std::get<Answer>(std::move(out))); },
                             [done](caf::error e) { done(std::move(e)); }};
    if (away)
      fresh.bytes = sql::bytes_of(fresh.what);
    if (away && sql::is_intent(fresh.what))
      failed(fresh, unavailable());
    else if (!queue->has_room(fresh.bytes))
      failed(fresh, caf::make_error(ec::queue_full, no_room));
    else
      queue->push(std::move(fresh));
    schedule();
    return done.later();
  }

  template <class Answer, class Input>
  caf::result<Answer>
  slice(const char* operation, const Input& input, std::function<bool()> step, std::shared_ptr<Answer> value) {
    const port_reply<Answer> done{self, book, operation};
    sql::write_job fresh{std::move(step), [done, value] { done(*value); }, [done](caf::error e) { done(std::move(e)); },
                         sql::bytes_of(input)};
    if (away && !queue->has_room(fresh.bytes))
      failed(fresh, caf::make_error(ec::queue_full, no_room));
    else
      queue->push(std::move(fresh));
    schedule();
    return done.later();
  }

  caf::result<committed> append_events(append& x) {
    if (!x.streams.empty() || !x.rows.empty() || !healthy)
      return take<committed>("append", x);
    // Of nothing: does the store take writes? That cannot wait.
    waiting->fetch_sub(1);
    return counted(book, "append", [&] { return looked_at(x); });
  }

  caf::expected<committed> looked_at(const append& x) {
    if (away)
      return unavailable();
    try {
      store->check_epoch(x.shard, x.epoch);
      return committed{store->position()};
    } catch (const sql::refusal& e) {
      metrics->refused.Increment();
      return caf::make_error(e.code(), std::string{e.what()});
    } catch (const store_away& e) {
      lose(e);
      return unavailable();
    } catch (const std::exception& e) { // of the database
      return caf::make_error(ec::journal_unavailable, std::string{e.what()});
    }
  }

  caf::result<prospects_imported> import_people(import_prospects& x) {
    auto tally = std::make_shared<prospects_imported>();
    auto input = std::make_shared<import_prospects>(std::move(x));
    return slice<prospects_imported>(
      "import_prospects", *input,
      [this, tally, input, from = size_t{0}]() mutable {
        store->import(*input, from, sql::prospects_per_slice, *tally);
        from += sql::prospects_per_slice;
        return from >= input->prospects.size();
      },
      tally);
  }

  caf::result<national_list_imported> import_list(import_national_list& x) {
    auto tally = std::make_shared<national_list_imported>();
    auto input = std::make_shared<import_national_list>(std::move(x));
    return slice<national_list_imported>(
      "import_national_list", *input,
      [this, tally, input, from = size_t{0}]() mutable {
        tally->numbers = store->import(*input, from, sql::numbers_per_slice);
        from += sql::numbers_per_slice;
        clearing = true; // what this one replaces
        return from >= input->numbers.size();
      },
      tally);
  }

  void schedule() {
    if (scheduled)
      return;
    scheduled = true;
    self->send(self, commit_atom::value); // behind all that waits now
  }

  /// Everything that waited when this message was sent is in a group.
  void flush() {
    scheduled = false;
    if (away && !come_back())
      return;
    if (!queue->empty() && !write_group())
      return;
    if (queue->has_job()) {
      if (!work_on_job())
        return;
    } else if (clearing && !clear()) {
      return;
    }
    if (queue->size() > 0 || clearing)
      schedule();
    else if (away) // the last group failed in another way
      try_again();
  }

  /// Writes the first requests together; false when the store went away.
  bool write_group() {
    const auto changes = queue->form_group();
    const auto started = std::chrono::steady_clock::now();
    try {
      const auto outcomes = store->run(changes);
      metrics->seconds.Observe(std::chrono::duration<double>{std::chrono::steady_clock::now() - started}.count());
      works_again();
      answer_group(outcomes);
    } catch (const store_away& e) {
      in_doubt = true;
      lose(e);
      return false;
    } catch (const std::exception& e) { // of the database or of a key: nothing of it is stored
      refuse_group(e.what());
    }
    return true;
  }

  void answer_group(const std::vector<outcome>& outcomes) {
    metrics->commits.Increment();
    metrics->requests.Increment(static_cast<double>(outcomes.size()));
    metrics->batch.Set(static_cast<double>(outcomes.size()));
    // Before and after: who looks sees that there was a queue.
    metrics->waiting.Set(waiting->load());
    for (const auto& out : outcomes) {
      const auto done = queue->pop();
      if (const auto* refused = std::get_if<sql::refusal>(&out)) {
        metrics->refused.Increment();
        failed(done, caf::make_error(refused->code(), std::string{refused->what()}));
        continue;
      }
      waiting->fetch_sub(1);
      metrics->events.Increment(static_cast<double>(sql::events_in(done.what)));
      done.answer(out);
    }
    if (waiting->load() == 0)
      metrics->waiting.Set(0);
  }

  void refuse_group(const std::string& why) {
    if (std::exchange(healthy, false))
      spdlog::error("journal: the storage fails, writes are refused until it works again: {}", why);
    metrics->failed.Increment(static_cast<double>(queue->group()));
    while (queue->group() > 0)
      failed(queue->pop(), caf::make_error(ec::journal_unavailable, why));
  }

  bool work_on_job() {
    try {
      if (!queue->job().step())
        return true;
      metrics->requests.Increment();
      waiting->fetch_sub(1);
      queue->pop_job().answer();
    } catch (const sql::refusal& e) {
      metrics->refused.Increment();
      failed(queue->pop_job(), caf::make_error(e.code(), std::string{e.what()}));
    } catch (const store_away& e) { // the slice is done again: repeating it changes nothing
      lose(e);
      return false;
    } catch (const std::exception& e) { // of the database or of a key
      metrics->failed.Increment();
      failed(queue->pop_job(), caf::make_error(ec::journal_unavailable, std::string{e.what()}));
    }
    return true;
  }

  bool clear() {
    try {
      clearing = store->clear_retired_numbers(sql::numbers_per_slice);
    } catch (const store_away& e) {
      lose(e);
      return false;
    } catch (const std::exception& e) { // of the database
      clearing = false;                 // goes on after the next import or start
      spdlog::warn("journal: numbers of replaced lists stay for now: {}", e.what());
    }
    return true;
  }

  caf::error unavailable() const {
    return caf::make_error(ec::journal_unavailable, "the storage is away: " + why_away);
  }

  /// The store went away, or still is. Requests stay where they are until it
  /// is back, or until they have waited too long.
  void lose(const store_away& e) {
    why_away = e.what();
    if (!std::exchange(away, true)) {
      spdlog::error("journal: the storage is away, writes wait for it: {}", why_away);
      queue->count_bytes();
    }
    store->let_go();
    if (!in_doubt)
      queue->dissolve_group();
    refuse(queue->take_intents());
    refuse(queue->take_late()); // nobody waits for ever
    refuse(queue->take_late_jobs());
    in_doubt = in_doubt && queue->group() > 0;
    try_again();
  }

  template <class T>
  void refuse(const std::vector<T>& those) {
    metrics->failed.Increment(static_cast<double>(those.size()));
    for (const auto& x : those)
      failed(x, unavailable());
  }

  void try_again() {
    scheduled = true;
    metrics->waiting.Set(waiting->load());
    self->delayed_send(self, outage->begin_or_go_on(), commit_atom::value);
  }

  /// True when the store can be tried again, and what became of the last group
  /// is known and told.
  bool come_back() {
    try {
      store->reconnect();
      if (in_doubt && store->last_commit_stored()) {
        spdlog::info("journal: the commit whose answer was lost is stored ({} writes)", queue->group());
        answer_group(store->outcomes_of_last_run());
      }
      in_doubt = false;
      queue->dissolve_group();
      refuse(queue->take_intents());
      refuse(queue->take_late()); // those that the group held back
      if (queue->empty()) {
        store->probe();
        works_again();
      }
    } catch (const sql::refusal& e) {
      displaced(e);
      return false;
    } catch (const store_away& e) {
      lose(e);
      return false;
    }
    return true;
  }

  void works_again() {
    if (std::exchange(away, false)) {
      spdlog::info("journal: the storage works again after {}, {} writes waited", settings::to_text(outage->length()),
                   queue->size());
      outage->over();
    } else if (!healthy) {
      spdlog::info("journal: the storage works again");
    }
    healthy = true;
    in_doubt = false;
  }

  void displaced(const sql::refusal& e) {
    spdlog::critical("journal: {}; this node stops", e.what());
    const auto reason = caf::make_error(e.code(), std::string{e.what()});
    end_all(reason);
    self->quit(reason);
  }

  void end_all(const caf::error& reason) {
    while (!queue->empty())
      failed(queue->pop(), reason);
    while (queue->has_job())
      failed(queue->pop_job(), reason);
  }

  template <class T>
  void failed(const T& x, caf::error e) {
    waiting->fetch_sub(1);
    x.fail(std::move(e));
  }

  static constexpr auto no_room = "what waits for the journal takes too much memory";

  journal_writer_actor::pointer self;
  std::unique_ptr<sql::store_writer> store;
  std::unique_ptr<sql::journal_metrics> metrics;
  std::unique_ptr<sql::outage> outage;
  port_book_ptr book;
  waiting_count waiting;
  std::unique_ptr<sql::write_queue> queue;
  std::string why_away;
  bool away = false;
  bool in_doubt = false; // was the last group committed?
  bool scheduled = false;
  bool clearing = true; // numbers of replaced lists may be left from before
  bool healthy = true;
  static inline constexpr const char* name = "journal.writer";
};

journal_writer_actor::behavior_type
write_journal(journal_writer_actor::stateful_pointer<writer_state> self, const context_ptr& context,
              const std::shared_ptr<std::unique_ptr<sql::store_writer>>& store, const journal_writer_limits& limits,
              port_book_ptr book, waiting_count waiting) {
  guard(self);
  auto& state = self->state;
  state.metrics = std::make_unique<sql::journal_metrics>(context->telemetry);
  state.outage = std::make_unique<sql::outage>(limits.retry_min, limits.retry_max, limits.outage_wait);
  state.queue = std::make_unique<sql::write_queue>(limits);
  state.book = std::move(book);
  state.waiting = std::move(waiting);
  state.store = std::move(*store);
  state.schedule();
  return {
    [self](append& x) { return self->state.append_events(x); },
    [self](record_inbox& x) { return self->state.take<inbox_recorded>("record_inbox", x); },
    [self](enrol& x) { return self->state.take<enrolled>("enrol", x); },
    [self](import_prospects& x) { return self->state.import_people(x); },
    [self](import_national_list& x) { return self->state.import_list(x); },
    [self](outbox_result& x) { return self->state.take<committed>("outbox_result", x); },
    [self](outbox_order& x) { return self->state.take<outbox_changed>("outbox_order", x); },
    [self](commit_atom) { self->state.flush(); },
  };
}

} // namespace

journal_writer_actor start_writer(journal_actor::stateful_pointer<journal_state> parent, const context_ptr& context,
                                  std::unique_ptr<sql::store_writer> store, const journal_writer_limits& limits) {
  // CAF copies what an actor is started with.
  auto handed = std::make_shared<std::unique_ptr<sql::store_writer>>(std::move(store));
  return parent->spawn<caf::detached + caf::linked>(write_journal, context, handed, limits, parent->state.book,
                                                    parent->state.waiting);
}

} // namespace parley
