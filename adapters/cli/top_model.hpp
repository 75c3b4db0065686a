#pragma once

#include "adapters/cli/cell_grid.hpp"
#include "adapters/cli/keys.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace parley::cli {

struct actor_row {
  uint64_t id = 0;
  uint64_t parent = 0;
  std::string kind;
  std::string key;
  int64_t age_ms = 0;
  uint64_t handled = 0;
  uint64_t backlog = 0;
  uint64_t troubles = 0;
  uint64_t restarts = 0;
  uint64_t children = 0;
  std::string last_error;
  double rate = 0; ///< messages a second since the page before
};

/// The rows of a page of the tree (/inspect/tree), in no order.
std::vector<actor_row> rows_of(const nlohmann::json& page);

/// A JSON object as lines "name: value", what is nested indented.
std::vector<std::string> lines_of(const nlohmann::json& object);

/// A text as a value in a query.
std::string query_value(const std::string& text);

/// What `parley top` shows and how it answers to keys, without a terminal,
/// node or clock.
class top_model {
public:
  using time_point = std::chrono::steady_clock::time_point;
  enum class column : uint8_t { rate, backlog, troubles, age, handled, children, kind, key, id, count_ };

  /// What the node is to be asked for now.
  struct wish {
    std::string tree;  ///< path of the list's page
    std::string actor; ///< path of one actor's page; empty: nobody is looked at
    bool operator==(const wish&) const = default;
  };
  /// Actors that are loaded: of a larger tree those that come first in the order
  /// chosen, by the node over all of them; the screen says how many there are.
  static constexpr uint32_t rows_max = 2'000;

  void take_tree(const wish& asked, const nlohmann::json& page, time_point now);
  void take_actor(const wish& asked, const nlohmann::json& actor);
  /// The node did not answer; shown until it does.
  void fail(std::string why) { failure_ = std::move(why); }

  void press(const key& pressed);
  bool ended() const { return ended_; }
  wish wants() const;
  void draw(cell_grid& out);

private:
  enum class view : uint8_t { list, details, help };
  enum class prompt : uint8_t { none, filter, kind };

  void press_in_list(const key& pressed);
  void press_in_details(const key& pressed);
  void press_in_prompt(const key& pressed);
  void go_under(uint64_t actor);
  void go_back();
  void move(int64_t by);
  void arrange();
  bool matches(const actor_row& row) const;
  void draw_head(cell_grid& out) const;
  void draw_list(cell_grid& out);
  void draw_row(cell_grid& out, size_t line, const actor_row& row, bool chosen) const;
  void draw_details(cell_grid& out);
  void draw_help(cell_grid& out) const;
  void draw_foot(cell_grid& out) const;

  std::vector<actor_row> rows_; // all that are loaded, sorted
  std::vector<size_t> shown_;   // those that match the filter
  std::map<std::string, uint64_t> kinds_;
  uint64_t total_ = 0;
  uint64_t matching_ = 0; // of them by the node's filter
  bool more_ = false;
  std::unordered_map<uint64_t, uint64_t> handled_before_;
  std::optional<time_point> taken_at_;

  std::vector<uint64_t> scope_; // whom we went under, outermost first
  std::string kind_;            // asked of the node
  std::string filter_;          // asked of the node; at once also of what is loaded
  column sorted_by_ = column::rate;
  bool reversed_ = false;
  uint64_t chosen_ = 0; // id; stays with the actor when rows move
  bool at_top_ = true;  // until somebody moves: whoever comes first is chosen
  size_t first_ = 0;    // row at the top of the list

  view view_ = view::list;
  prompt prompt_ = prompt::none;
  std::string typed_;
  std::vector<std::string> details_; // lines
  uint64_t details_of_ = 0;
  size_t details_first_ = 0;
  size_t details_rows_ = 0; // lines of the last drawing: long ones take several
  size_t page_rows_ = 10;   // of the last drawing
  std::string failure_;
  bool ended_ = false;
};

} // namespace parley::cli
