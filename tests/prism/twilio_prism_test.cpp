// Goal: the carrier's own description accepts every request of the adapter and
// refuses a broken one of each kind. Method: the real adapter against a Prism
// mock; the mock's fixed examples come back.
#include "adapters/twilio/rest.hpp"
#include "adapters/twilio/twilio_telephony.hpp"
#include "runtime/system_config.hpp"
#include "tests/support/ask_http.hpp"

#include <caf/scoped_actor.hpp>
#include <catch2/catch.hpp>

#include <cstdlib>

namespace twilio_prism_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::answer_of;

namespace {

const std::string sid = "CA00000000000000000000000000000001";

struct mocked_carrier {
  system_clock clock;
  actor_tree tree;
  parley::telemetry telemetry;
  twilio_settings settings;
  system_config config;
  caf::actor_system sys{config};
  caf::scoped_actor self{sys};
  twilio_telephony_actor adapter;
  http_client client;
  originate order;

  mocked_carrier() {
    const char* url = std::getenv("PRISM_URL");
    if (!url)
      throw std::runtime_error{"PRISM_URL is not set; run this by tests/prism/run"};
    settings.base_url = url;
    settings.account_sid = "AC00000000000000000000000000000001";
    settings.auth_token = "token";
    settings.public_url = "https://voice.example.com";
    order.call = call_id{uuid{1, 2}};
    order.to = "+15551230001";
    order.from = "+15005550006";
    order.not_after = clock.now() + 1min;
    const auto context = std::make_shared<node_context>(node_context{clock, tree, telemetry, number_hasher{{}}});
    adapter = sys.spawn(twilio_telephony, context_ptr{context}, settings);
  }
  ~mocked_carrier() { self->send_exit(adapter, caf::exit_reason::user_shutdown); }

  template <class R, class Message>
  R ask(Message message) {
    R result;
    self->request(adapter, 30s, std::move(message))
      .receive([&](R& x) { result = std::move(x); }, [&](caf::error& e) { FAIL(sys.render(e)); });
    return result;
  }

  /// The mock's word on a request; 422 is a broken one, and why stands in the body.
  http_response verdict(http_request request) { return answer_of(client, std::move(request)); }

  template <class T>
  http_request request_of(dialogue<T> question) {
    return std::get<exchange<T>>(std::move(question)).request;
  }
};

void replace(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

} // namespace

TEST_CASE_METHOD(mocked_carrier, "the description accepts a dial, with and without machine detection", "[prism]") {
  order.detect_machine = GENERATE(true, false);
  settings.machine_detection = GENERATE("enable", "message_end");
  const auto raw = verdict(twilio::create_call(settings, order));
  INFO(raw.body);
  CHECK(raw.status == 201);
  const auto result = ask<originated>(order);
  INFO(result.reason);
  CHECK(result.outcome == submission::created);
  CHECK(result.sid.starts_with("CA"));
}

TEST_CASE_METHOD(mocked_carrier, "the description refuses a broken dial, and so it was not created", "[prism]") {
  auto request = twilio::create_call(settings, order);
  SECTION("no To") {
    replace(request.body, "To=", "Too=");
  }
  SECTION("no number of seconds") {
    replace(request.body, "Timeout=25", "Timeout=long");
  }
  SECTION("no method") {
    replace(request.body, "StatusCallbackMethod=POST", "StatusCallbackMethod=CALL");
  }
  const auto refused = verdict(request);
  INFO(refused.body);
  CHECK(refused.status == 422);
  auto anonymous = twilio::create_call(settings, order);
  std::erase_if(anonymous.headers, [](const auto& header) { return header.first == "Authorization"; });
  CHECK(verdict(anonymous).status == 401);
}

TEST_CASE_METHOD(mocked_carrier, "the description accepts a look-up and refuses a broken one", "[prism]") {
  fetch_call query;
  query.sid = sid;
  const auto shown = ask<carrier_call>(query);
  CHECK(shown.sid.starts_with("CA"));
  CHECK(shown.status != carrier_status::unknown);
  CHECK(shown.created > wall_time{});
  CHECK(verdict(request_of(twilio::fetch(settings, "CA1", clock.now()))).status == 422);
}

TEST_CASE_METHOD(mocked_carrier, "the description accepts a list and refuses a broken one", "[prism]") {
  const auto query = find_calls{order.to, order.from};
  const auto asked = std::get<exchange<carrier_calls>>(twilio::list(settings, query));
  const auto listed = verdict(asked.request);
  INFO(listed.body);
  CHECK(listed.status == 200);
  // The mock's example always names a next page, so only the first is read.
  const auto next = asked.then(listed);
  REQUIRE(std::holds_alternative<exchange<carrier_calls>>(next));
  CHECK(std::get<exchange<carrier_calls>>(next).request.url.find("PageToken=PA") != std::string::npos);
  settings.account_sid = "AC1";
  CHECK(verdict(request_of(twilio::list(settings, query))).status == 422);
}

TEST_CASE_METHOD(mocked_carrier, "the description accepts an end and refuses a broken one", "[prism]") {
  end_carrier_call end;
  end.sid = sid;
  end.cancel = GENERATE(true, false);
  CHECK(ask<carrier_call>(end).sid.starts_with("CA"));
  auto broken = request_of(twilio::end(settings, end, clock.now()));
  broken.body = "Status=hangup";
  CHECK(verdict(broken).status == 422);
}

TEST_CASE_METHOD(mocked_carrier, "the description accepts a redirect and refuses a broken one", "[prism]") {
  redirect_call redirect;
  redirect.sid = sid;
  redirect.path = "/voice/resume?call=1&round=1";
  CHECK(ask<carrier_call>(redirect).sid.starts_with("CA"));
  auto broken = request_of(twilio::redirect(settings, redirect, clock.now()));
  replace(broken.body, "Method=POST", "Method=SEND");
  CHECK(verdict(broken).status == 422);
}

TEST_CASE_METHOD(mocked_carrier, "the description accepts a hand-over and refuses a broken one", "[prism]") {
  transfer_call transfer;
  transfer.call = order.call;
  transfer.sid = sid;
  transfer.to = "+15551230002";
  transfer.from = order.from;
  transfer.announcement = "One moment, please.";
  transfer.apology = "Nobody is there.";
  CHECK(ask<carrier_call>(transfer).sid.starts_with("CA"));
  auto broken = request_of(twilio::transfer(settings, transfer, clock.now()));
  replace(broken.body, "TimeLimit=14400", "TimeLimit=long");
  CHECK(verdict(broken).status == 422);
}

TEST_CASE_METHOD(mocked_carrier, "the description accepts a message and refuses a broken one", "[prism]") {
  parley::leave_message message{order.call, sid, "Hello, this is Katie.", "en-US"};
  CHECK(ask<carrier_call>(message).sid.starts_with("CA"));
  message.sid = "CA1";
  CHECK(verdict(request_of(twilio::leave_message(settings, message, clock.now()))).status == 422);
}

TEST_CASE_METHOD(mocked_carrier, "the description accepts a recording and refuses a broken one", "[prism]") {
  const start_recording begin{order.call, sid};
  const auto recording = ask<recording_started>(begin).recording_sid;
  CHECK(recording.starts_with("RE"));
  auto broken = request_of(twilio::record(settings, begin));
  replace(broken.body, "RecordingStatusCallbackMethod=POST", "RecordingStatusCallbackMethod=SEND");
  CHECK(verdict(broken).status == 422);
}

TEST_CASE_METHOD(mocked_carrier, "the description accepts the end of a recording and refuses a broken one", "[prism]") {
  const std::string recording = "RE00000000000000000000000000000001";
  const parley::stop_recording stop{order.call, sid, recording};
  CHECK(verdict(request_of(twilio::stop_recording(settings, stop))).status == 200);
  CHECK(ask<recording_stopped>(stop).recording_sid == recording);
  auto broken = request_of(twilio::stop_recording(settings, stop));
  broken.body = "Status=finished";
  CHECK(verdict(broken).status == 422);
}

// Its audio lies beside the resource and is not part of the description.
TEST_CASE_METHOD(mocked_carrier, "the description accepts the deletion of a recording and refuses a broken one",
                 "[prism]") {
  parley::delete_recording gone{order.call, "RE00000000000000000000000000000001"};
  CHECK(verdict(request_of(twilio::delete_recording(settings, gone))).status == 204);
  CHECK(ask<recording_deleted>(gone).recording_sid == gone.recording_sid);
  gone.recording_sid = "RE1";
  CHECK(verdict(request_of(twilio::delete_recording(settings, gone))).status == 422);
}

} // namespace twilio_prism_test
