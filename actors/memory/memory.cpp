#include "actors/memory/memory.hpp"

#include "actors/memory/choice.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace parley {

/// Notes and mails that nearness chooses among without a second read.
static constexpr uint32_t considered_max = 50;
/// Transcripts lead to their notes, so more is looked for than is told.
static constexpr uint32_t looked_for = 3;
/// Campaigns ask the same of every person.
static constexpr size_t queries_max = 64;
/// How soon an index that should know a person and does not is filled again.
static constexpr std::chrono::minutes refill_after{10};

void memory_state::start(context_ptr context) {
  ctx = std::move(context);
  if (has_meaning())
    self->send(self, tick_atom::value);
}

void memory_state::count(const char* how) {
  ctx->telemetry
    .counter("parley_memory_recalls_total", "What was recalled of a person: the nearest to a question, or the newest.",
             {{"order", how}})
    .Increment();
}

caf::result<recollection> memory_state::recall(const parley::recall& x) {
  ++asked;
  recall_reply answer{self};
  const bool by_meaning = has_meaning() && !x.query.empty();
  const auto wanted = by_meaning ? std::max(x.limit, considered_max) : x.limit;
  self->request(ctx->journal, ctx->settings.journal_timeout, load_context{x.prospect, wanted, {"note", "email"}, {}})
    .then(
      [this, x, by_meaning, answer](context_rows& found) {
        const auto newest = std::make_shared<const rows>(std::move(found.rows));
        if (by_meaning && newest->size() > x.limit)
          return recall_nearest(x, newest, answer);
        count("newest");
        answer(recollection{memories::newest_first(*newest, x.limit)});
      },
      [answer](caf::error& e) { answer(std::move(e)); });
  return answer.later();
}

void memory_state::recall_nearest(const parley::recall& x, const rows_ptr& newest, const recall_reply& answer) {
  if (const auto known = queries.find(x.query); known != queries.end())
    return find_near(x, newest, known->second, answer);
  // Well within what the asker waits, so that the newest come in time.
  self->request(ctx->embedder, ctx->settings.request_timeout / 3, embed{{x.query}})
    .then(
      [this, x, newest, answer](embedded& made) {
        if (made.vectors.empty())
          return tell_newest(x, newest, "embedder", caf::make_error(ec::vendor_answered_rubbish), answer);
        embedder = made.embedder;
        if (queries.size() >= queries_max)
          queries.clear();
        const auto& vector = queries[x.query] = std::move(made.vectors.front());
        find_near(x, newest, vector, answer);
      },
      [this, x, newest, answer](const caf::error& e) { tell_newest(x, newest, "embedder", e, answer); });
}

void memory_state::find_near(const parley::recall& x, const rows_ptr& newest, const std::vector<float>& vector,
                             const recall_reply& answer) {
  self
    ->request(ctx->vector_index, ctx->settings.request_timeout / 3,
              find_nearest{x.prospect, embedder, vector, x.limit * looked_for})
    .then(
      [this, x, newest, answer](const neighbours& found) {
        if (!found.nearest.empty())
          return tell_nearest(x, newest, found.nearest, answer);
        doubt_index(*newest);
        count("newest");
        answer(recollection{memories::newest_first(*newest, x.limit)});
      },
      [this, x, newest, answer](const caf::error& e) { tell_newest(x, newest, "vector index", e, answer); });
}

void memory_state::tell_nearest(const parley::recall& x, const rows_ptr& newest, const std::vector<neighbour>& found,
                                const recall_reply& answer) {
  count("nearest");
  load_context missing{x.prospect, x.limit * looked_for, {}, {}};
  for (const auto& one : found)
    if (std::none_of(newest->begin(), newest->end(), [&](const auto& row) { return row.id == one.id; }))
      missing.ids.push_back(one.id);
  if (missing.ids.empty())
    return answer(recollection{memories::nearest_first(found, *newest, {}, x.limit)});
  self->request(ctx->journal, ctx->settings.journal_timeout, std::move(missing))
    .then(
      [x, newest, found, answer](const context_rows& others) {
        answer(recollection{memories::nearest_first(found, *newest, others.rows, x.limit)});
      },
      [this, x, newest, answer](const caf::error& e) { tell_newest(x, newest, "journal", e, answer); });
}

void memory_state::tell_newest(const parley::recall& x, const rows_ptr& newest, const char* what, const caf::error& why,
                               const recall_reply& answer) {
  spdlog::info("memory: recalls the newest of {}, because the {} failed ({})", to_string(x.prospect), what,
               self->system().render(why));
  count("newest");
  answer(recollection{memories::newest_first(*newest, x.limit)});
}

/// An index that was started anew is empty, and nobody tells.
void memory_state::doubt_index(const rows& newest) {
  const bool should_know
    = std::any_of(newest.begin(), newest.end(), [&](const auto& row) { return row.embedder == embedder; });
  if (should_know && filled && self->clock().now() - filled_at > refill_after)
    filled = false; // the next look fills it
}

caf::result<inspected_state> memory_state::inspect() const {
  return inspected_state{json{{"asked", asked},
                              {"embedder", embedder},
                              {"embedded", embedded_here},
                              {"emails", emails},
                              {"index_filled", filled},
                              {"looks_again_in_s", looking ? 0 : wait.count()}}
                           .dump()};
}

memory_service::behavior_type memory(memory_service::stateful_pointer<memory_state> self, context_ptr ctx) {
  begin(self, ctx, ctx->root, memory_state::name, "");
  self->state.start(std::move(ctx));
  return {
    [self](const recall& x) { return self->state.recall(x); },
    [self](remember_emails& x) { return self->state.remember(std::move(x)); },
    [self](const inspect_state&) { return self->state.inspect(); },
    [self](tick_atom) { self->state.look(); },
  };
}

} // namespace parley
