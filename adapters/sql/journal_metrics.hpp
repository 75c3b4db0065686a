#pragma once

#include "runtime/telemetry/telemetry.hpp"

namespace parley::sql {

/// Large imports go in slices, each in a commit with whatever else waits: rows
/// that take about 10 ms, so that appends hardly notice.
inline constexpr size_t prospects_per_slice = 500;
inline constexpr size_t numbers_per_slice = 10'000;

/// What a store's writer counts; docs/metrics.md lists it.
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

} // namespace parley::sql
