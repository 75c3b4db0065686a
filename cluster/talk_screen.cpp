#include "cluster/talk_screen.hpp"

#include "actors/conversation/spoken_time.hpp"
#include "actors/conversation/stages.hpp"
#include "cluster/talk_command.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

namespace parley {

using nlohmann::json;

namespace {

constexpr size_t line_max = 78; ///< columns, so that nothing wraps in a terminal of 80
constexpr size_t panel_columns = 34;
constexpr size_t panel_from = 100; ///< columns of a terminal that has room for the panel beside the words
constexpr const char* talk_help = "Say something and press Enter. An empty line is silence; /9 presses a key, "
                                  "/hangup ends the call, /help shows this.";

size_t columns_of(const std::string& s) {
  return static_cast<size_t>(std::ranges::count_if(s, [](char c) { return (c & 0xc0) != 0x80; }));
}

/// The text in lines of at most `columns_max`, the first after a head of
/// `indent` columns.
std::vector<drawn_line>
wrapped(const std::string& head, size_t indent, const std::string& text, size_t columns_max = line_max) {
  std::vector<drawn_line> out;
  for (const auto& line : cli::wrapped(text, columns_max - indent))
    out.push_back({(out.empty() ? head : std::string(indent, ' ')) + line, indent + columns_of(line)});
  if (out.empty())
    out.push_back({head, indent});
  return out;
}

std::string on_screen(const std::vector<drawn_line>& lines) {
  std::string out;
  for (const auto& line : lines)
    out += line.text + '\n';
  return out;
}

bool refused(const json& answer) {
  return answer.is_object() && answer.contains("ok") && answer["ok"] == false;
}

std::string text_in(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : "";
}

/// A tool in few words: what was asked matters less than what came back.
std::string tool_line(const talk_event::tool_used& x) {
  if (refused(x.answer))
    return x.name + " refused: " + text_in(x.answer, "error");
  if (x.answer.contains("local") && x.answer["local"].is_array()) {
    const auto n = static_cast<int64_t>(x.answer["local"].size());
    return x.name + ": " + cli::counted(n, "free time", "free times");
  }
  if (const auto local = text_in(x.answer, "local"); !local.empty())
    return x.name + ": " + local;
  return x.name;
}

/// What a note says to whoever watches; empty for what the status shows anyway.
std::string note_line(const talk_event::noted& x, const practice_talk& talk) {
  const auto& d = x.data;
  if (x.kind == "rule_violation")
    return "rule broken: " + text_in(d, "rule") + " (" + text_in(d, "detail") + ")";
  if (x.kind == "objection")
    return "objection " + std::to_string(d.value("count", 0)) + " of "
           + std::to_string(talk.setup().policy.objections_max) + ": " + text_in(d, "kind");
  if (x.kind == "stage_changed")
    return "stage: " + text_in(d, "from") + " -> " + text_in(d, "to");
  if (x.kind == "opt_out")
    return "hard rule: asked for no more calls (" + text_in(d, "source") + "); on the list, and the call ends now";
  if (x.kind == "ending")
    return "hard rule: ends politely as " + text_in(d, "disposition") + " (" + text_in(d, "reason") + ")";
  if (x.kind == "gatekeeper")
    return "somebody else answers for the person";
  if (x.kind == "identity_confirmed")
    return "the person is confirmed";
  if (x.kind == "callback_wished")
    return "a later call is wished for";
  if (x.kind == "stuck")
    return "the agent went on without end and was stopped";
  return "";
}

const char* mark(mind::bant_value value) {
  switch (value) {
    case mind::bant_value::no: return "no";
    case mind::bant_value::weak: return "weak";
    case mind::bant_value::strong: return "strong";
    default: return "?";
  }
}

std::string signed_tenths(double x) {
  const auto tenths = static_cast<int>(std::lround(x * 10));
  return std::string{tenths < 0 ? "-" : "+"} + std::to_string(std::abs(tenths) / 10) + "."
         + std::to_string(std::abs(tenths) % 10);
}

const char* yes(bool is) {
  return is ? "yes" : "no";
}

/// Below the words, where a terminal has no room beside them.
std::vector<std::string> status(const practice_talk& talk) {
  const auto& x = talk.state();
  std::ostringstream course;
  course << "stage " << to_string(x.stage) << " | score " << mind::score(x.bant) << " | mood "
         << signed_tenths(x.sentiment) << " | objections " << x.objection_turns << '/'
         << talk.setup().policy.objections_max << " | next: " << x.next_action;
  std::ostringstream bant;
  for (size_t i = 0; i < x.bant.items.size(); ++i)
    bant << (i == 0 ? "" : " | ") << mind::bant_key_names[i] << ' ' << mark(x.bant.items[i].value);
  std::ostringstream rules;
  rules << "said AI " << yes(x.disclosed) << " | opt-out offered " << yes(x.opt_out_offered) << " | person "
        << yes(x.identity_confirmed) << " | slot " << yes(!x.accepted_slots.empty()) << " | e-mail "
        << yes(!x.emails_confirmed.empty());
  return {course.str(), bant.str(), rules.str()};
}

/// The same beside the words.
std::vector<std::string> panel(const practice_talk& talk) {
  const auto& x = talk.state();
  const auto left = [](std::string text) {
    text.resize(std::max<size_t>(text.size(), panel_columns / 2), ' ');
    return text;
  };
  std::vector<std::string> out{"stage " + std::string{to_string(x.stage)},
                               left("score " + std::to_string(mind::score(x.bant))) + "mood "
                                 + signed_tenths(x.sentiment)};
  for (size_t i = 0; i < x.bant.items.size(); ++i) {
    const auto item = std::string{mind::bant_key_names[i]} + ' ' + mark(x.bant.items[i].value);
    i % 2 == 0 ? out.push_back(left(item)) : void(out.back() += item);
  }
  out.push_back(left(std::string{"said AI "} + yes(x.disclosed)) + "opt-out " + yes(x.opt_out_offered));
  out.push_back(left(std::string{"person "} + yes(x.identity_confirmed)) + "slot " + yes(!x.accepted_slots.empty()));
  out.push_back(left(std::string{"e-mail "} + yes(!x.emails_confirmed.empty())) + "objections "
                + std::to_string(x.objection_turns) + '/' + std::to_string(talk.setup().policy.objections_max));
  for (const auto& line : cli::wrapped("next: " + x.next_action, panel_columns))
    out.push_back(line);
  return out;
}

} // namespace

talk_screen::talk_screen(std::ostream& out, const talk_options& o)
  : out_{out}, paint_{o.colours}, live_{o.live}, beside_{o.columns >= panel_from},
    words_max_{beside_ ? std::min(o.columns - panel_columns - 3, line_max) : line_max} {}

void talk_screen::introduce(const talk_setup& s) {
  out_ << paint_.bold("A practice call: you are " + s.person.name) << ", " << s.person.role << " at "
       << s.person.company << ".\n"
       << on_screen(wrapped("", 0, "Nobody is called and nothing is stored. " + std::string{talk_help})) << '\n';
}

void talk_screen::help() {
  out_ << on_screen(wrapped("       ", 7, talk_help));
}

void talk_screen::prompt() {
  if (live_)
    out_ << paint_.green("you    ") << std::flush;
}

void talk_screen::show(const practice_talk& talk, const std::vector<talk_event::any>& events) {
  for (const auto& event : events)
    std::visit(talk_event::overloaded{[&](const talk_event::said& x) { said(x); },
                                      [&](const talk_event::tool_used& x) { aside(tool_line(x), refused(x.answer)); },
                                      [&](const talk_event::noted& x) {
                                        const auto line = note_line(x, talk);
                                        if (!line.empty())
                                          aside(line, x.kind == "rule_violation" || x.kind == "opt_out");
                                      },
                                      [](const talk_event::ended&) {}},
               event);
  const auto turn = std::exchange(turn_, {});
  if (talk.over() || !beside_) {
    out_ << on_screen(turn);
    if (!talk.over())
      for (const auto& line : status(talk))
        out_ << paint_.faint("  | " + cli::shortened(line, line_max - 4)) << '\n';
    return;
  }
  const auto side = panel(talk);
  for (size_t i = 0; i < std::max(turn.size(), side.size()); ++i) {
    const auto line = i < turn.size() ? turn[i] : drawn_line{};
    out_ << line.text << std::string(words_max_ - std::min(line.columns, words_max_), ' ')
         << paint_.faint(" | " + (i < side.size() ? cli::shortened(side[i], panel_columns) : "")) << '\n';
  }
}

void talk_screen::conclude(const practice_talk& talk) {
  const auto& state = talk.state();
  const auto& zone = talk.setup().person.zone;
  out_ << '\n'
       << paint_.bold("The call ended: " + std::string{to_string(talk.disposition())}) << " (" << talk.reason()
       << ")\n";
  if (state.meeting)
    tell("It would have booked a " + state.meeting->type + " meeting of " + std::to_string(state.meeting->minutes)
         + " minutes on " + mind::local_spoken(state.meeting->at, zone) + " (" + zone + ") and sent the invitation to "
         + state.meeting->email + ".");
  if (state.callback_set)
    tell("It would call again on " + mind::local_spoken(*state.callback_set, zone) + ".");
  if (state.opted_out)
    tell("The number would be on our do-not-call list now, in every campaign.");
  out_ << talk.summary().text << '\n';
}

void talk_screen::tell(const std::string& text) {
  out_ << on_screen(wrapped("", 0, text));
}

void talk_screen::said(const talk_event::said& x) {
  const bool agent = x.who == mind::party::agent;
  if (!agent && live_)
    return; // it stands on the screen already
  const auto lines = wrapped(agent ? paint_.cyan("agent  ") : paint_.green("you    "), 7, x.text, words_max_);
  turn_.insert(turn_.end(), lines.begin(), lines.end());
}

void talk_screen::aside(const std::string& text, bool serious) {
  const auto line = cli::shortened(text, words_max_ - 9);
  turn_.push_back({"       " + (serious ? paint_.red("! " + line) : paint_.faint("· " + line)), 9 + columns_of(line)});
}

} // namespace parley
