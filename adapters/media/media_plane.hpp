#pragma once

#include "adapters/media/settings.hpp"
#include "runtime/messages/media.hpp"
#include "runtime/telemetry/port_book.hpp"

#include <utility> // Boost 1.74 needs it before asio.hpp

#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <memory>

namespace parley {

/// Joins the carrier's media sockets with the voice model's, on I/O threads of
/// its own: audio never passes through an actor. The node owns one and outlives
/// every actor that uses it; `stop` comes before the actor system goes, because
/// sessions hold handles of actors.
class media_plane {
public:
  /// Told how opening a session ended, on an I/O thread; no error means well.
  using opened_callback = std::function<void(caf::error)>;

  /// Throws `settings::invalid` when the address cannot be used, and
  /// `boost::system::system_error` when the authorities' file cannot be read.
  media_plane(const media_settings& settings, telemetry& t);
  ~media_plane();
  media_plane(const media_plane&) = delete;
  media_plane& operator=(const media_plane&) = delete;

  void start();
  /// Closes all sessions, waits for that within the close timeout, ends the
  /// threads. Afterwards everything is refused. Not from an I/O thread; a
  /// second call does nothing.
  void stop();

  /// Takes over a socket whose upgrade request was read and whose signature
  /// was verified. It must name its call and that call's nonce in its `start`
  /// message, else it is closed. Any thread.
  void
  accept_media(boost::beast::tcp_stream stream, boost::beast::http::request<boost::beast::http::string_body> upgrade);

  /// Opens a session with the model, or a new one for a call that has one.
  /// `opened` is called exactly once. Any thread, as all below; calls that have
  /// no session are no error.
  void open(open_voice_session session, opened_callback opened);
  void update(update_instructions x);
  void answer(answer_tool x);
  void prompt(prompt_agent x);
  void await_playback(const call_id& call);
  void measure_silence(const call_id& call);
  void close(const call_id& call);

  /// What the port counts: its requests are the actor's, further tries ours.
  const port_book_ptr& book() const;
  /// Name of the realtime model.
  const std::string& model() const;
  /// Whether a session would take this call's media socket now: whoever asks
  /// what to do with a call whose stream broke can be told to open a new one.
  bool expects(const call_id& call) const;
  /// Sessions that are not closed yet.
  size_t live() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace parley
