#pragma once

#include "adapters/sandbox/carrier/call_resource.hpp"
#include "adapters/sandbox/carrier/media_stream.hpp"
#include "adapters/sandbox/carrier/playout.hpp"
#include "adapters/sandbox/carrier/recording.hpp"
#include "adapters/sandbox/people/people.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::sandbox {

/// A SID of that kind, e.g. "CA": never the same twice, not even after
/// a restart with the same seed, as a carrier's never is.
std::string new_sid(std::string_view kind);

/// Real time until missing instructions end a call; the carrier's own limit.
inline constexpr std::chrono::seconds instructions_max{15};
inline constexpr milliseconds instructions_retry{250};
/// A URL in a document may leave out scheme and host.
std::string absolute(const std::string& target, const std::string& document_url);

/// What a call gets from its carrier.
struct call_context {
  world& around;
  people& everybody;
  webhook_faults& faults;
  std::string name; ///< the number and how often it was called: the same in every run
};

/// One phone call from the create to its end: rings, is picked up by a
/// person, runs TwiML, carries the audio both ways, tells by webhooks.
///
/// Two sides: the members that say "any thread", which the REST API uses, and
/// the rest, which runs on the call's strand in media time.
class phone_call : public std::enable_shared_from_this<phone_call> {
public:
  phone_call(call_context context, std::string sid, call_request request);

  /// Dials after that real time in the queue. Any thread, once.
  void start(nanoseconds queue);
  /// Any thread.
  call_resource resource() const;
  /// Ends the call: ringing or queued as canceled, talking as completed.
  /// False when it is over, or is talking and `cancel_only`. Any thread.
  bool stop(bool cancel_only);
  /// Gives a talking call other instructions. False when it isn't talking.
  /// Any thread.
  bool redirect(std::string url, std::string method, std::string twiml, std::optional<milliseconds> time_limit);
  /// Records a talking call from now on. Null when it isn't talking, or is
  /// recorded already. Any thread.
  std::shared_ptr<call_recording> record(recording_request what);
  /// Ends a recording of this call while the call goes on. Any thread.
  void stop_recording(std::shared_ptr<call_recording> which);

private:
  using steady = std::chrono::steady_clock;
  enum class activity { idle, fetching, speaking, pausing, streaming, dialling };

  // The life before the answer.
  void dial();
  void ring();
  void pick_up();
  void line_busy();
  void not_in_service();
  void give_up();
  void after(milliseconds media, void (phone_call::*then)());

  // The conversation.
  void step();
  /// 20 ms of both directions; returns what the person noticed.
  std::vector<heard> play_frame();
  bool line_is_opening() const;
  void live(std::vector<heard> news);
  void detect_machine();
  /// Notes for the witness what was said to its end, or broke off.
  void hear_both(std::string_view by, const std::vector<heard>& news);
  /// Time as the person feels it: they begin once the line is open.
  milliseconds lived() const { return passed_ - held_; }

  // The instructions.
  void instruct(std::string url, std::string method, std::string twiml);
  void fetch(std::string url, std::string method, steady::time_point first_try, fields more = {});
  void load(const std::string& document);
  void run();
  void begin(const twiml::verb& next);
  void connect(const twiml::connect_stream& what);
  void echo_marks();
  void stream_closed(const std::string& error);
  void leave_stream();
  void stream_event(const twiml::connect_stream& what, const std::string& sid, const std::string& event,
                    const std::string& error = {});

  // The human whom the call is put through to.
  void put_through(const twiml::dial& what);
  void go_on_dialling();
  void ask_human(const std::string& target, const std::string& method, const fields& more = {},
                 std::optional<steady::time_point> since = {});
  bool has_human(const std::string& leg) const;
  void load_for_human(const std::string& document);
  void play_to_human();
  void bridge();
  /// The human has hung up, did not take it or never came; goes on by the
  /// instructions.
  void dial_over();
  /// Tells the witness, once.
  void forget_human(const std::string& unanswered = "canceled");

  // The end.
  bool advance(std::string_view from, std::string_view to);
  void finish(std::string_view status);
  void wrap_up();

  milliseconds media_now() const;
  fields identity_fields() const;
  void report(const std::string& event);
  void end_recording();
  void report_recording(const call_recording& which);

  call_context context_;
  call_request request_;
  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<webhook_line> webhooks_;

  mutable std::mutex mutex_; // guards the next two
  call_resource resource_;
  std::shared_ptr<call_recording> recording_;

  pickup how_;
  bool over_ = false;
  int events_reported_ = 0;
  steady::time_point created_at_;
  steady::time_point answered_at_; // moves on when the machine is too slow for the media
  steady::time_point picked_up_at_;
  std::optional<milliseconds> first_audio_; // real time from the answer to the agent's first sound
  steady::time_point next_step_;

  std::unique_ptr<person> person_;
  std::string mouth_; // what the person is saying
  size_t mouth_at_ = 0;
  bool beeped_ = false;
  listener ear_;   // of the person
  listener voice_; // of the person, as it went out: for the witness
  playout playout_;
  milliseconds passed_{}; // media time since the answer, in whole frames
  milliseconds held_{};   // of it, before the line was open
  bool line_was_open_ = false;
  std::optional<milliseconds> amd_at_;
  nlohmann::json transcript_ = nlohmann::json::array();

  activity activity_ = activity::idle;
  std::deque<twiml::verb> verbs_;
  std::string document_url_;
  uint64_t instructions_ = 0; // counts them: late answers to old ones are void
  milliseconds pause_until_{};
  /// Whom the call was put through to.
  struct human {
    /// `asking`: for what is played to them; `listening`: to that.
    enum { ringing, asking, listening, talking } stage = ringing;
    twiml::dial order;
    std::string sid;
    std::string comes_to = "no-answer"; ///< the carrier's word once `until` is reached
    std::string key;                    ///< that they press; empty: none
    milliseconds until{};               ///< for so long this goes on
    std::deque<twiml::verb> verbs;
    std::string document_url;
    std::optional<twiml::gather> question; ///< that they listen to
    std::optional<milliseconds> answered;
    std::optional<milliseconds> since; ///< the two talk
  };
  std::optional<human> human_;
  std::shared_ptr<media_stream> stream_;
  milliseconds stream_opened_{};
  std::optional<milliseconds> cut_at_; ///< the server closed the stream, and no agent was heard since
};

} // namespace parley::sandbox
