#pragma once

#include "adapters/sandbox/audio.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sandbox::model {

/// What the detector noticed in the audio of the person.
struct turn_event {
  enum class kind { started, stopped };
  kind what = kind::started;
  /// Audio time; of `stopped` it includes the silence that was waited for.
  milliseconds at{};
  /// Of `stopped`: all words that were heard since `started`.
  std::string words;
};

/// Server VAD in media time: a turn starts with the first sound and stops
/// after `silence` of quiet. Counts bytes, so it hears alike at any speed.
class turn_detector {
public:
  explicit turn_detector(milliseconds silence) : silence_{silence} {}

  void wait_for(milliseconds silence) { silence_ = silence; }
  std::vector<turn_event> feed(std::string_view bytes);
  /// Lets time pass that was not sent, as silence.
  std::vector<turn_event> skip(milliseconds time);

  /// The person has the word: between `started` and `stopped`.
  bool open() const { return open_; }
  /// In the middle of an utterance, which may yet go on.
  bool in_speech() const { return ear_.in_speech(); }
  /// Silence that is still to come before the turn stops.
  milliseconds left() const { return std::max(milliseconds{0}, silence_ - ear_.silent_for()); }
  milliseconds position() const { return ear_.position(); }
  /// Ends the turn now, as a client that commits by itself does.
  std::string take_words();

private:
  std::vector<turn_event> notice(std::vector<heard> all);

  listener ear_;
  milliseconds silence_;
  bool open_ = false;
  std::string words_;
};

} // namespace parley::sandbox::model
