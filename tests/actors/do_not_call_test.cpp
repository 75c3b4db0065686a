// Goal: once an entry on a do-not-call list is acknowledged, nothing that was
// decided before is dialled any more, or the answer says that it may be.
// Method: control, pacer and lines over a store in memory; the test plays the
// calls; virtual time.
#include "actors/control/control.hpp"
#include "tests/actors/call_scene.hpp"
#include "tests/unit/compliance_fixture.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace do_not_call_test {

using namespace parley;
using namespace std::chrono_literals;
using Catch::Contains;
using test::fake_store;

namespace {

const std::string anns_number = "+12025550111";

struct fixture : test::world {
  campaign_id spring = make_campaign(1);
  prospect_id ann = make_prospect(1, anns_number, {spring});
  line_id line{context->hasher.line(anns_number)};
  control_actor control;
  std::filesystem::path file
    = std::filesystem::temp_directory_path() / ("parley-do-not-call-" + std::to_string(::getpid()) + ".txt");

  fixture() {
    gate = [this](const gate_check& x) {
      gate_answer out;
      out.verdict = x.lists.internal ? dial_verdict::blocked : dial_verdict::dialled;
      out.reason = x.lists.internal ? "dnc_internal" : "allowed";
      out.lawful_until = wall->now() + 1h;
      return out;
    };
    const std::shared_ptr<const calling_rules> rules{&test::shipped_rules(), [](const calling_rules*) {}};
    control = sys.spawn(parley::control, context_ptr{context}, rules, node_identity{});
    settle();
  }
  ~fixture() {
    caf::anon_send_exit(control, caf::exit_reason::kill);
    settle();
    std::error_code ignored; // a file that stays harms nobody
    std::filesystem::remove(file, ignored);
  }

  using answered = std::shared_ptr<test::answer<control_answer>>;
  answered say(const std::string& name, const json& args) {
    return ask<control_answer>(control, control_command{name, args.dump()});
  }
  answered add() { return say("dnc add", {{"number", anns_number}}); }
  answered import_list(const std::string& list) {
    std::ofstream{file} << anns_number << '\n';
    return say("dnc import", {{"file", file.string()}, {"list", list}});
  }
  static json said(const answered& x) {
    REQUIRE(x->value);
    return json::parse(x->value->json);
  }

  void launch() {
    REQUIRE(command(spring, campaign_action::launch)->value);
    advance(1s);
  }
  void fate_of_lines(fake_store::fate what) {
    store.decide = [what](const append& x) {
      const bool is_line = !x.streams.empty() && x.streams.front().kind == stream_kind::line;
      return is_line ? what : fake_store::fate::commit;
    };
  }
  void kill_line() {
    for (const auto& [id, entry] : tree.snapshot())
      if (entry.kind == "line")
        caf::anon_send_exit(caf::actor_cast<caf::actor>(entry.address), caf::exit_reason::kill);
    settle();
  }
};

/// A call whose words to the pacer are written down.
struct heard_call : test::call_scene {
  std::vector<slot_dialled> heard;

  heard_call() {
    const auto listens = sys.spawn([this](caf::event_based_actor* self) -> caf::behavior {
      guard(self);
      return {[this](const slot_dialled& x) { heard.push_back(x); }};
    });
    context->pacer = caf::actor_cast<pacer_actor>(listens);
  }
  ~heard_call() {
    caf::anon_send_exit(context->pacer, caf::exit_reason::kill);
    settle();
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "an entry is acknowledged at once while nothing is dialled", "[dnc]") {
  const auto done = said(add());
  CHECK(done["settled"] == true);
  CHECK_FALSE(done.contains("call"));
  CHECK_FALSE(done.contains("sentence"));
  CHECK(store.suppressed.contains(line));
  CHECK(said(import_list("internal"))["settled"] == true);
  launch();
  advance(1min);
  CHECK(begun().empty());
}

TEST_CASE_METHOD(fixture, "an entry is stored at once, and acknowledged when the carrier has the dial under way",
                 "[dnc]") {
  launch();
  REQUIRE(begun().size() == 1);
  const auto entry = add();
  CHECK(store.suppressed.contains(line));
  advance(5s); // the create request is on its way
  CHECK_FALSE(entry->value);
  dialled(begun().front());
  const auto done = said(entry);
  CHECK(done["settled"] == true);
  CHECK(done["call"] == to_string(begun().front())); // it was begun before, and is up
  CHECK(said(add())["settled"] == true);             // at once: it is not dialled again
}

TEST_CASE_METHOD(fixture, "an entry is acknowledged when the carrier has refused the dial under way", "[dnc]") {
  launch();
  REQUIRE(begun().size() == 1);
  const auto entry = add();
  CHECK_FALSE(entry->value);
  end(begun().front(), disposition::congestion, false, false);
  CHECK(said(entry)["settled"] == true);
  advance(3h); // else it would be tried again
  CHECK(begun().size() == 1);
}

TEST_CASE_METHOD(fixture, "a call whose intent is being stored is told to end before it is told to begin", "[dnc]") {
  fate_of_lines(fake_store::fate::hold);
  launch();
  REQUIRE(to_calls.empty());
  const auto entry = add();
  CHECK_FALSE(entry->value); // it may be stored, and begin, any moment
  fate_of_lines(fake_store::fate::commit);
  release();
  REQUIRE(to_calls.size() >= 2);
  CHECK(std::holds_alternative<end_call>(to_calls[0].what));
  CHECK(std::holds_alternative<start_call>(to_calls[1].what));
  CHECK_FALSE(entry->value);
  end(begun().front(), disposition::congestion, false, false); // "stopped before the dial"
  CHECK(said(entry)["settled"] == true);
}

TEST_CASE_METHOD(fixture, "a dial of which nobody hears delays an entry until its time is over, and the answer says so",
                 "[dnc]") {
  launch();
  REQUIRE(begun().size() == 1);
  const auto entry = add();
  advance(18s);
  CHECK_FALSE(entry->value);
  advance(4s); // past `not_after`, and the margin
  const auto done = said(entry);
  CHECK(done["do_not_call"] == true);
  CHECK(done["settled"] == false);
  CHECK(done["call"] == to_string(begun().front()));
  CHECK_THAT(done["sentence"].get<std::string>(), Contains("may still ring"));
  CHECK(said(add())["settled"] == false); // nobody knows more by now
  end(begun().front(), disposition::no_answer, false, true);
  CHECK(said(add())["settled"] == true);
}

TEST_CASE_METHOD(fixture, "a line that was started anew still waits for the dial under way", "[dnc]") {
  launch();
  REQUIRE(begun().size() == 1);
  kill_line();
  const auto entry = add();
  CHECK_FALSE(entry->value);
  dialled(begun().front());
  CHECK(said(entry)["settled"] == true);
}

TEST_CASE_METHOD(fixture, "an entry whose line dies is stored, and the answer says what is not known", "[dnc]") {
  launch();
  REQUIRE(begun().size() == 1);
  const auto entry = add();
  CHECK_FALSE(entry->value);
  kill_line();
  advance(context->settings.vendor_timeout); // at the latest
  const auto done = said(entry);
  CHECK(done["settled"] == false);
  CHECK_THAT(done["sentence"].get<std::string>(), Contains("is stored") && Contains("may still ring"));
  CHECK(store.suppressed.contains(line));
}

TEST_CASE_METHOD(fixture, "a list is acknowledged when the dials under way are settled, of whatever number", "[dnc]") {
  const auto list = GENERATE(as<std::string>{}, "internal", "national");
  CAPTURE(list);
  launch();
  REQUIRE(begun().size() == 1);
  const auto done = import_list(list);
  advance(5s);
  CHECK_FALSE(done->value);
  dialled(begun().front());
  CHECK(said(done)["settled"] == true);
  CHECK(said(done)["accepted"] == 1);
}

TEST_CASE_METHOD(fixture, "a list whose dials under way nobody hears of is in force, and the answer says so", "[dnc]") {
  launch();
  REQUIRE(begun().size() == 1);
  const auto imported = import_list("internal");
  advance(18s);
  CHECK_FALSE(imported->value);
  advance(4s);
  const auto done = said(imported);
  CHECK(done["settled"] == false);
  CHECK_THAT(done["sentence"].get<std::string>(), Contains("in force") && Contains("may still ring"));
  CHECK(store.suppressed.contains(line));
}

TEST_CASE_METHOD(heard_call, "a call says that its dial is settled when the carrier's answer leaves nothing open",
                 "[dnc][call]") {
  p.dial_answer.outcome = GENERATE(submission::created, submission::not_created, submission::unknown);
  CAPTURE(p.dial_answer.outcome);
  dial();
  REQUIRE(heard.size() == 1);
  CHECK(heard.front().known == (p.dial_answer.outcome != submission::unknown));
}

TEST_CASE_METHOD(heard_call, "a call that nobody knew of says so when the carrier names it", "[dnc][call]") {
  p.dial_answer.outcome = submission::unknown;
  dial();
  REQUIRE(heard.size() == 1);
  says(carrier_status::ringing);
  says(carrier_status::in_progress);
  REQUIRE(heard.size() == 2); // once
  CHECK(heard.back().known);
}

TEST_CASE_METHOD(heard_call, "a call whose dial nobody answers does not say that it is settled", "[dnc][call]") {
  caf::anon_send_exit(context->telephony, caf::exit_reason::kill);
  settle();
  dial();
  REQUIRE(heard.size() == 1);
  CHECK_FALSE(heard.front().known); // the request may be on its way
}

TEST_CASE_METHOD(heard_call, "a call that is taken up again says that it is settled only where the carrier named it",
                 "[dnc][call]") {
  const bool named = GENERATE(true, false);
  CAPTURE(named);
  if (named)
    dial();
  heard.clear();
  node_dies();
  advance(2s);
  REQUIRE(heard.size() == 1);
  CHECK(heard.front().known == named);
}

} // namespace do_not_call_test
