#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sandbox {

/// What the agent wants to know, or does, as a person understands it.
enum class subject : uint8_t {
  none,       ///< a statement: nothing is asked
  who,        ///< "Am I speaking with Dana?"
  permission, ///< "Do you have a minute?"
  process,    ///< "How do you handle this today?"
  need,       ///< "How big a problem is this for you?"
  budget,
  authority,
  timeline,
  interest,     ///< "Would a short meeting make sense?"
  meeting_time, ///< "I have Tuesday at 10 or Wednesday at 2. Which works?"
  email,
  callback,       ///< "When may I call you back?"
  confirm,        ///< "Is that right?"
  anything_else,  ///< "Is there anything else?"
  still_there,    ///< "Are you still there?"
  other_question, ///< some question
  hold,           ///< "One moment, let me check."
  goodbye,
};

struct understood {
  subject about = subject::none;
  /// The name that the agent asked for, as it was said; may be empty.
  std::string name;
  /// The address that the agent read out; may be empty.
  std::string email;
  /// The times that the agent offered, as they were said.
  std::vector<std::string> times;
  /// The agent speaks about what it costs or what it saves.
  bool about_price = false;
  /// The agent offers a key to opt out.
  bool offers_opt_out_key = false;
};

/// Understands one turn of the agent, by simple rules about English. The last
/// question counts; a goodbye or a request to hold only where none is asked.
understood understand(std::string_view turn);

} // namespace parley::sandbox
