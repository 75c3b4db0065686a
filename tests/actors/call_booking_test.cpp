// Goal: a booking whose answer is lost is neither made twice nor forgotten: it is
// looked up before it is tried again and before the call is closed, and what cannot
// have been booked is said to be not booked. Method: the real call, conversation,
// booking and diary in virtual time; the store keeps or loses what it is asked.
#include "tests/actors/call_tools.hpp"

namespace call_booking_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::call_with_tools;
using parley::test::fake_store;

namespace {

struct booker : call_with_tools {
  booker() {
    context->calendar = sys.spawn(calendar, this);
    context->settings.request_timeout = 5s; // the answer is given up before the diary looks what became of it
    has_manager();
  }
  ~booker() {
    caf::anon_send_exit(context->calendar, caf::exit_reason::kill);
    settle();
  }
  static calendar_port::behavior_type calendar(calendar_port::pointer self, booker* b) {
    guard(self);
    return {
      [=](const free_busy_query&) -> caf::result<busy_times> {
        if (b->calendar_away)
          return caf::make_error(ec::vendor_unavailable, std::string{"as the test wants"});
        return busy_times{};
      },
      [](const put_event& x) -> caf::result<event_written> {
        return event_written{x.event_id, {}};
      },
      [](const cancel_event& x) -> caf::result<event_cancelled> { return event_cancelled{x.event_id}; },
      [](const list_changes&) -> caf::result<event_changes> { return event_changes{}; },
    };
  }
  /// A new mind, since only one that is taken up has booked nothing and may book at once.
  void talks_of_a_meeting() {
    talk();
    is_ready_to_book();
    node_dies();
    tells(resume_requested_event{1});
    REQUIRE(p.sessions.size() == 2);
  }
  /// What becomes of the appends that store a meeting.
  void meetings_are(fake_store::fate fate) {
    store.decide = [fate](const append& x) {
      const bool has_meeting = std::any_of(x.rows.begin(), x.rows.end(),
                                           [](const row& r) { return std::holds_alternative<meeting_row>(r); });
      return has_meeting ? fate : fake_store::fate::commit;
    };
  }
  void books_without_an_answer() {
    books();
    advance(context->settings.request_timeout + 1s);
    CHECK(answer().at("ok") == false);
    CHECK_THAT(answer().at("error").get<std::string>(), Catch::Contains("not known yet"));
  }
  void ends() {
    hangs_up();
    advance(1min);
    REQUIRE(state_of(id).at("phase") == "ended");
  }
  void has_one_meeting() const {
    REQUIRE(store.meetings.size() == 1);
    CHECK(store.meetings.begin()->second.status == "scheduled"); // giving it up took nothing back
    CHECK(state_of(id).at("meeting") == to_string(store.meetings.begin()->first));
  }
  bool calendar_away = false;
};

} // namespace

TEST_CASE_METHOD(booker, "a booking is answered once and the call has its meeting", "[call][booking]") {
  talks_of_a_meeting();
  books();
  CAPTURE(answer());
  CHECK(answer().at("ok") == true);
  ends();
  CHECK(outcome() == "meeting_booked");
  has_one_meeting();
}

TEST_CASE_METHOD(booker, "a stored booking whose answer was lost is the call's at its end", "[call][booking]") {
  talks_of_a_meeting();
  meetings_are(fake_store::fate::silent);
  books_without_an_answer();
  ends();
  CHECK(outcome() == "meeting_booked");
  has_one_meeting();
}

TEST_CASE_METHOD(booker, "a stored booking whose answer was lost is found before it is tried again",
                 "[call][booking]") {
  talks_of_a_meeting();
  meetings_are(fake_store::fate::silent);
  books_without_an_answer();
  books();
  CAPTURE(answer());
  CHECK(answer().at("ok") == true);
  CHECK(answer().at("meeting_id") == to_string(store.meetings.begin()->first));
  ends();
  CHECK(outcome() == "meeting_booked");
  has_one_meeting();
}

TEST_CASE_METHOD(booker, "a booking that was lost on its way to the store is made at the next try", "[call][booking]") {
  talks_of_a_meeting();
  meetings_are(fake_store::fate::lose);
  books_without_an_answer();
  CHECK(store.meetings.empty());
  meetings_are(fake_store::fate::commit);
  advance(context->settings.append_timeout); // the diary has seen that it was lost
  SECTION("by the agent") {
    books();
    advance(1min);
    CAPTURE(answer());
    CHECK(answer().at("ok") == true);
    ends();
    CHECK(outcome() == "meeting_booked");
    has_one_meeting();
  }
  SECTION("or by nobody, where the person has hung up") {
    ends();
    CHECK((outcome() == "meeting_booked") == (store.meetings.size() == 1));
  }
}

TEST_CASE_METHOD(booker, "a booking that failed before it was confirmed is told as not made", "[call][booking]") {
  talks_of_a_meeting();
  calendar_away = true;
  books();
  CHECK(answer().at("ok") == false);
  CHECK_THAT(answer().at("error").get<std::string>(),
             Catch::Contains("Not booked") && !Catch::Contains("not known yet"));
  ends();
  CHECK(outcome() != "meeting_booked");
  CHECK(store.meetings.empty());
}

} // namespace call_booking_test
