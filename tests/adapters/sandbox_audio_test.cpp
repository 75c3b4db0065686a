// Goal: words pass through audio as speech does; what the media path loses,
// cuts, repeats or swaps is not heard, and nothing else is lost with it.
#include "adapters/sandbox/audio.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace sandbox_audio_test {

using namespace parley::sandbox;
using namespace std::chrono_literals;

namespace {

const std::string sentence = "Hello, this is Katie from Northwind — grüße! Do you have a minute?";

std::vector<heard> hear(listener& ear, std::string_view audio, size_t chunk) {
  std::vector<heard> all;
  for (size_t i = 0; i < audio.size(); i += chunk)
    for (auto& x : ear.feed(audio.substr(i, chunk)))
      all.push_back(std::move(x));
  return all;
}

std::string words_in(const std::vector<heard>& all) {
  std::string out;
  for (const auto& x : all)
    if (x.kind == heard::word)
      out += (out.empty() ? "" : " ") + x.text;
  return out;
}

} // namespace

TEST_CASE("an utterance is heard word by word in any chunking", "[sandbox]") {
  const auto audio = silence(100ms) + encode_utterance(sentence) + silence(1s);
  for (const size_t chunk : {size_t{1}, size_t{7}, frame_bytes, size_t{1000}, audio.size()}) {
    listener ear;
    const auto all = hear(ear, audio, chunk);
    REQUIRE(all.size() == words_of(sentence).size() + 2);
    CHECK(all.front().kind == heard::speech_started);
    CHECK(all.front().at == 100ms);
    CHECK(words_in(all) == sentence);
    CHECK(all.back().kind == heard::speech_ended);
    CHECK(all.back().complete);
    CHECK(all.back().text == sentence);
    CHECK(all.back().at == play_time(audio.size()) - 1s);
    CHECK(ear.words_lost() == 0);
    CHECK(ear.silent_for() == 1s);
    for (size_t i = 2; i + 1 < all.size(); ++i)
      CHECK(all[i].start == all[i - 1].at);
  }
}

TEST_CASE("speech takes as long as a person needs for it", "[sandbox]") {
  const auto audio = encode_utterance(sentence);
  CHECK(audio.size() % frame_bytes == 0);
  const auto seconds = std::chrono::duration<double>(play_time(audio.size())).count();
  const auto rate = static_cast<double>(words_of(sentence).size()) / seconds;
  CHECK(rate > 1.8);
  CHECK(rate < 3.2);
  CHECK(encode_utterance(" \n").empty());
  CHECK(audio.find(silence_byte) == audio.npos);
}

TEST_CASE("a cut utterance yields just the words before the cut", "[sandbox]") {
  const auto audio = encode_utterance(sentence);
  for (size_t cut = frame_bytes; cut < audio.size(); cut += frame_bytes) {
    listener ear{200ms};
    auto all = hear(ear, audio.substr(0, cut) + silence(180ms), 160);
    CHECK(ear.in_speech());
    for (auto& x : hear(ear, silence(20ms), 160))
      all.push_back(x);
    CHECK_FALSE(ear.in_speech());
    CHECK(words_in(all) == spoken_until(sentence, play_time(cut)));
    CHECK_FALSE(all.back().complete);
    CHECK(all.back().text == words_in(all));
  }
}

TEST_CASE("a lost, doubled or swapped frame costs its word and no other", "[sandbox]") {
  const auto audio = encode_utterance(sentence);
  const auto words = words_of(sentence);
  const auto frame = [&](size_t i) { return audio.substr(i * frame_bytes, frame_bytes); };
  for (size_t i = 0; i < audio.size() / frame_bytes; ++i) {
    // Which word does this frame belong to?
    listener whole;
    const auto times = whole.feed(audio);
    size_t owner = 0;
    while (times[owner + 1].at <= frame_time * i)
      ++owner;
    const auto rest = audio.substr((i + 1) * frame_bytes);
    for (const auto& damaged :
         {audio.substr(0, i * frame_bytes) + rest, audio.substr(0, (i + 1) * frame_bytes) + frame(i) + rest}) {
      auto expected = words;
      expected.erase(expected.begin() + static_cast<ptrdiff_t>(owner));
      listener ear;
      const auto all = ear.feed(damaged + silence(500ms));
      std::vector<std::string> got;
      for (const auto& x : all)
        if (x.kind == heard::word)
          got.push_back(x.text);
      // A doubled frame that ends a word may come after the word is whole.
      if (got != words)
        CHECK(got == expected);
      if (damaged.size() < audio.size()) {
        CHECK(got == expected);
        CHECK_FALSE(all.back().complete);
      }
    }
  }
  auto swapped = audio;
  swapped.replace(2 * frame_bytes, frame_bytes, frame(3));
  swapped.replace(3 * frame_bytes, frame_bytes, frame(2));
  listener ear;
  CHECK(words_in(ear.feed(swapped)) == sentence.substr(sentence.find(' ') + 1));
}

TEST_CASE("an utterance right after a broken one is heard whole", "[sandbox]") {
  const auto first = encode_utterance("I was going to say something long.");
  listener ear;
  const auto all = ear.feed(first.substr(0, first.size() / 2 / 160 * 160) + encode_utterance("Stop there."));
  REQUIRE(all.size() > 4);
  CHECK(all.back().text == "Stop there.");
  CHECK(all.back().complete);
  size_t ends = 0;
  for (const auto& x : all)
    ends += x.kind == heard::speech_ended;
  CHECK(ends == 2);
}

TEST_CASE("noise is neither heard nor fatal", "[sandbox]") {
  std::mt19937 random{7};
  for (int round = 0; round < 200; ++round) {
    std::string noise(2000, '\0');
    for (auto& c : noise)
      c = static_cast<char>(random());
    listener ear;
    const auto all = ear.feed(noise + silence(1s) + encode_utterance("Still here.") + silence(1s));
    CHECK(words_in(all) == "Still here.");
  }
}

TEST_CASE("skipped silence counts as time", "[sandbox]") {
  const auto audio = encode_utterance("One two");
  listener ear;
  CHECK(ear.feed(audio.substr(0, audio.size() - frame_bytes)).size() == 2);
  const auto after = ear.skip(300ms);
  REQUIRE(after.size() == 1);
  CHECK(after[0].kind == heard::speech_ended);
  CHECK_FALSE(after[0].complete);
  CHECK(after[0].text == "One");
  CHECK(ear.position() == play_time(audio.size()) - frame_time + 300ms);
}

TEST_CASE("text that is no UTF-8 is still text when it arrives", "[sandbox]") {
  listener ear;
  CHECK(words_in(ear.feed(encode_utterance("bad \xFF\xFE \xED\xA0\x80 end"))) == "bad ?? ??? end");
}

TEST_CASE("base64 carries any bytes", "[sandbox]") {
  for (size_t size = 0; size < 50; ++size) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i)
      bytes[i] = static_cast<char>(i * 41);
    CHECK(from_base64(to_base64(bytes)) == bytes);
  }
  CHECK(to_base64("\xFF\xFF\xFF\xFF\xFF") == "//////8=");
  CHECK_FALSE(from_base64("abc"));
  CHECK_FALSE(from_base64("ab!="));
}

} // namespace sandbox_audio_test
