#pragma once

#include "actors/inspector/inspector.hpp"
#include "runtime/json.hpp"
#include "tests/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

/// An inspector, and actors that count, wait and fail on demand.
namespace parley::test {

using namespace std::chrono_literals;

using idler_actor
  = caf::typed_actor<caf::reacts_to<tick_atom>, caf::reacts_to<retire_atom>, caf::reacts_to<restart_atom>,
                     caf::replies_to<inspect_state>::with<inspected_state>>;

struct idler_state {
  std::optional<reply<inspected_state>> open;
  uint32_t longest = 0; ///< backlog that it was shown with
  static inline constexpr const char* name = "idler";
};

/// tick: nothing; retire: it ends; restart: it fails, with a number in the error.
inline idler_actor::behavior_type idler(idler_actor::stateful_pointer<idler_state> self, context_ptr ctx,
                                        caf::actor_id parent, std::string kind, std::string key, bool answers) {
  begin(self, ctx, parent, std::move(kind), std::move(key));
  return {
    [self, ctx](tick_atom) {
      self->state.longest = std::max(self->state.longest, ctx->tree.find(self->id())->tally->backlog.load());
    },
    [self](retire_atom) { self->quit(); },
    [self](restart_atom) { self->quit(caf::make_error(ec::append_refused, "+14155550132")); },
    [self, answers](const inspect_state&) -> caf::result<inspected_state> {
      if (answers)
        return inspected_state{json{{"version", 7}, {"longest", self->state.longest}}.dump()};
      self->state.open.emplace(self);
      return self->state.open->later();
    },
  };
}

struct inspected : actor_fixture {
  inspector_port port;
  std::vector<idler_actor> all;

  inspected() { port = sys.spawn(inspector, context_ptr{context}); }
  ~inspected() {
    for (const auto& x : all)
      stop(x);
    stop(port);
    port = inspector_port{};
  }

  caf::actor_id add(caf::actor_id parent, const std::string& kind, const std::string& key = "", bool answers = true) {
    all.push_back(sys.spawn(idler, context_ptr{context}, parent, kind, key, answers));
    settle();
    return all.back().id();
  }
  template <class Atom>
  void order(const idler_actor& who, Atom what) {
    caf::anon_send(who, what);
    settle();
  }
  json page(const inspect_tree& x) { return json::parse(ask<inspected_tree>(port, x)->value->json); }
  json about(caf::actor_id id) {
    auto told = ask<inspected_state>(port, inspect_state{id});
    advance(200ms);
    return json::parse(told->value->json);
  }
  json news(uint64_t since) { return json::parse(ask<inspected_changes>(port, inspect_changes{since})->value->json); }
  uint64_t position() { return ask<inspected_changes>(port, inspect_changes{})->value->position; }
};

inline void ids_of(const json& nodes, std::vector<uint64_t>& out) {
  for (const auto& node : nodes) {
    out.push_back(node["id"]);
    if (node.contains("children"))
      ids_of(node["children"], out);
  }
}

inline std::vector<uint64_t> ids(const json& page) {
  std::vector<uint64_t> out;
  ids_of(page["tree"], out);
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace parley::test
