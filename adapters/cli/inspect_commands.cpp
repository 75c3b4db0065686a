#include "adapters/cli/command_line.hpp"
#include "adapters/cli/top.hpp"
#include "adapters/cli/top_model.hpp"

#include <map>

namespace parley::cli {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr auto page_patience = 10s;
constexpr uint32_t page_max = 5'000;

struct tree_options {
  uint64_t under = 0;
  uint32_t depth = 0;
  std::string kind;
  uint32_t limit = 500;
};

struct read_tree {
  json actors;
  json kinds;
  std::vector<json> nodes; // flat, by birth
  bool more = false;
};

void flatten(json& nodes, std::vector<json>& out) {
  for (auto& node : nodes) {
    auto below = node.value("children", json::array());
    node.erase("children");
    out.push_back(std::move(node));
    flatten(below, out);
  }
}

/// Page by page, so that no answer is long.
read_tree read(const std::string& socket, const tree_options& x) {
  read_tree out;
  std::string after;
  for (auto left = x.limit; left > 0;) {
    std::string path = "/inspect/tree?limit=" + std::to_string(std::min(left, page_max)) + after;
    if (x.under != 0)
      path += "&under=" + std::to_string(x.under);
    if (x.depth != 0)
      path += "&depth=" + std::to_string(x.depth);
    if (!x.kind.empty())
      path += "&kind=" + query_value(x.kind);
    auto page = get_from_node(socket, path, page_patience);
    const auto before = out.nodes.size();
    flatten(page["tree"], out.nodes);
    left -= static_cast<uint32_t>(std::min<size_t>(left, out.nodes.size() - before));
    out.actors = page["actors"];
    out.kinds = page["kinds"];
    out.more = page.value("more", false);
    if (!out.more || out.nodes.size() == before)
      break;
    after = "&after=" + page["next"].dump();
  }
  std::sort(out.nodes.begin(), out.nodes.end(),
            [](const json& a, const json& b) { return a.value("id", uint64_t{0}) < b.value("id", uint64_t{0}); });
  return out;
}

using children_of = std::map<uint64_t, std::vector<const json*>>; // 0: those without a parent here

children_of nested(const read_tree& tree) {
  std::map<uint64_t, const json*> by_id;
  for (const auto& node : tree.nodes)
    by_id[node.value("id", uint64_t{0})] = &node;
  children_of out;
  for (const auto& node : tree.nodes) {
    const auto parent = node.value("parent", uint64_t{0});
    out[by_id.contains(parent) ? parent : 0].push_back(&node);
  }
  return out;
}

json as_json(const children_of& below, uint64_t parent) {
  auto out = json::array();
  const auto found = below.find(parent);
  if (found == below.end())
    return out;
  for (const auto* node : found->second) {
    auto one = *node;
    const auto id = node->value("id", uint64_t{0});
    if (below.contains(id))
      one["children"] = as_json(below, id);
    out.push_back(std::move(one));
  }
  return out;
}

void print(const shared& s, const children_of& below, uint64_t parent, const std::string& indent, bool top) {
  const auto found = below.find(parent);
  if (found == below.end())
    return;
  for (const auto* node : found->second) {
    const bool last = node == found->second.back();
    const auto id = node->value("id", uint64_t{0});
    const auto key = node->value("key", "");
    std::cout << indent
              << (top    ? ""
                  : last ? "└── "
                         : "├── ")
              << s.paint.bold(node->value("kind", "?")) << (key.empty() ? "" : " ") << key
              << s.paint.faint("  #" + std::to_string(id));
    if (const auto backlog = node->value("backlog", uint64_t{0}))
      std::cout << "  backlog " << backlog;
    if (const auto error = node->value("last_error", ""); !error.empty())
      std::cout << "  " << s.paint.red("last error " + error);
    const auto children = node->value("children_count", uint64_t{0});
    const auto shown = below.contains(id) ? below.at(id).size() : 0;
    if (children > shown)
      std::cout << s.paint.faint("  (" + std::to_string(children - shown) + " below not shown)");
    std::cout << '\n';
    print(s, below, id, top ? indent : indent + (last ? "    " : "│   "), false);
  }
}

} // namespace

void add_inspect_commands(CLI::App& app, const shared_ptr& s) {
  auto* group = group_of(app, "inspect");
  auto x = std::make_shared<tree_options>();
  auto* tree = add_command(group, "tree", "The living actors and whose children they are",
                           "inspect tree --kind call --limit 50");
  tree->add_option("--under", x->under, "only this actor and what is under it, by id");
  tree->add_option("--depth", x->depth, "levels; all if left out");
  tree->add_option("--kind", x->kind, "only this kind, e.g. prospect");
  tree->add_option("--limit", x->limit, "actors, the oldest first")
    ->capture_default_str()
    ->check(CLI::Range(1u, 10'000'000u));
  tree->callback([s, x] {
    const auto got = read(s->options.socket, *x);
    const auto below = nested(got);
    if (s->options.json) {
      std::cout
        << json{{"actors", got.actors}, {"kinds", got.kinds}, {"tree", as_json(below, 0)}, {"more", got.more}}.dump(2)
        << '\n';
      return;
    }
    print(*s, below, 0, "", true);
    if (got.more)
      std::cout << s->paint.faint("more than " + std::to_string(x->limit)
                                  + " actors; narrow it with --kind or --under, or raise --limit")
                << '\n';
  });

  auto id = std::make_shared<uint64_t>(0);
  auto* actor
    = add_command(group, "actor", "One actor: its state, age, backlog, last error and children", "inspect actor 12");
  actor->add_option("actor", *id, "its id, as inspect tree shows it behind #")->required();
  actor->callback([s, id] {
    const auto got = get_from_node(s->options.socket, "/inspect/actors/" + std::to_string(*id), page_patience);
    if (s->options.json) {
      std::cout << got.dump(2) << '\n';
      return;
    }
    for (const auto& line : lines_of(got))
      std::cout << line << '\n';
  });

  add_command(&app, "top", "The living actors, full screen: sort, filter, look closer; q quits", "top")->callback([s] {
    if (s->options.json)
      throw command_failed{"usage", "top draws a screen; for scripts there is: parley inspect tree --json", exit_usage};
    run_top(s->options.socket);
  });
}

} // namespace parley::cli
