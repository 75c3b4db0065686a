#include "adapters/embedded/hnsw_index.hpp"

#include <stdexcept>

namespace parley {

namespace {

/// What the shelves refuse is the asker's fault; when memory runs out they
/// throw something else, and the actor starts anew, empty.
template <class F>
auto judged(F work) -> caf::expected<decltype(work())> {
  try {
    return work();
  } catch (const std::invalid_argument& e) {
    return caf::make_error(ec::invalid_input, std::string{e.what()});
  }
}

} // namespace

hnsw_index_actor::behavior_type hnsw_index(hnsw_index_actor::stateful_pointer<hnsw_index_state> self,
                                           const context_ptr& context, hnsw_settings settings) {
  begin(self, context, context->root, "vector_index", "hnsw");
  auto& state = self->state;
  state.shelves = std::make_unique<vector_shelves>(settings.vectors_max);
  state.book = std::make_shared<port_book>(context->telemetry, "vector_index", "hnsw");
  return {
    [self](const index_vector& x) -> caf::result<vector_indexed> {
      auto& shelves = *self->state.shelves;
      return counted(self->state.book, "index_vector", [&] {
        return judged([&] {
          const bool kept = shelves.put(x);
          return vector_indexed{shelves.size(x.embedder), kept};
        });
      });
    },
    [self](const find_nearest& x) -> caf::result<neighbours> {
      return counted(self->state.book, "find_nearest",
                     [&] { return judged([&] { return neighbours{self->state.shelves->nearest(x)}; }); });
    },
    [self](const forget_vectors& x) {
      for (const auto& id : x.ids)
        self->state.shelves->forget(id);
    },
    [self](const inspect_state&) {
      auto out = self->state.book->shown();
      out["vectors"] = self->state.shelves->size();
      return shown(out);
    },
  };
}

} // namespace parley
