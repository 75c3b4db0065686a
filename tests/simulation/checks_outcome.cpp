// What a call may have come to, by what the carrier and the person did.
#include "actors/call/core.hpp"
#include "runtime/json.hpp"
#include "tests/simulation/checks.hpp"

#include <algorithm>

namespace parley::simulation {

using namespace std::chrono_literals;

namespace {

/// Words of the person that are stored. A node that dies may take some with
/// it, so what is missing proves nothing.
bool is_heard(const calls::state& s) {
  return std::any_of(s.transcript.begin(), s.transcript.end(),
                     [](const auto& turn) { return turn.who == speaker::callee; });
}

/// The carrier certainly has no such call, or nobody saw what became of it.
bool is_possible_unseen(disposition outcome) {
  switch (outcome) {
    case disposition::canceled:
    case disposition::congestion:
    case disposition::invalid_number:
    case disposition::do_not_call: // of that the carrier may know, too
    case disposition::submission_unknown: return true;
    default: return false;
  }
}

/// @param told How the person at this number talks, if somebody talks.
bool is_possible(const calls::state& s, const phone_call& c, plot told) {
  const bool machine = c.who == pick_up::machine || c.who == pick_up::fax;
  const bool talked = c.answered && c.spoke && is_heard(s);
  const bool handed_over = s.transfer != calls::transfer_phase::none;
  switch (s.outcome) {
    case disposition::busy: return c.status == carrier_status::busy;
    case disposition::no_answer: return c.status == carrier_status::no_answer;
    case disposition::canceled: return c.status == carrier_status::canceled;
    // The number's own code is in a webhook only, which may be lost.
    case disposition::congestion: return c.status == carrier_status::failed;
    case disposition::invalid_number:
      return (c.status == carrier_status::failed && c.who == pick_up::dead_number)
             || (c.answered && c.who == pick_up::fax);
    case disposition::machine: return c.answered && machine;
    case disposition::machine_message: return c.message_left && machine;
    case disposition::failed: return c.answered && !is_heard(s);
    // They may have talked before they fell silent.
    case disposition::dead_air: return c.answered && (!is_heard(s) || (c.spoke && c.ended && *c.ended - *c.spoke > 5s));
    case disposition::hung_up: return talked;
    // Nobody took a call that was handed over, whoever is on the line.
    case disposition::no_decision: return talked || (c.answered && handed_over);
    case disposition::callback:
      return (talked && (told == plot::calls_back || told == plot::wants_human)) || (c.answered && handed_over);
    case disposition::transferred: return c.handed_over;
    case disposition::not_interested: return talked && told != plot::books;
    case disposition::not_qualified:
    case disposition::qualified: return talked;
    case disposition::do_not_call:
      return c.answered && c.spoke && (told == plot::opts_out || told == plot::opts_out_key);
    case disposition::meeting_booked: return talked && told == plot::books;
    // Nobody at these phones is another one, speaks for another one or does not
    // understand, and no meeting is moved or called off on the phone.
    default: return false;
  }
}

} // namespace

void checks::check_outcome(call_id call) {
  const auto stored = o_.store->look(load_stream{call});
  const auto personal = stored.personal_state.empty() ? json::object() : json::parse(stored.personal_state);
  const auto s = calls::core::restore(json::parse(stored.state), personal);
  const auto name = "call " + to_string(call) + " ended with " + std::string{to_string(s.outcome)};
  // Whoever was booked is not called again, and whoever was not is not believed to be.
  const bool booked = !o_.store->look(load_meetings{call}).rows.empty();
  if (booked != (s.outcome == disposition::meeting_booked))
    o_.broke(promise::true_end, name + (booked ? ", and a meeting was booked in it" : " without a meeting"));
  if (s.sid.empty()) {
    if (!is_possible_unseen(s.outcome))
      o_.broke(promise::true_end, name + ", of which nobody saw anything");
    return;
  }
  const auto* c = phone_.find(s.sid);
  if (!c) {
    o_.broke(promise::known, name + ", and the carrier does not know its SID " + s.sid);
    return;
  }
  const auto told = plot_of(c->to);
  if (is_heard(s) && !c->spoke)
    o_.broke(promise::true_end, name + ", and words are stored that nobody said");
  if (!is_possible(s, *c, told))
    o_.broke(promise::true_end, name + "; at the carrier it is " + std::string{to_string(c->status)}
                                  + (c->answered ? ", answered" : ", not answered")
                                  + (c->spoke ? ", and the person, who " + std::string{to_string(told)} + ", spoke"
                                              : ", and nobody spoke"));
}

} // namespace parley::simulation
