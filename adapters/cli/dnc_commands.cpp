#include "adapters/cli/long_command.hpp"

#include <cstring>
#include <filesystem>

namespace parley::cli {

namespace {

struct list_import {
  std::string file;
  std::string list = "national";
  std::string state;
  std::string date;
  std::string version;
  bool smaller = false;
};

/// What is left of calls that were begun before, if anything.
void print_sentence(const ordered_json& answer) {
  if (answer.contains("sentence"))
    std::cout << plain(answer["sentence"]) << '\n';
  if (answer.contains("call"))
    std::cout << "  parley call show " << plain(answer["call"]) << '\n';
}

void add_list_import(CLI::App* group, const shared_ptr& s) {
  auto i = std::make_shared<list_import>();
  auto* command = add_command(group, "import", "Import a do-not-call list",
                              "dnc import national.txt --date 2026-11-20\n  parley dnc import florida.txt --state FL");
  command->add_option("file", i->file, "one number per line, either federal form or E.164")
    ->required()
    ->check(CLI::ExistingFile);
  command->add_option("--list", i->list, "national (replaces the copy) or internal")
    ->capture_default_str()
    ->check(CLI::IsMember({"national", "internal"}));
  command->add_option("--state", i->state, "a state's own list, by its two letters (replaces the copy)");
  command->add_option("--date", i->date,
                      "day on which the list was made, as 2026-11-20; when the file was last written if left out");
  command->add_flag("--smaller", i->smaller, "it may have less than half of the numbers of the copy that it replaces");
  command->add_option("--version-name", i->version, "what to call this copy");
  command->callback([s, i] {
    arguments args{{"file", std::filesystem::absolute(i->file).string()}, {"list", i->list}};
    for (const auto& [key, text] : {std::pair{"state", &i->state}, {"date", &i->date}, {"version", &i->version}})
      if (!text->empty())
        args[key] = *text;
    if (i->smaller)
      args["smaller"] = true;
    const auto answer = ask_long(*s, "dnc import", std::move(args));
    if (s->as_json(answer))
      return;
    std::cout << plain(answer["list"])
              << (answer.contains("date") ? " of " + plain(answer["date"]).substr(0, std::strlen("2026-11-20")) : "")
              << ": " << counted(answer["accepted"], "number", "numbers") << " taken, " << plain(answer["skipped"])
              << " of other countries skipped, " << counted(answer["rejected"], "line", "lines") << " rejected\n";
    for (const auto& row : answer["rejected_rows"])
      std::cout << "  line " << plain(row["line"]) << ": " << plain(row["reason"]) << '\n';
    print_sentence(answer);
  });
}

void print_check(const shared& s, const ordered_json& x) {
  const auto word = [&](bool listed) { return listed ? s.paint.red("listed") : s.paint.green("not listed"); };
  std::cout << plain(x["number"]) << '\n' << "  our own list  " << word(x["internal"].get<bool>()) << '\n';
  std::cout << "  national      " << word(x["national"].get<bool>());
  if (x.contains("national_version"))
    std::cout << "  " << s.paint.faint(plain(x["national_version"]) + ", of " + plain(x["national_date"]));
  else
    std::cout << "  " << s.paint.faint("no copy; import one with: parley dnc import FILE");
  std::cout << '\n';
  for (const auto& [state, copy] : x["states"].items())
    std::cout << "  " << state << "            " << word(copy["listed"].get<bool>()) << "  "
              << s.paint.faint(plain(copy["version"]) + ", of " + plain(copy["date"])) << '\n';
}

} // namespace

void add_dnc_commands(CLI::App& app, const shared_ptr& s) {
  auto* group = group_of(app, "dnc");
  add_list_import(group, s);
  for (const auto& [name, help] : {std::pair{"add", "Never call this number again; waits for a dial under way"},
                                   {"remove", "Take a number off our own list"}}) {
    auto number = std::make_shared<std::string>();
    auto reason = std::make_shared<std::string>();
    auto* change = add_command(group, name, help, std::string{"dnc "} + name + " +14155550132");
    change->add_option("number", *number, "phone number")->required();
    change->add_option("--reason", *reason, "kept with the entry");
    change->callback([s, number, reason, name = std::string{name}] {
      arguments args{{"number", *number}};
      if (!reason->empty())
        args["reason"] = *reason;
      const auto answer = s->ask("dnc " + name, args);
      if (s->as_json(answer))
        return;
      std::cout << plain(answer["number"])
                << (answer["do_not_call"].get<bool>() ? " is on our do-not-call list\n"
                                                      : " is off our do-not-call list\n");
      print_sentence(answer);
    });
  }
  auto number = std::make_shared<std::string>();
  auto* check = add_command(group, "check", "Which lists a number is on", "dnc check +14155550132");
  check->add_option("number", *number, "phone number")->required();
  check->callback([s, number] {
    const auto answer = s->ask("dnc check", {{"number", *number}});
    if (!s->as_json(answer))
      print_check(*s, answer);
  });
}

} // namespace parley::cli
