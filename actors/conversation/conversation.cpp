#include "actors/conversation/conversation.hpp"

#include "actors/booking/booking.hpp"
#include "actors/conversation/setup.hpp"
#include "actors/conversation/side_analysis.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace parley {

using namespace std::chrono_literals;

void conversation_shell::start(context_ptr context, conversation_listener call_actor, call_id which, call_brief with) {
  ctx = std::move(context);
  call = std::move(call_actor);
  id = which;
  brief = std::move(with);
  policy = mind::policy_of(brief, ctx->has_llm);
  about = mind::briefing_of(brief);
}

caf::actor_clock::duration_type conversation_shell::real(std::chrono::milliseconds audio) const {
  return std::chrono::nanoseconds{
    static_cast<int64_t>(static_cast<double>(std::chrono::nanoseconds{audio}.count()) / ctx->media_speed)};
}

caf::actor_clock::duration_type conversation_shell::patience(std::chrono::milliseconds audio) const {
  // At practice speeds a network's latency is longer than the audio it races.
  return ctx->media_speed > 1 ? std::max<caf::actor_clock::duration_type>(real(audio), 2s) : real(audio);
}

void conversation_shell::hear(const mind::input::any& in) {
  auto reaction = mind::step(std::move(state), in, ctx->clock.now(), policy, about);
  state = std::move(reaction.state);
  carry_out(std::move(reaction.out));
}

void conversation_shell::hear(const turn_finished& turn) {
  last_speech = self->clock().now();
  timer.set(self, patience(policy.dead_air_max));
  if (turn.who == speaker::agent)
    hear(mind::input::agent_turn{turn.text, turn.item, turn.started, turn.ended, turn.interrupted});
  else
    hear(mind::input::callee_turn{turn.text, turn.item, turn.started, turn.ended});
}

void conversation_shell::hear(const line_silence& quiet) {
  if (!live)
    return;
  last_speech = self->clock().now();
  if (quiet.lasted >= policy.dead_air_max)
    hear(mind::input::silence{policy.dead_air_max});
  else
    last_speech -= real(quiet.lasted);
  timer.set(self, last_speech + patience(policy.dead_air_max));
}

caf::result<conversation_concluded> conversation_shell::conclude() {
  live = false;
  concluding.emplace(self);
  auto later = concluding->later();
  ++under_way; // this step itself
  hear(mind::input::call_over{});
  settled();
  return later;
}

/// Nobody is left to think for, but what was begun is brought to its end.
void conversation_shell::lose_call() {
  live = false;
  orphaned = true;
  if (under_way == 0)
    self->quit();
}

void conversation_shell::settled() {
  if (--under_way == 0 && orphaned)
    return self->quit();
  if (under_way > 0 || !concluding)
    return;
  const auto answer = *std::exchange(concluding, std::nullopt);
  answer(conversation_concluded{mind::conclude(state), state.callback_set, mind_json()});
}

void conversation_shell::ring() {
  const auto now = self->clock().now();
  auto due = std::partition(waits.begin(), waits.end(), [now](const auto& w) { return w.first > now; });
  std::vector<std::string> over;
  for (auto it = due; it != waits.end(); ++it)
    over.push_back(std::move(it->second));
  waits.erase(due, waits.end());
  for (auto& why : over)
    hear(mind::input::woken{std::move(why)});
  // No turn has ended for long; perhaps a long one is being spoken.
  const auto quiet_max = patience(policy.dead_air_max);
  if (live && now - last_speech >= quiet_max) {
    last_speech = now;
    self->send(ctx->voice_model, measure_silence{id});
  }
  if (live)
    timer.set(self, last_speech + quiet_max);
  for (const auto& [when, why] : waits)
    timer.set(self, when);
}

void conversation_shell::carry_out(mind::directives directives) {
  namespace d = mind::directive;
  // Each note carries the mind's state after the whole step. What the person
  // forbids goes before them: a node that died in between would believe that
  // it was stored.
  std::stable_partition(directives.begin(), directives.end(), [](const auto& x) {
    return std::holds_alternative<d::list_opt_out>(x) || std::holds_alternative<d::recording>(x);
  });
  if (orphaned) // the session is that of whoever goes on with the call
    std::erase_if(directives, [](const auto& x) {
      return std::holds_alternative<d::update_instructions>(x) || std::holds_alternative<d::answer_tool>(x)
             || std::holds_alternative<d::speak>(x);
    });
  for (auto& directive : directives) {
    if (auto* x = std::get_if<d::update_instructions>(&directive)) {
      if (first_instructions.empty())
        first_instructions = x->text; // goes with the opening of the session
      else
        self->send(ctx->voice_model, update_instructions{id, std::move(x->text)});
    } else if (auto* x = std::get_if<d::answer_tool>(&directive)) {
      self->send(ctx->voice_model, answer_tool{id, x->tool_call_id, x->output.dump(), x->respond != d::respond::no,
                                               x->respond == d::respond::if_silent});
    } else if (auto* x = std::get_if<d::speak>(&directive)) {
      self->send(ctx->voice_model, prompt_agent{id, std::move(x->instructions)});
    } else if (auto* x = std::get_if<d::check_availability>(&directive)) {
      carry_out(*x);
    } else if (auto* x = std::get_if<d::book>(&directive)) {
      carry_out(*x);
    } else if (auto* x = std::get_if<d::schedule_callback>(&directive)) {
      carry_out(*x);
    } else if (auto* x = std::get_if<d::reschedule>(&directive)) {
      carry_out(*x);
    } else if (auto* x = std::get_if<d::cancel>(&directive)) {
      carry_out(*x);
    } else if (auto* x = std::get_if<d::list_opt_out>(&directive)) {
      self->send(call, conversation_opt_out{x->source});
    } else if (auto* x = std::get_if<d::end_call>(&directive)) {
      self->send(call, conversation_outcome{x->disposition, x->reason, state.callback_set});
      self->send(call, conversation_over{x->after_playout, x->reason});
    } else if (auto* x = std::get_if<d::record>(&directive)) {
      carry_out(*x);
    } else if (auto* x = std::get_if<d::transfer>(&directive)) {
      carry_out(*x);
    } else if (auto* x = std::get_if<d::recording>(&directive)) {
      self->send(call, conversation_recording{x->allowed});
    } else if (auto* x = std::get_if<d::ask_side_analysis>(&directive)) {
      carry_out(*x);
    } else if (auto* x = std::get_if<d::wake_me>(&directive)) {
      const auto when = self->clock().now() + patience(x->after);
      waits.emplace_back(when, std::move(x->why));
      timer.set(self, when);
    }
  }
}

/// The conversation's own state as it is stored with each note: what a later
/// conversation could go on from. The transcript is the call's.
std::string conversation_shell::mind_json() const {
  auto known = mind::to_json(state);
  known["turns"] = json::array();
  const auto so_far = mind::summary(state, about);
  return json{{"state", std::move(known)},
              {"summary", so_far.text},
              {"topics", so_far.topics},
              {"confirm_meetings", confirm_meetings}}
    .dump();
}

void conversation_shell::carry_out(const mind::directive::record& x) {
  self->send(call, conversation_note{x.kind, x.data.dump(), std::string{to_string(state.stage)}, state.sentiment,
                                     mind_json()});
}

/// Whom the person meets already, else their own account manager by the CRM,
/// else the campaign's next in turn.
void conversation_shell::choose_manager(std::function<void(caf::error)> then) {
  if (manager)
    return then({});
  if (brief.meeting)
    return choose_host(brief.meeting->account_manager, std::move(then));
  self
    ->request(ctx->door_of(brief.policy.campaign), ctx->settings.request_timeout,
              assign_manager{brief.policy.campaign, brief.owner_id})
    .then(
      [this, then](const manager_assigned& x) {
        if (!manager)
          manager = x.manager;
        then({});
      },
      [then](caf::error& e) { then(std::move(e)); });
}

void conversation_shell::choose_host(manager_id host, std::function<void(caf::error)> then) {
  self->request(ctx->journal, ctx->settings.journal_timeout, load_managers{{host}})
    .then(
      [this, host, then](const manager_rows& x) {
        if (x.rows.empty())
          return then(caf::make_error(ec::not_found, "account manager " + to_string(host)));
        if (!manager)
          manager = x.rows.front();
        then({});
      },
      [then](caf::error& e) { then(std::move(e)); });
}

/// Why a diary refused, in words for the agent; none where it may have done it
/// all the same, so that the store has to be asked before it is tried again.
static std::optional<std::string> refusal_in(const caf::error& e) {
  const auto& context = e.context();
  const bool refused = e == ec::conflict || e == ec::slot_expired || e == ec::wrong_state;
  if (!refused || context.size() == 0 || !context.match_element<std::string>(0))
    return std::nullopt;
  return context.get_as<std::string>(0);
}

static constexpr auto not_known_yet
  = "The booking system does not answer, so it is not known yet whether this was done. "
    "Say that you are checking, promise nothing, and try again in a moment.";

void conversation_shell::carry_out(const mind::directive::reschedule& x) {
  if (confirm_meetings)
    return confirm_first(x);
  const auto& meeting = *brief.meeting;
  ++under_way;
  self
    ->request(ctx->door_of(meeting.account_manager), ctx->settings.vendor_timeout * 2,
              move_meeting{meeting.account_manager, meeting.id, x.at, "call"})
    .then(
      [this, x](const meeting_changed& done) {
        hear(mind::input::reschedule_result{x.tool_call_id, done.meeting.scheduled_at, {}, {}});
        settled();
      },
      [this, x](const caf::error& e) {
        const auto why = refusal_in(e);
        confirm_meetings = confirm_meetings || !why;
        hear(mind::input::reschedule_result{x.tool_call_id, std::nullopt, e == ec::conflict ? x.at : wall_time{},
                                            why ? "Not moved: " + *why + ". Check the calendar and offer another time."
                                                : not_known_yet});
        settled();
      });
}

void conversation_shell::carry_out(const mind::directive::cancel& x) {
  if (confirm_meetings)
    return confirm_first(x);
  const auto& meeting = *brief.meeting;
  ++under_way;
  const auto reason = "Called off by the person on the phone" + (x.reason.empty() ? "." : ": " + x.reason);
  self
    ->request(ctx->door_of(meeting.account_manager), ctx->settings.vendor_timeout * 2,
              cancel_meeting{meeting.account_manager, meeting.id, reason, "call"})
    .then(
      [this, x](const meeting_changed&) {
        hear(mind::input::cancel_result{x.tool_call_id, true, {}});
        settled();
      },
      [this, x](const caf::error& e) {
        spdlog::warn("call {}: its meeting could not be called off ({})", to_string(id), self->system().render(e));
        confirm_meetings = confirm_meetings || !refusal_in(e);
        hear(mind::input::cancel_result{x.tool_call_id, false, {}});
        settled();
      });
}

void conversation_shell::carry_out(const mind::directive::check_availability& x) {
  const auto failed = [this, x](const caf::error& e) {
    spdlog::info("call {}: no free times: {}", to_string(id), self->system().render(e));
    hear(
      mind::input::availability_result{x.tool_call_id,
                                       {},
                                       std::string{"The calendar cannot be read right now; offer "}
                                         + (policy.last_attempt ? "that an account manager writes." : "a callback.")});
  };
  choose_manager([this, x, failed](caf::error e) {
    if (e)
      return failed(e);
    self
      ->request(ctx->door_of(manager->id), ctx->settings.vendor_timeout,
                find_slots{manager->id, x.dates, x.minutes, static_cast<uint32_t>(policy.slots_offered_max)})
      .then(
        [this, x](const free_slots& free) {
          hear(mind::input::availability_result{x.tool_call_id, free.slots, {}, x.minutes});
        },
        failed);
  });
}

void conversation_shell::carry_out(const mind::directive::book& x) {
  if (confirm_meetings)
    return confirm_first(x);
  const auto failed = [this, x](const caf::error& e) {
    const auto why = refusal_in(e);
    confirm_meetings = confirm_meetings || !why;
    // A conflict means that the time is gone for good, so it is not offered again.
    hear(mind::input::booking_result{x.tool_call_id,
                                     false,
                                     {},
                                     e == ec::conflict ? x.slot : wall_time{},
                                     why ? "Not booked: " + *why + ". Offer another time." : not_known_yet});
    settled();
  };
  ++under_way;
  choose_manager([this, x, failed](caf::error e) {
    if (e)
      return failed(nothing_booked(self->system().render(e), id));
    book_meeting order;
    order.manager = manager->id;
    order.call = id;
    order.at = x.slot;
    order.minutes = x.minutes;
    order.email = x.email;
    order.meeting_type = x.meeting_type;
    order.preparation = mind::summary(state, about).text;
    order.brief = brief;
    auto worker = self->spawn(booking, ctx, self->id(), id);
    self->request(worker, ctx->settings.vendor_timeout * 2, std::move(order))
      .then(
        [this, x, worker](const meeting_booked& booked) {
          self->send(call, conversation_meeting{booked.meeting.id});
          const auto& m = booked.meeting;
          hear(
            mind::input::booking_result{x.tool_call_id, true, to_string(m.id), m.scheduled_at, {}, m.duration_minutes});
          settled();
        },
        failed);
  });
}

void conversation_shell::carry_out(const mind::directive::schedule_callback& x) {
  find_call_time ask;
  ask.from = x.at;
  ask.number = brief.person.phone;
  ask.person = brief.person;
  ask.policy = brief.policy;
  ask.best = false;
  ++under_way;
  self->request(ctx->compliance, ctx->settings.request_timeout, std::move(ask))
    .then(
      [this, x](const call_time& time) {
        mind::input::callback_result result;
        result.tool_call_id = x.tool_call_id;
        if (time.possible)
          result.at = time.at;
        else
          result.error = "No lawful time to call lies near that; ask for another one.";
        hear(result);
        settled();
      },
      [this, x](const caf::error&) {
        hear(mind::input::callback_result{x.tool_call_id, std::nullopt,
                                          "The time cannot be checked; ask for another one."});
        settled();
      });
}

void conversation_shell::carry_out(const mind::directive::ask_side_analysis& x) {
  completion_request request;
  request.purpose = "analysis";
  request.prompt = x.prompt;
  request.schema_name = x.schema_name;
  request.schema = x.schema;
  self->request(ctx->llm, ctx->settings.vendor_timeout, std::move(request))
    .then(
      [this, turn = x.turn](const completion& c) {
        hear(mind::input::side_analysis_result{turn, c.text});
      },
      [this](const caf::error& e) {
        spdlog::info("call {}: a turn was read by the rules alone ({})", to_string(id), self->system().render(e));
      });
}

conversation_actor::behavior_type
conversation(conversation_actor::stateful_pointer<conversation_shell> self, context_ptr ctx, conversation_listener call,
             caf::actor_id parent_id, call_id id, call_brief brief) {
  begin(self, ctx, parent_id, conversation_shell::name, to_string(id));
  auto& s = self->state;
  self->monitor(call);
  self->set_down_handler([&s](caf::scheduled_actor*, caf::down_msg&) { s.lose_call(); });
  s.start(std::move(ctx), std::move(call), id, std::move(brief));
  return {
    [&s](const brief_agent& x) { return s.brief_agent(x); },
    [&s](const begin_conversation&) { s.go_live(); },
    [&s](const turn_finished& x) { s.hear(x); },
    [&s](const tool_called& x) {
      s.hear(mind::input::tool_called{x.tool_call, x.name, x.arguments});
    },
    [&s](const key_pressed& x) { s.hear(mind::input::key_pressed{x.digit}); },
    [&s](const line_silence& x) { s.hear(x); },
    [&s](const say_next& x) { s.hear(mind::input::operator_say{x.text}); },
    [&s](const transfer_refused&) { s.hear(mind::input::transfer_failed{}); },
    [&s](const conclude_conversation&) { return s.conclude(); },
    [&s](tick_atom) {
      if (s.timer.rings(s.self->clock().now()))
        s.ring();
    },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      const auto& x = s.state;
      return inspected_state{json{{"stage", to_string(x.stage)},
                                  {"turns", x.turns.size()},
                                  {"objections", x.objection_turns},
                                  {"sentiment", x.sentiment},
                                  {"booking", x.booking.has_value()}}
                               .dump()};
    },
  };
}

} // namespace parley
