#pragma once

#include "runtime/messages/campaigns.hpp"
#include "runtime/messages/telephony.hpp"
#include "runtime/telephony/dial_outcome.hpp"
#include "tests/simulation/outside.hpp"

namespace parley::simulation {

/// What a phone does when it is called.
enum class pick_up : uint8_t { person, machine, fax, nobody, busy, dead_number, count_ };

/// A call as the carrier has it.
struct phone_call {
  std::string sid;
  call_id call;
  std::string to;
  std::string from;
  pick_up who = pick_up::person;
  carrier_status status = carrier_status::queued;
  answered_by verdict = answered_by::not_asked;
  wall_time created{};
  wall_time listed{}; ///< from when lists show it: the carrier's index lags behind
  std::optional<wall_time> rang;
  std::optional<wall_time> answered;
  std::optional<wall_time> ended;
  std::chrono::seconds ring_timeout{25};
  bool wait_for_beep = false;
  uint32_t sequence = 0; ///< of its webhooks
  uint32_t stream = 0;   ///< generation of its media stream; 0: none yet
  bool stream_up = false;
  uint32_t rounds = 0; ///< of asking what to do next
  std::optional<nanoseconds> refused_since;
  std::string recording;
  bool redirected = false;  ///< by update-call: its stream means nothing any more
  bool handed_over = false; ///< somebody else was rung up for it
  bool message_left = false;
  std::optional<wall_time> spoke; ///< the person last said something, or pressed a key
};

/// The way from the carrier to whatever node is up.
class way_in {
public:
  virtual ~way_in() = default;
  virtual bool node_up() const = 0;
  /// Brings a webhook; `answered` hears of the acknowledgement, or never.
  virtual void bring(const carrier_event& event, std::function<void(bool accepted)> answered) = 0;
  /// The node has a voice session that waits for this call's stream.
  virtual bool expects_stream(call_id call) const = 0;
  virtual void stream_opened(phone_call& call) = 0;
  virtual void stream_closed(phone_call& call) = 0;
};

/// A carrier's account: calls and what it tells of them. Its own faults are
/// queues, lists and webhooks that come late, doubled, out of order or never.
class carrier {
public:
  carrier(outside& o, way_in& node) : o_{o}, node_{node} {}

  /// What the phone at this number does with its next call.
  std::function<pick_up(const std::string& number)> picks_up = [](const auto&) { return pick_up::person; };
  /// Told before a call comes into being.
  std::function<void(const originate&)> watch_creation = [](const auto&) {};
  /// Told when the phone begins to ring.
  std::function<void(const phone_call&)> watch_ring = [](const auto&) {};

  /// Takes a dial; what comes back is the adapter's to lose.
  dial_reply create(const originate& x);
  caf::expected<carrier_call> fetch(const std::string& sid);
  caf::expected<carrier_calls> list(const find_calls& x);
  caf::expected<carrier_call> end(const std::string& sid, bool cancel);
  caf::expected<carrier_call> leave_message(const parley::leave_message& x);
  caf::expected<carrier_call> transfer(const transfer_call& x);
  caf::expected<carrier_call> redirect(const std::string& sid);
  caf::expected<recording_started> record(const start_recording& x);
  caf::expected<recording_stopped> stop_record(const stop_recording& x);
  caf::expected<recording_audio> fetch_record(const fetch_recording& x);
  caf::expected<recording_deleted> delete_record(const delete_recording& x);

  /// The person hangs up.
  void hang_up(const std::string& sid);
  /// The node closed a call's stream: it asks what to do next.
  void close_stream(phone_call& c);
  /// The node died: every stream breaks.
  void break_streams();
  phone_call* find(const std::string& sid);
  const std::map<std::string, phone_call>& calls() const { return calls_; }
  size_t open() const;

private:
  void ring(const std::string& sid);
  void begin_ringing(phone_call& c);
  void answer(phone_call& c);
  void finish(phone_call& c, carrier_status status);
  void connect(const std::string& sid);
  void ask_what_next(const std::string& sid);
  void tell(phone_call& c, decltype(carrier_event::what) what);
  void deliver(const carrier_event& event, const std::string& kind, bool late, uint32_t tries);
  void tell_recording(phone_call& c);
  carrier_call shown(const phone_call& c) const;

  outside& o_;
  way_in& node_;
  std::map<std::string, phone_call> calls_; ///< by SID
  std::set<std::string> recordings_;
  uint64_t last_sid_ = 0;
};

/// As the coverage report names them.
std::string name_of(const carrier_event& event);

} // namespace parley::simulation
