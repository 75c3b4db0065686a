#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::media {

/// Decides when we may ask the model to speak. It allows one response at
/// a time and also starts responses by itself after each turn of the person;
/// asking in between is an error (conversation_already_has_active_response).
/// So wishes wait until nothing runs, the person is silent, and the model's
/// own answer to the person has come.
class response_gate {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using milliseconds = std::chrono::milliseconds;

  struct request {
    std::string instructions;   ///< empty: the session's
    bool plain = false;         ///< any response serves, also the model's own
    bool before_answer = false; ///< wished before the person was done speaking
  };

  /// What a silent model means.
  enum class verdict : uint8_t { fine, nudged, failed };

  /// Most wishes that wait; a further one replaces the last.
  static constexpr size_t waiting_max = 8;

  /// Wishes for a response, e.g. to go on after a tool. Two wishes are one.
  void want();
  /// Wishes for a response with instructions of its own.
  void want(std::string instructions);

  /// The next response to ask for now, if there may be one.
  /// @param tools_open Results of tools are still missing; only a response
  ///   with its own instructions goes ahead of them.
  std::optional<request> next(time_point now, bool tools_open);

  void speech_started();
  /// The person is done; the model answers by itself.
  void speech_stopped(time_point now);
  /// @returns true if it comes at a bad moment: the person is speaking.
  bool created(std::string_view response, time_point now);
  void done();
  /// The model refused what was asked for last. @param busy Because it had a
  /// response running that we did not know of: asked again after it, without
  ///   the instructions, which went out ahead of the first try.
  void refused(bool busy, time_point now);
  /// The model said anything at all.
  void heard_from(time_point now) { last_heard_ = now; }
  /// A model that keeps its own answer back is asked for it once (nudged).
  verdict check(time_point now, milliseconds timeout);

  /// A response was asked for or runs.
  bool busy() const { return state_ != state::idle; }
  bool speaking() const { return speaking_; } ///< the person is
  bool running() const { return state_ == state::running; }
  const std::string& response() const { return response_; }

private:
  enum class state : uint8_t { idle, asked, running };

  void push(request x);

  state state_ = state::idle;
  std::string response_; // the running one
  request asked_;
  bool asked_open_ = false;      // not known yet whether `asked_` was accepted
  std::vector<request> waiting_; // oldest first
  bool speaking_ = false;
  std::optional<time_point> answer_due_since_;
  time_point last_heard_{};
};

} // namespace parley::media
