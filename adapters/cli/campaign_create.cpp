// `parley campaign create`: every setting of a campaign from a file, from
// options, or both.
#include "adapters/cli/command_line.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace parley::cli {

namespace {

struct creation {
  std::string file;
  arguments options = arguments::object(); ///< what was given on the line, by the settings' keys
};
using creation_ptr = std::shared_ptr<creation>;

[[noreturn]] void wrong_window(const char* option, const std::string& example) {
  throw command_failed{"invalid_input", std::string{option} + ": write it as \"" + example + "\"", exit_usage};
}

std::vector<std::string> parts_of(const std::string& text, char between) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string part; std::getline(in, part, between);)
    out.push_back(part);
  return out;
}

/// "mon-wed,fri" as mon, tue, wed, fri. A word that is no day is left as it is:
/// the node says so.
arguments weekdays_of(const std::string& text) {
  static constexpr std::array names{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  const auto place_of = [](const std::string& day) {
    return static_cast<size_t>(std::find(names.begin(), names.end(), day) - names.begin());
  };
  auto out = arguments::array();
  for (const auto& part : parts_of(text, ',')) {
    const auto ends = parts_of(part, '-');
    auto day = place_of(ends.empty() ? part : ends.front());
    const auto last = place_of(ends.size() == 2 ? ends.back() : part);
    if (ends.size() != 2 || day == names.size() || last == names.size()) {
      out.push_back(part);
      continue;
    }
    for (; day != last; day = (day + 1) % names.size())
      out.push_back(names[day]);
    out.push_back(names[last]);
  }
  return out;
}

/// "tue-thu 10:00-11:00" as a window of the settings; with roles, "ceo,founder:"
/// stands in front.
arguments window_of(const char* option, std::string text, bool with_roles) {
  const std::string example = with_roles ? "ceo,founder: tue-thu 08:00-09:00" : "tue-thu 10:00-11:00";
  arguments out;
  if (with_roles) {
    const auto colon = text.find(": ");
    if (colon == text.npos)
      wrong_window(option, example);
    out["roles"] = parts_of(text.substr(0, colon), ',');
    text = text.substr(colon + 2);
  }
  const auto space = text.find(' ');
  const auto hours = parts_of(space == text.npos ? std::string{} : text.substr(space + 1), '-');
  if (space == text.npos || space == 0 || hours.size() != 2)
    wrong_window(option, example);
  out["weekdays"] = weekdays_of(text.substr(0, space));
  out["from"] = hours[0];
  out["until"] = hours[1];
  return out;
}

void add_texts(CLI::App* create, const creation_ptr& c) {
  for (const auto& [option, key, help] :
       {std::tuple{"--name", "name", "unique name"},
        {"--company", "company", "the seller, as consents name it"},
        {"--company-description", "company_description", "what the company does"},
        {"--offer", "offer", "what is offered, one or two sentences"},
        {"--objective", "objective", "what a good call ends with"},
        {"--agent-name", "agent_name", "name of the agent"},
        {"--voice", "voice", "voice of the agent"},
        {"--language", "language", "language of the agent, as en"},
        {"--script", "script", "further guidance for the agent"},
        {"--from", "from_number", "our number, E.164"},
        {"--callback-number", "callback_number", "said when somebody asks how to reach us, E.164"},
        {"--ring-timeout", "ring_timeout", "how long it rings, as 25s"},
        {"--call-limit", "call_limit", "longest call, as 10m"},
        {"--backoff", "backoff", "before the second attempt, as 1h; doubles each time"},
        {"--breaker-window", "breaker_window", "how far back the circuit breaker looks, as 10m"},
        {"--voicemail-message", "voicemail_message", "left on answering machines; needs --opt-out-number"},
        {"--opt-out-number", "opt_out_number", "toll-free number for do-not-call requests, E.164"}})
    create->add_option_function<std::string>(
      option, [c, key = key](const std::string& text) { c->options[key] = text; }, help);
}

void add_numbers(CLI::App* create, const creation_ptr& c) {
  for (const auto& [option, key, help] :
       {std::tuple{"--min-probability", "min_probability", "0 to 100; below it nobody is called"},
        {"--attempts", "attempts_max", "attempts per prospect"},
        {"--calls-at-once", "calls_at_once", "calls up at the same time"},
        {"--calls-per-person-day", "calls_per_person_day", "to one person in 24 hours, over all campaigns, 1 to 3"},
        {"--meeting-minutes", "meeting_minutes", "length of a meeting"},
        {"--breaker-share", "breaker_share", "percent of failed calls at which it pauses itself; 0: never"},
        {"--breaker-minimum", "breaker_minimum", "calls in the window below which it never does"}})
    create
      ->add_option_function<int64_t>(
        option, [c, key = key](const int64_t& number) { c->options[key] = number; }, help)
      ->check(CLI::NonNegativeNumber);
  for (const auto& [option, key, help] :
       {std::tuple{"--record,!--no-record", "record_calls",
                   "record calls; the person is told first where the law wants it"},
        {"--transfers,!--no-transfers", "transfers", "the agent may hand a call over to the account manager's phone"}})
    create->add_flag_function(
      option, [c, key = key](int64_t sum) { c->options[key] = sum > 0; }, help);
}

void add_lists(CLI::App* create, const creation_ptr& c) {
  using texts = std::vector<std::string>;
  create->add_option_function<texts>(
    "--manager", [c](const texts& names) { c->options["managers"] = names; },
    "account manager by name; repeatable, in turn");
  create->add_option_function<texts>(
    "--target",
    [c](const texts& pairs) {
      for (const auto& pair : pairs) {
        const auto equals = pair.find('=');
        if (equals == pair.npos || equals == 0)
          throw command_failed{"invalid_input", "--target: write it as column=value, as in state=TX", exit_usage};
        c->options["target_filters"][pair.substr(0, equals)].push_back(pair.substr(equals + 1));
      }
    },
    "call whom we know with column=value (source, company, role, timezone, state, crm_id) instead of an imported list; "
    "repeatable");
  for (const auto& [option, key, help] :
       {std::tuple{"--best-time", "best_times", "when to call, by the person's clock, as \"tue-thu 10:00-11:00\""},
        {"--role-time", "role_times", "best time of some roles, as \"ceo,founder: tue-thu 08:00-09:00\""},
        {"--allowed-time", "allowed_times", "hours that calls never leave, as \"mon-fri 09:00-18:00\""}})
    create->add_option_function<texts>(
      option,
      [c, option = option, key = key](const texts& windows) {
        for (const auto& window : windows)
          c->options[key].push_back(window_of(option, window, std::string_view{key} == "role_times"));
      },
      std::string{help} + "; repeatable");
}

/// What the options say in place of what the file says; of target filters,
/// column by column.
arguments settings_of(const creation& c) {
  auto out = c.file.empty() ? arguments::object() : from_toml(c.file);
  out.merge_patch(c.options);
  return out;
}

} // namespace

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
  add_texts(create, c);
  add_numbers(create, c);
  add_lists(create, c);
  create->callback([s, c] {
    const auto answer = s->ask("campaign create", settings_of(*c));
    if (!s->as_json(answer))
      std::cout << "created " << plain(answer["name"]) << " (" << plain(answer["campaign"]) << ")\n";
  });
}

} // namespace parley::cli
