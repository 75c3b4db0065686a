// Goal: we know what the person has heard, and when the model may be asked to
// speak. Method: the pure parts of the bridge, fed by hand.
#include "adapters/media/callee_turns.hpp"
#include "adapters/media/frame.hpp"
#include "adapters/media/playout.hpp"
#include "adapters/media/response_gate.hpp"

#include <catch2/catch.hpp>

namespace media_playout_test {

using namespace parley::media;
using namespace std::chrono_literals;
using verdict = response_gate::verdict;

namespace {

constexpr int64_t bytes(milliseconds audio) {
  return audio.count() * audio_bytes_per_ms;
}

/// Sends audio of one item and its mark; returns the mark's name.
std::string speak(playout& p, const char* item, milliseconds length, milliseconds now) {
  p.sent(item, 0, bytes(length), now);
  const auto mark = p.mark_due();
  REQUIRE(mark);
  return std::to_string(*mark);
}

const response_gate::time_point t0{};

} // namespace

TEST_CASE("playout: marks come at the interval and at the end", "[media]") {
  playout p{100ms};
  CHECK(p.bytes_before_mark("a") == 800);
  p.sent("a", 0, bytes(60ms), 0ms);
  CHECK_FALSE(p.mark_due());
  CHECK(p.bytes_before_mark("a") == 320);
  p.sent("a", 0, bytes(40ms), 0ms);
  CHECK(p.mark_due() == 1);
  CHECK_FALSE(p.mark_due());
  p.sent("a", 0, bytes(20ms), 0ms);
  CHECK_FALSE(p.mark_due());
  p.audio_done("a", 0ms);
  CHECK(p.mark_due() == 2);
}

TEST_CASE("playout: a turn is told when it was played, with its times", "[media]") {
  playout p{100ms};
  const auto first = speak(p, "a", 100ms, 1000ms);
  p.add_text("a", "Hello ");
  p.text_done("a", "Hello there.");
  const auto second = speak(p, "a", 100ms, 1000ms);
  p.audio_done("a", 1010ms);
  CHECK(p.playing());
  CHECK(p.unplayed() == 200ms);
  p.mark_returned(first, 1100ms);
  CHECK(p.unplayed() == 100ms);
  CHECK_FALSE(p.next_turn());
  p.mark_returned(second, 1200ms);
  CHECK_FALSE(p.playing());
  const auto turn = p.next_turn();
  REQUIRE(turn);
  CHECK(turn->item == "a");
  CHECK(turn->text == "Hello there.");
  CHECK(turn->started == 1000ms);
  CHECK(turn->ended == 1200ms);
  CHECK_FALSE(turn->interrupted);
  CHECK_FALSE(p.next_turn());
}

TEST_CASE("playout: an interruption cuts at what the marks vouch for", "[media]") {
  playout p{100ms};
  p.text_done("a", "One two three four five six seven eight.");
  std::vector<std::string> marks;
  for (int i = 0; i < 8; ++i)
    marks.push_back(speak(p, "a", 100ms, 0ms));
  const auto queued = speak(p, "b", 300ms, 0ms);
  p.add_text("b", "Never heard.");
  p.mark_returned(marks[2], 310ms);
  const auto cuts = p.interrupt(350ms);
  REQUIRE(cuts.size() == 2);
  CHECK(cuts[0].item == "a");
  CHECK(cuts[0].played == 300ms);
  CHECK(cuts[1].item == "b");
  CHECK(cuts[1].played == 0ms);
  CHECK_FALSE(p.playing());
  CHECK(p.is_cut("a"));
  // The carrier throws the marks of cleared audio back: they mean nothing.
  p.mark_returned(marks[7], 360ms);
  p.mark_returned(queued, 360ms);
  p.all_done(400ms);
  const auto turn = p.next_turn();
  REQUIRE(turn);
  CHECK(turn->interrupted);
  CHECK(turn->ended == 350ms);
  CHECK(turn->text == "One two three");
  CHECK_FALSE(p.next_turn()); // of b no word was heard
}

TEST_CASE("playout: what had no audio has nothing to cut off", "[media]") {
  playout p{100ms};
  speak(p, "a", 100ms, 0ms);
  p.add_text("text only", "Not spoken.");
  p.withheld("text only", bytes(100ms));
  const auto cuts = p.interrupt(50ms);
  REQUIRE(cuts.size() == 1);
  CHECK(cuts[0].item == "a");
  CHECK(p.is_cut("text only")); // it may not begin now
  p.all_done(100ms);
  CHECK_FALSE(p.next_turn());
}

TEST_CASE("playout: knows when more items are open than anybody says", "[media]") {
  playout p{100ms};
  for (size_t i = 0; i < playout::items_max; ++i)
    p.add_text(std::to_string(i), "Word.");
  CHECK_FALSE(p.crowded());
  p.add_text("one more", "Word.");
  CHECK(p.crowded());
  p.all_done(0ms);
  CHECK_FALSE(p.next_turn());
  CHECK_FALSE(p.crowded());
}

TEST_CASE("playout: a turn cut while its words are unknown waits for them", "[media]") {
  playout p{100ms};
  const auto mark = speak(p, "a", 500ms, 0ms);
  speak(p, "a", 500ms, 0ms);
  p.mark_returned(mark, 500ms);
  p.interrupt(700ms);
  p.withheld("a", bytes(1000ms)); // the model had said twice as much
  CHECK_FALSE(p.next_turn());
  p.text_done("a", "aaaa bbbb cccc dddd");
  const auto turn = p.next_turn();
  REQUIRE(turn);
  CHECK(turn->text == "aaaa");
}

TEST_CASE("playout: what follows begins when what was before has ended", "[media]") {
  playout p{100ms};
  const auto a = speak(p, "a", 200ms, 0ms);
  p.text_done("a", "First.");
  p.audio_done("a", 0ms);
  const auto b = speak(p, "b", 200ms, 10ms);
  p.text_done("b", "Second.");
  p.audio_done("b", 10ms);
  p.mark_returned(b, 400ms); // a mark vouches for all before it, too
  CHECK(p.next_turn()->ended == 400ms);
  const auto turn = p.next_turn();
  REQUIRE(turn);
  CHECK(turn->item == "b");
  CHECK(turn->started == 400ms);
  CHECK_FALSE(p.playing());
  CHECK(a != b);
}

TEST_CASE("playout: unknown marks say nothing", "[media]") {
  playout p{100ms};
  const auto mark = speak(p, "a", 100ms, 0ms);
  for (const auto* name : {"", "x", "99", "1x", "-1", "99999999999999999999999"})
    p.mark_returned(name, 50ms);
  CHECK(p.playing());
  p.mark_returned(mark, 100ms);
  p.mark_returned(mark, 100ms);
  CHECK_FALSE(p.playing());
}

TEST_CASE("playout: a carrier without marks is taken to play in real time", "[media]") {
  playout p{100ms};
  speak(p, "a", 1000ms, 0ms);
  speak(p, "a", 1000ms, 0ms);
  p.advance(2900ms);
  CHECK(p.unplayed() == 2000ms); // still patient
  p.advance(3100ms);
  CHECK_FALSE(p.playing());
  speak(p, "b", 1000ms, 4000ms);
  speak(p, "b", 1000ms, 4000ms);
  CHECK(p.interrupt(5100ms).back().played == 1000ms);
}

TEST_CASE("playout: a carrier that has returned marks is not hurried", "[media]") {
  playout p{100ms};
  const auto mark = speak(p, "a", 100ms, 0ms);
  p.mark_returned(mark, 100ms);
  speak(p, "a", 100ms, 200ms);
  p.advance(60'000ms);
  CHECK(p.playing());
}

TEST_CASE("heard words: whole ones only, by the share that was played", "[media]") {
  const std::string text = "I am Katie, an assistant of Acme.";
  CHECK(heard_part(text, 0, 1000) == "");
  CHECK(heard_part(text, 1000, 1000) == text);
  CHECK(heard_part(text, 999, 1000) == "I am Katie, an assistant of");
  CHECK(heard_part("", 5, 10) == "");
  CHECK(heard_part("aaaa bbbb cccc dddd", 499, 1000) == "aaaa");
  CHECK(heard_part("aaaa bbbb cccc dddd", 500, 1000) == "aaaa bbbb");
  // Letters count, not their bytes.
  CHECK(heard_part("\u00e4\u00e4\u00e4\u00e4 bbbb cccc dddd", 250, 1000) == "\u00e4\u00e4\u00e4\u00e4");
  std::string last;
  for (int played = 0; played <= 1000; played += 10) {
    const auto heard = heard_part(text, played, 1000);
    CHECK(text.starts_with(heard));
    CHECK(heard.size() >= last.size());
    last = heard;
  }
}

TEST_CASE("gate: one response at a time", "[media]") {
  response_gate gate;
  gate.want();
  gate.want(); // two plain wishes are one
  REQUIRE(gate.next(t0, false));
  gate.want("Say goodbye.");
  CHECK_FALSE(gate.next(t0, false));
  CHECK_FALSE(gate.created("r1", t0));
  CHECK(gate.running());
  CHECK(gate.response() == "r1");
  CHECK_FALSE(gate.next(t0, false));
  gate.done();
  const auto next = gate.next(t0, false);
  REQUIRE(next);
  CHECK(next->instructions == "Say goodbye.");
  gate.done();
  CHECK_FALSE(gate.next(t0, false));
}

TEST_CASE("gate: nothing is asked for while the person speaks or is owed an answer", "[media]") {
  response_gate gate;
  gate.speech_started();
  gate.want("Ask for the e-mail.");
  CHECK_FALSE(gate.next(t0, false));
  gate.speech_stopped(t0);
  CHECK_FALSE(gate.next(t0, false)); // the model answers by itself
  CHECK_FALSE(gate.created("auto", t0));
  CHECK_FALSE(gate.next(t0, false));
  gate.done();
  CHECK(gate.next(t0, false));
}

TEST_CASE("gate: the model's own answer fulfils an earlier plain wish, not a later one", "[media]") {
  response_gate gate;
  gate.speech_started();
  gate.want();
  gate.speech_stopped(t0);
  gate.created("auto", t0);
  gate.done();
  CHECK_FALSE(gate.next(t0, false));
  gate.speech_started();
  gate.speech_stopped(t0);
  gate.want(); // may have crossed the answer
  gate.created("auto2", t0);
  gate.done();
  CHECK(gate.next(t0, false));
}

TEST_CASE("gate: a response that begins while the person speaks comes badly", "[media]") {
  response_gate gate;
  gate.want();
  gate.next(t0, false);
  gate.speech_started();
  CHECK(gate.created("r1", t0));
}

TEST_CASE("gate: a plain wish waits for open tools, instructions do not", "[media]") {
  response_gate gate;
  gate.want();
  CHECK_FALSE(gate.next(t0, true));
  gate.want("Hold the line.");
  const auto next = gate.next(t0, true);
  REQUIRE(next);
  CHECK(next->instructions == "Hold the line.");
}

TEST_CASE("gate: a refused wish is repeated only if the model was busy", "[media]") {
  response_gate gate;
  gate.want("A");
  gate.next(t0, false);
  gate.refused(true, t0);
  CHECK(gate.running());
  gate.done();
  REQUIRE(gate.next(t0, false));
  gate.refused(false, t0);
  CHECK_FALSE(gate.busy());
  CHECK_FALSE(gate.next(t0, false));
  // The model's own response may be announced before the refusal comes.
  gate.want("B");
  gate.next(t0, false);
  gate.created("auto", t0);
  gate.refused(true, t0);
  gate.done();
  REQUIRE(gate.next(t0, false));
}

TEST_CASE("gate: wishes are bounded", "[media]") {
  response_gate gate;
  for (size_t i = 0; i < 3 * response_gate::waiting_max; ++i)
    gate.want(std::to_string(i));
  size_t count = 0;
  std::string last;
  while (const auto next = gate.next(t0, false)) {
    last = next->instructions;
    ++count;
    gate.done();
  }
  CHECK(count == response_gate::waiting_max);
  CHECK(last == std::to_string(3 * response_gate::waiting_max - 1));
}

TEST_CASE("gate: a silent model fails, one that forgot to answer is nudged", "[media]") {
  response_gate gate;
  CHECK(gate.check(t0 + 1h, 10s) == verdict::fine);
  gate.want();
  gate.next(t0, false);
  CHECK(gate.check(t0 + 10s, 10s) == verdict::fine);
  CHECK(gate.check(t0 + 11s, 10s) == verdict::failed);
  gate.heard_from(t0 + 11s);
  CHECK(gate.check(t0 + 20s, 10s) == verdict::fine);
  gate.done();
  gate.speech_started();
  gate.speech_stopped(t0 + 20s);
  CHECK(gate.check(t0 + 31s, 10s) == verdict::nudged);
  CHECK(gate.next(t0 + 31s, false));
}

TEST_CASE("callee: turns keep their order though transcripts come late", "[media]") {
  callee_turns turns;
  turns.started("a", 1000ms);
  turns.stopped("a", 2000ms);
  turns.started("b", 5000ms);
  turns.stopped("b", 6000ms);
  turns.transcribed("b", " Yes.\n", t0);
  CHECK_FALSE(turns.next(t0));
  turns.transcribed("a", "Who is this?", t0 + 1s);
  const auto first = turns.next(t0 + 1s);
  REQUIRE(first);
  CHECK(first->item == "a");
  CHECK(first->text == "Who is this?");
  CHECK(first->started == 1000ms);
  CHECK(first->ended == 2000ms);
  const auto second = turns.next(t0 + 1s);
  REQUIRE(second);
  CHECK(second->text == "Yes.");
  CHECK_FALSE(turns.open());
}

TEST_CASE("callee: a transcript that never comes holds up the next for a while only", "[media]") {
  callee_turns turns;
  turns.started("a", 0ms);
  turns.started("b", 100ms);
  turns.transcribed("b", "Hello?", t0);
  CHECK_FALSE(turns.next(t0 + 2999ms));
  const auto turn = turns.next(t0 + 3s);
  REQUIRE(turn);
  CHECK(turn->item == "b");
  turns.transcribed("a", "Late.", t0 + 9s);
  CHECK(turns.next(t0 + 9s)->item == "a");
}

TEST_CASE("callee: of a turn without end the beginning is kept, in whole letters", "[media]") {
  callee_turns turns;
  std::string endless(text_bytes_max - 1, 'a');
  turns.transcribed("a", endless + "\u00e4\u00e4", t0);
  CHECK(turns.next(t0)->text == endless);
}

TEST_CASE("callee: noise without words is no turn", "[media]") {
  callee_turns turns;
  turns.started("noise", 0ms);
  turns.started("b", 100ms);
  turns.transcribed("noise", "", t0);
  turns.transcribed("b", "Hello?", t0);
  CHECK(turns.next(t0)->item == "b");
  CHECK_FALSE(turns.open());
}

} // namespace media_playout_test
