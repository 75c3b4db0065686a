// The call while it is up: what a manager or the mind may do to it besides
// talking, and what the carrier is told to do about it.
#include "actors/call/call.hpp"
#include "actors/call/voicemail.hpp"
#include "actors/compliance/numbers.hpp"

namespace parley {

using namespace std::chrono_literals;

caf::error no_call(const call_id& id) {
  return caf::make_error(ec::not_found, "call: there is no " + to_string(id) + "; \"parley call list\" shows all");
}

caf::result<call_steered> call_state::steer(const steer_call& order) {
  ++handled;
  const reply<call_steered> answer{self};
  if (journal.loaded() && journal.version() > 0)
    steer_now(order, answer);
  else if (journal.loaded())
    answer(no_call(order.call));
  else
    steers_before_load.emplace_back(order, answer);
  return answer.later();
}

void call_state::steer_now(const steer_call& order, const reply<call_steered>& answer) {
  const auto& s = journal.state();
  const auto wrong = [&](const std::string& why) { answer(caf::make_error(ec::wrong_state, why)); };
  switch (order.what) {
    case call_order::hang_up: return steer_hang_up(order, answer);
    case call_order::say:
      if (order.text.empty())
        return answer(
          caf::make_error(ec::invalid_input, std::string{"text: is missing; say what the agent shall say"}));
      if (s.phase != calls::phase::talking || s.ended_at || s.hang_up_asked || !s.media_up || !mind)
        return wrong("nobody is being talked to");
      if (s.transfer == calls::transfer_phase::asked || calls::is_handed_over(s.transfer))
        return wrong("the call was handed over to a human");
      self->send(mind, say_next{order.text});
      return answer(call_steered{id, "The agent says it at the next pause."});
    case call_order::resolve_placed:
    case call_order::resolve_not_placed: return steer_resolve(order, answer);
    default: return steer_transfer(order, answer);
  }
}

/// Answered once it is stored: whoever takes the call up after a crash hangs up as well.
void call_state::steer_hang_up(const steer_call& order, const reply<call_steered>& answer) {
  const auto& s = journal.state();
  if (s.phase == calls::phase::ended || s.ended_at)
    return answer(caf::make_error(ec::wrong_state, std::string{"the call is over"}));
  auto decided = calls::hang_up(s, order.text.empty() ? "by command" : order.text, false);
  decided.effects.push_back(calls::do_answer_hang_up{});
  hanging_up.push_back(answer);
  take(std::move(decided));
}

/// To the number that is given, else to the account manager in turn.
void call_state::steer_transfer(const steer_call& order, const reply<call_steered>& answer) {
  const auto& s = journal.state();
  if (const auto why = calls::why_no_transfer(s); !why.empty())
    return answer(caf::make_error(ec::wrong_state, why));
  if (handing_asked)
    return answer(caf::make_error(ec::wrong_state, std::string{"the call is being handed over already"}));
  if (!order.text.empty()) {
    if (!is_e164(order.text))
      return answer(caf::make_error(ec::invalid_input,
                                    std::string{"text: is no number in E.164; write + and all digits, as in +1415555"
                                                "0132"}));
    handing_asked = answer;
    const auto back = calls::next_working_time(nullptr, s.brief.zone, ctx->clock.now());
    return hand_over({order.text, "", "by command", back});
  }
  handing_asked = answer;
  self->request(ctx->door_of(s.campaign), ctx->settings.request_timeout, assign_manager{s.campaign, s.brief.owner_id})
    .then(
      [this](const manager_assigned& x) {
        const auto& s = journal.state();
        const auto refuse = [this](const std::string& why) {
          if (const auto waits = std::exchange(handing_asked, std::nullopt))
            (*waits)(caf::make_error(ec::wrong_state, why));
        };
        if (x.manager.phone.empty())
          return refuse("the account manager " + x.manager.name + " has no phone; give a number");
        if (!calls::is_at_work(x.manager, s.brief.zone, ctx->clock.now()))
          return refuse("the account manager " + x.manager.name + " is not at work now; give a number");
        if (const auto why = calls::why_no_transfer(s); !why.empty())
          return refuse(why);
        hand_over({x.manager.phone, x.manager.name, "by command",
                   calls::next_working_time(&x.manager, s.brief.zone, ctx->clock.now())});
      },
      [this](caf::error& e) {
        if (const auto waits = std::exchange(handing_asked, std::nullopt))
          (*waits)(std::move(e));
      });
}

/// The model hands over: the words with which it does are heard first.
void call_state::hear_transfer(const conversation_transfer& x) {
  const auto& s = journal.state();
  if (const auto why = calls::why_no_transfer(s); !why.empty())
    return take_back(why);
  handing = calls::transfer_wish{x.manager.phone, x.manager.name, x.reason,
                                 calls::next_working_time(&x.manager, s.brief.zone, ctx->clock.now())};
  handing_by = self->clock().now() + farewell_max;
  self->send(ctx->voice_model, await_playback{id});
  timer.set(self, handing_by);
}

/// What the agent said last was heard.
void call_state::played_out() {
  if (auto wish = std::exchange(handing, std::nullopt))
    return hand_over(std::move(*wish));
  if (over_after_playback)
    take(calls::on_talk_over(journal.state(), "conversation over"));
}

void call_state::hand_over(calls::transfer_wish wish) {
  if (const auto why = calls::why_no_transfer(journal.state()); !why.empty())
    return take_back(why);
  handing.reset();
  take(calls::begin_transfer(journal.state(), wish, ctx->clock.now()));
}

void call_state::transfer() {
  const auto& s = journal.state();
  transfer_call order;
  order.call = id;
  order.sid = s.sid;
  order.to = s.transfer_to;
  order.from = s.brief.policy.from_number;
  order.announcement = "One moment, please. I am connecting you"
                       + (s.transfer_name.empty() ? std::string{} : " with " + s.transfer_name) + ".";
  // Nobody calls after the last attempt, so nothing is promised then.
  order.apology = std::string{"I am sorry, nobody can take your call right now. "}
                  + (s.brief.last_attempt ? "Thank you for your time. Goodbye." : "We will call you back. Goodbye.");
  order.language = s.brief.policy.language;
  self->request(ctx->telephony, ctx->settings.vendor_timeout, std::move(order))
    .then(
      [this](const carrier_call&) {
        take(calls::on_transfer_answer(journal.state(), "", ctx->clock.now()));
        const auto name = journal.state().transfer_name;
        if (const auto waits = std::exchange(handing_asked, std::nullopt))
          (*waits)(call_steered{id, "The call is being handed over" + (name.empty() ? "" : " to " + name) + "."});
      },
      [this](const caf::error& e) {
        take(calls::on_transfer_answer(
          journal.state(), "the carrier did not hand the call over: " + self->system().render(e), ctx->clock.now()));
      });
}

/// The call stays the agent's. Without a mind nobody is left to talk with.
void call_state::take_back(const std::string& reason) {
  handing.reset();
  spdlog::warn("call {}: not handed over: {}", to_string(id), reason);
  if (const auto waits = std::exchange(handing_asked, std::nullopt))
    (*waits)(caf::make_error(ec::wrong_state, reason));
  if (mind) {
    self->send(mind, transfer_refused{reason});
    return;
  }
  const auto& s = journal.state();
  if (s.ended_at || s.phase != calls::phase::talking)
    return;
  take(calls::on_outcome(s, calls::nobody_took(s), reason, s.transfer_callback));
  take(calls::hang_up(journal.state(), reason, false));
}

void call_state::leave_message() {
  const auto& s = journal.state();
  const auto message = calls::voicemail_for(s.brief.policy, s.brief.person.name);
  parley::leave_message order{id, s.sid, message.text, s.brief.policy.language};
  self->request(ctx->telephony, ctx->settings.vendor_timeout, std::move(order))
    .then([this](const carrier_call&) { take(calls::on_message_answer(journal.state(), "", ctx->clock.now())); },
          [this](const caf::error& e) {
            take(calls::on_message_answer(journal.state(), "the carrier did not speak it: " + self->system().render(e),
                                          ctx->clock.now()));
          });
}

void call_state::hear_recording(const conversation_recording& x) {
  take(calls::on_recording_wish(journal.state(), x.allowed, ctx->clock.now()));
}

void call_state::record() {
  self->request(ctx->telephony, ctx->settings.vendor_timeout, start_recording{id, journal.state().sid})
    .then(
      [this](const recording_started& x) { take(calls::on_recording_answer(journal.state(), x.recording_sid, "")); },
      [this](const caf::error& e) {
        const auto why = self->system().render(e);
        spdlog::warn("call {}: is not recorded ({})", to_string(id), why);
        take(calls::on_recording_answer(journal.state(), "", why));
      });
}

void call_state::stop_recording(const std::string& sid) {
  self->request(ctx->telephony, ctx->settings.vendor_timeout, parley::stop_recording{id, journal.state().sid, sid})
    .then([](const recording_stopped&) {},
          [this](const caf::error& e) {
            // It ends with the call at the latest, and what was objected to is deleted unheard.
            spdlog::error("call {}: its recording could not be stopped ({})", to_string(id), self->system().render(e));
          });
}

void call_state::hear_recording_event(const recording_event& x) {
  std::vector<row> rows;
  auto decided = calls::on_recording_made(journal.state(), x, ctx->hasher, ctx->clock.now(), rows);
  if (!decided.events.empty())
    journal.take(std::move(decided), {}, std::move(rows));
}

bool call_state::perform_live(calls::core::effect& effect) {
  if (std::holds_alternative<calls::do_transfer>(effect))
    transfer();
  else if (auto* back = std::get_if<calls::do_take_back>(&effect))
    take_back(back->reason);
  else if (std::holds_alternative<calls::do_leave_message>(effect))
    leave_message();
  else if (std::holds_alternative<calls::do_record>(effect))
    record();
  else if (auto* stop = std::get_if<calls::do_stop_recording>(&effect))
    stop_recording(stop->sid);
  else if (std::holds_alternative<calls::do_await_stream>(effect))
    await_stream();
  else if (std::holds_alternative<calls::do_pull>(effect))
    pull();
  else if (std::holds_alternative<calls::do_answer_hang_up>(effect))
    for (const auto& answer : std::exchange(hanging_up, {}))
      answer(call_steered{id, "The call is being hung up."});
  else
    return false;
  return true;
}

} // namespace parley
