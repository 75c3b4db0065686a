// What people say, as the voice model writes it down: the rules that read it
// are what the hard rules stand on. An input is what the agent said before, a
// line, and the person's turn.
#include "actors/conversation/rules_analysis.hpp"
#include "actors/conversation/spoken_time.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace spoken_words_fuzz {

using namespace parley;
using fuzz::holds;

static void read_one(std::string_view input) {
  static const wall_time now{std::chrono::hours{24 * 20'000 + 15}};
  static const std::string zone = "America/New_York";
  static const std::vector slots{now + std::chrono::hours{24}, now + std::chrono::hours{26}};
  mind::hearing about;
  about.agent_before = fuzz::take_line(input);
  about.person_name = "Ann Example";
  about.now = now;
  about.zone = zone;
  const auto heard = mind::read_turn(input, about);
  holds(heard.sentiment >= -1 && heard.sentiment <= 1, "sentiment is -1 to 1");
  holds(heard.opt_out.has_value() == mind::opt_out_wish(input).has_value(), "a wish for no more calls is read alike");
  for (const auto& email : heard.emails)
    holds(mind::is_email(email), "an address that was heard is one");
  if (const auto at = mind::spoken_time(input, now, zone)) {
    holds(*at > now, "a time that was named is to come");
    holds(*at < now + std::chrono::hours{24 * 366 * 40}, "and not beyond anybody's life");
  }
  holds(mind::slots_named(input, slots, zone).size() <= slots.size(), "only slots that were offered are named");
  mind::echoes_time(input, about.agent_before);
  mind::asked_about(about.agent_before);
}

static const fuzz::target registered{"spoken_words", read_one};

} // namespace spoken_words_fuzz
