#include "actors/inspector/inspector.hpp"

#include "runtime/json.hpp"
#include "runtime/registry.hpp"

namespace parley {

using namespace std::chrono_literals;

/// Longer than any healthy actor takes, short enough for a person who looks.
static constexpr auto patience = 200ms;

inspected_tree inspector_state::tree(const inspect_tree& x) const {
  const auto entries = ctx->tree.snapshot();
  std::map<caf::actor_id, std::vector<caf::actor_id>> children;
  for (const auto& [id, entry] : entries)
    children[entry.parent].push_back(id);
  const auto now = std::chrono::steady_clock::now();
  const std::function<json(caf::actor_id, uint32_t)> show = [&](caf::actor_id id, uint32_t depth) {
    const auto& entry = entries.at(id);
    json node{{"id", id},
              {"kind", entry.kind},
              {"key", entry.key},
              {"age_ms", std::chrono::duration_cast<std::chrono::milliseconds>(now - entry.born).count()}};
    const auto below = children.find(id);
    if (below == children.end())
      return node;
    node["children"] = json::array();
    if (x.depth != 0 && depth >= x.depth) {
      node["children_count"] = below->second.size();
      return node;
    }
    for (const auto child : below->second)
      if (x.kind.empty() || entries.at(child).kind == x.kind || children.contains(child))
        node["children"].push_back(show(child, depth + 1));
    return node;
  };
  json roots = json::array();
  for (const auto& [id, entry] : entries)
    if (x.under ? id == x.under : !entries.contains(entry.parent))
      roots.push_back(show(id, 1));
  return {json{{"actors", entries.size()}, {"tree", roots}}.dump()};
}

caf::result<inspected_state> inspector_state::state(const inspect_state& x) {
  reply<inspected_state> answer{self};
  const auto entry = ctx->tree.find(x.actor);
  auto target = entry ? caf::actor_cast<caf::strong_actor_ptr>(entry->address) : nullptr;
  if (!target) {
    answer(caf::make_error(ec::not_found, "no actor " + std::to_string(x.actor) + "; it may have ended"));
    return answer.later();
  }
  json about{{"id", x.actor}, {"kind", entry->kind}, {"key", entry->key}, {"parent", entry->parent}};
  self->request(caf::actor_cast<inspectable>(target), patience, x)
    .then(
      [answer, about](const inspected_state& s) mutable {
        about["state"] = json::parse(s.json);
        answer(inspected_state{about.dump()});
      },
      [answer, about](const caf::error&) mutable {
        about["state"] = "no answer";
        answer(inspected_state{about.dump()});
      });
  return answer.later();
}

inspector_port::behavior_type inspector(inspector_port::stateful_pointer<inspector_state> self, context_ptr ctx) {
  begin(self, ctx, ctx->root, inspector_state::name, "");
  self->state.ctx = std::move(ctx);
  return {
    [self](const inspect_tree& x) -> caf::result<inspected_tree> { return self->state.tree(x); },
    [self](const inspect_state& x) -> caf::result<inspected_state> {
      if (x.actor == self->id()) // it cannot ask itself and wait
        return inspected_state{json{{"id", x.actor}, {"kind", "inspector"}, {"state", json::object()}}.dump()};
      return self->state.state(x);
    },
  };
}

} // namespace parley
