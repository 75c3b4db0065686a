#include "adapters/sandbox/model/turn_detector.hpp"

#include <utility>

namespace parley::sandbox::model {

std::vector<turn_event> turn_detector::feed(std::string_view bytes) {
  return notice(ear_.feed(bytes));
}

std::vector<turn_event> turn_detector::skip(milliseconds time) {
  return notice(ear_.skip(time));
}

std::vector<turn_event> turn_detector::notice(std::vector<heard> all) {
  std::vector<turn_event> result;
  for (const auto& one : all) {
    if (one.kind == heard::speech_started && !open_) {
      open_ = true;
      result.push_back({turn_event::kind::started, one.at, {}});
    } else if (one.kind == heard::word) {
      words_ += (words_.empty() ? "" : " ") + one.text;
    }
  }
  if (open_ && !ear_.in_speech() && left() == milliseconds{0}) {
    auto words = take_words();
    result.push_back({turn_event::kind::stopped, ear_.position(), std::move(words)});
  }
  return result;
}

std::string turn_detector::take_words() {
  open_ = false;
  return std::exchange(words_, {});
}

} // namespace parley::sandbox::model
