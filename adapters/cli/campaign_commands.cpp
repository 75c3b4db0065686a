#include "adapters/cli/command_line.hpp"

namespace parley::cli {

namespace {

/// Options of `campaign create`; each stands for a key of the settings.
struct creation {
  std::string file;
  std::map<std::string, std::string> texts;
  std::map<std::string, int64_t> numbers;
  std::vector<std::string> managers;
  std::vector<std::string> targets;
  bool record = false;
};

arguments settings_of(const creation& c) {
  auto args = c.file.empty() ? arguments::object() : from_toml(c.file);
  for (const auto& [key, text] : c.texts)
    if (!text.empty())
      args[key] = text;
  for (const auto& [key, number] : c.numbers)
    if (number >= 0)
      args[key] = number;
  if (!c.managers.empty())
    args["managers"] = c.managers;
  if (c.record)
    args["record_calls"] = true;
  for (const auto& pair : c.targets) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      throw command_failed{"invalid_input", "--target: write it as column=value, as in state=TX", exit_usage};
    args["target_filters"][pair.substr(0, equals)].push_back(pair.substr(equals + 1));
  }
  return args;
}

void add_create(CLI::App* group, const shared_ptr& s) {
  auto c = std::make_shared<creation>();
  auto* create = add_command(group, "create", "Create a campaign, from a file, from options, or both",
                             "campaign create --name Spring --company \"Acme Robotics\" --offer \"Robots that count "
                             "stock.\"\n  parley campaign create --file config/samples/campaign.toml --name Autumn");
  create
    ->add_option("--file", c->file,
                 "TOML file with the settings; config/samples/campaign.toml explains each. Options "
                 "win over it")
    ->check(CLI::ExistingFile);
  for (const auto& [option, key, help] :
       {std::tuple{"--name", "name", "unique name"},
        {"--company", "company", "the seller, as consents name it"},
        {"--company-description", "company_description", "what the company does"},
        {"--offer", "offer", "what is offered, one or two sentences"},
        {"--objective", "objective", "what a good call ends with"},
        {"--agent-name", "agent_name", "name of the agent"},
        {"--voice", "voice", "voice of the agent"},
        {"--script", "script", "further guidance for the agent"},
        {"--from", "from_number", "our number, E.164"},
        {"--callback-number", "callback_number", "said when somebody asks how to reach us, E.164"},
        {"--ring-timeout", "ring_timeout", "how long it rings, as 25s"},
        {"--call-limit", "call_limit", "longest call, as 10m"},
        {"--backoff", "backoff", "before the second attempt, as 1h; doubles each time"},
        {"--voicemail-message", "voicemail_message", "left on answering machines; needs --opt-out-number"},
        {"--opt-out-number", "opt_out_number", "toll-free number for do-not-call requests, E.164"}})
    create->add_option(option, c->texts[key], help);
  for (const auto& [option, key, help] :
       {std::tuple{"--min-probability", "min_probability", "0 to 100; below it nobody is called"},
        {"--attempts", "attempts_max", "attempts per prospect"},
        {"--calls-at-once", "calls_at_once", "calls up at the same time"},
        {"--meeting-minutes", "meeting_minutes", "length of a meeting"}}) {
    c->numbers[key] = -1; // not given
    create->add_option(option, c->numbers[key], help)->check(CLI::NonNegativeNumber);
  }
  create->add_option("--manager", c->managers, "account manager by name; repeatable, in turn");
  create->add_option("--target", c->targets,
                     "call whom we know with column=value (source, company, role, timezone, state, crm_id) instead of "
                     "an imported list; repeatable");
  create->add_flag("--record", c->record, "record calls; consent is asked for where the law wants it");
  create->callback([s, c] {
    const auto answer = s->ask("campaign create", settings_of(*c));
    if (!s->as_json(answer))
      std::cout << "created " << plain(answer["name"]) << " (" << plain(answer["campaign"]) << ")\n";
  });
}

void add_actions(CLI::App* group, const shared_ptr& s) {
  for (const auto& [name, help] : {std::pair{"pause", "No new calls; live ones finish"},
                                   {"resume", "Go on after a pause"},
                                   {"stop", "No new calls, ringing ones are cancelled; --now hangs up on everybody"}}) {
    auto which = std::make_shared<std::string>();
    auto now = std::make_shared<bool>(false);
    auto* action = add_command(group, name, help, std::string{"campaign "} + name + " Spring");
    action->add_option("campaign", *which, "name or id")->required();
    if (std::string_view{name} == "stop")
      action->add_flag("--now", *now, "hang up at once");
    action->callback([s, which, now, name = std::string{name}] {
      const auto answer = s->ask("campaign " + name, {{"campaign", *which}, {"now", *now}});
      if (s->as_json(answer))
        return;
      std::cout << plain(answer["name"]) << " is " << plain(answer["status"]) << '\n';
    });
  }
}

void print_status(const shared& s, const ordered_json& t) {
  std::cout << s.paint.bold(plain(t["name"])) << ": " << plain(t["status"]) << ", "
            << counted(t["prospects"], "prospect", "prospects") << ", " << counted(t["calls"], "call", "calls") << " ("
            << plain(t["calls_open"]) << " up), " << counted(t["meetings"], "meeting", "meetings") << '\n';
  if (const auto& settings = t["settings"]; settings.is_object() && settings.contains("reason"))
    std::cout << "  " << s.paint.red(plain(settings["reason"])) << '\n';
  for (const auto& [title, key] :
       {std::pair{"prospects", "states"}, {"calls", "dispositions"}, {"blocked", "blocked"}}) {
    table out{{title, ""}};
    for (const auto& [word, count] : t[key].items())
      out.add({word, plain(count)});
    if (!out.empty())
      out.print(std::cout, s.paint, "  ");
  }
  if (!t["next_due"].is_null())
    std::cout << "  next due " << plain(t["next_due"]) << '\n';
}

} // namespace

void add_campaign_commands(CLI::App& app, const shared_ptr& s) {
  auto* group = group_of(app, "campaign");
  add_create(group, s);
  add_launch(group, s);
  add_actions(group, s);

  auto which = std::make_shared<std::string>();
  auto* status = add_command(group, "status", "What a campaign has done so far", "campaign status Spring");
  status->add_option("campaign", *which, "name or id")->required();
  status->callback([s, which] {
    const auto totals = s->ask("campaign status", {{"campaign", *which}});
    if (!s->as_json(totals))
      print_status(*s, totals);
  });
  add_command(group, "list", "All campaigns", "campaign list")->callback([s] {
    const auto rows = s->ask("campaign list");
    if (!s->as_json(rows))
      print_list(*s, rows,
                 {{"name", "name"},
                  {"status", "status"},
                  {"prospects", "prospects"},
                  {"calls", "calls"},
                  {"meetings", "meetings"},
                  {"created_at", "created"},
                  {"id", "id"}},
                 "no campaigns yet; create one with: parley campaign create --help");
  });
}

} // namespace parley::cli
