#include "adapters/cli/top_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace parley::cli {

namespace {

/// One to four characters and a unit: "59s", "3m20", "2h05", "12d".
std::string age(int64_t ms) {
  const auto seconds = ms / 1000;
  const auto two = [](int64_t x) { return (x < 10 ? "0" : "") + std::to_string(x); };
  if (seconds < 100)
    return std::to_string(seconds) + "s";
  if (seconds < 6'000)
    return std::to_string(seconds / 60) + "m" + two(seconds % 60);
  if (seconds < 360'000)
    return std::to_string(seconds / 3'600) + "h" + two(seconds / 60 % 60);
  return std::to_string(seconds / 86'400) + "d";
}

/// At most five characters: "999", "12.3k", "4.5M".
std::string figure(double x) {
  if (x < 10 && x != std::floor(x)) {
    const auto tenths = std::to_string(std::lround(x * 10));
    return x < 0.95 ? "0." + tenths : tenths.substr(0, tenths.size() - 1) + "." + tenths.back();
  }
  static constexpr std::array units{"", "k", "M", "G", "T"};
  size_t unit = 0;
  for (; x >= 9'999.5 && unit + 1 < units.size(); ++unit)
    x /= 1'000;
  return std::to_string(std::llround(x)) + units[unit];
}

/// "103,412"
std::string grouped(uint64_t x) {
  auto out = std::to_string(x);
  for (auto at = static_cast<int64_t>(out.size()) - 3; at > 0; at -= 3)
    out.insert(static_cast<size_t>(at), ",");
  return out;
}

struct shown_column {
  const char* heading;
  size_t width;       // the key has none: it takes the rest
  size_t columns_min; // terminals narrower than this go without it
  bool right;
  std::string (*text)(const actor_row&);
  top_model::column sorted;
};

using column = top_model::column;

constexpr std::array columns{
  shown_column{"ID", 8, 0, true, [](const actor_row& x) { return std::to_string(x.id); }, column::id},
  shown_column{"KIND", 15, 0, false, [](const actor_row& x) { return x.kind; }, column::kind},
  shown_column{"KEY", 0, 0, false, [](const actor_row& x) { return x.key.empty() ? std::string{"-"} : x.key; },
               column::key},
  shown_column{"AGE", 6, 0, true, [](const actor_row& x) { return age(x.age_ms); }, column::age},
  shown_column{"MSG/S", 6, 0, true, [](const actor_row& x) { return figure(x.rate); }, column::rate},
  shown_column{"HANDLED", 7, 90, true, [](const actor_row& x) { return figure(static_cast<double>(x.handled)); },
               column::handled},
  shown_column{"BACKLOG", 7, 0, true, [](const actor_row& x) { return figure(static_cast<double>(x.backlog)); },
               column::backlog},
  shown_column{"CHILDREN", 8, 90, true, [](const actor_row& x) { return figure(static_cast<double>(x.children)); },
               column::children},
  shown_column{"ERRORS", 6, 0, true,
               [](const actor_row& x) { return figure(static_cast<double>(x.troubles + x.restarts)); },
               column::troubles},
};

constexpr const char* name_of(column x) {
  for (const auto& c : columns)
    if (c.sorted == x)
      return c.heading;
  return "";
}

size_t width_of(const shown_column& c, size_t all) {
  if (c.width > 0)
    return c.width;
  size_t others = 0;
  for (const auto& x : columns)
    if (x.width > 0 && all >= x.columns_min)
      others += x.width + 1;
  return all > others ? all - others : 0;
}

/// Without its middle: commands take the beginning of an id, and ids of one
/// moment differ at the end.
std::string cut(const std::string& text, size_t width) {
  if (text.size() <= width || width < 3)
    return text.substr(0, width);
  const auto head = width / 2;
  return text.substr(0, head) + "…" + text.substr(text.size() - (width - 1 - head));
}

struct drawn_line {
  std::string text;
  size_t label; // bytes before its colon
};

/// What does not fit into a line goes on in those below, further in.
std::vector<drawn_line> wrapped(const std::vector<std::string>& lines, size_t width) {
  std::vector<drawn_line> out;
  for (auto rest : lines) {
    const std::string further(std::min(rest.find_first_not_of(' '), width / 2) + 2, ' ');
    auto label = std::min(rest.find(": "), rest.size());
    while (true) {
      size_t bytes = 0;
      for (size_t shown = 0; bytes < rest.size(); ++bytes) // not within a character of several bytes
        if ((static_cast<unsigned char>(rest[bytes]) & 0xc0) != 0x80 && shown++ == width)
          break;
      out.push_back({rest.substr(0, bytes), std::min(label, bytes)});
      if (bytes == rest.size())
        break;
      rest = further + rest.substr(bytes);
      label = 0;
    }
  }
  return out;
}

template <class Text>
void write_columns(cell_grid& out, size_t line, style look, Text text) {
  size_t at = 0;
  for (const auto& c : columns) {
    if (out.columns() < c.columns_min)
      continue;
    const auto width = width_of(c, out.columns());
    const std::string full = text(c);
    // Keys are plain characters, one byte each; the ellipsis is not.
    const auto shown = c.width == 0 ? cut(full, width) : full.substr(0, width);
    const auto long_as = std::min(full.size(), width);
    out.put(at + (c.right ? width - long_as : 0), line, shown, look);
    at += width + 1;
  }
}

} // namespace

void top_model::draw(cell_grid& out) {
  if (out.rows() < 8 || out.columns() < 40) {
    out.put(0, 0, "parley top needs 40 x 8 characters", style::red);
    return;
  }
  if (view_ == view::help)
    draw_help(out);
  else if (view_ == view::details)
    draw_details(out);
  else
    draw_list(out);
  draw_foot(out);
}

void top_model::draw_head(cell_grid& out) const {
  std::string title = "parley top  " + std::to_string(total_) + " actors";
  if (!scope_.empty())
    title += ", under " + std::to_string(scope_.back());
  if (!kind_.empty())
    title += ", kind " + kind_;
  if (!filter_.empty())
    title += ", with \"" + filter_ + "\"";
  out.put(0, 0, title, style::bold);
  if (!failure_.empty())
    out.put(0, 1, failure_, style::red);
  else if (!taken_at_)
    out.put(0, 1, "asking the node …", style::faint);
  else if (more_)
    out.put(0, 1,
            grouped(rows_.size()) + " of " + grouped(matching_) + " shown, by " + name_of(sorted_by_)
              + "; filter to narrow: /, k or c",
            style::yellow);
  // The most frequent kinds first.
  std::vector<std::pair<std::string, uint64_t>> kinds{kinds_.begin(), kinds_.end()};
  std::stable_sort(kinds.begin(), kinds.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  size_t at = 0;
  for (const auto& [kind, count] : kinds) {
    const auto text = kind + " " + std::to_string(count);
    if (at + text.size() > out.columns())
      break;
    out.put(at, 2, kind, style::cyan);
    at = out.put(at + kind.size() + 1, 2, std::to_string(count)) + 2;
  }
}

void top_model::draw_list(cell_grid& out) {
  draw_head(out);
  out.fill(4, "", style::reversed);
  write_columns(out, 4, style::reversed, [](const shown_column& c) { return std::string{c.heading}; });
  page_rows_ = out.rows() - 6;
  const auto at = std::find_if(shown_.begin(), shown_.end(), [this](size_t i) { return rows_[i].id == chosen_; });
  const auto chosen = at == shown_.end() ? 0 : static_cast<size_t>(at - shown_.begin());
  first_ = std::min(first_, chosen);
  if (chosen >= first_ + page_rows_)
    first_ = chosen - page_rows_ + 1;
  for (size_t i = 0; i < page_rows_ && first_ + i < shown_.size(); ++i)
    draw_row(out, 5 + i, rows_[shown_[first_ + i]], first_ + i == chosen);
  if (shown_.empty() && taken_at_)
    out.put(0, 5, filter_.empty() ? "nobody" : "nobody; backspace shows all again", style::faint);
}

void top_model::draw_row(cell_grid& out, size_t line, const actor_row& row, bool chosen) const {
  const auto look = chosen                            ? style::reversed
                    : row.troubles + row.restarts > 0 ? style::red
                    : row.backlog >= 100              ? style::yellow
                                                      : style::plain;
  if (chosen)
    out.fill(line, "", look);
  write_columns(out, line, look, [&row](const shown_column& c) { return c.text(row); });
}

void top_model::draw_details(cell_grid& out) {
  out.put(0, 0, "parley top  actor " + std::to_string(details_of_), style::bold);
  if (!failure_.empty())
    out.put(0, 1, failure_, style::red);
  else if (details_.empty())
    out.put(0, 1, "asking …", style::faint);
  page_rows_ = out.rows() - 4;
  const auto lines = wrapped(details_, out.columns());
  details_rows_ = lines.size();
  if (details_first_ + page_rows_ > lines.size())
    details_first_ = lines.size() - std::min(lines.size(), page_rows_);
  for (size_t i = 0; i < page_rows_ && details_first_ + i < lines.size(); ++i) {
    const auto& [text, label] = lines[details_first_ + i];
    out.put(out.put(0, 2 + i, text.substr(0, label), style::cyan), 2 + i, text.substr(label));
  }
}

void top_model::draw_help(cell_grid& out) const {
  out.put(0, 0, "parley top", style::bold);
  size_t line = 2;
  for (const auto& [keys, meaning] : {std::pair{"arrows, PgUp, PgDn", "choose an actor"},
                                      {"enter", "its details: state, last error, children, journal stream"},
                                      {"c", "only what is under it"},
                                      {"backspace, esc", "back: filter, kind, then one level up"},
                                      {"s, S", "sort by the next or the previous column"},
                                      {"r", "turn the order round"},
                                      {"/", "show only what has this in its kind, key or error"},
                                      {"k", "ask the node for one kind only"},
                                      {"q", "quit"}}) {
    out.put(1, line, keys, style::cyan);
    out.put(21, line++, meaning);
  }
  out.put(1, line + 1, "MSG/S    messages handled a second; ERRORS survived errors and restarts");
  out.put(1, line + 2, "BACKLOG  messages that wait, as the actor saw it last");
}

void top_model::draw_foot(cell_grid& out) const {
  const auto last = out.rows() - 1;
  if (prompt_ != prompt::none) {
    const std::string question = prompt_ == prompt::filter ? "show only: " : "kind: ";
    out.fill(last, question + typed_ + "_", style::bold);
    return;
  }
  if (view_ == view::help)
    out.fill(last, "any key: back  q quit", style::faint);
  else if (view_ == view::details)
    out.fill(last, "esc back  c children  arrows scroll  h help  q quit", style::faint);
  else
    out.fill(last,
             std::string{"enter details  c children  s sort "} + name_of(sorted_by_) + (reversed_ ? " rev" : "")
               + "  / filter  k kind  h help  q quit",
             style::faint);
}

} // namespace parley::cli
