#include "actors/memory/memory.hpp"

#include "runtime/json.hpp"
#include "runtime/registry.hpp"
#include "runtime/text.hpp"

namespace parley {

/// A past conversation in a prompt: enough to remember it by, not to replay it.
static constexpr size_t bytes_max = 1200;

caf::result<recollection> memory_state::recall(const parley::recall& x) {
  ++asked;
  reply<recollection> answer{self};
  self->request(ctx->journal, ctx->settings.journal_timeout, load_context{x.prospect, x.limit, {"note", "email"}})
    .then(
      [answer](const context_rows& found) {
        recollection out;
        for (const auto& row : found.rows)
          out.interactions.push_back(shortened(row.content, bytes_max));
        answer(std::move(out));
      },
      [answer](caf::error& e) { answer(std::move(e)); });
  return answer.later();
}

memory_actor::behavior_type memory(memory_actor::stateful_pointer<memory_state> self, context_ptr ctx) {
  begin(self, ctx, ctx->root, memory_state::name, "");
  self->state.ctx = std::move(ctx);
  return {
    [self](const recall& x) { return self->state.recall(x); },
    [self](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{json{{"asked", self->state.asked}}.dump()};
    },
  };
}

} // namespace parley
