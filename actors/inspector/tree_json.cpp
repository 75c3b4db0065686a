#include "actors/inspector/tree_json.hpp"

#include "runtime/clock.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace parley {

namespace {

using time_point = std::chrono::steady_clock::time_point;

int64_t milliseconds(time_point from, time_point to) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

void quote(std::string& out, std::string_view text) {
  const bool plain
    = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 127 && c != '"' && c != '\\'; });
  if (plain) {
    out += '"';
    out += text;
    out += '"';
  } else {
    out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

class tree_writer {
public:
  tree_writer(const tree_page& page, time_point now)
    : rows_{page.rows}, now_{now}, rates_{page.sorted}, below_(rows_.size()) {
    // Parents were born before their children, so they stand before them.
    for (size_t i = 0; i < rows_.size(); ++i) {
      const auto parent = rows_[i].entry.parent;
      const auto found = std::lower_bound(rows_.begin(), rows_.end(), parent,
                                          [](const tree_row& row, caf::actor_id id) { return row.id < id; });
      if (found != rows_.end() && found->id == parent && parent != rows_[i].id)
        below_[static_cast<size_t>(found - rows_.begin())].push_back(i);
      else
        tops_.push_back(i);
    }
    out.reserve(rows_.size() * 200 + 256);
  }

  void write() { list(tops_); }
  std::string out;

private:
  void list(const std::vector<size_t>& some) {
    out += '[';
    for (size_t i = 0; i < some.size(); ++i) {
      if (i > 0)
        out += ',';
      row(some[i]);
    }
    out += ']';
  }

  void row(size_t index) {
    const auto& [id, x] = rows_[index];
    fmt::format_to(std::back_inserter(out), R"({{"id":{},"parent":{},"kind":)", id, x.parent);
    quote(out, x.kind);
    out += R"(,"key":)";
    quote(out, x.key);
    fmt::format_to(std::back_inserter(out),
                   R"(,"age_ms":{},"handled":{},"backlog":{},"troubles":{},"restarts":{},"children_count":{})",
                   milliseconds(x.born, now_), x.tally->handled.load(), x.tally->backlog.load(),
                   x.tally->troubles.load(), x.restarts, x.children);
    if (rates_)
      fmt::format_to(std::back_inserter(out), R"(,"rate":{:.1f})", x.rate);
    if (!x.last_error.empty()) {
      out += R"(,"last_error":)";
      quote(out, x.last_error);
    }
    if (!below_[index].empty()) {
      out += R"(,"children":)";
      list(below_[index]);
    }
    out += '}';
  }

  const std::vector<tree_row>& rows_;
  time_point now_;
  bool rates_;
  std::vector<std::vector<size_t>> below_;
  std::vector<size_t> tops_;
};

std::string_view name_of(tree_change::kind what) {
  switch (what) {
    case tree_change::kind::born: return "born";
    case tree_change::kind::ended: return "ended";
    case tree_change::kind::failed: return "failed";
    default: return "trouble";
  }
}

} // namespace

std::string tree_json(const tree_page& page, const std::map<std::string, size_t>& kinds, time_point now) {
  tree_writer writer{page, now};
  auto& out = writer.out;
  size_t total = 0;
  for (const auto& [kind, count] : kinds)
    total += count;
  fmt::format_to(std::back_inserter(out), R"({{"actors":{},"kinds":{{)", total);
  bool first = true;
  for (const auto& [kind, count] : kinds) {
    if (!std::exchange(first, false))
      out += ',';
    quote(out, kind);
    fmt::format_to(std::back_inserter(out), ":{}", count);
  }
  out += R"(},"tree":)";
  writer.write();
  if (page.matching)
    fmt::format_to(std::back_inserter(out), R"(,"matching":{})", *page.matching);
  const bool more = page.more && !page.rows.empty();
  fmt::format_to(std::back_inserter(out), R"(,"more":{},"next":{}}})", more,
                 more && !page.sorted ? std::to_string(page.rows.back().id) : "null");
  return std::move(out);
}

std::string changes_json(const tree_changes& changes) {
  std::string out{"["};
  if (changes.lost)
    fmt::format_to(std::back_inserter(out), R"({{"position":{},"what":"reset"}})",
                   changes.position - changes.changes.size());
  for (const auto& x : changes.changes) {
    if (out.size() > 1)
      out += ',';
    fmt::format_to(std::back_inserter(out), R"({{"position":{},"what":"{}","id":{},"parent":{},"kind":)", x.position,
                   name_of(x.what), x.id, x.parent);
    quote(out, x.actor_kind);
    out += R"(,"key":)";
    quote(out, x.key);
    out += R"(,"reason":)";
    quote(out, x.reason);
    out += R"(,"at":)";
    quote(out, to_iso(std::chrono::floor<std::chrono::milliseconds>(x.at)));
    out += '}';
  }
  out += ']';
  return out;
}

} // namespace parley
