#include "adapters/embedded/hashing_embedder.hpp"

#include "adapters/embedded/hashing.hpp"
#include "runtime/telemetry/port_book.hpp"

namespace parley {

hashing_embedder_actor::behavior_type
hashing_embedder(hashing_embedder_actor::stateful_pointer<hashing_embedder_state> self, const context_ptr& context,
                 hashing_settings settings) {
  begin(self, context, context->root, "embedder", "hashing");
  const auto book = std::make_shared<port_book>(context->telemetry, "embedder", "hashing");
  return {
    [book, settings](const embed& x) -> caf::result<embedded> {
      return counted(book, "embed", [&] {
        embedded out;
        out.embedder = settings.name();
        for (const auto& text : x.texts)
          out.vectors.push_back(hashed_features(text, settings.dimensions));
        return caf::expected<embedded>{std::move(out)};
      });
    },
    [book](const inspect_state&) { return shown(book->shown()); },
  };
}

} // namespace parley
