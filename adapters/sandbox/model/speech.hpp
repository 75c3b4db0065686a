#pragma once

#include "adapters/sandbox/model/conversation.hpp"

namespace parley::sandbox::model {

/// A value proposition stays under 15 s of speech: 36 words.
inline constexpr size_t pitch_words_max = 36;

/// Company, offer and the strategy's first point, told as its approach asks.
line pitch(const instructions& text);

/// One question about the topic.
/// @param times How often it was asked before: nobody repeats the very words.
line question(topic about, const instructions& text, int times);

/// The strategy's answer to an objection, or the best talking point.
line answer_to(const std::string& objection, const instructions& text);

/// "I have Tuesday, November 24 at 10:00 AM or … your time. Which suits you?"
line proposal(const std::vector<instant>& slots, const person_clock& clock);

/// "Thank you." and the like, by how the person sounded.
line acknowledgement(const memory& m);

/// What a text in quotes or after "say:" wants said word by word.
std::optional<std::string> words_to_say(const std::string& order);

/// Leaves out what the rules' number of sentences has no room for: never the
/// last line (the question) and never a correction.
void shorten(std::vector<line>& lines, size_t sentences_max);

} // namespace parley::sandbox::model
