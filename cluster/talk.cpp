#include "cluster/talk.hpp"

#include "actors/conversation/tools.hpp"
#include "actors/research/core.hpp"
#include "adapters/sandbox/audio.hpp"
#include "runtime/messages/json.hpp"
#include "runtime/settings/section.hpp"
#include "runtime/text.hpp"

#include <algorithm>
#include <stdexcept>

namespace parley {

using namespace std::chrono_literals;
namespace model = sandbox::model;
namespace d = mind::directive;

namespace {

/// Responses in a row without a word of the person: a model that goes on for
/// longer is stuck.
constexpr int rounds_max = 24;
/// From the end of one side's words to the beginning of the other's.
constexpr auto breath = 700ms;

std::chrono::milliseconds length_of(const std::string& words) {
  return sandbox::play_time(sandbox::encode_utterance(words).size());
}

/// The longest that `campaign create` takes.
constexpr int meeting_minutes_max = 240;

/// What research would find out without a model.
mind::strategy strategy_for(const talk_setup& setup) {
  mind::research_subject who;
  who.name = setup.person.name;
  who.role = setup.person.role;
  who.company = setup.person.company;
  const auto& p = setup.policy;
  return mind::strategy_by_rules(who, {p.company_name, p.company_about, p.offer, p.objective});
}

/// A mistyped key would be a talk about something else than the campaign's
/// calls; `campaign create` refuses it in these words, too.
void refuse_unknown_keys(const nlohmann::json& campaign) {
  nlohmann::json known = campaign_policy{};
  known.erase("campaign"); // the node chooses the id
  known["target_filters"] = nullptr;
  for (const auto& [key, ignored] : campaign.items()) {
    if (known.contains(key))
      continue;
    std::vector<std::string> names;
    for (const auto& [name, standard] : known.items())
      names.push_back(name);
    const auto near = settings::nearest(key, names);
    throw std::invalid_argument{key + ": is no setting of a campaign"
                                + (near.empty() ? "" : "; did you mean " + near + "?")};
  }
}

} // namespace

talk_setup sample_talk() {
  talk_setup s;
  s.policy.company_name = "Acme Robotics";
  s.policy.company_about = "Acme Robotics builds small robots that count stock in warehouses and plants overnight.";
  s.policy.offer = "Acme's counting robots take stock overnight and find miscounts before they cost you an order. A "
                   "pilot in one aisle runs for four weeks.";
  s.policy.objective = "Book a 30 minute video meeting with one of our account managers.";
  s.person = {"Alex Morgan", "Operations manager", "Morgan Works", "alex.morgan@example.com", "America/New_York"};
  return s;
}

void read_campaign(talk_setup& s, const nlohmann::json& campaign) {
  if (!campaign.is_object())
    throw std::invalid_argument{"a campaign is a table of keys, as in config/samples/campaign.toml"};
  refuse_unknown_keys(campaign);
  const auto text = [&](const char* key, std::string& to) {
    const auto found = campaign.find(key);
    if (found == campaign.end())
      return;
    if (!found->is_string())
      throw std::invalid_argument{std::string{key} + ": must be a text; put it in quotes"};
    to = found->get<std::string>();
  };
  text("company", s.policy.company_name);
  text("company_description", s.policy.company_about);
  text("agent_name", s.policy.agent_name);
  text("offer", s.policy.offer);
  text("objective", s.policy.objective);
  text("script", s.policy.script);
  text("callback_number", s.policy.callback_number);
  if (s.policy.company_name.empty())
    throw std::invalid_argument{"company: is missing; the agent must say for whom it calls"};
  const auto flag = [&](const char* key, bool& to) {
    const auto found = campaign.find(key);
    if (found == campaign.end())
      return;
    if (!found->is_boolean())
      throw std::invalid_argument{std::string{key} + ": must be true or false"};
    to = found->get<bool>();
  };
  flag("record_calls", s.policy.record);
  // As of a campaign's calls: without names it is any account manager, and one
  // is named only where no other could take the call.
  s.policy.may_transfer = true;
  flag("transfers", s.policy.may_transfer);
  if (const auto found = campaign.find("meeting_minutes"); found != campaign.end()) {
    if (!found->is_number_integer() || *found < s.policy.meeting_minutes_min || *found > meeting_minutes_max)
      throw std::invalid_argument{"meeting_minutes: must be a whole number from "
                                  + std::to_string(s.policy.meeting_minutes_min) + " to "
                                  + std::to_string(meeting_minutes_max)};
    s.policy.meeting_minutes = found->get<int>();
  }
  if (const auto found = campaign.find("managers"); found != campaign.end()) {
    if (!found->is_array() || !std::ranges::all_of(*found, [](const auto& x) { return x.is_string(); }))
      throw std::invalid_argument{"managers: must be a list of names, as in [\"Priya Raman\"]"};
    s.policy.manager_name = found->size() == 1 ? found->front().get<std::string>() : "";
  }
}

practice_talk::practice_talk(talk_setup setup) : setup_{std::move(setup)}, diary_{setup_.seed, setup_.person.zone} {
  // The rules read the turns alone: a second opinion needs a language model.
  setup_.policy.side_analysis = false;
  about_.person = setup_.person;
  about_.plan = strategy_for(setup_);
  for (auto& tool : mind::tools(setup_.policy, setup_.person.meeting.has_value()))
    tools_.push_back({tool.name, tool.description, tool.parameters});
}

enum disposition practice_talk::disposition() const {
  return transferred_ ? disposition::transferred : mind::conclude(state_);
}

std::vector<talk_event::any> practice_talk::take() {
  return std::exchange(events_, {});
}

void practice_talk::begin() {
  hear(mind::input::session_started{});
  hear(mind::input::answered{});
  wants_response_ = true;
  go_on();
}

void practice_talk::say(const std::string& words) {
  if (over_)
    return;
  media_ += breath;
  const auto started = media_;
  media_ += length_of(words);
  events_.push_back(talk_event::said{mind::party::callee, words});
  turns_.push_back({model::turn::kind::heard, words, {}, {}, {}, {}});
  hear(mind::input::callee_turn{words, new_item(), started, media_});
  wants_response_ = true;
  go_on();
}

void practice_talk::press(const std::string& digit) {
  if (over_)
    return;
  hear(mind::input::key_pressed{digit});
  go_on();
}

void practice_talk::keep_silent() {
  if (over_)
    return;
  media_ += setup_.policy.dead_air_max;
  ring_alarms();
  hear(mind::input::silence{setup_.policy.dead_air_max});
  go_on();
}

void practice_talk::hang_up() {
  if (over_)
    return;
  hear(mind::input::call_over{});
  finish("the person hung up");
}

void practice_talk::hear(mind::input::any in) {
  // One input after the other: what a directive brings back waits its turn.
  inputs_.push_back(std::move(in));
  if (std::exchange(hearing_, true))
    return;
  while (!inputs_.empty()) {
    const auto next = std::move(inputs_.front());
    inputs_.pop_front();
    auto reaction = mind::step(std::move(state_), next, now(), setup_.policy, about_);
    state_ = std::move(reaction.state);
    carry_out(std::move(reaction.out));
  }
  hearing_ = false;
}

void practice_talk::carry_out(mind::directives directives) {
  for (auto& directive : directives)
    std::visit(
      [this](auto& x) {
        using type = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<type, d::speak>)
          prompts_.push_back(x.instructions);
        else if constexpr (std::is_same_v<type, d::record>)
          events_.push_back(talk_event::noted{std::move(x.kind), std::move(x.data)});
        else if constexpr (std::is_same_v<type, d::list_opt_out>)
          events_.push_back(talk_event::noted{"opted_out_listed", {{"source", x.source}}});
        else if constexpr (std::is_same_v<type, d::recording>)
          events_.push_back(talk_event::noted{"recording", {{"allowed", x.allowed}}});
        else if constexpr (std::is_same_v<type, d::wake_me>)
          alarms_.emplace_back(media_ + x.after, x.why);
        else if constexpr (std::is_same_v<type, d::ask_side_analysis>)
          throw std::logic_error{"a practice talk has no language model to ask"};
        else
          carry_out(x);
      },
      directive);
}

void practice_talk::carry_out(d::update_instructions& x) {
  text_ = model::read_instructions(x.text);
}

void practice_talk::carry_out(d::answer_tool& x) {
  auto call = calls_.extract(x.tool_call_id);
  if (!call)
    return; // Parley's own wish: the model asked for nothing
  auto used = std::move(call.mapped());
  turns_.push_back({model::turn::kind::result, {}, {}, used.name, x.tool_call_id, x.output});
  used.answer = std::move(x.output);
  events_.push_back(std::move(used));
  if (x.respond == d::respond::yes || (x.respond == d::respond::if_silent && !speaking_))
    wants_response_ = true;
}

void practice_talk::carry_out(d::check_availability& x) {
  const std::chrono::minutes length{x.minutes};
  hear(mind::input::availability_result{
    x.tool_call_id, diary_.free(x.dates, length, setup_.policy.slots_offered_max, now()), {}, x.minutes});
}

void practice_talk::carry_out(d::book& x) {
  mind::input::booking_result result;
  result.tool_call_id = x.tool_call_id;
  result.at = x.slot;
  result.minutes = x.minutes;
  if (auto problem = diary_.book(x.slot, std::chrono::minutes{x.minutes}, now())) {
    result.error = std::move(*problem);
  } else {
    result.ok = true;
    result.meeting_id = "meeting_" + std::to_string(++meetings_);
  }
  hear(std::move(result));
}

void practice_talk::carry_out(d::schedule_callback& x) {
  hear(
    mind::input::callback_result{x.tool_call_id, next_callable(std::max(x.at, now() + 5min), setup_.person.zone), {}});
}

void practice_talk::carry_out(d::reschedule& x) {
  mind::input::reschedule_result result;
  result.tool_call_id = x.tool_call_id;
  const auto& meeting = setup_.person.meeting; // keeps its length
  const std::chrono::minutes length{meeting ? meeting->minutes : setup_.policy.meeting_minutes};
  if (auto problem = diary_.book(x.at, length, now())) {
    result.refused = x.at;
    result.error = std::move(*problem);
  } else {
    result.at = x.at;
  }
  hear(std::move(result));
}

void practice_talk::carry_out(d::cancel& x) {
  hear(mind::input::cancel_result{x.tool_call_id, true, {}});
}

void practice_talk::carry_out(d::end_call& x) {
  if (ending_ && x.disposition == ending_->disposition)
    return;
  ending_ = std::move(x);
}

void practice_talk::carry_out(d::transfer& x) {
  transferred_ = true;
  ending_ = d::end_call{true, disposition::transferred, "handed over to a human: " + x.reason};
}

void practice_talk::go_on() {
  for (int round = 0; !over_; ++round) {
    ring_alarms();
    if (ending_)
      return finish(ending_->reason);
    if (round == rounds_max) {
      events_.push_back(talk_event::noted{"stuck", {{"responses", rounds_max}}});
      return;
    }
    if (!prompts_.empty()) {
      const auto prompt = std::move(prompts_.front());
      prompts_.pop_front();
      respond(prompt);
    } else if (std::exchange(wants_response_, false)) {
      respond({});
    } else if (state_.waiting) { // in text all words are there: the wait is over
      media_ += setup_.policy.words_wait_max;
    } else {
      return;
    }
  }
}

void practice_talk::respond(const std::string& note) {
  auto turns = turns_;
  if (!note.empty())
    turns.push_back({model::turn::kind::note, note, {}, {}, {}, {}});
  const auto reply = model::decide({text_, tools_, turns});
  speaking_ = !reply.lines.empty();
  if (speaking_)
    turns_.push_back({model::turn::kind::said, {}, reply.lines, {}, {}, {}});
  // A response is made faster than it is played: its tools run before its last
  // word is heard, and what ends the call at once cuts the words off.
  const auto place = static_cast<std::ptrdiff_t>(events_.size());
  for (const auto& call : reply.calls) {
    const auto id = "call_" + std::to_string(++calls_made_);
    auto arguments = nlohmann::json::parse(call.arguments, nullptr, false);
    if (arguments.is_discarded())
      arguments = call.arguments;
    turns_.push_back({model::turn::kind::called, {}, {}, call.tool, id, arguments});
    calls_[id] = {call.tool, std::move(arguments), {}};
    hear(mind::input::tool_called{id, call.tool, call.arguments});
  }
  if (!speaking_ || (ending_ && !ending_->after_playout))
    return;
  const auto words = model::words_in(reply.lines);
  media_ += breath;
  const auto started = media_;
  media_ += length_of(words);
  events_.insert(events_.begin() + place, talk_event::said{mind::party::agent, words});
  hear(mind::input::agent_turn{words, new_item(), started, media_, false});
}

void practice_talk::ring_alarms() {
  std::vector<std::string> due;
  std::erase_if(alarms_, [&](auto& alarm) {
    const bool rings = alarm.first <= media_;
    if (rings)
      due.push_back(std::move(alarm.second));
    return rings;
  });
  for (auto& why : due)
    hear(mind::input::woken{std::move(why)});
}

void practice_talk::finish(const std::string& reason) {
  over_ = true;
  reason_ = reason;
  if (!state_.ended)
    hear(mind::input::call_over{});
  events_.push_back(talk_event::ended{disposition(), reason});
}

} // namespace parley
