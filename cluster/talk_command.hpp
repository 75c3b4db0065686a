#pragma once

#include "cluster/talk.hpp"

#include <CLI/CLI.hpp>

#include <istream>
#include <ostream>
#include <string>

namespace parley {

struct talk_options {
  std::string campaign; ///< a campaign's file; empty: the sample campaign
  std::string name;
  std::string role;
  std::string company;
  std::string email;
  std::string zone; ///< IANA name; empty: this machine's
  uint64_t seed = 1;
  bool json = false;
  bool live = false; ///< typed on a terminal: there is a prompt, and what was typed stands there already
  bool colours = false;
  size_t columns = 80; ///< of the terminal; from 100 on what is established stands beside the words
};

/// Adds `parley talk`.
void add_talk(CLI::App& app, talk_options& options);

/// What the options describe. Throws `cli::command_failed`.
talk_setup setup_of(const talk_options& options);

/// Talks with whoever types into `in` until the call is over. Returns the
/// program's exit code; throws `cli::command_failed`.
int run_talk(const talk_options& options, std::istream& in, std::ostream& out);

/// A turn as JSON: what was said and done, and what is established after it.
nlohmann::ordered_json turn_as_json(const practice_talk& talk, const std::vector<talk_event::any>& events);
/// How the call ended, and what would come of it.
nlohmann::ordered_json end_as_json(const practice_talk& talk);

} // namespace parley
