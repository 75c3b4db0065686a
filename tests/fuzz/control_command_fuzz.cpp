// Commands on the control socket: the body, the arguments as commands read
// them, and a new campaign, whose settings are many and are stored.
#include "actors/control/arguments.hpp"
#include "actors/control/campaign_settings.hpp"
#include "actors/control/campaign_words.hpp"
#include "adapters/web/command_body.hpp"
#include "runtime/messages/json.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace control_command_fuzz {

using namespace parley;
using fuzz::holds;

namespace {

void read_arguments(const commands::args& a) {
  for (const auto* name : {"campaign", "limit", "columns", "background", "name"}) {
    commands::problem_of([&] { holds(!commands::needed_text(a, name, "give it").empty(), "a needed text is there"); });
    commands::problem_of([&] { commands::flag_or(a, name, false); });
    commands::problem_of([&] { commands::texts_of(a, name); });
    commands::problem_of([&] {
      const auto number = commands::number_or(a, name, 5, 1, 100);
      holds(number >= 1 && number <= 100, "a number lies within its bounds");
    });
  }
}

void read_new_campaign(const commands::args& a) {
  commands::problem_of([&] {
    const auto read = commands::read_campaign(a);
    const auto& p = read.policy;
    holds(p.attempts_max >= 1 && p.attempts_max <= 20 && p.calls_at_once >= 1, "counts lie within their bounds");
    holds(p.ring_timeout >= std::chrono::seconds{15}, "it rings as long as the law asks for");
    holds(!p.name.empty() && !p.company.empty(), "a campaign has a name and a seller");
    // What is stored is read again by actors that must not stumble.
    const nlohmann::json stored = p;
    const auto again = stored.get<campaign_policy>();
    holds(nlohmann::json(again) == stored, "what is stored reads as what was written");
  });
}

} // namespace

static void read_one(std::string_view input) {
  if (const auto span = commands::read_duration(input))
    holds(*span >= std::chrono::milliseconds{0}, "no length of time is negative");
  if (const auto at = commands::read_time_of_day(input))
    holds(*at >= std::chrono::minutes{0} && *at <= std::chrono::hours{24}, "a time of day is one");
  commands::read_weekday(input);
  const auto order = web::read_command(input);
  if (!order)
    return;
  const auto arguments = commands::args::parse(order->arguments); // our own writing
  holds(arguments.is_object() && !arguments.contains("command"), "arguments are what is left of the body");
  read_arguments(arguments);
  read_new_campaign(arguments);
}

static const fuzz::target registered{"control_command", read_one};

} // namespace control_command_fuzz
