#include "adapters/sql/journal.hpp"

#include "runtime/guard.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

#include <stdexcept>
#include <typeinfo>

namespace parley {

namespace {

using reader_self = journal_reader_actor::stateful_pointer<journal_reader_state>;
using journal_self = journal_actor::stateful_pointer<journal_state>;

template <class Query>
auto read(sql::reader& store, const Query& x) -> caf::expected<decltype(store.load(x))> {
  try {
    return store.load(x);
  } catch (const sql::refusal& e) {
    return caf::make_error(e.code(), std::string{e.what()});
  } catch (const std::runtime_error& e) { // of the database, of a seal
    spdlog::error("journal: a read failed: {}", e.what());
    return caf::make_error(ec::journal_unavailable, std::string{e.what()});
  } catch (const std::exception& e) { // of stored JSON: its parser may quote the words that it stumbles over
    spdlog::error("journal: a read failed: {}", typeid(e).name());
    return caf::make_error(ec::journal_unavailable, std::string{typeid(e).name()});
  }
}

/// Counted under the message's name.
template <class Query>
auto load(reader_self self, const Query& x) {
  auto& state = self->state;
  constexpr std::string_view prefix = "parley::";
  const std::string_view operation = caf::type_name_by_id<caf::type_id<Query>::value>::value;
  caf::result<decltype(state.store->load(x))> out
    = counted(state.book, std::string{operation.substr(prefix.size())}, [&] { return read(*state.store, x); });
  return out;
}

template <class Answer, class Request>
caf::result<Answer> write(journal_self self, const char* operation, Request& x) {
  auto& state = self->state;
  if (state.waiting->load() >= state.waiting_max)
    return counted(state.book, operation, [] {
      return caf::expected<Answer>{caf::make_error(ec::queue_full, "too many writes wait for the journal")};
    });
  state.waiting->fetch_add(1);
  return self->delegate(state.threads.writer, std::move(x));
}

} // namespace

journal_reader_actor::behavior_type
read_journal(reader_self self, std::function<std::unique_ptr<sql::reader>()> make, port_book_ptr book) {
  guard(self);
  self->state.book = std::move(book);
  self->state.store = make();
  return {
    [self](const load_stream& x) { return load(self, x); },
    [self](const read_events& x) { return load(self, x); },
    [self](const due_query& x) { return load(self, x); },
    [self](const load_prospect& x) { return load(self, x); },
    [self](const load_enrolment& x) { return load(self, x); },
    [self](const check_lists& x) { return load(self, x); },
    [self](const read_inbox& x) { return load(self, x); },
    [self](const find_known_sids& x) { return load(self, x); },
    [self](const load_meetings& x) { return load(self, x); },
    [self](const find_open_calls& x) { return load(self, x); },
    [self](const outbox_query& x) { return load(self, x); },
    [self](const load_context& x) { return load(self, x); },
    [self](const load_campaigns& x) { return load(self, x); },
    [self](const load_managers& x) { return load(self, x); },
    [self](const load_recording& x) { return load(self, x); },
    [self](const report_query& x) { return load(self, x); },
    [self](const find_stale_context& x) { return load(self, x); },
    [self](const load_vectors& x) { return load(self, x); },
    [self](const search_prospects& x) { return load(self, x); },
    [self](const load_targets& x) { return load(self, x); },
    [self](const find_reopenable& x) { return load(self, x); },
    [self](const list_streams& x) { return load(self, x); },
    [self](const audit_stream& x) { return load(self, x); },
    [self](const audit_rows& x) { return load(self, x); },
    [self](const audit_seals& x) { return load(self, x); },
    [self](const export_events& x) { return load(self, x); },
  };
}

journal_actor::behavior_type serve_journal(journal_self self) {
  return {
    [self](append& x) { return write<committed>(self, "append", x); },
    [self](record_inbox& x) { return write<inbox_recorded>(self, "record_inbox", x); },
    [self](enrol& x) { return write<enrolled>(self, "enrol", x); },
    [self](import_prospects& x) { return write<prospects_imported>(self, "import_prospects", x); },
    [self](import_national_list& x) { return write<national_list_imported>(self, "import_national_list", x); },
    [self](outbox_result& x) { return write<committed>(self, "outbox_result", x); },
    [self](load_stream& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](read_events& x) { return self->delegate(self->state.threads.reports, std::move(x)); },
    [self](due_query& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](load_prospect& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](load_enrolment& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](check_lists& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](read_inbox& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](find_known_sids& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](load_meetings& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](find_open_calls& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](outbox_query& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](load_context& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](load_campaigns& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](load_recording& x) { return self->delegate(self->state.threads.reports, std::move(x)); },
    [self](load_managers& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](report_query& x) { return self->delegate(self->state.threads.reports, std::move(x)); },
    [self](find_stale_context& x) { return self->delegate(self->state.threads.reports, std::move(x)); },
    [self](load_vectors& x) { return self->delegate(self->state.threads.reports, std::move(x)); },
    [self](search_prospects& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](load_targets& x) { return self->delegate(self->state.threads.reports, std::move(x)); },
    [self](find_reopenable& x) { return self->delegate(self->state.load(), std::move(x)); },
    [self](outbox_order& x) { return write<outbox_changed>(self, "outbox_order", x); },
    [self](list_streams& x) { return self->delegate(self->state.threads.reports, std::move(x)); },
    [self](audit_stream& x) { return self->delegate(self->state.threads.reports, std::move(x)); },
    [self](audit_rows& x) { return self->delegate(self->state.threads.reports, std::move(x)); },
    [self](audit_seals& x) { return self->delegate(self->state.threads.reports, std::move(x)); },
    [self](export_events& x) { return self->delegate(self->state.threads.reports, std::move(x)); },
    [self](const inspect_state&) {
      auto out = self->state.book->shown();
      out["writes_waiting"] = self->state.waiting->load();
      return shown(out);
    },
  };
}

} // namespace parley
