// Every piece of `agent_context` gets a vector, and the index every vector.
#include "actors/memory/memory.hpp"
#include "actors/memory/vectors.hpp"
#include "runtime/registry.hpp"
#include "runtime/text.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace parley {

using std::chrono::seconds;

static constexpr seconds look_every{5};
static constexpr seconds wait_max{300};
static constexpr uint32_t page_rows = 64;
static constexpr uint32_t fill_rows = 500;
/// What an embedder gets of one piece: the models' windows end near here, and
/// a talk's drift is known by then.
static constexpr size_t text_bytes_max = 6'000;

void memory_state::look() {
  if (looking)
    return;
  looking = true;
  skipped = false;
  // Its name comes with any answer; nothing to embed costs nothing.
  self->request(ctx->embedder, ctx->settings.vendor_timeout, embed{})
    .then(
      [this](const embedded& x) {
        if (embedder != x.embedder)
          queries.clear();
        embedder = x.embedder;
        filled ? walk({}) : fill({});
      },
      [this](const caf::error& e) { trouble("the embedder", e); });
}

/// Newest first, until the index takes no more.
void memory_state::fill(std::optional<context_cursor> after) {
  self->request(ctx->journal, ctx->settings.journal_timeout, load_vectors{embedder, after, fill_rows})
    .then(
      [this](const context_page& page) {
        index(page.rows, [this, last = page.last](bool all_kept) {
          if (last && all_kept)
            return fill(last);
          filled = true;
          filled_at = self->clock().now();
          walk({});
        });
      },
      [this](const caf::error& e) { trouble("the journal", e); });
}

void memory_state::walk(std::optional<context_cursor> after) {
  self->request(ctx->journal, ctx->settings.journal_timeout, find_stale_context{embedder, after, page_rows})
    .then([this](context_page& page) { embed_page(std::move(page.rows), page.last); },
          [this](const caf::error& e) { trouble("the journal", e); });
}

void memory_state::embed_page(rows page, std::optional<context_cursor> last) {
  if (page.empty())
    return go_on(last);
  embed texts;
  for (const auto& row : page)
    texts.texts.push_back(shortened(row.content, text_bytes_max));
  const auto kept = std::make_shared<const rows>(std::move(page));
  self->request(ctx->embedder, ctx->settings.vendor_timeout, std::move(texts))
    .then(
      [this, kept, last](const embedded& made) {
        if (made.vectors.size() != kept->size() || made.embedder != embedder)
          return trouble("the embedder", caf::make_error(ec::vendor_answered_rubbish));
        write_back(*kept, made.vectors, [this, last](bool well) { well ? go_on(last) : rest(false); });
      },
      [this, kept, last](const caf::error& e) {
        // One text that is refused must not hold up the others.
        if (e == ec::vendor_refused || e == ec::invalid_input)
          return embed_singly(kept, 0, last);
        trouble("the embedder", e);
      });
}

void memory_state::embed_singly(const rows_ptr& page, size_t next, std::optional<context_cursor> last) {
  if (next == page->size())
    return go_on(last);
  const auto& row = (*page)[next];
  self->request(ctx->embedder, ctx->settings.vendor_timeout, embed{{shortened(row.content, text_bytes_max)}})
    .then(
      [this, page, next, last](const embedded& made) {
        if (made.vectors.size() != 1 || made.embedder != embedder)
          return trouble("the embedder", caf::make_error(ec::vendor_answered_rubbish));
        write_back({(*page)[next]}, made.vectors,
                   [this, page, next, last](bool well) { well ? embed_singly(page, next + 1, last) : rest(false); });
      },
      [this, page, next, last](const caf::error& e) {
        if (e != ec::vendor_refused && e != ec::invalid_input)
          return trouble("the embedder", e);
        spdlog::warn("memory: {} is not embedded and is recalled by its age only ({})", to_string((*page)[next].id),
                     self->system().render(e));
        skipped = true;
        embed_singly(page, next + 1, last);
      });
}

/// The rows with their vectors, first into the journal, by shards, then into
/// the index.
void memory_state::write_back(rows page, const std::vector<std::vector<float>>& vectors,
                              std::function<void(bool)> then) {
  std::map<uint16_t, append> batches;
  for (size_t i = 0; i < page.size(); ++i) {
    page[i].embedding = memories::pack(vectors[i]);
    page[i].embedder = embedder;
    const auto shard = shard_of(page[i].prospect, ctx->shard_count);
    auto& batch = batches[shard];
    batch.shard = shard;
    batch.epoch = ctx->epoch;
    batch.rows.push_back(page[i]);
  }
  struct progress {
    size_t open = 0;
    bool well = true;
  };
  const auto written = std::make_shared<progress>(progress{batches.size(), true});
  const auto ended = [this, written, page = std::make_shared<const rows>(std::move(page)), then] {
    if (--written->open > 0)
      return;
    if (!written->well)
      return then(false);
    embedded_here += page->size();
    ctx->telemetry.counter("parley_memory_embedded_total", "Pieces of past conversations that were embedded.")
      .Increment(static_cast<double>(page->size()));
    index(*page, [then](bool) { then(true); });
  };
  for (auto& [shard, batch] : batches)
    self->request(ctx->journal, ctx->settings.journal_timeout, std::move(batch))
      .then([ended](const committed&) { ended(); },
            [this, written, ended](const caf::error& e) {
              spdlog::warn("memory: vectors could not be stored, they are made again later ({})",
                           self->system().render(e));
              written->well = false;
              ended();
            });
}

/// @param then Whether the index had room for all.
void memory_state::index(const rows& page, std::function<void(bool)> then) {
  struct progress {
    size_t open = 0;
    bool all_kept = true;
  };
  const auto put = std::make_shared<progress>();
  put->open = page.size() + 1;
  const auto ended = [put, then] {
    if (--put->open == 0)
      then(put->all_kept);
  };
  for (const auto& row : page)
    self
      ->request(ctx->vector_index, ctx->settings.vendor_timeout,
                index_vector{row.id, row.prospect, row.embedder, memories::unpack(row.embedding), row.created_at})
      .then(
        [put, ended](const vector_indexed& x) {
          put->all_kept = put->all_kept && x.kept;
          ended();
        },
        [this, id = row.id, ended](const caf::error& e) {
          spdlog::warn("memory: {} is not indexed ({})", to_string(id), self->system().render(e));
          ended();
        });
  ended();
}

void memory_state::go_on(const std::optional<context_cursor>& last) {
  last ? walk(last) : rest(true);
}

void memory_state::trouble(const char* what, const caf::error& e) {
  spdlog::info("memory: embeds later, because {} failed ({})", what, self->system().render(e));
  rest(false);
}

void memory_state::rest(bool well) {
  looking = false;
  wait = !well ? std::clamp(2 * wait, look_every, wait_max) : skipped ? wait_max : look_every;
  self->delayed_send(self, wait, tick_atom::value);
}

} // namespace parley
