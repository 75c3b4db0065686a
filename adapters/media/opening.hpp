#pragma once

#include "adapters/http/http_message.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <optional>

namespace parley::media {

/// A refused upgrade in the words of adapters/http, whose rules say whether
/// another try may help.
http_response refusal_of(const boost::beast::http::response<boost::beast::http::string_body>& answer);

/// The tries to open one session with the model. The phone rings meanwhile, so
/// a vendor that is away for a moment need not cost the call its voice.
class session_opening {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// The first try begins.
  /// @param limit For all tries and the waits between them.
  void begin(time_point now, std::chrono::milliseconds limit);
  /// A try has failed: plans another one, unless it would not help, there were
  /// enough of them, or its wait would pass the limit.
  /// @returns how long it waits.
  std::optional<std::chrono::milliseconds> try_again(const http_response& failed, time_point now);
  /// The planned try is to begin now. Says so once.
  bool due(time_point now);
  /// Plans no further try.
  void end() { next_try_.reset(); }

  bool too_late(time_point now) const { return now - since_ > limit_; }
  time_point since() const { return since_; }
  std::optional<time_point> next_try() const { return next_try_; }

private:
  time_point since_{};
  std::chrono::milliseconds limit_{0};
  int tries_ = 0;
  std::optional<time_point> next_try_;
};

} // namespace parley::media
