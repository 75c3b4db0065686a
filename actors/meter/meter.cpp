#include "actors/meter/meter.hpp"

#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

namespace parley {

void meter_state::look() {
  report_query query;
  query.kind = report_kind::store_figures;
  query.now = ctx->clock.now();
  self->request(ctx->journal, ctx->settings.journal_timeout, query)
    .then(
      [this](const report& x) {
        ++readings;
        auto figures = json::parse(x.json, nullptr, false);
        if (figures.is_object())
          board->put(std::move(figures), std::chrono::steady_clock::now());
        else
          spdlog::error("meter: the store's figures cannot be read");
      },
      [this](const caf::error& e) {
        if (++failed; failed == 1 || failed % 60 == 0)
          spdlog::warn("meter: the store's figures did not come ({})", self->system().render(e));
      });
  self->delayed_send(self, interval, tick_atom::value);
}

meter_actor::behavior_type
meter(meter_actor::stateful_pointer<meter_state> self, context_ptr ctx, std::shared_ptr<figure_board> board) {
  begin(self, ctx, ctx->root, meter_state::name, "");
  self->state.ctx = std::move(ctx);
  self->state.board = std::move(board);
  self->send(self, tick_atom::value);
  return {
    [self](tick_atom) { self->state.look(); },
    [self](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{json{{"readings", self->state.readings}, {"failed", self->state.failed}}.dump()};
    },
  };
}

} // namespace parley
