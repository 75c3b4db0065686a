#pragma once

#include "actors/conversation/core.hpp"
#include "actors/conversation/spoken_time.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace parley::test {

/// A call as the core lives it: feeds words and tools, keeps what comes out.
class talk {
public:
  mind::conversation_policy policy;
  mind::briefing about;
  mind::conversation_state state;
  mind::directives all;                               ///< since the call began
  mind::directives last;                              ///< of the last input
  wall_time now = *parse_iso("2026-11-24T15:00:00Z"); // Tuesday, 10 o'clock in New York

  static inline const std::string opening = "Hello, this is Katie, an AI assistant calling for Northwind. If you want "
                                            "no more calls, say so or press 9. Am I speaking with Alex Johnson?";

  talk() {
    policy.company_name = "Northwind";
    policy.company_about = "Northwind automates invoices.";
    policy.offer = "A tool that reads invoices by itself.";
    policy.objective = "A meeting of 30 minutes.";
    about.person = {"Alex Johnson", "CFO", "Acme", "alex@acme.example", "America/New_York"};
  }

  talk& feed(const mind::input::any& in) {
    auto reaction = mind::step(std::move(state), in, now, policy, about);
    state = std::move(reaction.state);
    last = std::move(reaction.out);
    all.insert(all.end(), last.begin(), last.end());
    return *this;
  }
  talk& start() { return feed(mind::input::session_started{}); }
  talk&
  agent(const std::string& text, std::chrono::milliseconds lasted = std::chrono::seconds{4}, bool interrupted = false) {
    const auto begin = media_;
    media_ += lasted;
    return feed(mind::input::agent_turn{text, "item-" + std::to_string(++item_), begin, media_, interrupted});
  }
  talk& callee(const std::string& text) {
    const auto begin = media_;
    media_ += std::chrono::seconds{2};
    return feed(mind::input::callee_turn{text, "item-" + std::to_string(++item_), begin, media_});
  }
  talk& tool(const std::string& name, const nlohmann::json& arguments) { return tool_text(name, arguments.dump()); }
  talk& tool_text(const std::string& name, const std::string& arguments) {
    return feed(mind::input::tool_called{"tool-" + std::to_string(++tool_), name, arguments});
  }
  std::string tool_id() const { return "tool-" + std::to_string(tool_); }

  /// Opening, person confirmed, offer heard.
  talk& opened() { return start().agent(opening).callee("Yes, this is Alex."); }
  /// The same, with need and one other strong.
  talk& qualified() {
    return opened()
      .agent("We help finance teams with invoices. How do you handle this today?")
      .callee("We type them in by hand, and it takes us hours every week.")
      .agent("I see. Are you the one who decides on this?")
      .callee("Yes, that's my decision.");
  }
  static inline const std::string slot_a = "2026-11-26T15:00:00Z"; // Thursday, 10 AM in New York
  static inline const std::string slot_b = "2026-11-27T19:30:00Z"; // Friday, 2:30 PM
  talk& slots_found() {
    tool("check_calendar_availability", {{"preferred_dates", {"2026-11-26", "2026-11-27"}}, {"duration_minutes", 30}});
    return feed(mind::input::availability_result{tool_id(), {*parse_iso(slot_a), *parse_iso(slot_b)}, ""});
  }
  talk& offered() {
    return qualified().slots_found().agent("I have Thursday, November 26 at 10:00 AM, or Friday, November 27 at 2:30 "
                                           "PM, your time. Which of these works for you?");
  }
  /// A slot accepted and the known e-mail confirmed.
  talk& agreed() {
    return offered()
      .callee("Thursday at ten works for me.")
      .agent("Thursday it is. Shall I send the invitation to alex@acme.example?")
      .callee("Yes, please.");
  }
  talk& book(const std::string& slot = slot_a, const std::string& email = "alex@acme.example") {
    return tool("book_meeting", {{"datetime", slot}, {"prospect_email", email}, {"meeting_type", "video"}});
  }
  talk& booked() {
    agreed().book();
    return feed(mind::input::booking_result{tool_id(), true, "meeting-1", *parse_iso(slot_a), ""});
  }

  template <class T>
  static std::vector<T> only(const mind::directives& from) {
    std::vector<T> out;
    for (const auto& one : from)
      if (const auto* fits = std::get_if<T>(&one))
        out.push_back(*fits);
    return out;
  }
  template <class T>
  std::vector<T> given() const {
    return only<T>(all);
  }
  template <class T>
  std::vector<T> just() const {
    return only<T>(last);
  }

  std::vector<nlohmann::json> records(const std::string& kind) const {
    std::vector<nlohmann::json> out;
    for (const auto& one : given<mind::directive::record>())
      if (one.kind == kind)
        out.push_back(one.data);
    return out;
  }
  bool broke(const std::string& rule) const {
    for (const auto& one : records("rule_violation"))
      if (one.at("rule") == rule)
        return true;
    return false;
  }
  /// The instructions in force.
  std::string told() const {
    const auto updates = given<mind::directive::update_instructions>();
    REQUIRE_FALSE(updates.empty());
    return updates.back().text;
  }
  bool told(const std::string& part) const { return told().find(part) != std::string::npos; }
  /// The answer to the last tool.
  nlohmann::json answer() const {
    const auto answers = just<mind::directive::answer_tool>();
    REQUIRE(answers.size() == 1);
    return answers.front().output;
  }
  std::string refusal() const {
    const auto output = answer();
    CAPTURE(output.dump());
    REQUIRE(output.at("ok") == false);
    return output.at("error");
  }
  /// The last directive that ends the call; fails if there is none.
  mind::directive::end_call end() const {
    const auto ends = given<mind::directive::end_call>();
    REQUIRE_FALSE(ends.empty());
    return ends.back();
  }
  bool over() const { return !given<mind::directive::end_call>().empty(); }

private:
  std::chrono::milliseconds media_{0};
  int item_ = 0;
  int tool_ = 0;
};

} // namespace parley::test
