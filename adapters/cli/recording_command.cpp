// `parley call recording`.
#include "adapters/cli/command_line.hpp"

#include <filesystem>

namespace parley::cli {

void add_recording_command(CLI::App& app, const shared_ptr& s) {
  auto* group = group_of(app, "call");
  auto call = std::make_shared<std::string>();
  auto file = std::make_shared<std::string>();
  auto* command = add_command(group, "recording", "Write a call's recording to a new file, readable by you alone",
                              "call recording ID --out call.wav");
  command->add_option("call", *call, "id, its beginning, or the person's name")->required();
  command->add_option("--out", *file, "the file to write")->required();
  command->callback([s, call, file] {
    // The node has a folder of its own.
    const auto out = std::filesystem::absolute(*file).string();
    const auto answer = s->ask("call recording", {{"call", *call}, {"out", out}});
    if (!s->as_json(answer))
      std::cout << plain(answer["seconds"]) << " s (" << plain(answer["content_type"]) << ", " << plain(answer["bytes"])
                << " bytes) written to " << plain(answer["file"]) << '\n';
  });
}

} // namespace parley::cli
