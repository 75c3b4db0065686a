#include "adapters/sqlite/sqlite_journal.hpp"

#include "adapters/sqlite/reader.hpp"
#include "adapters/sqlite/writer.hpp"
#include "runtime/guard.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

#include <deque>
#include <functional>

namespace parley {

namespace {

/// Large imports go in slices, each in a commit with whatever else waits: rows
/// that take about 10 ms, so that appends hardly notice.
constexpr size_t prospects_per_slice = 500;
constexpr size_t numbers_per_slice = 10'000;

struct journal_metrics {
  explicit journal_metrics(telemetry& t)
    : commits{t.counter("parley_journal_commits_total", "Transactions committed.")},
      requests{t.counter("parley_journal_requests_total", "Requests committed; by commits it gives the batch size.")},
      events{t.counter("parley_journal_events_total", "Events committed.")},
      refused{t.counter("parley_journal_refused_total", "Requests refused: stale version or epoch, or bad input.")},
      failed{t.counter("parley_journal_failed_total", "Requests lost because the storage failed.")},
      batch{t.gauge("parley_journal_batch_requests", "Requests in the last commit.")},
      waiting{t.gauge("parley_journal_requests_waiting", "Writes that wait for the journal, by the last look.")},
      seconds{t.seconds("parley_journal_commit_seconds", "From the first request of a transaction to its commit.")} {}

  prometheus::Counter& commits;
  prometheus::Counter& requests;
  prometheus::Counter& events;
  prometheus::Counter& refused;
  prometheus::Counter& failed;
  prometheus::Gauge& batch;
  prometheus::Gauge& waiting;
  prometheus::Histogram& seconds;
};

/// Work in slices; `step` returns true when it is done.
struct job {
  std::function<bool()> step;
  std::function<void(caf::error)> answer; // an empty error means success
};

struct writer_state {
  using answer = std::function<void(caf::error)>;
  using time_point = std::chrono::steady_clock::time_point;

  explicit writer_state(sqlite_writer_actor::pointer self) : self{self} {}

  /// What has come in is stored even when the actor is told to end.
  ~writer_state() {
    if (store && store_open)
      commit();
    for (auto& waiting : jobs)
      answered(waiting.answer, caf::make_error(ec::shutting_down));
  }

  /// Does a change within the shared transaction; answered after its commit.
  template <class Answer, class F>
  caf::result<Answer> share(const char* operation, F change) {
    const port_reply<Answer> done{self, book, operation};
    try {
      open();
      const Answer value = change();
      pending.push_back([done, value](caf::error e) { e ? done(std::move(e)) : done(value); });
    } catch (const sqlite::refusal& e) {
      refuse([&](caf::error reason) { done(std::move(reason)); }, e);
    } catch (const sealing_failed& e) {
      refuse([&](caf::error reason) { done(std::move(reason)); }, {ec::journal_unavailable, e.what()});
    } catch (const sqlite::failure& e) {
      pending.push_back([done](caf::error reason) { done(std::move(reason)); });
      give_up(e);
    }
    if (pending.size() >= batch_max)
      commit();
    return done.later();
  }

  template <class Answer, class F>
  caf::result<Answer> slice(const char* operation, F step, std::shared_ptr<Answer> value) {
    const port_reply<Answer> done{self, book, operation};
    jobs.push_back({std::move(step), [done, value](caf::error e) { e ? done(std::move(e)) : done(*value); }});
    schedule();
    return done.later();
  }

  caf::result<committed> append_events(const append& x) {
    if (healthy && !store_open && x.streams.empty() && x.rows.empty()) { // no write of its own, as long as others work
      waiting->fetch_sub(1);
      return counted(book, "append", [&] { return looked_at(x); });
    }
    return share<committed>("append", [&] {
      store->append(x);
      for (const auto& stream : x.streams)
        events += stream.events.size();
      return committed{position};
    });
  }

  /// What an append of nothing comes to: a stale epoch is refused as ever.
  caf::expected<committed> looked_at(const append& x) {
    try {
      store->check_epoch(x.shard, x.epoch);
      return committed{position};
    } catch (const sqlite::refusal& e) {
      metrics->refused.Increment();
      return caf::make_error(e.code(), std::string{e.what()});
    } catch (const sqlite::failure& e) {
      give_up(e);
      return caf::make_error(ec::journal_unavailable, e.what() + remedy_of(e));
    }
  }

  caf::result<prospects_imported> import_people(import_prospects& x) {
    auto tally = std::make_shared<prospects_imported>();
    return slice<prospects_imported>(
      "import_prospects",
      [this, tally, input = std::make_shared<import_prospects>(std::move(x)), from = size_t{0}]() mutable {
        store->import(*input, from, prospects_per_slice, *tally);
        from += prospects_per_slice;
        return from >= input->prospects.size();
      },
      tally);
  }

  caf::result<national_list_imported> import_list(import_national_list& x) {
    auto tally = std::make_shared<national_list_imported>();
    return slice<national_list_imported>(
      "import_national_list",
      [this, tally, input = std::make_shared<import_national_list>(std::move(x)), from = size_t{0}]() mutable {
        tally->numbers = store->import(*input, from, numbers_per_slice);
        from += numbers_per_slice;
        clearing = true; // what this one replaces
        return from >= input->numbers.size();
      },
      tally);
  }

  /// Everything that waited when this message was sent has been handled.
  void flush() {
    scheduled = false;
    if (!jobs.empty())
      work_on(jobs.front());
    else if (clearing)
      clear();
    commit();
    if (!jobs.empty() || clearing)
      schedule();
  }

  void work_on(job& current) {
    try {
      slice_open = true;
      open();
      if (!current.step())
        return;
      slice_open = false;
      pending.push_back(std::move(current.answer));
      jobs.pop_front();
    } catch (const sqlite::refusal& e) {
      slice_open = false;
      refuse(current.answer, e);
      jobs.pop_front();
    } catch (const sqlite::failure& e) {
      give_up(e);
    }
  }

  void clear() {
    try {
      open();
      clearing = store->clear_retired_numbers(numbers_per_slice);
    } catch (const sqlite::failure& e) {
      clearing = false; // goes on after the next import or start
      give_up(e);
    }
  }

  void open() {
    schedule();
    if (store_open)
      return;
    started = std::chrono::steady_clock::now();
    position = store->begin();
    store_open = true;
  }

  void schedule() {
    if (scheduled)
      return;
    scheduled = true;
    self->send(self, commit_atom::value); // behind all that waits now
  }

  void commit() {
    if (!store_open)
      return;
    try {
      store->commit();
    } catch (const sqlite::failure& e) {
      return give_up(e);
    }
    store_open = slice_open = false;
    if (!std::exchange(healthy, true))
      spdlog::info("journal: the storage works again");
    metrics->commits.Increment();
    metrics->requests.Increment(static_cast<double>(pending.size()));
    metrics->events.Increment(static_cast<double>(std::exchange(events, 0)));
    metrics->batch.Set(static_cast<double>(pending.size()));
    metrics->seconds.Observe(std::chrono::duration<double>{std::chrono::steady_clock::now() - started}.count());
    // Before and after: who looks sees that there was a queue.
    metrics->waiting.Set(waiting->load());
    for (auto& done : std::exchange(pending, {}))
      answered(done, {});
    if (waiting->load() == 0)
      metrics->waiting.Set(0);
  }

  /// The storage failed: nothing of the transaction is stored, and everybody
  /// in it is told so.
  void give_up(const sqlite::failure& e) {
    const auto why = e.what() + remedy_of(e);
    if (std::exchange(healthy, false))
      spdlog::error("journal: the storage fails, writes are refused until it works again: {}", why);
    try {
      store->rollback();
    } catch (const sqlite::failure& e) {
      spdlog::error("journal: rollback: {}", e.what());
    }
    store_open = false;
    events = 0;
    if (std::exchange(slice_open, false)) { // its slice is undone, so it cannot go on
      pending.push_back(std::move(jobs.front().answer));
      jobs.pop_front();
    }
    metrics->failed.Increment(static_cast<double>(pending.size()));
    for (auto& lost : std::exchange(pending, {}))
      answered(lost, caf::make_error(ec::journal_unavailable, why));
  }

  void refuse(const answer& to, const sqlite::refusal& e) {
    metrics->refused.Increment();
    answered(to, caf::make_error(e.code(), std::string{e.what()}));
  }

  void answered(const answer& to, caf::error e) {
    waiting->fetch_sub(1);
    to(std::move(e));
  }

  sqlite_writer_actor::pointer self;
  std::unique_ptr<sqlite::writer> store;
  std::unique_ptr<journal_metrics> metrics;
  port_book_ptr book;
  std::shared_ptr<std::atomic<uint32_t>> waiting;
  size_t batch_max = 1;
  std::vector<answer> pending; // in the open transaction
  std::deque<job> jobs;
  uint64_t position = 0; // of the open transaction
  size_t events = 0;     // in it
  time_point started;    // of it
  bool store_open = false;
  bool slice_open = false; // a slice of the first job is in it
  bool scheduled = false;
  bool clearing = true; // numbers of replaced lists may be left from before
  bool healthy = true;
  static inline constexpr const char* name = "journal.writer";
};

sqlite_writer_actor::behavior_type
write_journal(sqlite_writer_actor::stateful_pointer<writer_state> self, const context_ptr& context,
              std::shared_ptr<sqlite_store> store, port_book_ptr book, std::shared_ptr<std::atomic<uint32_t>> waiting) {
  guard(self);
  auto& state = self->state;
  state.store = std::make_unique<sqlite::writer>(store);
  state.metrics = std::make_unique<journal_metrics>(context->telemetry);
  state.book = std::move(book);
  state.waiting = std::move(waiting);
  state.batch_max = store->settings().batch_requests_max;
  state.schedule();
  return {
    [self](const append& x) { return self->state.append_events(x); },
    [self](const record_inbox& x) {
      return self->state.share<inbox_recorded>("record_inbox", [&] { return self->state.store->record(x); });
    },
    [self](const enrol& x) {
      return self->state.share<enrolled>("enrol", [&] { return self->state.store->enrol(x); });
    },
    [self](import_prospects& x) { return self->state.import_people(x); },
    [self](import_national_list& x) { return self->state.import_list(x); },
    [self](const outbox_result& x) {
      return self->state.share<committed>("outbox_result", [&] {
        self->state.store->settle(x);
        return committed{self->state.position};
      });
    },
    [self](commit_atom) { self->state.flush(); },
  };
}

struct reader_state {
  std::unique_ptr<sqlite::reader> store;
  port_book_ptr book;
  static inline constexpr const char* name = "journal.reader";

  /// Counted under the message's name.
  template <class Query>
  auto load(const Query& x) -> caf::result<decltype(store->load(x))> {
    constexpr std::string_view prefix = "parley::";
    const std::string_view operation = caf::type_name_by_id<caf::type_id<Query>::value>::value;
    return counted(book, std::string{operation.substr(prefix.size())}, [&] { return read(x); });
  }

  template <class Query>
  auto read(const Query& x) -> caf::expected<decltype(store->load(x))> {
    try {
      return store->load(x);
    } catch (const sqlite::refusal& e) {
      return caf::make_error(e.code(), std::string{e.what()});
    } catch (const std::exception& e) { // of SQLite, of a seal, of stored JSON: what is stored cannot be read
      spdlog::error("journal: a read failed: {}", e.what());
      return caf::make_error(ec::journal_unavailable, std::string{e.what()});
    }
  }
};

sqlite_reader_actor::behavior_type read_journal(sqlite_reader_actor::stateful_pointer<reader_state> self,
                                                std::shared_ptr<sqlite_store> store, port_book_ptr book) {
  guard(self);
  self->state.book = std::move(book);
  self->state.store = std::make_unique<sqlite::reader>(std::move(store));
  return {
    [self](const load_stream& x) { return self->state.load(x); },
    [self](const read_events& x) { return self->state.load(x); },
    [self](const due_query& x) { return self->state.load(x); },
    [self](const load_prospect& x) { return self->state.load(x); },
    [self](const load_enrolment& x) { return self->state.load(x); },
    [self](const check_lists& x) { return self->state.load(x); },
    [self](const read_inbox& x) { return self->state.load(x); },
    [self](const find_known_sids& x) { return self->state.load(x); },
    [self](const load_meetings& x) { return self->state.load(x); },
    [self](const find_open_calls& x) { return self->state.load(x); },
    [self](const outbox_query& x) { return self->state.load(x); },
    [self](const load_context& x) { return self->state.load(x); },
    [self](const load_campaigns& x) { return self->state.load(x); },
    [self](const load_managers& x) { return self->state.load(x); },
    [self](const load_recording& x) { return self->state.load(x); },
    [self](const report_query& x) { return self->state.load(x); },
    [self](const find_stale_context& x) { return self->state.load(x); },
    [self](const load_vectors& x) { return self->state.load(x); },
    [self](const search_prospects& x) { return self->state.load(x); },
    [self](const load_targets& x) { return self->state.load(x); },
  };
}

using journal_self = sqlite_journal_actor::stateful_pointer<sqlite_journal_state>;

template <class Answer, class Request>
caf::result<Answer> write(journal_self self, const char* operation, Request& x) {
  auto& state = self->state;
  if (state.waiting->load() >= state.waiting_max)
    return counted(state.book, operation, [] {
      return caf::expected<Answer>{caf::make_error(ec::queue_full, "too many writes wait for the journal")};
    });
  state.waiting->fetch_add(1);
  return self->delegate(state.writer, std::move(x));
}

} // namespace

sqlite_journal_actor::behavior_type sqlite_journal(sqlite_journal_actor::stateful_pointer<sqlite_journal_state> self,
                                                   const context_ptr& context, std::shared_ptr<sqlite_store> store) {
  begin(self, context, context->root, "journal", "sqlite");
  auto& state = self->state;
  state.book = std::make_shared<port_book>(context->telemetry, "journal", "sqlite");
  state.waiting_max = store->settings().waiting_requests_max;
  state.writer = self->spawn<caf::detached + caf::linked>(write_journal, context, store, state.book, state.waiting);
  state.loads = self->spawn<caf::detached + caf::linked>(read_journal, store, state.book);
  state.reports = self->spawn<caf::detached + caf::linked>(read_journal, store, state.book);
  return {
    [self](append& x) { return write<committed>(self, "append", x); },
    [self](record_inbox& x) { return write<inbox_recorded>(self, "record_inbox", x); },
    [self](enrol& x) { return write<enrolled>(self, "enrol", x); },
    [self](import_prospects& x) { return write<prospects_imported>(self, "import_prospects", x); },
    [self](import_national_list& x) { return write<national_list_imported>(self, "import_national_list", x); },
    [self](outbox_result& x) { return write<committed>(self, "outbox_result", x); },
    [self](load_stream& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](read_events& x) { return self->delegate(self->state.reports, std::move(x)); },
    [self](due_query& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](load_prospect& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](load_enrolment& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](check_lists& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](read_inbox& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](find_known_sids& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](load_meetings& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](find_open_calls& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](outbox_query& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](load_context& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](load_campaigns& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](load_recording& x) { return self->delegate(self->state.reports, std::move(x)); },
    [self](load_managers& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](report_query& x) { return self->delegate(self->state.reports, std::move(x)); },
    [self](find_stale_context& x) { return self->delegate(self->state.reports, std::move(x)); },
    [self](load_vectors& x) { return self->delegate(self->state.reports, std::move(x)); },
    [self](search_prospects& x) { return self->delegate(self->state.loads, std::move(x)); },
    [self](load_targets& x) { return self->delegate(self->state.reports, std::move(x)); },
    [self](const inspect_state&) {
      auto out = self->state.book->shown();
      out["writes_waiting"] = self->state.waiting->load();
      return shown(out);
    },
  };
}

} // namespace parley
