#include "adapters/cli/command_line.hpp"

namespace parley::cli {

void add_why_command(CLI::App& app, const shared_ptr& s) {
  auto who = std::make_shared<std::string>();
  auto* why = add_command(group_of(app, "prospect"), "why", "What a prospect waits for, or why nobody calls",
                          "prospect why \"Dana Whitfield\"");
  why->add_option("prospect", *who, "id, name, number or e-mail address")->required();
  why->callback([s, who] {
    const auto answer = s->ask("prospect why", {{"prospect", *who}});
    if (s->as_json(answer))
      return;
    if (answer.contains("sentence"))
      std::cout << plain(answer["sentence"]) << '\n';
    for (const auto& one : answer["campaigns"])
      std::cout << plain(one["sentence"]) << '\n';
  });
}

} // namespace parley::cli
