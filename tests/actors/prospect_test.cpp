// Goal: a person is dealt with by one campaign at a time, with what is known
// of them now, and never called after asking not to be. Method: real actors
// over a store in memory, virtual time; the test plays the calls.
#include "actors/memory/memory.hpp"
#include "tests/actors/played_memory.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <set>
#include <sstream>

namespace prospect_test {

using namespace parley;
using namespace std::chrono_literals;
using test::fake_store;

namespace {

const std::string phone = "+12025550111";

struct fixture : test::world {
  campaign_id spring = make_campaign(1);
  campaign_id autumn = make_campaign(2);

  void launch(campaign_id campaign) {
    REQUIRE(command(campaign, campaign_action::launch)->value);
    advance(1s);
  }
  void halt(campaign_id campaign) {
    REQUIRE(command(campaign, campaign_action::pause)->value);
    advance(1s);
  }
  void talk(disposition outcome, bool opted_out = false) {
    REQUIRE_FALSE(begun().empty());
    const auto call = begun().back();
    dialled(call);
    end(call, outcome, opted_out);
    advance(5s);
  }
  std::vector<ledger_row> ledger(const std::string& reason) const {
    std::vector<ledger_row> out;
    for (const auto& row : store.ledger)
      if (row.reason == reason)
        out.push_back(row);
    return out;
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "one campaign at a time: the other one waits until the call is over", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring, autumn});
  launch(spring);
  REQUIRE(begun().size() == 1);
  launch(autumn);
  CHECK(begun().size() == 1);
  CHECK(enrolment(autumn, ann).reason.starts_with("other_campaign"));
  talk(disposition::not_interested);
  advance(30min);
  REQUIRE(begun().size() == 2);
  CHECK(brief_of(begun().back()).policy.campaign == autumn);
  CHECK(enrolment(spring, ann).state == enrolment_state::done);
}

TEST_CASE_METHOD(fixture, "research for a halted campaign is of no use to another", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring, autumn});
  hold_crm = true;
  launch(spring);
  REQUIRE(crm_asked.size() == 1);
  REQUIRE(command(spring, campaign_action::pause)->value);
  REQUIRE(command(autumn, campaign_action::launch)->value);
  REQUIRE(crm_asked.size() == 2); // research of its own, and alive
  crm_contact first;
  first.owner_id = "from spring";
  answer_crm(0, first);
  advance(1s);
  CHECK_FALSE(enrolment(autumn, ann).probability);
  CHECK_FALSE(enrolment(spring, ann).probability);
  crm_contact second;
  second.owner_id = "from autumn";
  answer_crm(1, second);
  advance(1s);
  REQUIRE(begun().size() == 1);
  CHECK(brief_of(begun().front()).policy.campaign == autumn);
  CHECK(brief_of(begun().front()).owner_id == "from autumn");
}

TEST_CASE_METHOD(fixture, "a calling time for a halted campaign is of no use to another", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring, autumn});
  time = [&](const find_call_time& x) {
    call_time out;
    out.possible = x.policy.campaign != spring;
    out.reason = "no_lawful_hours";
    out.at = x.from;
    out.until = x.from + 1h;
    return out;
  };
  hold_time = true;
  launch(spring);
  // At once, so that it is the same actor that hears both answers.
  REQUIRE(command(spring, campaign_action::pause)->value);
  REQUIRE(command(autumn, campaign_action::launch)->value);
  REQUIRE(time_asked.size() == 2);
  answer_time(0);
  CHECK(enrolment(autumn, ann).state == enrolment_state::awake);
  CHECK(enrolment(spring, ann).state != enrolment_state::blocked);
  answer_time(1);
  CHECK(begun().size() == 1);
}

TEST_CASE_METHOD(fixture, "who is halted during research begins again when the campaign resumes", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring});
  hold_crm = true;
  launch(spring);
  halt(spring);
  CHECK(enrolment(spring, ann).state == enrolment_state::waiting);
  hold_crm = false;
  REQUIRE(command(spring, campaign_action::resume)->value);
  advance(1s);
  CHECK(begun().size() == 1);
}

TEST_CASE_METHOD(fixture, "a halted prospect whose call is up waits for its end", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring});
  launch(spring);
  dialled(begun().front());
  halt(spring);
  CHECK(enrolment(spring, ann).state == enrolment_state::awake);
  end(begun().front(), disposition::no_answer);
  advance(1s);
  CHECK(enrolment(spring, ann).state == enrolment_state::waiting);
  CHECK(enrolment(spring, ann).last_disposition == disposition::no_answer);
}

TEST_CASE_METHOD(fixture, "a call's end counts although its campaign's turn is over", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring, autumn});
  launch(spring);
  dialled(begun().front());
  halt(spring);
  for (const auto& [id, entry] : tree.snapshot()) // the person's actor fails
    if (entry.kind == "prospect")
      caf::anon_send_exit(caf::actor_cast<caf::actor>(entry.address), caf::exit_reason::kill);
  launch(autumn);
  CHECK(begun().size() == 1); // the call is still up
  CHECK(enrolment(autumn, ann).reason.starts_with("other_campaign"));
  end(begun().front(), disposition::hung_up, true);
  advance(1s);
  CHECK(enrolment(spring, ann).state == enrolment_state::done);
  advance(30min);
  CHECK(begun().size() == 1);
  CHECK(enrolment(autumn, ann).reason.starts_with("dnc_internal"));
}

TEST_CASE_METHOD(fixture, "who opted out is not called by another campaign, nor on a new number", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring});
  launch(spring);
  talk(disposition::hung_up, true);
  CHECK(enrolment(spring, ann).state == enrolment_state::done);
  store.prospects[ann].phone = "+12025550199"; // another import
  list(ann, autumn);
  launch(autumn);
  CHECK(begun().size() == 1);
  CHECK(enrolment(autumn, ann).state == enrolment_state::blocked);
  const auto rows = ledger("dnc_internal");
  REQUIRE(rows.size() == 1);
  CHECK(rows.front().campaign == autumn);
  CHECK(rows.front().line == context->hasher.line("+12025550199"));
  CHECK(status(autumn) == campaign_status::completed);
}

TEST_CASE_METHOD(fixture, "the second call knows what was said in the first", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring});
  launch(spring);
  CHECK(brief_of(begun().front()).history.empty());
  context_row said;
  said.prospect = ann;
  said.context_type = "note";
  said.content = "Call of today: wants prices.";
  store.contexts = {said};
  talk(disposition::no_answer);
  advance(2h);
  REQUIRE(begun().size() == 2);
  REQUIRE(brief_of(begun().back()).history.size() == 1);
  CHECK(brief_of(begun().back()).history.front() == said.content);
}

TEST_CASE_METHOD(fixture, "of a long history the next call knows five pieces", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring});
  launch(spring);
  for (uint64_t i = 0; i < 7; ++i) {
    context_row said;
    said.id = uuid{50 + i, 1};
    said.prospect = ann;
    said.context_type = "note";
    said.content = "Note " + std::to_string(i) + ".";
    store.contexts.push_back(said);
  }
  talk(disposition::no_answer);
  advance(2h);
  REQUIRE(begun().size() == 2);
  const auto history = brief_of(begun().back()).history;
  CHECK(history.size() == 5);
  CHECK(std::set<std::string>(history.begin(), history.end()).size() == history.size()); // none twice
}

TEST_CASE_METHOD(fixture, "memory is asked for the five pieces that are nearest to the offer", "[prospect]") {
  std::vector<recall> asked;
  caf::anon_send_exit(context->memory, caf::exit_reason::kill);
  settle();
  context->memory = sys.spawn(test::play_memory, &asked);
  auto counting = policy(3);
  counting.offer = "Robots that count.";
  const auto robots = make_campaign(counting);
  const auto ann = make_prospect(1, phone, {robots});
  launch(robots);
  REQUIRE(asked.size() == 2); // by its research, then for its call
  for (const auto& x : asked) {
    CHECK(x.prospect == ann);
    CHECK(x.limit == 5);
    CHECK(x.query.find("Robots that count.") != std::string::npos);
  }
  caf::anon_send_exit(context->memory, caf::exit_reason::kill); // before the list that it writes to is gone
  settle();
}

TEST_CASE_METHOD(fixture, "a long memory is cut between characters, not within one", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring});
  context_row said;
  said.prospect = ann;
  said.context_type = "note";
  said.content = std::string(1199, 'x') + "\xc3\xa9 and more"; // é lies across the limit
  store.contexts = {said};
  launch(spring);
  REQUIRE(begun().size() == 1);
  CHECK(brief_of(begun().front()).history.front() == std::string(1199, 'x'));
}

TEST_CASE_METHOD(fixture, "where no time is lawful the ledger says so", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring});
  time = [](const find_call_time&) {
    call_time none;
    none.reason = "no_lawful_hours";
    none.sentence = "There are none.";
    none.source = "hours";
    none.data_version = "2026-01";
    return none;
  };
  launch(spring);
  CHECK(enrolment(spring, ann).state == enrolment_state::blocked);
  const auto rows = ledger("no_lawful_hours");
  REQUIRE(rows.size() == 1);
  CHECK(rows.front().verdict == "blocked");
  CHECK(rows.front().data_version == "2026-01");
}

TEST_CASE_METHOD(fixture, "an order to the line that gets lost is repeated", "[prospect]") {
  make_prospect(1, phone, {spring});
  bool lost = false;
  through
    = [&](const parley::tell& x) { return !std::holds_alternative<dial_request>(x.what) || std::exchange(lost, true); };
  launch(spring);
  CHECK(begun().empty());
  advance(61s);
  CHECK(begun().size() == 1);
}

TEST_CASE_METHOD(fixture, "the fallback holds also when an earlier alarm is still set", "[prospect]") {
  make_prospect(1, phone, {spring, autumn});
  hold_crm = true;
  launch(spring);
  bool lost = false;
  through
    = [&](const parley::tell& x) { return !std::holds_alternative<dial_request>(x.what) || std::exchange(lost, true); };
  REQUIRE(command(spring, campaign_action::pause)->value); // it rests, and asks to be let go in a second
  hold_crm = false;
  REQUIRE(command(autumn, campaign_action::launch)->value);
  REQUIRE(lost);
  advance(62s);
  CHECK(begun().size() == 1);
}

TEST_CASE_METHOD(fixture, "each turn begins with the person as they are known now", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring});
  hold_crm = true;
  launch(spring);
  REQUIRE(command(spring, campaign_action::pause)->value);
  hold_crm = false;
  store.prospects[ann].phone = "+12025550199"; // another import
  REQUIRE(command(spring, campaign_action::resume)->value);
  REQUIRE(begun().size() == 1);
  CHECK(brief_of(begun().front()).person.phone == "+12025550199");
}

TEST_CASE_METHOD(fixture, "the end of a call that nobody told is asked for", "[prospect]") {
  make_prospect(1, phone, {spring});
  launch(spring);
  const auto asked = [&] {
    return std::count_if(to_calls.begin(), to_calls.end(),
                         [](const auto& x) { return std::holds_alternative<ask_call_end>(x.what); });
  };
  CHECK(asked() == 0);
  advance(60s);
  CHECK(asked() == 1);
  advance(10min);
  CHECK(asked() >= 10); // and again, for as long as it takes
}

TEST_CASE_METHOD(fixture, "chance follows the number, so that a run repeats whatever ids it makes", "[prospect]") {
  make_prospect(1, phone, {spring});
  make_prospect(2, phone, {autumn}); // the same import, in another life
  launch(spring);
  launch(autumn);
  REQUIRE(times.size() >= 2);
  CHECK(times[0].spread == times[1].spread);
  CHECK(times[0].person.id != times[1].person.id);
}

TEST_CASE_METHOD(fixture, "the log has the faults of a model's answer in numbers, not in its words", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring});
  context->has_llm = true;
  completion_text = R"({"approach": {"value": "flatter Ann Lee"}})";
  std::ostringstream log;
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(
    std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_st>(log)));
  launch(spring);
  spdlog::set_default_logger(before);
  CHECK(begun().size() == 1); // the rules took over
  REQUIRE(completions.size() == 2);
  CHECK_THAT(completions[0].prompt, !Catch::Contains("# Repair"));
  CHECK_THAT(completions[1].prompt, Catch::Contains("# Repair"));
  CHECK_THAT(enrolment(spring, ann).strategy, Catch::Contains(R"("source":"rules")"));
  CHECK(log.str().find("research " + to_string(ann)) != std::string::npos);
  CHECK(log.str().find("Ann") == std::string::npos);
}

TEST_CASE_METHOD(fixture, "a prospect with nothing to do is let go", "[prospect]") {
  make_prospect(1, phone, {spring});
  launch(spring);
  CHECK(tree.count("prospect") == 1);
  talk(disposition::not_interested);
  advance(10s);
  CHECK(tree.count("prospect") == 0);
  CHECK(tree.count("line") == 0);
}

TEST_CASE_METHOD(fixture, "the model is asked with the CRM's record and with what was said before", "[prospect]") {
  const auto ann = make_prospect(1, phone, {spring});
  context->has_llm = true;
  hold_crm = true;
  context_row said;
  said.prospect = ann;
  said.context_type = "note";
  said.content = "Wants prices before the summer.";
  store.contexts = {said};
  launch(spring);
  REQUIRE(crm_asked.size() == 1);
  CHECK(completions.empty()); // not before the CRM has answered
  crm_contact contact;
  contact.found = true;
  contact.properties = {{"annual_orders", "1200"}};
  contact.interactions = {"Met at the fair in Columbus."};
  answer_crm(0, contact);
  advance(1s);
  REQUIRE_FALSE(completions.empty());
  CHECK(completions[0].purpose == "research");
  CHECK_THAT(completions[0].prompt, Catch::Contains("annual_orders: 1200"));
  CHECK_THAT(completions[0].prompt, Catch::Contains("Met at the fair in Columbus."));
  CHECK_THAT(completions[0].prompt, Catch::Contains(said.content));
  CHECK_FALSE(completions[0].schema.empty());
}

} // namespace prospect_test
