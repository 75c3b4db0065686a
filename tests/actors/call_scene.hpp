#pragma once

#include "actors/call/call.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

/// A call with its conversation in virtual time; carrier and voice model are
/// played by the test.
namespace parley::test {

using namespace std::chrono_literals;

/// What the carrier and the model were asked, and what the carrier answers.
struct played {
  std::vector<originate> dials;
  std::vector<end_carrier_call> ends;
  std::vector<open_voice_session> sessions;
  size_t playback_asked = 0;
  std::chrono::milliseconds silence{0}; ///< what the bridge measures
  size_t fetched = 0;
  std::chrono::milliseconds dial_takes{0}; ///< until the carrier's adapter answers
  originated dial_answer{{}, submission::created, "CA1", 0, {}, false, false, false, {}};
  carrier_call shown;
  bool model_away = false;
  std::vector<redirect_call> redirects;
  ec redirect_fails = ec::none;
  std::vector<transfer_call> transfers;
  std::vector<leave_message> messages;
  std::vector<start_recording> recordings;
  std::vector<stop_recording> recordings_stopped;
  std::vector<prompt_agent> prompts;
  std::vector<answer_tool> tools;
  size_t voices_closed = 0;
  size_t recordings_fetched = 0;
  size_t recordings_deleted = 0;
  ec fetch_fails = ec::none;
  bool delete_fails = false;
  bool sid_unknown = false; ///< the carrier does not know what it created
  bool list_fails = false;  ///< the carrier's list of calls
  std::vector<carrier_call> listed;
  bool carrier_refuses = false; ///< what a live call is asked for
};

using slow_carrier = caf::typed_actor<caf::replies_to<originate>::with<originated>, caf::reacts_to<tick_atom>>;

/// Answers one dial when its time is over.
inline slow_carrier::behavior_type answer_late(slow_carrier::pointer self, played* p) {
  const auto asked = std::make_shared<std::vector<reply<originated>>>();
  return {
    [=](const originate&) -> caf::result<originated> {
      asked->emplace_back(self);
      self->delayed_send(self, p->dial_takes, tick_atom::value);
      return asked->back().later();
    },
    [=](tick_atom) {
      asked->back()(originated{p->dial_answer});
      self->quit();
    },
  };
}

inline telephony_port::behavior_type play_carrier(telephony_port::pointer self, played* p) {
  guard(self);
  return {
    [=](const originate& x) -> caf::result<originated> {
      p->dials.push_back(x);
      if (p->dial_takes == 0ms)
        return p->dial_answer;
      return self->delegate(self->spawn(answer_late, p), x);
    },
    [=](const fetch_call&) -> caf::result<carrier_call> {
      ++p->fetched;
      if (p->sid_unknown)
        return caf::make_error(ec::not_found, "as the test wants");
      return p->shown;
    },
    [=](const find_calls&) -> caf::result<carrier_calls> {
      if (p->list_fails)
        return caf::make_error(ec::vendor_unavailable, "as the test wants");
      return carrier_calls{p->listed};
    },
    [=](const end_carrier_call& x) -> caf::result<carrier_call> {
      p->ends.push_back(x);
      return p->shown;
    },
    [=](const redirect_call& x) -> caf::result<carrier_call> {
      p->redirects.push_back(x);
      if (p->redirect_fails != ec::none)
        return caf::make_error(p->redirect_fails, "as the test wants");
      return p->shown;
    },
    [=](const transfer_call& x) -> caf::result<carrier_call> {
      p->transfers.push_back(x);
      if (p->carrier_refuses)
        return caf::make_error(ec::wrong_state, "over");
      return p->shown;
    },
    [=](const leave_message& x) -> caf::result<carrier_call> {
      p->messages.push_back(x);
      if (p->carrier_refuses)
        return caf::make_error(ec::wrong_state, "over");
      return p->shown;
    },
    [=](const start_recording& x) -> caf::result<recording_started> {
      p->recordings.push_back(x);
      if (p->carrier_refuses)
        return caf::make_error(ec::wrong_state, "over");
      return recording_started{"RE1"};
    },
    [=](const stop_recording& x) -> caf::result<recording_stopped> {
      p->recordings_stopped.push_back(x);
      return recording_stopped{x.recording_sid};
    },
    [=](const fetch_recording&) -> caf::result<recording_audio> {
      ++p->recordings_fetched;
      if (p->fetch_fails != ec::none)
        return caf::make_error(p->fetch_fails, "as the test wants");
      return recording_audio{"sound", "audio/wav"};
    },
    [=](const delete_recording& x) -> caf::result<recording_deleted> {
      ++p->recordings_deleted;
      if (p->delete_fails)
        return caf::make_error(ec::vendor_unavailable, "as the test wants");
      return recording_deleted{x.recording_sid};
    },
  };
}

inline voice_model_port::behavior_type play_model(voice_model_port::pointer self, played* p) {
  guard(self);
  return {
    [=](const open_voice_session& x) -> caf::result<voice_session_opened> {
      if (p->model_away)
        return caf::make_error(ec::vendor_unavailable, "away");
      p->sessions.push_back(x);
      return voice_session_opened{x.call, "gpt-realtime"};
    },
    [](const update_instructions&) {},
    [=](const answer_tool& x) { p->tools.push_back(x); },
    [=](const prompt_agent& x) { p->prompts.push_back(x); },
    [=](const await_playback&) { ++p->playback_asked; },
    [=](const measure_silence& x) {
      if (!p->sessions.empty())
        self->send(p->sessions.back().events, line_silence{x.call, p->silence});
    },
    [=](const close_voice_session&) { ++p->voices_closed; },
  };
}

struct call_scene : world {
  played p;
  call_id id{uuid{7, 0x10001}};
  prospect_id person{uuid{8, 0x10001}};
  call_actor call;

  call_scene() : call_scene{nullptr} {}
  /// @param change What the campaign does otherwise.
  /// @param last_attempt No further call follows.
  explicit call_scene(void (*change)(campaign_policy&), bool last_attempt = false) {
    context->telephony = sys.spawn(play_carrier, &p);
    context->voice_model = sys.spawn(play_model, &p);
    p.shown.sid = "CA1";
    calls::call_intended intended;
    intended.call = id;
    intended.campaign = campaign_id{uuid{9, 1}};
    intended.prospect = person;
    intended.line = line_id{context->hasher.line("+14155550132")};
    intended.at = wall->now();
    intended.personal.brief.policy = policy(1);
    intended.personal.brief.policy.offer = "Robots that count.";
    intended.personal.brief.person.id = person;
    intended.personal.brief.person.name = "Ann Lee";
    intended.personal.brief.person.phone = "+14155550132";
    intended.personal.brief.zone = "America/New_York";
    intended.personal.brief.last_attempt = last_attempt;
    if (change)
      change(intended.personal.brief.policy);
    append birth;
    birth.streams.push_back(aggregate<calls::core>::birth(id, stream_kind::call, {intended}, wall->now(), birth.rows));
    store.write(birth);
    begin();
  }
  ~call_scene() {
    const auto end = [this](const auto& handle) {
      caf::anon_send_exit(handle, caf::exit_reason::kill);
      settle();
    };
    end(call);
    end(context->telephony);
    end(context->voice_model);
    call = call_actor{};
  }
  void begin() {
    call = sys.spawn(parley::call, context_ptr{context}, context->doors.front(), caf::actor_id{0}, id);
    settle();
  }
  /// Its node dies while the carrier goes on, and another one takes it up.
  void node_dies() {
    caf::anon_send_exit(call, caf::exit_reason::kill);
    settle();
    p.shown.status = carrier_status::in_progress;
    begin();
  }
  void dial() { tell(call, start_call{id, wall->now() + 1min}); }
  void says(carrier_status status, std::chrono::seconds duration = 0s) {
    carrier_event e;
    e.call = id;
    e.sid = "CA1";
    e.at = wall->now();
    e.what = call_status_event{status, duration, 0};
    tell(call, e);
  }
  void turn(speaker who, const std::string& text) {
    static int item = 0;
    at_ms += 2000;
    turn_finished t;
    t.call = id;
    t.who = who;
    t.text = text;
    t.item = "item" + std::to_string(++item);
    t.started = std::chrono::milliseconds{at_ms};
    t.ended = std::chrono::milliseconds{at_ms + 1500};
    tell(call, t);
  }
  void picked_up() {
    dial();
    says(carrier_status::ringing);
    says(carrier_status::in_progress);
    stream_comes();
  }
  void stream_comes() {
    media_started started;
    started.call = id;
    started.generation = 1;
    tell(call, started);
  }
  /// Dialled, answered, and greeted.
  void talk() {
    picked_up();
    turn(speaker::agent, "Hello, this is Katie, an AI assistant of Northwind. You can opt out at any time.");
    turn(speaker::callee, "Hello, Ann speaking.");
  }
  void hangs_up() {
    media_stopped stopped;
    stopped.call = id;
    stopped.generation = 1;
    tell(call, stopped);
    says(carrier_status::completed, 30s);
  }
  template <class Event>
  void tells(Event what) {
    carrier_event e;
    e.call = id;
    e.sid = "CA1";
    e.at = wall->now();
    e.what = std::move(what);
    tell(call, e);
  }
  /// Of the person's campaign: can be rung up on a working day in New York.
  manager_row has_manager() {
    manager_row priya;
    priya.id = manager_id{uuid{5, 1}};
    priya.name = "Priya Raman";
    priya.phone = "+12125550100";
    priya.timezone = "America/New_York";
    priya.working_hours = "mon-fri 09:00-17:30";
    store.managers = {priya};
    make_campaign(1);
    return priya;
  }
  std::string outcome() const { return state_of(id).at("outcome"); }
  size_t suppressions() const {
    return static_cast<size_t>(std::count_if(told.begin(), told.end(), [](const auto& x) {
      return std::holds_alternative<suppress_line>(x.what);
    }));
  }
  int at_ms = 0;
};

} // namespace parley::test
