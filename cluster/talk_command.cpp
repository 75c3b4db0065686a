#include "cluster/talk_command.hpp"

#include "actors/conversation/spoken_time.hpp"
#include "actors/conversation/stages.hpp"
#include "adapters/cli/control_client.hpp"
#include "cluster/talk_screen.hpp"
#include "runtime/text.hpp"
#include "runtime/settings/toml.hpp"

#include <date/tz.h>

#include <cmath>
#include <sstream>
#include <utility>

namespace parley {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr size_t words_bytes_max = 4000;

std::string machine_zone() {
  try {
    return date::current_zone()->name();
  } catch (const std::runtime_error&) {
    return "America/New_York"; // the machine has none: any other is as good
  }
}

json campaign_file(const std::string& file) {
  try {
    std::ostringstream text;
    const auto table = toml::parse_file(file);
    text << toml::json_formatter{table};
    return json::parse(text.str());
  } catch (const toml::parse_error& e) {
    throw cli::command_failed{"invalid_input",
                              file + ":" + std::to_string(e.source().begin.line) + ": " + std::string{e.description()},
                              cli::exit_usage};
  }
}

/// Whether the line was an order and not words.
bool obey(const std::string& line, practice_talk& talk, bool& unknown) {
  if (line.empty())
    return talk.keep_silent(), true;
  if (line.front() != '/')
    return false;
  const auto order = line.substr(1);
  unknown = false;
  if (order == "hangup" || order == "quit" || order == "bye")
    talk.hang_up();
  else if (order == "silence")
    talk.keep_silent();
  else if (order.size() == 1 && std::string_view{"0123456789*#"}.find(order.front()) != std::string_view::npos)
    talk.press(order);
  else
    unknown = true;
  return true;
}

ordered_json unknown_order(const std::string& line) {
  return {{"error", "invalid_input"},
          {"message", "there is no order \"" + shortened(line, 80)
                        + "\"; there are /hangup, /silence, and / with a key, as in /9"}};
}

} // namespace

void add_talk(CLI::App& app, talk_options& o) {
  auto* talk = app.add_subcommand("talk", "You are the prospect, in text, and talk with the practice agent");
  talk->footer("Example:\n  parley talk --campaign config/samples/campaign.toml\n\n"
               "Exit codes: 0 the talk is over, 1 failed (the message says why), 2 wrong usage.");
  talk->add_option("--campaign", o.campaign, "a campaign's file; the sample's if left out")->check(CLI::ExistingFile);
  talk->add_option("--name", o.name, "your name");
  talk->add_option("--role", o.role, "your role, e.g. \"Plant manager\"");
  talk->add_option("--company", o.company, "your company");
  talk->add_option("--email", o.email, "your address, as the agent has it on file");
  talk->add_option("--zone", o.zone, "your time zone, e.g. America/Chicago; this machine's if left out");
  talk->add_option("--seed", o.seed, "which times are free in the diary")->capture_default_str();
}

talk_setup setup_of(const talk_options& o) {
  auto setup = sample_talk();
  if (!o.campaign.empty()) {
    try {
      read_campaign(setup, campaign_file(o.campaign));
    } catch (const std::invalid_argument& e) {
      throw cli::command_failed{"invalid_input", o.campaign + ": " + e.what(), cli::exit_usage};
    }
  }
  setup.person.zone = machine_zone();
  for (const auto& [given, to] : {std::pair{&o.name, &setup.person.name},
                                  {&o.role, &setup.person.role},
                                  {&o.company, &setup.person.company},
                                  {&o.email, &setup.person.email},
                                  {&o.zone, &setup.person.zone}})
    if (!given->empty())
      *to = *given;
  try {
    date::locate_zone(setup.person.zone);
  } catch (const std::runtime_error&) {
    throw cli::command_failed{"invalid_input",
                              "--zone: there is no time zone \"" + setup.person.zone
                                + "\"; write its IANA name, as in America/Chicago",
                              cli::exit_usage};
  }
  setup.seed = o.seed;
  setup.now = system_clock{}.now();
  return setup;
}

ordered_json turn_as_json(const practice_talk& talk, const std::vector<talk_event::any>& events) {
  auto said = ordered_json::array();
  auto tools = ordered_json::array();
  auto notes = ordered_json::array();
  auto broken = ordered_json::array();
  for (const auto& event : events)
    std::visit(talk_event::overloaded{
                 [&](const talk_event::said& x) {
                   said.push_back({{"who", to_string(x.who)}, {"text", x.text}});
                 },
                 [&](const talk_event::tool_used& x) {
                   tools.push_back({{"name", x.name}, {"arguments", x.arguments}, {"answer", x.answer}});
                 },
                 [&](const talk_event::noted& x) {
                   (x.kind == "rule_violation" ? broken : notes).push_back({{"kind", x.kind}, {"data", x.data}});
                 },
                 [](const talk_event::ended&) {}},
               event);
  const auto& x = talk.state();
  ordered_json bant;
  for (size_t i = 0; i < x.bant.items.size(); ++i)
    bant[std::string{mind::bant_key_names[i]}]
      = {{"value", to_string(x.bant.items[i].value)}, {"quote", x.bant.items[i].quote}};
  return {{"said", said},
          {"tools", tools},
          {"observations", notes},
          {"stage", to_string(x.stage)},
          {"bant", bant},
          {"score", mind::score(x.bant)},
          {"qualified", mind::qualified(x.bant)},
          {"sentiment", std::round(x.sentiment * 100) / 100},
          {"objections", x.objection_turns},
          {"rules",
           {{"disclosed", x.disclosed},
            {"opt_out_offered", x.opt_out_offered},
            {"person_confirmed", x.identity_confirmed},
            {"slot_accepted", !x.accepted_slots.empty()},
            {"email_confirmed", !x.emails_confirmed.empty()},
            {"broken", broken}}},
          {"next_action", x.next_action},
          {"over", talk.over()}};
}

ordered_json end_as_json(const practice_talk& talk) {
  const auto& x = talk.state();
  ordered_json meeting;
  if (x.meeting)
    meeting = {{"at", to_iso(x.meeting->at)},
               {"local", mind::local_spoken(x.meeting->at, talk.setup().person.zone)},
               {"minutes", x.meeting->minutes},
               {"type", x.meeting->type},
               {"email", x.meeting->email}};
  return {{"ended", true},
          {"disposition", to_string(talk.disposition())},
          {"reason", talk.reason()},
          {"meeting", meeting},
          {"callback_at", x.callback_set ? ordered_json(to_iso(*x.callback_set)) : ordered_json{}},
          {"summary", mind::to_json(talk.summary())}};
}

int run_talk(const talk_options& options, std::istream& in, std::ostream& out) {
  practice_talk talk{setup_of(options)};
  talk_screen view{out, options};
  const auto print = [&out](const ordered_json& x) {
    out << x.dump(-1, ' ', false, ordered_json::error_handler_t::replace) << std::endl;
  };
  const auto show = [&] {
    const auto events = talk.take();
    if (options.json)
      print(turn_as_json(talk, events));
    else
      view.show(talk, events);
  };
  if (!options.json)
    view.introduce(talk.setup());
  talk.begin();
  show();
  for (std::string line; !talk.over();) {
    if (!options.json)
      view.prompt();
    if (!std::getline(in, line)) {
      talk.hang_up(); // whoever goes away has hung up
    } else {
      const auto begin = line.find_first_not_of(" \t\r");
      line = begin == line.npos ? "" : line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
      bool unknown = false;
      if (!obey(line, talk, unknown))
        talk.say(shortened(line, words_bytes_max));
      if (unknown) {
        if (options.json) // whoever sends lines reads one for each
          print(unknown_order(line));
        else
          view.help();
        continue;
      }
    }
    show();
  }
  if (options.json)
    print(end_as_json(talk));
  else
    view.conclude(talk);
  return 0;
}

} // namespace parley
