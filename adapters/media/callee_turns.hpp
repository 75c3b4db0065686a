#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::media {

/// The person's turns in the order they were spoken. The model writes them
/// down at its leisure, so a transcript may come late or after its successor's.
class callee_turns {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using milliseconds = std::chrono::milliseconds;

  struct turn {
    std::string item;
    std::string text;
    milliseconds started{0};
    milliseconds ended{0};
  };

  /// How long a known transcript waits for its predecessor's.
  static constexpr milliseconds order_patience{3'000};
  /// Most turns without a transcript that are remembered.
  static constexpr size_t open_max = 64;

  void started(std::string_view item, milliseconds at);
  void stopped(std::string_view item, milliseconds at);
  /// @param text Empty when the words could not be made out; such a turn is
  ///   left out.
  void transcribed(std::string_view item, std::string_view text, time_point now);
  /// The next turn that is ready.
  std::optional<turn> next(time_point now);
  /// Whether a turn has begun whose words are not known yet.
  bool open() const { return !open_.empty(); }

private:
  struct pending {
    turn value;
    std::optional<time_point> known_since;
  };
  pending& find_or_add(std::string_view item, milliseconds at);

  std::vector<pending> open_; // oldest first
};

} // namespace parley::media
