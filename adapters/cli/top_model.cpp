#include "adapters/cli/top_model.hpp"

#include <algorithm>
#include <cctype>

namespace parley::cli {

using nlohmann::json;

static void collect(const json& nodes, std::vector<actor_row>& out) {
  for (const auto& node : nodes) {
    actor_row row;
    row.id = node.value("id", uint64_t{0});
    row.parent = node.value("parent", uint64_t{0});
    row.kind = node.value("kind", "");
    row.key = node.value("key", "");
    row.age_ms = node.value("age_ms", int64_t{0});
    row.handled = node.value("handled", uint64_t{0});
    row.backlog = node.value("backlog", uint64_t{0});
    row.troubles = node.value("troubles", uint64_t{0});
    row.restarts = node.value("restarts", uint64_t{0});
    row.children = node.value("children_count", uint64_t{0});
    row.last_error = node.value("last_error", "");
    row.rate = node.value("rate", -1.0);
    out.push_back(std::move(row));
    if (const auto below = node.find("children"); below != node.end() && below->is_array())
      collect(*below, out);
  }
}

std::vector<actor_row> rows_of(const json& page) {
  std::vector<actor_row> out;
  collect(page.value("tree", json::array()), out);
  return out;
}

std::string query_value(const std::string& text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const auto c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '_' || c == '-' || c == '.')
      out += c;
    else
      out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

/// The node's name of it.
static const char* sort_name(top_model::column by) {
  switch (by) {
    case top_model::column::rate: return "rate";
    case top_model::column::backlog: return "backlog";
    case top_model::column::troubles: return "errors";
    case top_model::column::age: return "age";
    case top_model::column::handled: return "handled";
    case top_model::column::children: return "children";
    case top_model::column::kind: return "kind";
    case top_model::column::key: return "key";
    default: return "age"; // ids rise with the birth
  }
}

top_model::wish top_model::wants() const {
  wish out;
  out.tree = "/inspect/tree?limit=" + std::to_string(rows_max) + "&sort=" + sort_name(sorted_by_);
  if (reversed_)
    out.tree += "&reversed=1";
  if (!filter_.empty())
    out.tree += "&with=" + query_value(filter_);
  if (!scope_.empty())
    out.tree += "&under=" + std::to_string(scope_.back());
  if (!kind_.empty())
    out.tree += "&kind=" + query_value(kind_);
  if (view_ == view::details)
    out.actor = "/inspect/actors/" + std::to_string(details_of_);
  return out;
}

void top_model::take_tree(const wish& asked, const json& page, time_point now) {
  if (asked.tree != wants().tree)
    return; // we have gone elsewhere meanwhile
  failure_.clear();
  rows_ = rows_of(page);
  kinds_ = page.value("kinds", std::map<std::string, uint64_t>{});
  total_ = page.value("actors", uint64_t{0});
  more_ = page.value("more", false);
  matching_ = page.value("matching", total_);
  const auto passed = taken_at_ ? std::chrono::duration<double>{now - *taken_at_}.count() : 0.0;
  std::unordered_map<uint64_t, uint64_t> handled;
  for (auto& row : rows_) {
    handled[row.id] = row.handled;
    if (row.rate >= 0)
      continue; // the node knows it, of everybody
    const auto before = handled_before_.find(row.id);
    auto since = passed;
    auto count = row.handled;
    if (before != handled_before_.end())
      count -= std::min(count, before->second);
    else if (const auto age = static_cast<double>(row.age_ms) / 1000.0; age <= passed)
      since = age; // born in between
    else
      count = 0; // was not on the page before
    row.rate = taken_at_ && since > 0.001 ? static_cast<double>(count) / since : 0;
  }
  handled_before_ = std::move(handled);
  taken_at_ = now;
  arrange();
}

static void write_lines(const json& value, const std::string& indent, std::vector<std::string>& out) {
  for (const auto& [name, x] : value.items()) {
    const auto label = value.is_array() ? indent + "- " : indent + name + ": ";
    if (x.is_structured() && !x.empty()) {
      out.push_back(label);
      write_lines(x, indent + "  ", out);
    } else {
      out.push_back(label + (x.is_string() ? x.get<std::string>() : x.dump()));
    }
  }
}

std::vector<std::string> lines_of(const json& object) {
  std::vector<std::string> out;
  write_lines(object, "", out);
  return out;
}

void top_model::take_actor(const wish& asked, const json& actor) {
  if (asked.actor != wants().actor)
    return;
  details_ = lines_of(actor);
}

bool top_model::matches(const actor_row& row) const {
  return filter_.empty() || row.kind.find(filter_) != std::string::npos || row.key.find(filter_) != std::string::npos
         || row.last_error.find(filter_) != std::string::npos || std::to_string(row.id) == filter_;
}

void top_model::arrange() {
  // Figures: the largest first; words and ids: from the beginning.
  const auto before = [this](const actor_row& a, const actor_row& b) {
    switch (sorted_by_) {
      case column::rate: return a.rate > b.rate;
      case column::backlog: return a.backlog > b.backlog;
      case column::troubles: return a.troubles + a.restarts > b.troubles + b.restarts;
      case column::age: return a.age_ms > b.age_ms;
      case column::handled: return a.handled > b.handled;
      case column::children: return a.children > b.children;
      case column::kind: return a.kind < b.kind;
      case column::key: return a.key < b.key;
      default: return a.id < b.id;
    }
  };
  std::sort(rows_.begin(), rows_.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  std::stable_sort(rows_.begin(), rows_.end(),
                   [&](const auto& a, const auto& b) { return reversed_ ? before(b, a) : before(a, b); });
  shown_.clear();
  for (size_t i = 0; i < rows_.size(); ++i)
    if (matches(rows_[i]))
      shown_.push_back(i);
  const auto is_chosen = [this](size_t i) { return rows_[i].id == chosen_; };
  if (!shown_.empty() && at_top_)
    chosen_ = rows_[shown_.front()].id;
  else if (!shown_.empty() && std::none_of(shown_.begin(), shown_.end(), is_chosen))
    chosen_ = rows_[shown_[std::min(first_, shown_.size() - 1)]].id;
}

void top_model::move(int64_t by) {
  if (shown_.empty())
    return;
  const auto at = std::find_if(shown_.begin(), shown_.end(), [this](size_t i) { return rows_[i].id == chosen_; });
  const auto now = at == shown_.end() ? 0 : at - shown_.begin();
  const auto last = static_cast<int64_t>(shown_.size()) - 1;
  const auto next = std::clamp<int64_t>(now + by, 0, last);
  chosen_ = rows_[shown_[static_cast<size_t>(next)]].id;
  at_top_ = next == 0;
}

void top_model::go_under(uint64_t actor) {
  if (actor != 0 && (scope_.empty() || scope_.back() != actor))
    scope_.push_back(actor);
  kind_.clear();
  filter_.clear();
  view_ = view::list;
  first_ = 0;
  at_top_ = true;
}

void top_model::go_back() {
  if (!filter_.empty())
    filter_.clear();
  else if (!kind_.empty())
    kind_.clear();
  else if (!scope_.empty())
    scope_.pop_back();
  first_ = 0;
  at_top_ = true;
  arrange();
}

void top_model::press(const key& pressed) {
  if (prompt_ != prompt::none)
    return press_in_prompt(pressed);
  if (pressed.kind == key_kind::character && (pressed.text == "q" || pressed.text == "Q")) {
    ended_ = true;
    return;
  }
  if (view_ == view::help) {
    view_ = view::list;
    return;
  }
  if (pressed.kind == key_kind::character && (pressed.text == "h" || pressed.text == "?")) {
    view_ = view::help;
    return;
  }
  if (view_ == view::details)
    press_in_details(pressed);
  else
    press_in_list(pressed);
}

void top_model::press_in_list(const key& pressed) {
  const auto page = static_cast<int64_t>(std::max<size_t>(1, page_rows_));
  switch (pressed.kind) {
    case key_kind::up: return move(-1);
    case key_kind::down: return move(1);
    case key_kind::page_up: return move(-page);
    case key_kind::page_down: return move(page);
    case key_kind::home: return move(-static_cast<int64_t>(rows_.size()));
    case key_kind::end: return move(static_cast<int64_t>(rows_.size()));
    case key_kind::backspace:
    case key_kind::escape: return go_back();
    case key_kind::enter:
      if (!shown_.empty()) {
        view_ = view::details;
        details_of_ = chosen_;
        details_.clear();
        details_first_ = 0;
      }
      return;
    default: break;
  }
  const auto columns = static_cast<uint8_t>(column::count_);
  if (pressed.text == "s")
    sorted_by_ = static_cast<column>((static_cast<uint8_t>(sorted_by_) + 1) % columns);
  else if (pressed.text == "S")
    sorted_by_ = static_cast<column>((static_cast<uint8_t>(sorted_by_) + columns - 1) % columns);
  else if (pressed.text == "r")
    reversed_ = !reversed_;
  else if (pressed.text == "c" && !shown_.empty())
    go_under(chosen_);
  else if (pressed.text == "/" || pressed.text == "k") {
    prompt_ = pressed.text == "/" ? prompt::filter : prompt::kind;
    typed_ = prompt_ == prompt::filter ? filter_ : kind_;
    return;
  }
  arrange();
}

void top_model::press_in_details(const key& pressed) {
  const auto last = details_rows_ == 0 ? 0 : details_rows_ - 1;
  switch (pressed.kind) {
    case key_kind::up: details_first_ -= details_first_ > 0; return;
    case key_kind::down: details_first_ = std::min(last, details_first_ + 1); return;
    case key_kind::page_up: details_first_ -= std::min(details_first_, page_rows_); return;
    case key_kind::page_down: details_first_ = std::min(last, details_first_ + page_rows_); return;
    case key_kind::home: details_first_ = 0; return;
    case key_kind::end: details_first_ = last; return;
    case key_kind::escape:
    case key_kind::backspace:
    case key_kind::enter: view_ = view::list; return;
    default: break;
  }
  if (pressed.text == "c")
    go_under(details_of_);
}

void top_model::press_in_prompt(const key& pressed) {
  switch (pressed.kind) {
    case key_kind::character: typed_ += pressed.text; break;
    case key_kind::backspace:
      while (!typed_.empty() && (static_cast<unsigned char>(typed_.back()) & 0xc0) == 0x80)
        typed_.pop_back();
      if (!typed_.empty())
        typed_.pop_back();
      break;
    case key_kind::escape: prompt_ = prompt::none; return;
    case key_kind::enter:
      (prompt_ == prompt::filter ? filter_ : kind_) = typed_;
      prompt_ = prompt::none;
      first_ = 0;
      at_top_ = true;
      arrange();
      return;
    default: return;
  }
  if (prompt_ == prompt::filter) { // seen as it is typed
    filter_ = typed_;
    at_top_ = true;
    arrange();
  }
}

} // namespace parley::cli
