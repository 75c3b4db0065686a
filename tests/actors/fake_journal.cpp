#include "tests/actors/fake_journal.hpp"

#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <functional>
#include <tuple>

namespace parley::test {

caf::expected<committed> fake_store::write(const append& x) {
  for (const auto& write : x.streams)
    if (const auto found = streams.find(write.stream);
        (found == streams.end() ? 0 : found->second.version) != write.expected)
      return caf::make_error(ec::append_refused, std::string{"stale"});
  for (const auto& write : x.streams) {
    auto& stream = streams[write.stream];
    stream.version += write.events.size();
    stream.kind = write.kind;
    stream.state = write.state;
    stream.personal_state = write.personal_state;
    stream.events.insert(stream.events.end(), write.events.begin(), write.events.end());
  }
  for (const auto& row : x.rows) {
    if (const auto* e = std::get_if<enrolment_row>(&row)) {
      enrolments[{e->campaign, e->prospect}] = *e;
    } else if (const auto* d = std::get_if<due_row>(&row)) {
      if (d->at)
        due[{d->campaign, d->prospect}] = *d->at;
      else
        due.erase({d->campaign, d->prospect});
    } else if (const auto* l = std::get_if<ledger_row>(&row)) {
      ledger.push_back(*l);
    } else if (const auto* r = std::get_if<recording_row>(&row)) {
      recordings[r->call] = *r;
    } else if (const auto* m = std::get_if<meeting_row>(&row)) {
      meetings[m->id] = *m;
    } else if (const auto* c = std::get_if<call_row>(&row)) {
      calls[c->id] = *c;
    } else if (const auto* c = std::get_if<campaign_row>(&row)) {
      campaigns[c->id] = *c;
    } else if (const auto* r = std::get_if<context_row>(&row)) {
      std::erase_if(contexts, [&](const auto& known) { return known.id == r->id; });
      const auto older = [&](const auto& known) { return known.created_at < r->created_at; };
      contexts.insert(std::find_if(contexts.begin(), contexts.end(), older), *r);
    } else if (const auto* s = std::get_if<suppression_row>(&row)) {
      if (s->removed)
        suppressed.erase(s->line);
      else
        suppressed.insert(s->line);
    }
  }
  return committed{++position};
}

enrolled fake_store::enrol(const parley::enrol& x) {
  enrolled out;
  for (auto& [key, row] : enrolments)
    if (key.first == x.campaign && shard_of(key.second, shards) == x.shard && row.state == enrolment_state::listed
        && out.count < x.limit) {
      row.state = enrolment_state::waiting;
      row.next_due = x.due_at;
      due[key] = x.due_at;
      ++out.count;
    }
  return out;
}

/// What the test says (`reopenable`), of those who are blocked; a page at a time.
reopenable fake_store::may_reopen(const find_reopenable& x) const {
  parley::reopenable out;
  for (const auto& [key, row] : enrolments)
    if (key.first == x.campaign && shard_of(key.second, shards) == x.shard && row.state == enrolment_state::blocked
        && reopenable.contains(key.second) && (!x.after || key.second > *x.after) && out.prospects.size() < x.limit)
      out.prospects.push_back(key.second);
  return out;
}

/// In order per person: the next one waits behind the one before.
outbox_entries fake_store::due_deliveries(const outbox_query& x) const {
  outbox_entries out;
  std::set<prospect_id> behind;
  for (const auto& e : outbox) {
    if (shard_of(e.row.prospect, shards) != x.shard)
      continue;
    if (e.row.prospect && !behind.insert(e.row.prospect).second)
      continue;
    const auto due = outbox_due.find(e.row.id);
    if ((due == outbox_due.end() || due->second <= x.now) && out.entries.size() < x.limit)
      out.entries.push_back(e);
  }
  return out;
}

void fake_store::settle(const outbox_result& x) {
  delivered.push_back(x);
  const auto of_it = [&](const auto& e) { return e.row.id == x.id; };
  if (x.result != delivery::again) {
    std::erase_if(outbox, of_it);
    return;
  }
  if (const auto it = std::find_if(outbox.begin(), outbox.end(), of_it); it != outbox.end())
    ++it->tries;
  outbox_due[x.id] = x.again_at.value_or(x.at);
}

void fake_store::release() {
  for (auto& [x, answer] : std::exchange(held, {})) {
    auto result = write(x);
    if (result)
      answer(std::move(*result));
    else
      answer(std::move(result.error()));
  }
}

void fake_store::release_enrolling() {
  for (auto& [x, answer] : std::exchange(enrolling, {}))
    answer(x);
}

size_t fake_store::count(const uuid& stream, const std::string& type) const {
  const auto found = streams.find(stream);
  if (found == streams.end())
    return 0;
  const auto& events = found->second.events;
  return static_cast<size_t>(
    std::count_if(events.begin(), events.end(), [&](const auto& e) { return e.type == type; }));
}

namespace {

template <class Request, class Reply, class F>
auto answers(F f) {
  return [f](const Request& x) -> caf::result<Reply> {
    caf::expected<Reply> out = f(x);
    if (!out)
      return std::move(out.error());
    return std::move(*out);
  };
}

caf::result<committed> take(journal_port::pointer self, fake_store* store, const append& x) {
  store->appends.push_back(x);
  using fate = fake_store::fate;
  const auto what = store->decide(x);
  if (what == fate::refuse)
    return caf::make_error(ec::append_refused, std::string{"as the test wants"});
  if (what == fate::commit) {
    auto out = store->write(x);
    if (!out)
      return std::move(out.error());
    return *out;
  }
  if (what == fate::silent)
    store->write(x);
  reply<committed> answer{self};
  store->held.emplace_back(what == fate::hold ? x : append{}, answer);
  if (what != fate::hold)
    store->held.back().first.streams.push_back({{}, {}, 99, {}, {}, {}, {}}); // never acceptable
  return answer.later();
}

/// Given at once, or kept with its question until the test lets go.
template <class Answer>
caf::result<Answer>
give(journal_port::pointer self, bool hold, std::vector<std::pair<Answer, reply<Answer>>>& asked, Answer out) {
  if (!hold)
    return out;
  reply<Answer> answer{self};
  asked.emplace_back(std::move(out), answer);
  return answer.later();
}

caf::result<enrolled> take(journal_port::pointer self, fake_store* store, const enrol& x) {
  return give(self, store->hold_enrolling, store->enrolling, store->enrol(x));
}

due_prospects due_of(const fake_store& store, const due_query& x) {
  std::vector<std::pair<wall_time, prospect_id>> all;
  for (const auto& [key, at] : store.due)
    if (key.first == x.campaign && shard_of(key.second, store.shards) == x.shard)
      all.emplace_back(at, key.second);
  std::sort(all.begin(), all.end());
  due_prospects out;
  out.asleep = all.size();
  if (!all.empty())
    out.next = all.front().first;
  for (const auto& [at, prospect] : all)
    if (at <= x.until && out.due.size() < x.limit)
      out.due.push_back(prospect);
  return out;
}

/// A page of rows in their order, from behind the cursor on.
template <class Order>
context_page
page_of(std::vector<context_row> rows, const std::optional<context_cursor>& after, uint32_t limit, Order order) {
  const auto place = [](const auto& x) { return std::tuple{x.embedder, x.created_at, x.id}; };
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return order(place(a), place(b)); });
  context_page out;
  for (const auto& row : rows) {
    if (after && !order(place(*after), place(row)))
      continue;
    out.rows.push_back(row);
    if (out.rows.size() == limit) {
      out.last = context_cursor{row.embedder, row.created_at, row.id};
      break;
    }
  }
  return out;
}

context_page stale_of(const fake_store& store, const find_stale_context& x) {
  auto rows = store.contexts;
  std::erase_if(rows, [&](const auto& row) { return row.embedder == x.embedder; });
  return page_of(std::move(rows), x.after, x.limit, std::less{});
}

context_page vectors_of(const fake_store& store, const load_vectors& x) {
  auto rows = store.contexts;
  std::erase_if(rows, [&](const auto& row) { return row.embedder != x.embedder; });
  return page_of(std::move(rows), x.after, x.limit, std::greater{});
}

meeting_rows meetings_of(const fake_store& store, const load_meetings& x) {
  meeting_rows out;
  if (!x.call && !x.prospect && !x.manager && !x.meeting)
    return out;
  for (const auto& [id, m] : store.meetings)
    if ((!x.call || m.call == x.call) && (!x.prospect || m.prospect == x.prospect)
        && (!x.manager || m.account_manager == x.manager) && (!x.meeting || id == x.meeting)
        && (!x.from || (m.scheduled_at >= *x.from && m.status != "cancelled")))
      out.rows.push_back(m);
  std::sort(out.rows.begin(), out.rows.end(),
            [](const auto& a, const auto& b) { return a.scheduled_at < b.scheduled_at; });
  return out;
}

caf::result<due_prospects> take(journal_port::pointer self, fake_store* store, const due_query& x) {
  return give(self, store->hold_due, store->due_asked, due_of(*store, x));
}

caf::result<meeting_rows> take(journal_port::pointer self, fake_store* store, const load_meetings& x) {
  if (!store->meetings_readable)
    return caf::make_error(ec::journal_unavailable);
  return give(self, store->hold_meetings, store->meetings_asked, meetings_of(*store, x));
}

/// Calls, with the columns that are read; no figures; of other kinds nothing.
caf::expected<report> report_of(const fake_store& store, const report_query& x) {
  if (!store.reports_readable)
    return caf::make_error(ec::journal_unavailable);
  if (x.kind == report_kind::store_figures)
    return report{"{}"};
  std::vector<call_row> found;
  if (x.kind == report_kind::calls)
    for (const auto& [id, c] : store.calls)
      if ((!x.prospect || c.prospect == *x.prospect) && (!x.campaign || c.campaign == *x.campaign)
          && (!x.open || !c.ended_at))
        found.push_back(c);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.initiated_at > b.initiated_at; });
  auto rows = json::array();
  for (const auto& c : found)
    if (rows.size() < x.limit)
      rows.push_back({{"id", to_string(c.id)},
                      {"prospect_id", to_string(c.prospect)},
                      {"initiated_at", to_iso(c.initiated_at)},
                      {"outcome", to_string(c.outcome)}});
  return report{rows.dump()};
}

} // namespace

journal_port::behavior_type fake_journal(journal_port::pointer self, fake_store* s) {
  guard(self);
  return {
    [=](const append& x) { return take(self, s, x); },
    answers<record_inbox, inbox_recorded>([](const auto&) { return inbox_recorded{}; }),
    [=](const enrol& x) { return take(self, s, x); },
    answers<import_prospects, prospects_imported>([](const auto&) { return prospects_imported{}; }),
    answers<import_national_list, national_list_imported>([](const auto&) { return national_list_imported{}; }),
    answers<outbox_result, committed>([s](const auto& x) {
      s->settle(x);
      return committed{};
    }),
    answers<load_stream, loaded_stream>([s](const auto& x) {
      const auto found = s->streams.find(x.stream);
      if (found == s->streams.end())
        return loaded_stream{};
      const auto& y = found->second;
      return loaded_stream{y.version, y.kind, y.state, y.personal_state};
    }),
    answers<read_events, events_read>([s](const auto& x) {
      if (x.stream)
        return events_read{s->streams[x.stream].events};
      s->release();
      if (!s->hold_enrolling)
        s->release_enrolling();
      if (!s->hold_due)
        for (auto& [due, answer] : std::exchange(s->due_asked, {}))
          answer(std::move(due));
      if (!s->hold_meetings)
        for (auto& [rows, answer] : std::exchange(s->meetings_asked, {}))
          answer(std::move(rows));
      return events_read{};
    }),
    [=](const due_query& x) { return take(self, s, x); },
    answers<load_prospect, prospect_row>([s](const auto& x) -> caf::expected<prospect_row> {
      if (const auto found = s->prospects.find(x.prospect); found != s->prospects.end())
        return found->second;
      return caf::make_error(ec::not_found);
    }),
    answers<load_enrolment, enrolment_row>([s](const auto& x) -> caf::expected<enrolment_row> {
      if (const auto found = s->enrolments.find({x.campaign, x.prospect}); found != s->enrolments.end())
        return found->second;
      return caf::make_error(ec::not_found);
    }),
    answers<check_lists, list_hits>([s](const auto& x) -> caf::expected<list_hits> {
      if (!s->lists_readable)
        return caf::make_error(ec::journal_unavailable);
      list_hits out;
      out.internal = s->suppressed.contains(x.line);
      return out;
    }),
    answers<read_inbox, inbox_events>([s](const auto& x) -> caf::expected<inbox_events> {
      if (!s->inbox_readable)
        return caf::make_error(ec::journal_unavailable);
      return inbox_events{s->inbox[x.call]};
    }),
    answers<find_known_sids, known_sids>([s](const auto&) -> caf::expected<known_sids> {
      if (!s->sids_readable)
        return caf::make_error(ec::journal_unavailable);
      return known_sids{};
    }),
    [=](const load_meetings& x) { return take(self, s, x); },
    answers<find_open_calls, open_calls>([s](const auto& x) {
      open_calls out;
      for (const auto& [id, c] : s->calls)
        if (!c.ended_at && shard_of(id, s->shards) == x.shard)
          out.calls.push_back({c.id, c.campaign, c.prospect});
      return out;
    }),
    answers<outbox_query, outbox_entries>([s](const auto& x) { return s->due_deliveries(x); }),
    answers<load_context, context_rows>([s](const auto& x) {
      context_rows out;
      const auto wants = [](const auto& list, const auto& one) {
        return list.empty() || std::find(list.begin(), list.end(), one) != list.end();
      };
      for (const auto& row : s->contexts)
        if (row.prospect == x.prospect && out.rows.size() < x.limit && wants(x.types, row.context_type)
            && wants(x.ids, row.id))
          out.rows.push_back(row);
      return out;
    }),
    answers<load_campaigns, campaign_rows>([s](const auto&) {
      campaign_rows out;
      for (const auto& [id, row] : s->campaigns)
        out.rows.push_back(row);
      return out;
    }),
    answers<load_recording, recording_row>([s](const auto& x) -> caf::expected<recording_row> {
      if (const auto found = s->recordings.find(x.call); found != s->recordings.end())
        return found->second;
      return caf::make_error(ec::not_found);
    }),
    answers<load_managers, manager_rows>([s](const auto&) { return manager_rows{s->managers}; }),
    answers<report_query, report>([s](const auto& x) { return report_of(*s, x); }),
    answers<find_reopenable, reopenable>([s](const auto& x) { return s->may_reopen(x); }),
    answers<load_targets, prospect_page>([](const auto&) { return prospect_page{}; }),
    answers<find_stale_context, context_page>([s](const auto& x) { return stale_of(*s, x); }),
    answers<load_vectors, context_page>([s](const auto& x) { return vectors_of(*s, x); }),
    answers<search_prospects, prospect_page>([](const auto&) { return prospect_page{}; }),
  };
}

} // namespace parley::test
