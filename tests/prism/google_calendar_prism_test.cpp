// Goal: every request of the Google Calendar adapter follows the description
// of Google's API, and the mock would notice if one did not.
#include "adapters/google_calendar/google_calendar.hpp"
#include "runtime/clock.hpp"
#include "tests/prism/mock.hpp"
#include "tests/support/port_fixture.hpp"

namespace google_calendar_prism_test {

using namespace parley;
using nlohmann::json;
using parley::test::asks;
using parley::test::made_up;
using parley::test::prism_mock;
using parley::test::with_body;

namespace {

struct google_mock : test::port_fixture, prism_mock {
  google_calendar_settings settings;
  put_event demo;
  google_mock() {
    settings.base_url = url;
    settings.token_url = url + "/token";
    settings.client_id = "client";
    settings.client_secret = "secret";
    settings.refresh_token = "refresh";
    demo.calendar = "grace@example.com";
    demo.event_id = "meeting7";
    demo.title = "Demo";
    demo.when = {*parse_iso("2026-08-05T15:00:00Z"), *parse_iso("2026-08-05T15:30:00Z")};
    demo.zone = "America/New_York";
    demo.attendee_email = "ada@example.com";
    demo.attendee_name = "Ada Byron";
  }
  google_calendar::core core() const { return google_calendar::core{settings}; }
};

/// The request with another way to notify guests than Google knows.
http_request with_bad_updates(http_request request) {
  const auto at = request.url.find("sendUpdates=none");
  REQUIRE(at != std::string::npos);
  request.url.replace(at, 16, "sendUpdates=maybe");
  return request;
}

} // namespace

TEST_CASE_METHOD(google_mock, "free/busy follows Google's description", "[prism][google]") {
  const auto google = core();
  const auto step = google.free_busy({demo.calendar, demo.when});
  const auto& asked = asks(step);
  CHECK(refuses(asked.request, false));
  CHECK(refuses(with_body(asked.request, [](json& x) { x["timeMin"] = "yesterday"; })));
  CHECK(refuses(with_body(asked.request, [](json& x) { x.erase("timeMax"); })));
  accepted(asked.request);
}

TEST_CASE_METHOD(google_mock, "writing and cancelling events follow Google's description", "[prism][google]") {
  const auto google = core();
  const auto step = google.put(demo);
  const auto& insert = asks(step);
  CHECK(refuses(with_body(insert.request, [](json& x) { x.erase("end"); })));
  CHECK(refuses(with_bad_updates(insert.request)));
  CHECK(std::holds_alternative<event_written>(insert.then(accepted(insert.request))));

  const auto again = insert.then(made_up(409, "{}"));
  const auto& update = asks(again);
  CHECK(update.request.method == "PATCH");
  // The description does not know that null takes a field out.
  const auto described = with_body(update.request, [](json& x) {
    for (const char* edge : {"start", "end"}) {
      CHECK(x[edge]["date"].is_null());
      x[edge].erase("date");
    }
  });
  CHECK(refuses(with_body(described, [](json& x) { x["start"] = "tomorrow"; })));
  CHECK(refuses(with_bad_updates(described)));
  CHECK(std::holds_alternative<event_written>(update.then(accepted(described))));

  const auto gone = google.cancel({demo.calendar, demo.event_id});
  const auto& cancel = asks(gone);
  CHECK(refuses(with_bad_updates(cancel.request)));
  CHECK(std::holds_alternative<event_cancelled>(cancel.then(accepted(cancel.request))));
}

TEST_CASE_METHOD(google_mock, "listing changes follows Google's description", "[prism][google]") {
  const auto google = core();
  for (const auto* token : {"", "sync-1"}) {
    const auto step = google.changes({demo.calendar, token}, demo.when.from);
    const auto& list = asks(step);
    auto broken = list.request;
    const auto at = broken.url.find("maxResults=250");
    REQUIRE(at != std::string::npos);
    broken.url.replace(at, 14, "maxResults=many");
    CHECK(refuses(broken));
    accepted(list.request);
  }
}

TEST_CASE_METHOD(google_mock, "the Google adapter works against its description", "[prism][google]") {
  const auto calendar = sys.spawn(google_calendar_adapter, ctx(), settings);
  CHECK_FALSE(get<event_written>(calendar, demo).event_id.empty());
  CHECK(get<event_cancelled>(calendar, cancel_event{demo.calendar, demo.event_id}).event_id == demo.event_id);
}

TEST_CASE_METHOD(google_mock, "the mock notices a broken token request to Google", "[prism][google]") {
  CHECK(refuses(post_form(url + "/token", {{"grant_type", "telepathy"}}), false));
}

} // namespace google_calendar_prism_test
