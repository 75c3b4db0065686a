#pragma once

#include "adapters/media/bridge_core.hpp"
#include "adapters/media/hub.hpp"
#include "adapters/media/opening.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace parley::media {

/// Told once how opening a session ended; `caf::none` means well.
using opened_callback = std::function<void(caf::error)>;

/// One call's two sockets around a `bridge_core`, on a strand of its own. The
/// public functions may be called from any thread.
class call_bridge final : public link_owner, public std::enable_shared_from_this<call_bridge> {
public:
  call_bridge(media_hub& hub, open_voice_session session, opened_callback opened);
  ~call_bridge() override;

  /// Connects to the model.
  void open();
  /// The same call wants a new session with the model. The stream stays.
  void reopen(open_voice_session session, opened_callback opened);
  /// A carrier's stream, paused behind its `start`, asks to be let in.
  void
  join(std::shared_ptr<link> carrier, std::string stream_sid, std::string nonce, std::optional<uint32_t> generation);
  /// Does something with the core on the strand.
  void command(std::function<void(bridge_core&, bridge_core::time_point, bridge_actions&)> what);
  /// Closes the carrier's socket, waits a moment for the words of a turn that
  /// has just ended, closes the model's and forgets the call.
  void close();
  /// From the moment that `close` is called.
  bool closing() const { return closing_; }

  void link_opened(link& from) override;
  void link_received(link& from, frame_view frame) override;
  void link_drained(link& from) override;
  void link_gone(link& from, ec code, const std::string& reason) override;

private:
  using time_point = bridge_core::time_point;

  void connect();
  /// The model could not be reached: plans another try, if one may help.
  bool connect_later(const link& failed, const std::string& reason);
  void let_in(std::shared_ptr<link> carrier, const std::string& stream_sid, const std::string& nonce,
              std::optional<uint32_t> generation);
  template <class F>
  void step(F what);
  void perform(bridge_actions& out, time_point now);
  void tell(media_report& report);
  void answer(caf::error result);
  void end_model(uint16_t code, const std::string& reason);
  void end_carrier(uint16_t code, const std::string& reason);
  void arm();
  void tick();
  void close_if_done(time_point now);

  media_hub& hub_;
  strand strand_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    strand>
    timer_;
  bridge_core core_;
  opened_callback opened_;
  std::shared_ptr<link> model_;
  std::shared_ptr<link> carrier_;
  session_opening opening_;
  time_point alone_since_{}; // without the carrier's stream
  bool ever_joined_ = false;
  std::optional<time_point> barge_in_since_;
  std::atomic<bool> closing_{false};
  std::optional<time_point> close_at_; // at the latest; on the strand
  bool closed_ = false;
};

/// A media socket that has not named its call yet: unknown, bounded in time
/// and number, and forgotten at the first wrong word.
class waiting_stream final : public link_owner, public std::enable_shared_from_this<waiting_stream> {
public:
  explicit waiting_stream(media_hub& hub);
  ~waiting_stream() override;

  void accept(boost::asio::ip::tcp protocol, int socket, upgrade_request upgrade);

  void link_opened(link&) override {}
  void link_received(link& from, frame_view frame) override;
  void link_drained(link&) override {}
  void link_gone(link& from, ec code, const std::string& reason) override;

private:
  void refuse(uint16_t code, const std::string& reason);

  media_hub& hub_;
  strand strand_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    strand>
    deadline_;
  std::shared_ptr<link> link_;
};

} // namespace parley::media
