#pragma once

#include "adapters/sandbox/web.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The part of TwiML that a call here can run.
namespace parley::sandbox::twiml {

/// `<Connect><Stream>`: the call is with the WebSocket until it closes.
struct connect_stream {
  std::string url;
  std::string name;
  fields parameters;
  std::string status_callback;
  /// Asked for further instructions once the socket has closed; may be empty.
  std::string action;
};
struct say {
  std::string text;
};
struct pause {
  std::chrono::milliseconds length{1000};
};
struct redirect {
  std::string url;
  std::string method = "POST";
};
struct hang_up {};
/// `<Gather>` of keys: asks, and waits for a key; without one goes on with what
/// stands next. Only for whom a `<Dial>` rings up.
struct gather {
  std::vector<std::string> sentences;
  /// From the end of the sentences.
  std::chrono::milliseconds timeout{5000};
  /// Asked for further instructions once a key was pressed; empty: the same document.
  std::string action;
  std::string method = "POST";
};
/// `<Dial>` of one number: the person is connected with whoever takes it.
struct dial {
  std::string number; ///< E.164
  std::string caller_id;
  std::chrono::milliseconds timeout{30'000};
  /// Asked for further instructions afterwards; empty: what stands next.
  std::string action;
  std::string method = "POST";
  /// Asked for what whoever picks up hears before they are connected, and may
  /// end with a `<Hangup>`; empty: nothing.
  std::string url;
  std::string method_of_url = "POST";
};

using verb = std::variant<connect_stream, say, pause, redirect, hang_up, gather, dial>;

/// Error 12100 or one of its kin: the call cannot go on with this.
struct invalid : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws `invalid` on broken XML, unknown verbs and missing attributes.
std::vector<verb> parse(std::string_view document);

} // namespace parley::sandbox::twiml
