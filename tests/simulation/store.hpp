#pragma once

#include "runtime/errors.hpp"
#include "runtime/journal/store_identity.hpp"
#include "runtime/messages/journal_upkeep.hpp"

#include <caf/expected.hpp>

#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace parley::simulation {

template <class Query, class Answer>
struct answers {
  using query = Query;
  using answer = Answer;
  virtual ~answers() = default;
  virtual caf::expected<Answer> ask(const Query& x) = 0;
};

template <class... Parts>
struct all_of : Parts... {
  using Parts::ask...;
};

/// What the journal port is asked to write …
using store_writes = all_of<answers<append, committed>, answers<record_inbox, inbox_recorded>, answers<enrol, enrolled>,
                            answers<import_prospects, prospects_imported>,
                            answers<import_national_list, national_list_imported>, answers<outbox_result, committed>>;
/// … and to read.
using store_reads = all_of<
  answers<load_stream, loaded_stream>, answers<read_events, events_read>, answers<due_query, due_prospects>,
  answers<load_prospect, prospect_row>, answers<load_enrolment, enrolment_row>, answers<check_lists, list_hits>,
  answers<read_inbox, inbox_events>, answers<find_known_sids, known_sids>, answers<load_meetings, meeting_rows>,
  answers<find_open_calls, open_calls>, answers<outbox_query, outbox_entries>, answers<load_context, context_rows>,
  answers<load_campaigns, campaign_rows>, answers<load_recording, recording_row>, answers<load_managers, manager_rows>,
  answers<report_query, report>, answers<find_stale_context, context_page>, answers<load_vectors, context_page>,
  answers<search_prospects, prospect_page>, answers<load_targets, prospect_page>, answers<find_reopenable, reopenable>>;

/// … and what operators decide.
using store_orders = answers<outbox_order, outbox_changed>;

/// A store of the journal without its actor: it outlives the nodes that use
/// it. Each write is all or nothing; `begin` and `commit` hold several together.
class store : public store_writes, public store_reads, public store_orders {
public:
  using store_orders::ask;
  using store_reads::ask;
  using store_writes::ask;

  /// The answer itself, for those who look from outside: what they ask cannot fail.
  template <class Query>
  auto look(const Query& x) {
    auto out = ask(x);
    if (!out)
      throw std::logic_error{"the simulated store cannot be read"};
    return std::move(*out);
  }

  virtual uint16_t shards() const = 0;
  virtual number_hasher::secret secret() const = 0;
  /// A node begins: no append of an earlier epoch counts any more.
  virtual uint64_t claim() = 0;
  /// The node is gone, and whatever handles it had with it.
  virtual void release() {}
  virtual void begin() {}
  virtual void commit() {}
  /// Ids of all streams of a kind, in their order.
  virtual std::vector<uuid> streams_of(stream_kind kind) = 0;
};

} // namespace parley::simulation
