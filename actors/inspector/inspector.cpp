#include "actors/inspector/inspector.hpp"

#include "actors/inspector/tree_json.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <set>

namespace parley {

using namespace std::chrono_literals;

/// Longer than any healthy actor takes, short enough for a person who looks.
static constexpr auto patience = 200ms;

static constexpr uint32_t children_shown = 100;
static constexpr uint32_t changes_shown_max = 5'000;

static caf::error ended(caf::actor_id id) {
  return caf::make_error(ec::not_found, "no actor " + std::to_string(id) + "; it may have ended");
}

caf::result<inspected_tree> inspector_state::tree(const inspect_tree& x) const {
  if (x.under != 0 && !ctx->tree.find(x.under))
    return ended(x.under);
  const auto page = ctx->tree.page({x.under, x.depth, x.kind, x.after, x.limit, x.with, x.by, x.reversed});
  return inspected_tree{tree_json(page, ctx->tree.counts(), std::chrono::steady_clock::now())};
}

inspected_changes inspector_state::changes(const inspect_changes& x) const {
  const auto news = ctx->tree.changes(x.since, std::clamp<uint32_t>(x.limit, 1, changes_shown_max));
  return {news.position, changes_json(news)};
}

json inspector_state::about(caf::actor_id id, const actor_entry& entry) const {
  const auto ago = [now = std::chrono::steady_clock::now()](auto then) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - then).count();
  };
  json out{{"id", id},
           {"kind", entry.kind},
           {"key", entry.key},
           {"parent", entry.parent},
           {"parent_kind", nullptr},
           {"age_ms", ago(entry.born)},
           {"handled", entry.tally->handled.load()},
           {"backlog", entry.tally->backlog.load()},
           {"troubles", entry.tally->troubles.load()},
           {"restarts", entry.restarts},
           {"last_error", nullptr},
           {"journal", nullptr}};
  if (const auto parent = ctx->tree.find(entry.parent))
    out["parent_kind"] = parent->kind;
  if (!entry.last_error.empty())
    out["last_error"] = {{"error", entry.last_error}, {"ago_ms", ago(entry.last_error_at)}};
  // The parent itself stands first among what is under it.
  const auto below = ctx->tree.page({id, 2, {}, id, children_shown});
  json shown = json::array();
  for (const auto& row : below.rows)
    shown.push_back({{"id", row.id}, {"kind", row.entry.kind}, {"key", row.entry.key}});
  out["children"] = {{"count", entry.children}, {"shown", shown}, {"more", below.more}};
  return out;
}

/// An aggregate is the life of the stream of its key; its version is its own
/// to tell.
static json stream_of(const json& about, const json& state) {
  static const std::set<std::string> aggregates{"campaign", "prospect", "line", "call", "diary"};
  if (!aggregates.contains(about["kind"].get<std::string>()))
    return nullptr;
  return {{"stream", about["key"]}, {"version", state.is_object() ? state.value("version", json{}) : json{}}};
}

caf::result<inspected_state> inspector_state::state(const inspect_state& x) {
  reply<inspected_state> answer{self};
  const auto entry = ctx->tree.find(x.actor);
  auto target = entry ? caf::actor_cast<caf::strong_actor_ptr>(entry->address) : nullptr;
  if (!target) {
    answer(ended(x.actor));
    return answer.later();
  }
  const auto tell = [this, answer, id = x.actor, known = *entry](json state) {
    // Read once more: what it counts has been measured as it answered.
    const auto fresh = ctx->tree.find(id);
    auto told = about(id, fresh ? *fresh : known);
    told["journal"] = stream_of(told, state);
    told["state"] = std::move(state);
    answer(inspected_state{told.dump(-1, ' ', false, json::error_handler_t::replace)});
  };
  if (x.actor == self->id()) { // it cannot ask itself and wait
    tell(json::object());
    return answer.later();
  }
  // Ahead of what waits: a backlog must not hide who has it.
  self->request<caf::message_priority::high>(caf::actor_cast<inspectable>(target), patience, x)
    .then(
      [tell](const inspected_state& s) {
        auto state = json::parse(s.json, nullptr, false);
        tell(state.is_discarded() ? json("unreadable answer") : std::move(state));
      },
      [tell](const caf::error&) { tell("no answer"); });
  return answer.later();
}

inspector_port::behavior_type inspector(inspector_port::stateful_pointer<inspector_state> self, context_ptr ctx) {
  begin(self, ctx, ctx->root, inspector_state::name, "");
  self->state.ctx = std::move(ctx);
  return {
    [self](const inspect_tree& x) { return self->state.tree(x); },
    [self](const inspect_state& x) { return self->state.state(x); },
    [self](const inspect_changes& x) -> caf::result<inspected_changes> { return self->state.changes(x); },
  };
}

} // namespace parley
