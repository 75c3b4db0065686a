#pragma once

#include "adapters/cli/output.hpp"
#include "cluster/talk.hpp"

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace parley {

struct talk_options;

/// A line on the screen; what colours it takes no columns.
struct drawn_line {
  std::string text;
  size_t columns = 0;
};

/// What whoever talks sees of the call: the words as they are said, what is
/// established beside or below them, and how it ended.
class talk_screen {
public:
  talk_screen(std::ostream& out, const talk_options& o);

  void introduce(const talk_setup& s);
  void help();
  void prompt();
  /// What happened in a turn, and what is established after it.
  void show(const practice_talk& talk, const std::vector<talk_event::any>& events);
  void conclude(const practice_talk& talk);

private:
  void tell(const std::string& text);
  void said(const talk_event::said& x);
  void aside(const std::string& text, bool serious);

  std::ostream& out_;
  cli::painter paint_;
  bool live_;
  bool beside_; ///< stage, BANT and rules stand beside the words
  size_t words_max_;
  std::vector<drawn_line> turn_; ///< not shown yet
};

} // namespace parley
