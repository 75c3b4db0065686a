// Goal: a call that is up can be steered, handed over to a human, recorded with
// consent, and leaves its message on a machine; whatever the carrier does, it
// ends once with the right disposition. Method: the real call and conversation
// in virtual time.
#include "tests/actors/call_scene.hpp"

namespace call_live_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::call_scene;

namespace {

struct handing : call_scene {
  manager_row priya;

  handing() : handing{nullptr} {}
  explicit handing(void (*change)(campaign_policy&), bool last_attempt = false) : call_scene{change, last_attempt} {
    priya = has_manager();
  }
  void model_hands_over() {
    tool_called tool;
    tool.call = id;
    tool.tool_call = "t1";
    tool.name = "transfer_to_human";
    tool.arguments = R"({"reason":"wants to talk about a contract"})";
    tell(call, tool);
  }
  /// The tool is not offered, and does nothing when the model uses it all the same.
  void hands_nobody_over() {
    talk();
    const auto& tools = p.sessions.front().tools;
    CHECK(std::none_of(tools.begin(), tools.end(), [](const auto& x) { return x.name == "transfer_to_human"; }));
    model_hands_over();
    advance(30s);
    CHECK(p.transfers.empty());
  }
  json known() const { return state_of(id); }
  std::shared_ptr<test::answer<call_steered>> steer(call_order what, const std::string& text = "") {
    return ask<call_steered>(call, steer_call{id, what, text});
  }
};

struct handing_last : handing {
  handing_last() : handing{nullptr, true} {}
};

struct never_handing : handing {
  never_handing() : handing{[](campaign_policy& p) { p.transfers = false; }} {}
};

struct with_message : call_scene {
  with_message()
    : call_scene{[](campaign_policy& p) {
        p.company = "Northwind";
        p.voicemail_message = "We wanted to talk about your stock.";
        p.opt_out_number = "+18005550132";
      }} {}
  /// A machine picks up and greets, over the agent's first words.
  void greeted() {
    picked_up();
    turn(speaker::agent, "Hello, this is Katie, an AI assistant calling for Northwind.");
    turn(speaker::callee, "You have reached the voicemail of this number.");
    turn(speaker::callee, "Nobody is available. Please leave your message after the beep.");
  }
  void machine(answered_by who) { tells(machine_detection_event{who, 4s}); }
};

struct recorded : call_scene {
  recorded() : call_scene{[](campaign_policy& p) { p.record_calls = true; }} {}
  void opens(bool told) {
    picked_up();
    turn(speaker::agent, std::string{"Hello, this is Katie, an AI assistant calling for Acme"}
                           + (told ? ", and this call is recorded" : "")
                           + ". If you want no more calls, say so or press 9.");
  }
};

} // namespace

TEST_CASE_METHOD(handing, "the model hands over once its last words were heard", "[call][transfer]") {
  talk();
  REQUIRE_FALSE(p.sessions.empty());
  const auto& tools = p.sessions.front().tools;
  CHECK(std::any_of(tools.begin(), tools.end(), [](const auto& x) { return x.name == "transfer_to_human"; }));
  model_hands_over();
  CHECK(p.playback_asked == 1);
  CHECK(p.transfers.empty());
  tell(call, playback_finished{id});
  REQUIRE(p.transfers.size() == 1);
  CHECK(p.transfers[0].to == "+12125550100");
  CHECK(p.transfers[0].sid == "CA1");
  CHECK_THAT(p.transfers[0].announcement, Catch::Contains("Priya Raman"));
  CHECK_THAT(p.transfers[0].apology, Catch::Contains("We will call you back."));
  CHECK(known().at("transfer") == "under_way");
  CHECK(p.voices_closed == 1);
  // The stream closes because the call was redirected: nobody hung up.
  media_stopped stopped;
  stopped.call = id;
  stopped.generation = 1;
  tell(call, stopped);
  tell(call, voice_failed{id, "closed"});
  advance(30s);
  CHECK(p.ends.empty());
  SECTION("they talk") {
    tells(transfer_ended_event{true, 90s});
    says(carrier_status::completed, 130s);
    advance(10s);
    CHECK(outcome() == "transferred");
  }
  SECTION("nobody takes it: the person is called again in working hours") {
    tells(transfer_ended_event{false, 0s});
    says(carrier_status::completed, 60s);
    advance(10s);
    CHECK(outcome() == "callback");
    CHECK_FALSE(known().at("callback_at").is_null());
  }
}

TEST_CASE_METHOD(handing_last, "a hand-over that nobody takes in the last attempt promises no further call",
                 "[call][transfer]") {
  talk();
  model_hands_over();
  tell(call, playback_finished{id});
  REQUIRE(p.transfers.size() == 1);
  CHECK_THAT(p.transfers[0].apology, Catch::Contains("nobody can take your call") && !Catch::Contains("call you back"));
  media_stopped stopped;
  stopped.call = id;
  stopped.generation = 1;
  tell(call, stopped);
  tells(transfer_ended_event{false, 0s});
  says(carrier_status::completed, 60s);
  advance(10s);
  CHECK(outcome() == "no_decision");
  CHECK(known().at("callback_at").is_null());
}

TEST_CASE_METHOD(handing, "without an account manager's phone nothing is handed over", "[call][transfer]") {
  store.managers.front().phone.clear();
  hands_nobody_over();
  REQUIRE_FALSE(p.tools.empty());
  CHECK(json::parse(p.tools.back().output).at("ok") == false);
}

TEST_CASE_METHOD(handing, "outside of an account manager's working hours nothing is handed over", "[call][transfer]") {
  store.managers.front().working_hours = "mon-fri 11:00-17:30"; // it is ten o'clock there
  auto own = policy(1);
  own.campaign = campaign_id{uuid{9, 1}};
  own.managers = {priya.name};
  make_campaign(own);
  hands_nobody_over();
  REQUIRE_FALSE(p.tools.empty());
  CHECK(json::parse(p.tools.back().output).at("ok") == false);
  CHECK(steer(call_order::transfer)->error == ec::wrong_state);
  CHECK(steer(call_order::transfer, "+12125550177")->value); // whom an operator names is rung up
}

TEST_CASE_METHOD(handing, "whose working day ended during the talk is not rung up", "[call][transfer]") {
  store.managers.front().working_hours = "mon-fri 09:00-10:01";
  talk();
  const auto& tools = p.sessions.front().tools;
  CHECK(std::any_of(tools.begin(), tools.end(), [](const auto& x) { return x.name == "transfer_to_human"; }));
  for (int i = 0; wall->now() < *parse_iso("2026-12-01T15:01:00Z"); ++i) {
    turn(speaker::callee, "In aisle " + std::to_string(i) + " we count by hand.");
    turn(speaker::agent, "I see, and how long does aisle " + std::to_string(i) + " take you?");
    advance(9s); // ten answers, and the agent gives up
  }
  INFO(known().dump());
  REQUIRE(p.ends.empty());
  model_hands_over();
  tell(call, playback_finished{id});
  CHECK(p.transfers.empty());
  REQUIRE_FALSE(p.prompts.empty());
  CHECK_THAT(p.prompts.back().instructions, Catch::Contains("Apologise"));
}

TEST_CASE_METHOD(never_handing, "a campaign without transfers hands nobody over", "[call][transfer]") {
  hands_nobody_over();
}

TEST_CASE_METHOD(handing, "a hand-over that the carrier refuses leaves the call with the agent", "[call][transfer]") {
  talk();
  p.carrier_refuses = true;
  model_hands_over();
  tell(call, playback_finished{id});
  CHECK(p.transfers.size() == 1);
  CHECK(known().at("transfer") == "refused");
  CHECK(p.voices_closed == 0);
  CHECK(p.ends.empty());
  REQUIRE_FALSE(p.prompts.empty());
  CHECK_THAT(p.prompts.back().instructions, Catch::Contains("Apologise"));
}

TEST_CASE_METHOD(handing, "a hand-over is taken up again after the node died before the carrier heard",
                 "[call][transfer]") {
  talk();
  // Committed, and then the node dies.
  append written;
  const auto& stream = store.streams.at(id);
  auto state = calls::core::restore(json::parse(stream.state), json::parse(stream.personal_state));
  const auto decided = calls::begin_transfer(state, {"+12125550100", "Priya Raman", "asked", {}}, wall->now());
  stream_write write;
  write.stream = id;
  write.kind = stream_kind::call;
  write.expected = stream.version;
  for (const auto& event : decided.events) {
    calls::core::apply(state, event);
    write.events.push_back(std::visit([&](const auto& e) { return to_stored(e, wall->now()); }, event));
  }
  write.state = calls::core::public_part(state).dump();
  write.personal_state = calls::core::personal_part(state).dump();
  written.streams.push_back(write);
  caf::anon_send_exit(call, caf::exit_reason::kill);
  settle();
  REQUIRE(store.write(written));
  p.shown.status = carrier_status::in_progress;
  begin();
  CHECK(p.transfers.empty());       // perhaps it was done
  tells(resume_requested_event{1}); // it was not
  CHECK(p.transfers.size() == 1);
  CHECK(p.dials.size() == 1);
  CHECK(known().at("transfer") == "under_way");
}

TEST_CASE_METHOD(handing, "a manager steers a call that is up", "[call][steer]") {
  talk();
  SECTION("says") {
    const auto said = steer(call_order::say, "We close at five today.");
    REQUIRE(said->value);
    REQUIRE_FALSE(p.prompts.empty());
    CHECK_THAT(p.prompts.back().instructions, Catch::Contains("We close at five today."));
    CHECK(steer(call_order::say)->error == ec::invalid_input);
  }
  SECTION("hangs up") {
    REQUIRE(steer(call_order::hang_up)->value);
    CHECK(p.ends.size() == 1);
  }
  SECTION("hangs up, and hears so once it is stored") {
    store.decide = [](const append&) { return test::fake_store::fate::hold; };
    const auto asked = steer(call_order::hang_up);
    CHECK_FALSE(asked->value);
    CHECK(p.ends.empty());
    store.decide = [](const append&) { return test::fake_store::fate::commit; };
    release();
    REQUIRE(asked->value);
    CHECK(p.ends.size() == 1);
  }
  SECTION("hands over to a number") {
    REQUIRE(steer(call_order::transfer, "+12125550177")->value);
    REQUIRE(p.transfers.size() == 1);
    CHECK(p.transfers[0].to == "+12125550177");
    CHECK(steer(call_order::transfer, "+12125550177")->error == ec::wrong_state);
    CHECK(steer(call_order::say, "Hello")->error == ec::wrong_state);
  }
  SECTION("hands over to no number") {
    CHECK(steer(call_order::transfer, "Priya")->error == ec::invalid_input);
    CHECK(p.transfers.empty());
  }
  SECTION("the carrier refuses") {
    p.carrier_refuses = true;
    CHECK(steer(call_order::transfer, "+12125550177")->error == ec::wrong_state);
  }
}

TEST_CASE_METHOD(handing, "a call that is not up cannot be steered", "[call][steer]") {
  dial();
  says(carrier_status::ringing);
  CHECK(steer(call_order::say, "Hello")->error == ec::wrong_state);
  CHECK(steer(call_order::transfer, "+12125550177")->error == ec::wrong_state);
  says(carrier_status::no_answer);
  advance(10s);
  CHECK(steer(call_order::hang_up)->error == ec::wrong_state);
  CHECK(p.transfers.empty());
}

TEST_CASE_METHOD(handing, "a call that never was says so", "[call][steer]") {
  const call_id nobody{uuid{7, 0x10002}};
  auto other = sys.spawn(parley::call, context_ptr{context}, context->doors.front(), caf::actor_id{0}, nobody);
  const auto asked = ask<call_steered>(other, steer_call{nobody, call_order::hang_up, ""});
  CHECK(asked->error == ec::not_found);
  caf::anon_send_exit(other, caf::exit_reason::kill);
  settle();
}

TEST_CASE_METHOD(with_message, "a message is spoken after the beep, and the call counts so", "[call][voicemail]") {
  greeted();
  REQUIRE_FALSE(p.dials.empty());
  CHECK(p.ends.empty()); // the beep is waited for
  CHECK(p.dials.front().wait_for_beep);
  machine(answered_by::machine_end_beep);
  REQUIRE(p.messages.size() == 1);
  CHECK_THAT(p.messages[0].text, Catch::StartsWith("Hello, this is "));
  CHECK_THAT(p.messages[0].text, Catch::Contains("8 0 0, 5 5 5, 0 1 3 2"));
  CHECK(p.ends.empty()); // the carrier hangs up after it
  says(carrier_status::completed, 40s);
  advance(10s);
  CHECK(outcome() == "machine_message");
}

TEST_CASE_METHOD(with_message, "a message is not cut short by the agent, which heard the machine too",
                 "[call][voicemail]") {
  greeted();
  SECTION("it takes its leave before the beep") {
    tell(call, conversation_over{true, "a machine"});
    machine(answered_by::machine_end_beep);
  }
  SECTION("it takes its leave after it") {
    machine(answered_by::machine_end_beep);
    tell(call, conversation_over{true, "a machine"});
  }
  SECTION("it is gone at once") {
    machine(answered_by::machine_end_beep);
    tell(call, conversation_over{false, "a machine"});
  }
  REQUIRE(p.messages.size() == 1);
  tell(call, playback_finished{id});
  advance(25s); // longer than a farewell is waited for
  CHECK(p.ends.empty());
  says(carrier_status::completed, 40s);
  advance(10s);
  CHECK(outcome() == "machine_message");
}

TEST_CASE_METHOD(with_message, "a message that cannot be spoken is none", "[call][voicemail]") {
  p.carrier_refuses = true;
  greeted();
  machine(answered_by::machine_end_beep);
  CHECK(p.messages.size() == 1);
  CHECK(p.ends.size() == 1);
  says(carrier_status::completed, 20s);
  advance(10s);
  CHECK(outcome() == "machine");
}

TEST_CASE_METHOD(with_message, "a greeting without an end is hung up on", "[call][voicemail]") {
  greeted();
  advance(50s);
  CHECK(p.ends.empty());
  advance(15s);
  CHECK_FALSE(p.ends.empty());
  CHECK(p.messages.empty());
}

TEST_CASE_METHOD(call_scene, "without a message machines are hung up on", "[call][voicemail]") {
  dial();
  CHECK_FALSE(p.dials.front().wait_for_beep);
  says(carrier_status::in_progress);
  tells(machine_detection_event{answered_by::machine_end_beep, 4s});
  CHECK(p.messages.empty());
  CHECK(p.ends.size() == 1);
}

TEST_CASE_METHOD(recorded, "a call is recorded once the person was told", "[call][recording]") {
  SECTION("told") {
    opens(true);
    REQUIRE(p.recordings.size() == 1);
    CHECK(p.recordings[0].sid == "CA1");
  }
  SECTION("not told") {
    opens(false);
    CHECK(p.recordings.empty());
  }
}

TEST_CASE_METHOD(recorded, "where nobody must be told the recording begins at once", "[call][recording]") {
  recording = [](const auto&) { return recording_rule{false, "", ""}; };
  opens(false);
  CHECK(p.recordings.size() == 1);
}

TEST_CASE_METHOD(recorded, "an objection stops the recording, and nothing of it is kept", "[call][recording]") {
  opens(true);
  turn(speaker::callee, "I do not want to be recorded.");
  REQUIRE(p.recordings_stopped.size() == 1);
  CHECK(p.recordings_stopped[0].recording_sid == "RE1");
  CHECK(p.ends.empty()); // the talk goes on
  tells(recording_event{"RE1", true, 8s});
  const auto& rows = store.appends.back().rows;
  const auto out = std::find_if(rows.begin(), rows.end(), [](const auto& row) {
    const auto* x = std::get_if<outbox_row>(&row);
    return x && x->kind == "recording";
  });
  REQUIRE(out != rows.end());
  CHECK(json::parse(std::get<outbox_row>(*out).payload).at("discard") == true);
  says(carrier_status::completed, 30s);
  advance(10s);
  for (const auto& row : store.appends.back().rows)
    if (const auto* call_of = std::get_if<call_row>(&row))
      CHECK(call_of->recording_url.empty());
}

TEST_CASE_METHOD(recorded, "a recording that is ready after the call's end is brought home once", "[call][recording]") {
  opens(true);
  turn(speaker::callee, "Hello, Ann speaking.");
  says(carrier_status::completed, 30s);
  advance(10s);
  REQUIRE(outcome() != "none");
  // Whatever becomes of the carrier's word, the outbox asks for it.
  size_t due = 0;
  for (const auto& batch : store.appends)
    for (const auto& row : batch.rows)
      if (const auto* x = std::get_if<outbox_row>(&row))
        due += x->kind == "recording_due";
  CHECK(due == 1);
  const auto before = store.appends.size();
  tells(recording_event{"RE1", true, 28s});
  tells(recording_event{"RE1", true, 28s}); // doubled
  REQUIRE(store.appends.size() == before + 1);
  size_t deliveries = 0;
  std::string url;
  for (const auto& row : store.appends.back().rows) {
    if (const auto* x = std::get_if<outbox_row>(&row); x && x->kind == "recording")
      ++deliveries;
    if (const auto* x = std::get_if<call_row>(&row))
      url = x->recording_url;
  }
  CHECK(deliveries == 1);
  CHECK(url == "parley:recordings/" + to_string(id));
}

} // namespace call_live_test
