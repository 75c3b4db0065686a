// Goal: the practice world repeats itself although real time jitters, and the
// witness notes exactly what was said and heard. Method: real sockets, a double
// in Parley's place that is slow on purpose.
#include "tests/adapters/sandbox_parley_double.hpp"

#include <catch2/catch.hpp>

#include <date/date.h>

#include <random>
#include <set>

namespace sandbox_truth_test {

using namespace parley;
using namespace parley::sandbox;
using namespace parley::sandbox::test;
using namespace std::chrono_literals;
using Catch::Matchers::Matches;

using texts = std::vector<std::string>;

namespace {

/// The turns of the only call that ended.
json turns_of(practice& p) {
  REQUIRE(p.node.wait([&] { return p.around->log().report()["records"].contains("transcript"); }));
  for (const auto& line : p.around->log().events())
    if (line["kind"] == "transcript")
      return line["turns"];
  return {};
}

texts said_by(const json& turns, const std::string& who) {
  texts out;
  for (const auto& turn : turns)
    if (turn["by"] == who && turn.contains("text"))
      out.push_back(turn["text"]);
  return out;
}

const texts lines{
  "Hello, this is Katie, an AI assistant calling for Northwind Robotics. Am I speaking with Dana Fuller?",
  "Teams like yours tell us about one thing: counting by hand. We count stock with small robots every night. Does that "
  "sound relevant to you?",
  "How do you handle this today?", "Do you have a budget set aside for this?", "Thank you for your time. Goodbye."};

/// A call with an agent that says its lines one after the other, a while after
/// the person has finished, and stops when it is interrupted.
json scripted_call(const std::string& number, std::chrono::microseconds slow_max, unsigned chance) {
  practice p;
  std::mt19937 random{chance};
  const auto dawdle = [&] {
    if (slow_max > 0us)
      std::this_thread::sleep_for(std::chrono::microseconds{random() % static_cast<unsigned>(slow_max.count())});
  };
  p.node.twiml = [&](const fields&) {
    dawdle();
    return p.node.connect_twiml();
  };
  size_t next = 0;
  p.node.on_heard = [&](agent_stream& stream, const heard& one) {
    if (one.kind == heard::speech_started)
      stream.clear();
    if (one.kind != heard::speech_ended)
      return;
    dawdle();
    if (next == lines.size())
      return stream.close();
    stream.say(lines[next++]);
  };
  p.call(p.form(number));
  return turns_of(p);
}

} // namespace

TEST_CASE("a call repeats itself word by word however slow the machine is", "[sandbox]") {
  // One who listens, one who talks over the agent, one who breaks off.
  const auto number = GENERATE(as<std::string>{}, "+12125550100", "+12125550110", "+12125550106");
  const auto once = scripted_call(number, 0us, 1);
  INFO(once.dump(1));
  CHECK(said_by(once, "person").size() >= 3);
  for (unsigned chance = 1; chance <= 2; ++chance) {
    const auto again = scripted_call(number, 15ms, chance);
    INFO(again.dump(1));
    CHECK(said_by(again, "person") == said_by(once, "person"));
    // Where the agent is cut is a matter of some words, which turn is not.
    const auto before = said_by(once, "agent");
    const auto now = said_by(again, "agent");
    REQUIRE(now.size() == before.size());
    for (size_t i = 0; i < now.size(); ++i)
      CHECK(now[i].substr(0, 20) == before[i].substr(0, 20));
  }
}

TEST_CASE("people speak once the line is open, so no word is lost", "[sandbox]") {
  practice p;
  p.node.twiml = [&](const fields&) {
    std::this_thread::sleep_for(300ms); // six seconds of media time
    return p.node.connect_twiml();
  };
  p.node.on_heard = [&](agent_stream& stream, const heard& one) {
    if (one.kind != heard::speech_ended)
      return;
    p.node.note("heard", one.text);
    stream.close();
  };
  p.call(p.form("+12125550100"));
  const auto turns = turns_of(p);
  REQUIRE(p.node.notes("heard").size() == 1);
  CHECK_THAT(p.node.notes("heard")[0], Matches("(Hello|Yes, hello|Hi, hello)\\?"));
  CHECK(said_by(turns, "person") == p.node.notes("heard"));
  CHECK(turns[0]["complete"] == true);
}

TEST_CASE("people do not grow impatient while the machine stalls", "[sandbox]") {
  practice p{20, "", 1};
  p.node.on_message = [&](agent_stream& stream, const json& message) {
    if (message["event"] != "mark")
      return;
    // Ten seconds of media time, after which anybody would have said "Okay."
    asio::post(p.around->io(), [] { std::this_thread::sleep_for(500ms); });
    stream.say("How do you handle this today?");
  };
  p.node.on_heard = [&](agent_stream& stream, const heard& one) {
    if (one.kind != heard::speech_ended)
      return;
    p.node.note("heard", one.text);
    if (p.node.notes("heard").size() == 2)
      return stream.close();
    stream.say("We count stock with small robots.");
    stream.mark("said");
  };
  p.call(p.form("+12125550100"));
  const auto said = said_by(turns_of(p), "person");
  REQUIRE(said.size() == 2);
  CHECK_THAT(said[1], Matches(".*(hand|manual).*"));
}

TEST_CASE("the witness notes what was heard: cut where the person stopped hearing", "[sandbox]") {
  practice p;
  texts heard_by_agent;
  std::mutex mutex;
  p.node.on_heard = [&](agent_stream& stream, const heard& one) {
    if (one.kind == heard::speech_started)
      stream.clear();
    if (one.kind != heard::speech_ended)
      return;
    std::lock_guard lock{mutex};
    heard_by_agent.push_back(one.text);
    if (heard_by_agent.size() <= 2)
      stream.say(lines[heard_by_agent.size() - 1]);
    else
      stream.close();
  };
  p.call(p.form("+12125550110")); // talks over the second line
  const auto turns = turns_of(p);
  INFO(turns.dump(1));
  const auto agent = said_by(turns, "agent");
  REQUIRE(agent.size() == 2);
  CHECK(agent[0] == lines[0]);
  CHECK(agent[1].size() < lines[1].size());
  CHECK(lines[1].substr(0, agent[1].size()) == agent[1]);
  CHECK(lines[1][agent[1].size()] == ' '); // whole words
  std::lock_guard lock{mutex};
  CHECK(said_by(turns, "person") == heard_by_agent);
  int64_t last = 0;
  for (const auto& turn : turns) {
    CHECK(turn["complete"] == (turn["by"] == "person" || turn["text"] == lines[0]));
    CHECK(turn["ms"] >= last); // both sides on one clock
    last = turn["ms"];
  }
}

TEST_CASE("the witness notes the half sentence of one who hangs up, and keys without words", "[sandbox]") {
  practice p;
  texts words;
  std::mutex mutex;
  p.node.on_heard = [&](agent_stream& stream, const heard& one) {
    std::lock_guard lock{mutex};
    if (one.kind == heard::word)
      words.push_back(one.text);
    if (one.kind == heard::speech_ended && words.size() < 4)
      stream.say("This is Katie, an AI assistant. Press 9 to opt out. Do you have a minute?");
  };
  SECTION("a half sentence") {
    p.call(p.form("+12125550106"));
    const auto turns = turns_of(p);
    INFO(turns.dump(1));
    std::string all;
    for (const auto& one : said_by(turns, "person"))
      all += (all.empty() ? "" : " ") + one;
    CHECK(turns.back()["by"] == "person");
    CHECK(turns.back()["complete"] == false);
    std::this_thread::sleep_for(50ms); // the last frames are on their way
    std::lock_guard lock{mutex};
    std::string heard;
    for (const auto& one : words)
      heard += (heard.empty() ? "" : " ") + one;
    CHECK(all == heard);
  }
  SECTION("a key") {
    const auto sid = p.call(p.form("+12125550105"));
    REQUIRE(p.node.wait([&] {
      std::lock_guard lock{mutex};
      return !words.empty();
    }));
    std::this_thread::sleep_for(400ms); // eight seconds: the key is offered after four
    p.update(sid, {{"Status", "completed"}});
    const auto turns = turns_of(p);
    INFO(turns.dump(1));
    const auto key = std::find_if(turns.begin(), turns.end(), [](const json& x) { return x.contains("key"); });
    REQUIRE(key != turns.end());
    CHECK((*key)["key"] == "9");
    CHECK_FALSE(key->contains("text"));
  }
}

TEST_CASE("the same calls meet the same faults in another order", "[sandbox]") {
  const auto fates = [](bool backwards) {
    practice p{50, "[carrier.faults]\nlose_webhooks = 0.4\ndouble_webhooks = {every = 3}\n"
                   "too_many_requests = {every = 3}\n"};
    std::vector<std::string> numbers;
    for (int i = 0; i < 12; ++i)
      numbers.push_back("+1" + std::to_string(212 + i) + "5550108"); // all busy
    if (backwards)
      std::reverse(numbers.begin(), numbers.end());
    std::map<std::string, std::string> out;
    size_t calls = 0;
    for (int round = 0; round < 2; ++round) {
      for (const auto& number : numbers) {
        const auto status = p.create(p.form(number, number + std::to_string(round))).status;
        out[number] += std::to_string(status) + " ";
        calls += status == 201;
      }
      REQUIRE(p.node.wait([&] { return p.around->log().report()["calls"]["ended"] == calls; }));
    }
    std::this_thread::sleep_for(100ms); // the last webhooks are on their way
    for (const auto& hook : p.node.all("status"))
      out[hook["To"]] += hook["CallStatus"] + " ";
    return out;
  };
  const auto once = fates(false);
  CHECK(fates(true) == once);
  std::set<std::string> kinds;
  for (const auto& [number, fate] : once)
    kinds.insert(fate);
  CHECK(kinds.size() >= 4); // the faults did strike, here and there
}

TEST_CASE("whatever comes over a media stream, the carrier goes on", "[sandbox]") {
  practice p;
  p.node.on_message = [&](agent_stream& stream, const json& message) {
    if (message["event"] != "start")
      return;
    for (const json& odd : {json{{"event", "media"}, {"streamSid", stream.sid}, {"media", json::array({1})}},
                            json{{"event", "media"}, {"streamSid", stream.sid}, {"media", {{"payload", 7}}}},
                            json{{"event", "mark"}, {"streamSid", stream.sid}, {"mark", "x"}},
                            json{{"event", json::array()}, {"streamSid", stream.sid}}, json{{"streamSid", {{"a", 1}}}},
                            json::array({1}), json("clear"), json(nullptr)})
      stream.send(odd);
    stream.mark("still there");
  };
  std::atomic<bool> marked = false;
  const auto start = p.node.on_message;
  p.node.on_message = [&, start](agent_stream& stream, const json& message) {
    start(stream, message);
    if (message["event"] == "mark") {
      marked = true;
      stream.close();
    }
  };
  p.call(p.form("+12125550100"));
  REQUIRE(p.node.wait_for("status", 4));
  CHECK(marked);
}

TEST_CASE("a double dial and a call out of hours are counted at the carrier's door", "[sandbox]") {
  const auto today = date::floor<date::days>(std::chrono::system_clock::now());
  const auto holiday = [&](int days) { return "\"" + date::format("%F", today + date::days{days}) + "\""; };
  practice p{20,
             "[[hours]]\nnumbers = [\"+1213*\"]\nzone = \"UTC\"\nclosed = [" + holiday(0) + "," + holiday(1) + "]\n"};
  const auto report = [&] { return p.around->log().report(); };
  p.create(p.form("+12125550109", "one"));
  CHECK(report()["double_dials"] == 0);
  CHECK(report()["window_violations"] == 0);
  p.create(p.form("+12125550109", "two")); // the first call still rings
  CHECK(report()["double_dials"] == 1);
  p.create(p.form("+12145550109", "one")); // an attempt that had its call
  CHECK(report()["double_dials"] == 2);
  CHECK(report()["window_violations"] == 0);
  p.create(p.form("+12135550109", "three"));
  CHECK(report()["double_dials"] == 2);
  CHECK(report()["window_violations"] == 1);
  CHECK(report()["findings"].size() == 3);
}

} // namespace sandbox_truth_test
