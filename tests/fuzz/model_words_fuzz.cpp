// What language models write for us to read: arguments of tools, strategies,
// analyses, summaries. An input is the name of the reader, a line, and the text.
#include "actors/conversation/side_analysis.hpp"
#include "actors/conversation/tools.hpp"
#include "actors/memory/emails.hpp"
#include "actors/research/strategy.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace model_words_fuzz {

using namespace parley;
using fuzz::holds;

namespace {

const wall_time now{std::chrono::hours{24 * 20'000}};

void read_tool(std::string_view name, std::string_view arguments) {
  mind::person_profile person;
  person.zone = "America/New_York";
  person.meeting = mind::known_meeting{"m", now + std::chrono::hours{48}, 30, "video"};
  mind::conversation_policy policy;
  policy.may_transfer = true;
  const auto read = mind::read_arguments(name, arguments, now, person, policy);
  if (const auto* wrong = std::get_if<mind::tool_error>(&read))
    return holds(!wrong->sentence.empty(), "the model is told what is wrong");
  if (const auto* book = std::get_if<mind::book_meeting_arguments>(&read))
    holds(book->datetime > now, "no meeting is booked in the past");
  if (const auto* call = std::get_if<mind::schedule_callback_arguments>(&read))
    holds(call->datetime > now, "nobody is called back in the past");
  if (const auto* free = std::get_if<mind::check_calendar_availability_arguments>(&read))
    holds(free->duration_minutes >= policy.meeting_minutes_min && free->duration_minutes <= policy.meeting_minutes_max,
          "a meeting is as long as the campaign allows");
  if (const auto* seen = std::get_if<mind::record_observation_arguments>(&read))
    holds(!seen->sentiment || (*seen->sentiment >= -1 && *seen->sentiment <= 1), "sentiment is -1 to 1");
}

void read_strategy(const std::string& text) {
  const auto read = mind::parse_strategy(text);
  if (const auto* good = std::get_if<mind::strategy>(&read)) {
    holds(good->success_probability >= 0 && good->success_probability <= 100, "a probability is 0 to 100 percent");
    const auto again
      = mind::parse_strategy(mind::to_json(*good).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    holds(again.index() == 1 || !std::get<mind::strategy>(again).talking_points.empty(), "a strategy has points");
  } else {
    holds(!std::get<mind::strategy_errors>(read).empty(), "the model is told what is wrong");
  }
}

void read_analysis(const std::string& text) {
  const auto read = mind::parse_analysis(text);
  if (const auto* good = std::get_if<mind::side_analysis>(&read))
    holds(good->sentiment >= -1 && good->sentiment <= 1, "sentiment is -1 to 1");
  else
    holds(!std::get<mind::analysis_errors>(read).empty(), "the model is told what is wrong");
}

void read_summaries(const std::string& text) {
  for (const auto& [number, summary] : memories::read_summaries(text, 3))
    holds(number >= 1 && number <= 3 && !summary.empty(), "a summary is of one of the mails");
}

} // namespace

static void read_one(std::string_view input) {
  const auto name = fuzz::take_line(input);
  const std::string text{input};
  if (name == "strategy")
    read_strategy(text);
  else if (name == "analysis")
    read_analysis(text);
  else if (name == "summaries")
    read_summaries(text);
  else
    read_tool(name, input);
}

static const fuzz::target registered{"model_words", read_one};

} // namespace model_words_fuzz
