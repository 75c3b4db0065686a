#pragma once

#include "runtime/clock.hpp"
#include "runtime/ports/control.hpp"
#include "runtime/ports/inbox.hpp"
#include "runtime/ports/inspector.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/registry.hpp"
#include "runtime/telemetry/telemetry.hpp"

#include <utility> // Boost 1.74 needs it before asio.hpp

#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <string>
#include <vector>

namespace parley {

/// The part of the journal that webhooks need; every `journal_port` is one.
using webhook_journal = caf::typed_actor<caf::replies_to<record_inbox>::with<inbox_recorded>,
                                         caf::replies_to<read_inbox>::with<inbox_events>>;

/// Whom the web adapter talks to. Functions may be called from several
/// threads at once and must not block.
struct web_ports {
  caf::actor_system& system;
  const parley::clock& clock;
  parley::telemetry& telemetry;
  webhook_journal journal;
  control_port control;
  inspector_port inspector;
  /// Door of the shard in which a call lives.
  std::function<inbox_port(const call_id&)> inbox;
  /// Secret of the streams' nonces (runtime/nonce.hpp).
  std::string stream_secret;
  /// Takes over an accepted media socket, whose upgrade request is signed by
  /// the carrier. Not set: streams are refused with 503.
  std::function<void(boost::beast::tcp_stream, boost::beast::http::request<boost::beast::http::string_body>)> media;
  /// Whether a voice session waits for this call's media socket. Not set: no
  /// broken stream is taken up again, the caller only waits.
  std::function<bool(const call_id&)> media_ready;
  /// What keeps this node from working, a few words each; none: it is ready.
  std::function<std::vector<std::string>()> not_ready;
};

} // namespace parley
