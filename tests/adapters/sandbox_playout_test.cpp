// Goal: the called person hears queued audio in exact time whatever sizes it
// comes in, jitter costs no word, and marks and `clear` do what they promise.
#include "adapters/sandbox/carrier/playout.hpp"

#include <catch2/catch.hpp>

namespace sandbox_playout_test {

using namespace parley::sandbox;
using namespace std::chrono_literals;

using texts = std::vector<std::string>;

namespace {

const std::string sentence = "Do you have a budget set aside for this?";

/// Plays so many frames; returns the whole utterances that were heard.
std::vector<heard> run(playout& out, listener& ear, milliseconds length) {
  std::vector<heard> ends;
  for (milliseconds t{}; t < length; t += frame_time)
    for (auto& one : out.play(ear))
      if (one.kind == heard::speech_ended)
        ends.push_back(std::move(one));
  return ends;
}

} // namespace

TEST_CASE("audio in pieces of any size is heard whole and in time", "[sandbox]") {
  const auto audio = encode_utterance(sentence);
  for (const size_t piece : {size_t{101}, size_t{160}, size_t{1001}, audio.size()}) {
    playout out{60ms};
    listener ear;
    CHECK(run(out, ear, 400ms).empty());
    for (size_t i = 0; i < audio.size(); i += piece)
      out.queue(std::string_view{audio}.substr(i, piece));
    const auto ends = run(out, ear, play_time(audio.size()) + 1s);
    REQUIRE(ends.size() == 1);
    CHECK(ends[0].complete);
    CHECK(ends[0].text == sentence);
    CHECK(ends[0].at == play_time(audio.size()) + 400ms);
    CHECK(out.idle());
    CHECK(out.played() == play_time(audio.size()));
  }
}

TEST_CASE("audio that begins in the middle of a frame loses no word at its end", "[sandbox]") {
  const auto audio = encode_utterance(sentence);
  playout out{60ms};
  listener ear;
  out.queue(std::string_view{audio}.substr(1037)); // its first word is broken
  const auto ends = run(out, ear, play_time(audio.size()) + 1s);
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].text == sentence.substr(sentence.find(' ') + 1));
}

TEST_CASE("a short hole in a word is jitter, a long one is a hole", "[sandbox]") {
  const auto audio = encode_utterance(sentence);
  for (const auto hole : {40ms, 200ms}) {
    playout out{100ms};
    listener ear;
    out.queue(std::string_view{audio}.substr(0, 3000));
    run(out, ear, play_time(3000 / frame_bytes * frame_bytes) + hole);
    out.queue(std::string_view{audio}.substr(3000));
    const auto ends = run(out, ear, play_time(audio.size()) + 1s);
    REQUIRE_FALSE(ends.empty());
    CHECK(ends.back().complete == (hole < 100ms));
    if (hole < 100ms) {
      // The end is as late as the hole was long, give or take a frame.
      const auto late = ends.back().at - play_time(audio.size());
      CHECK(late >= hole - frame_time);
      CHECK(late <= hole + frame_time);
    }
  }
}

TEST_CASE("marks are due once what came before them was played or dropped", "[sandbox]") {
  playout out{60ms};
  listener ear;
  out.mark("nothing before it");
  CHECK(out.due() == texts{"nothing before it"});
  const auto audio = encode_utterance(sentence);
  out.queue(audio);
  out.mark("first");
  out.queue(audio);
  out.mark("second");
  run(out, ear, play_time(audio.size()) - frame_time);
  CHECK(out.due().empty());
  run(out, ear, frame_time);
  CHECK(out.due() == texts{"first"});
  run(out, ear, 200ms);
  out.clear();
  CHECK(out.idle());
  CHECK(out.due() == texts{"second"});
  CHECK(out.due().empty());
  // The sentence that was dropped is heard as broken off.
  const auto ends = run(out, ear, 1s);
  REQUIRE(ends.size() == 1);
  CHECK_FALSE(ends[0].complete);
}

} // namespace sandbox_playout_test
