#include "actors/audit/auditor.hpp"

#include "runtime/registry.hpp"

#include <array>

namespace parley {

using namespace std::chrono_literals;
using audit::finding;

static constexpr uint32_t page_size = 500;
static constexpr size_t looks_at_once = 8;
/// A stream that moves on each time it is looked at is counted as busy.
static constexpr uint32_t looks_max = 5;
/// For a call's last word to reach its line.
static constexpr auto settling_time = 5s;

static constexpr std::array sealed_tables{"meetings", "agent_context", "outbox", "recordings", "inbox"};

template <class Reply, class Question, class F>
void auditor_state::ask(Question question, F then) {
  self->request(store, ctx->settings.journal_timeout, std::move(question))
    .then(
      [this, then](const Reply& x) {
        if (!over_)
          then(x);
      },
      [this](caf::error& e) {
        if (std::exchange(over_, true))
          return;
        (*answer_)(std::move(e));
        answer_.reset();
      });
}

caf::result<report> auditor_state::run(const audit_journal& order) {
  if (answer_)
    return caf::make_error(ec::wrong_state, std::string{"a check is under way"});
  order_ = order;
  answer_.emplace(self);
  how_far->now("replays streams");
  auto later = answer_->later();
  next_page({});
  return later;
}

void auditor_state::next_page(const uuid& after) {
  further_.reset();
  ask<stream_page>(list_streams{after, page_size}, [this](const stream_page& page) {
    how_far->total = page.total;
    stored_events_ = page.events;
    for (const auto& orphan : page.orphans)
      found(audit::orphan_finding(orphan));
    waiting_ = page.streams;
    if (page.more)
      further_ = page.streams.back();
    look_at_some();
  });
}

void auditor_state::look_at_some() {
  while (under_way_ < looks_at_once && !waiting_.empty()) {
    auto x = std::make_shared<look>();
    x->stream = waiting_.back();
    waiting_.pop_back();
    ++under_way_;
    look_at(x);
  }
  if (under_way_ > 0)
    return;
  if (second_look_)
    return finish();
  if (further_)
    return next_page(*further_);
  how_far->now("opens sealed fields");
  next_seals(0, {});
}

void auditor_state::look_at(const look_ptr& x) {
  ask<audited_stream>(audit_stream{x->stream}, [this, x](const audited_stream& stored) {
    x->version = stored.version;
    x->result = audit::check(x->stream, stored, ctx->shard_count);
    if (x->tries == 0 && !second_look_)
      events_ += stored.events.size();
    hold_against_rows(x);
  });
}

void auditor_state::hold_against_rows(const look_ptr& x) {
  if (x->result.rows.empty())
    return again_if_moved(x);
  ask<audited_rows>(audit_rows{x->result.rows}, [this, x](const audited_rows& told) {
    for (const auto& difference : told.differences)
      x->result.findings.push_back(audit::row_finding(difference));
    again_if_moved(x);
  });
}

void auditor_state::again_if_moved(const look_ptr& x) {
  if (!order_.live || x->result.findings.empty())
    return take(x);
  ask<audited_stream>(audit_stream{x->stream}, [this, x](const audited_stream& now) {
    if (now.version == x->version)
      return take(x);
    if (++x->tries < looks_max)
      return look_at(x);
    ++busy_;
    x->result.findings.clear();
    take(x);
  });
}

void auditor_state::take(const look_ptr& x) {
  --under_way_;
  if (!second_look_) {
    ++streams_;
    ++how_far->done;
    rows_ += x->result.rows.size();
    erased_ += x->result.erased ? 1 : 0;
    for (auto& one : x->result.findings)
      found(std::move(one));
  }
  const call_id call{x->stream};
  const line_id line{x->stream};
  if (const auto& facts = x->result.call) {
    if (facts->open)
      calls_[call] = *facts;
    else
      calls_.erase(call);
    if (!facts->open)
      ended_.insert(call);
  }
  if (x->result.call_up)
    up_[line] = *x->result.call_up;
  else
    up_.erase(line);
  look_at_some();
}

void auditor_state::next_seals(size_t table, const uuid& after) {
  if (table == sealed_tables.size())
    return compare_calls();
  ask<audited_seals>(audit_seals{sealed_tables[table], after}, [this, table](const audited_seals& x) {
    sealed_ += x.checked;
    sealed_erased_ += x.erased;
    how_far->done += x.checked;
    for (const auto& field : x.damaged)
      found(audit::seal_finding(field));
    if (x.last)
      next_seals(table, *x.last);
    else
      next_seals(table + 1, {});
  });
}

std::vector<finding> auditor_state::call_findings() const {
  std::vector<finding> out;
  std::map<slot_id, call_id> slots;
  for (const auto& [call, facts] : calls_) {
    const auto where = "call " + to_string(call);
    const auto line = up_.find(facts.line);
    if (line == up_.end() || line->second != call)
      out.push_back({where, "call",
                     "The call is open, and its line " + to_string(facts.line)
                       + (line == up_.end() ? " has none up." : " has another one up."),
                     "Pause the campaign: the number could be dialled a second time. Restore a backup "
                     "(docs/runbook.md), or end the call (parley call hangup ID)."});
    if (!facts.slot)
      out.push_back({where, "slot", "The call is open and has no slot.",
                     "It counts towards no limit; end it (parley call hangup ID)."});
    else if (const auto [first, fresh] = slots.emplace(facts.slot, call); !fresh)
      out.push_back({where, "slot", "The call is open and has the slot of call " + to_string(first->second) + ".",
                     "One of the two counts towards no limit; end it (parley call hangup ID)."});
  }
  for (const auto& [line, call] : up_)
    if (!calls_.contains(call) && !ended_.contains(call))
      out.push_back({"line " + to_string(line), "line",
                     "It has call " + to_string(call) + " up, of which there is no stream.",
                     "The number is not dialled any more. Restore a backup (docs/runbook.md)."});
    else if (order_.live && ended_.contains(call))
      out.push_back({"line " + to_string(line), "line", "It has call " + to_string(call) + " up, which has ended.",
                     "The number is not dialled until the line hears of it: start the node again."});
  return out;
}

void auditor_state::compare_calls() {
  if (call_findings().empty() || !order_.live)
    return finish();
  how_far->now("waits for calls and lines to agree");
  self->delayed_send(self, settling_time, tick_atom::value);
}

/// Everybody who is part of a disagreement once more.
void auditor_state::look_again() {
  if (over_ || !answer_ || std::exchange(second_look_, true))
    return;
  for (const auto& [call, facts] : calls_) {
    suspects_.insert(call);
    suspects_.insert(facts.line);
  }
  for (const auto& [line, call] : up_) {
    suspects_.insert(line);
    suspects_.insert(call);
  }
  waiting_.assign(suspects_.begin(), suspects_.end());
  look_at_some();
}

void auditor_state::found(finding x) {
  if (++findings_total_ <= order_.findings_max)
    findings_.push_back(std::move(x));
}

void auditor_state::finish() {
  for (auto& one : call_findings())
    found(std::move(one));
  for (const auto& [line, call] : up_)
    unsettled_ += ended_.contains(call) ? 1 : 0;
  if (!order_.live && stored_events_ != events_ && findings_total_ == 0)
    found({"events", "chain",
           std::to_string(stored_events_) + " events are stored, the streams have " + std::to_string(events_) + ".",
           "Restore journal.db and keys.db from one backup (docs/runbook.md)."});
  auto list = nlohmann::json::array();
  for (const auto& one : findings_)
    list.push_back(audit::to_json(one));
  over_ = true;
  (*answer_)(report{nlohmann::json{{"streams", streams_},
                                   {"events", events_},
                                   {"rows", rows_},
                                   {"streams_erased", erased_},
                                   {"streams_busy", busy_},
                                   {"sealed_fields", sealed_},
                                   {"sealed_fields_erased", sealed_erased_},
                                   {"open_calls", calls_.size()},
                                   {"lines_unsettled", unsettled_},
                                   {"findings_total", findings_total_},
                                   {"findings", std::move(list)}}
                      .dump()});
  answer_.reset();
}

auditor_actor::behavior_type auditor(auditor_actor::stateful_pointer<auditor_state> self, context_ptr ctx,
                                     journal_audit_port store, commands::progress_ptr how_far) {
  begin(self, ctx, ctx->root, auditor_state::name, "");
  auto& s = self->state;
  s.ctx = std::move(ctx);
  s.store = std::move(store);
  s.how_far = std::move(how_far);
  return {
    [&s](const audit_journal& x) { return s.run(x); },
    [&s](tick_atom) { s.look_again(); },
  };
}

} // namespace parley
