// Goal: a call lives from its intent to its disposition whatever carrier, voice
// model and mind do: last words count, a farewell is heard out and then the
// line is closed, nothing hangs. Method: the real call and conversation in
// virtual time; carrier and voice model are played by the test.
#include "actors/call/call.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using namespace std::chrono_literals;

namespace {

/// What the carrier and the model were asked, and what the carrier answers.
struct played {
  std::vector<originate> dials;
  std::vector<end_carrier_call> ends;
  std::vector<open_voice_session> sessions;
  size_t playback_asked = 0;
  size_t fetched = 0;
  originated dial_answer{{}, submission::created, "CA1", 0, {}, false, false, false, {}};
  carrier_call shown;
  bool model_away = false;
};

telephony_port::behavior_type carrier(telephony_port::pointer self, played* p) {
  guard(self);
  return {
    [=](const originate& x) -> caf::result<originated> {
      p->dials.push_back(x);
      return p->dial_answer;
    },
    [=](const fetch_call&) -> caf::result<carrier_call> {
      ++p->fetched;
      return p->shown;
    },
    [](const find_calls&) -> caf::result<carrier_calls> { return carrier_calls{}; },
    [=](const end_carrier_call& x) -> caf::result<carrier_call> {
      p->ends.push_back(x);
      return p->shown;
    },
    [=](const redirect_call&) -> caf::result<carrier_call> { return p->shown; },
  };
}

voice_model_port::behavior_type model(voice_model_port::pointer self, played* p) {
  guard(self);
  return {
    [=](const open_voice_session& x) -> caf::result<voice_session_opened> {
      if (p->model_away)
        return caf::make_error(ec::vendor_unavailable, "away");
      p->sessions.push_back(x);
      return voice_session_opened{x.call, "gpt-realtime"};
    },
    [](const update_instructions&) {},
    [](const answer_tool&) {},
    [](const prompt_agent&) {},
    [=](const await_playback&) { ++p->playback_asked; },
    [](const close_voice_session&) {},
  };
}

struct scene : test::world {
  played p;
  call_id id{uuid{7, 0x10001}};
  prospect_id person{uuid{8, 0x10001}};
  call_actor call;

  scene() {
    context->telephony = sys.spawn(carrier, &p);
    context->voice_model = sys.spawn(model, &p);
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
    append birth;
    birth.streams.push_back(aggregate<calls::core>::birth(id, stream_kind::call, {intended}, wall->now(), birth.rows));
    store.write(birth);
    begin();
  }
  ~scene() {
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
  void dial() { tell(call, start_call{id, wall->now() + 1min}); }
  void says(carrier_status status, std::chrono::seconds duration = 0s) {
    carrier_event e;
    e.call = id;
    e.sid = "CA1";
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
  /// Dialled, answered, and greeted.
  void talk() {
    dial();
    says(carrier_status::ringing);
    says(carrier_status::in_progress);
    media_started started;
    started.call = id;
    started.generation = 1;
    tell(call, started);
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
  std::string outcome() const { return state_of(id).at("outcome"); }
  size_t suppressions() const {
    return static_cast<size_t>(std::count_if(told.begin(), told.end(), [](const auto& x) {
      return std::holds_alternative<suppress_line>(x.what);
    }));
  }
  int at_ms = 0;
};

} // namespace

TEST_CASE_METHOD(scene, "an opt-out among the last words counts, although the line is gone", "[call]") {
  talk();
  tell(call, speech_started{id, 9s, false});
  hangs_up(); // the words are not written down yet
  advance(1s);
  CHECK(outcome() == "none");
  turn(speaker::callee, "Take me off your list.");
  advance(4s);
  CHECK(outcome() == "do_not_call");
  CHECK(suppressions() >= 1);
}

TEST_CASE_METHOD(scene, "an opt-out that overlaps other words is waited for", "[call]") {
  talk();
  tell(call, speech_started{id, 9s, false});
  at_ms = 9000 - 2000;
  tell(call, speech_started{id, 12s, false});
  turn(speaker::callee, "No."); // the first utterance
  hangs_up();
  advance(1500ms);
  CHECK(outcome() == "none");
  at_ms = 12000 - 2000;
  turn(speaker::callee, "Take me off your list.");
  advance(4s);
  CHECK(outcome() == "do_not_call");
}

TEST_CASE_METHOD(scene, "words that never come do not keep a call open", "[call]") {
  talk();
  tell(call, speech_started{id, 9s, false});
  hangs_up();
  advance(5s);
  CHECK(outcome() == "hung_up");
}

TEST_CASE_METHOD(scene, "a farewell is heard out, then the line is closed", "[call]") {
  talk();
  tell(call, conversation_over{true, "goodbye was said"});
  CHECK(p.playback_asked == 1);
  CHECK(p.ends.empty());
  SECTION("when the carrier has played it") {
    tell(call, playback_finished{id});
    CHECK(p.ends.size() == 1);
  }
  SECTION("after a while, when nobody says that it was played") {
    advance(6s);
    CHECK(p.ends.empty());
    advance(15s);
    CHECK_FALSE(p.ends.empty());
  }
}

TEST_CASE_METHOD(scene, "a phone that rings is not hung up early because the model is away", "[call]") {
  p.model_away = true;
  dial();
  says(carrier_status::ringing);
  advance(14s);
  CHECK(p.ends.empty());
  SECTION("it rings out") {
    advance(2s);
    CHECK(p.ends.size() == 1);
  }
  SECTION("somebody answers: nobody is left with silence") {
    says(carrier_status::in_progress);
    advance(100ms);
    CHECK(p.ends.size() == 1);
  }
}

TEST_CASE_METHOD(scene, "what the carrier still queues after a moment is cancelled", "[call]") {
  p.shown.status = carrier_status::queued;
  dial();
  says(carrier_status::queued);
  advance(4s);
  CHECK(p.ends.empty());
  advance(2s);
  REQUIRE(p.ends.size() == 1);
  CHECK(p.ends[0].cancel);
  says(carrier_status::canceled);
  advance(3s);
  CHECK(outcome() == "canceled");
}

TEST_CASE_METHOD(scene, "a conversation that dies takes its call with it", "[call]") {
  talk();
  CHECK(p.ends.empty());
  for (const auto& [actor, entry] : tree.snapshot())
    if (entry.kind == "conversation")
      caf::anon_send_exit(caf::actor_cast<caf::actor>(entry.address), caf::exit_reason::kill);
  settle();
  CHECK(p.ends.size() == 1); // nobody hears an opt-out any more
}

TEST_CASE_METHOD(scene, "lost webhooks are made good by a look at the carrier", "[call]") {
  talk();
  p.shown.status = carrier_status::completed;
  p.shown.duration = 40s;
  advance(70s);
  CHECK(p.fetched > 0);
  advance(10s);
  CHECK(outcome() != "none");
}

TEST_CASE_METHOD(scene, "a call whose node died takes up its talk when the carrier asks", "[call]") {
  talk();
  REQUIRE(p.sessions.size() == 1);
  caf::anon_send_exit(call, caf::exit_reason::kill); // as if the node had died
  settle();
  p.shown.status = carrier_status::in_progress;
  begin();
  carrier_event asks;
  asks.call = id;
  asks.sid = "CA1";
  asks.what = resume_requested_event{1};
  tell(call, asks);
  REQUIRE(p.sessions.size() == 2);
  CHECK(p.dials.size() == 1);
  CHECK_THAT(p.sessions[1].instructions, Catch::Contains("Ann Lee"));
}

TEST_CASE_METHOD(scene, "an opt-out that the dead mind never heard still counts", "[call]") {
  talk();
  // The words are stored, and the node dies before the mind has thought about them.
  for (const auto& [actor, entry] : tree.snapshot())
    if (entry.kind == "conversation")
      caf::anon_send_exit(caf::actor_cast<caf::actor>(entry.address), caf::exit_reason::kill);
  turn(speaker::callee, "Take me off your list.");
  caf::anon_send_exit(call, caf::exit_reason::kill);
  settle();
  p.shown.status = carrier_status::completed;
  p.shown.duration = 40s;
  begin();
  advance(75s);
  CHECK(outcome() == "do_not_call");
  CHECK(suppressions() >= 1);
}

TEST_CASE_METHOD(scene, "what was known when the node died still decides", "[call]") {
  talk();
  turn(speaker::callee, "I have no time now, call me back tomorrow at ten.");
  caf::anon_send_exit(call, caf::exit_reason::kill);
  settle();
  p.shown.status = carrier_status::completed;
  p.shown.duration = 40s;
  begin();
  advance(70s);
  CHECK(outcome() == "callback");
  CHECK(p.dials.size() == 1);
}
