#include "actors/pacer/slot_audit.hpp"

#include "actors/call/core.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

namespace parley {

void slot_audit_state::begin_round() {
  found = {};
  read_shard(0);
}

void slot_audit_state::read_shard(uint16_t shard) {
  if (shard >= ctx->shard_count)
    return compare();
  self->request(ctx->journal, ctx->settings.journal_timeout, find_open_calls{shard})
    .then(
      [this, shard](open_calls& x) {
        calls = std::move(x.calls);
        read_call(0, shard);
      },
      [this](const caf::error& e) { give_up(e); });
}

/// One after another: this is nobody's hurry.
void slot_audit_state::read_call(size_t call, uint16_t shard) {
  if (call >= calls.size())
    return read_shard(static_cast<uint16_t>(shard + 1));
  self->request(ctx->journal, ctx->settings.journal_timeout, load_stream{calls[call].call})
    .then(
      [this, call, shard](const loaded_stream& x) {
        if (const auto slot = calls::slot_of(x.state))
          found.slots.push_back(*slot);
        read_call(call + 1, shard);
      },
      [this](const caf::error& e) { give_up(e); });
}

void slot_audit_state::compare() {
  self->request(pacer, ctx->settings.request_timeout, std::move(found))
    .then(
      [this](const slots_checked& x) {
        ++rounds;
        last = x;
        if (x.leaked > 0 || x.missing > 0)
          spdlog::error("slots: {} were out without an open call and are free again, {} open calls had none and have "
                        "theirs back",
                        x.leaked, x.missing);
        next_round();
      },
      [this](const caf::error& e) { give_up(e); });
}

/// Half a list proves nothing: the next round reads it whole.
void slot_audit_state::give_up(const caf::error& e) {
  ++given_up;
  spdlog::warn("slots: not compared with the open calls this time ({})", self->system().render(e));
  next_round();
}

void slot_audit_state::next_round() {
  self->delayed_send(self, ctx->settings.slot_check_interval, tick_atom::value);
}

slot_audit_actor::behavior_type
slot_audit(slot_audit_actor::stateful_pointer<slot_audit_state> self, context_ptr ctx, checked_pacer_actor pacer) {
  begin(self, ctx, ctx->root, slot_audit_state::name, "");
  auto& s = self->state;
  s.ctx = std::move(ctx);
  s.pacer = std::move(pacer);
  self->delayed_send(self, s.ctx->settings.slot_check_interval, tick_atom::value);
  return {
    [&s](tick_atom) { s.begin_round(); },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{json{
        {"rounds", s.rounds},
        {"given_up", s.given_up},
        {"held", s.last.held},
        {"open", s.last.open},
        {"leaked", s.last.leaked},
        {"missing",
         s.last.missing}}.dump()};
    },
  };
}

} // namespace parley
