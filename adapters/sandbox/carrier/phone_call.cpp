#include "adapters/sandbox/carrier/phone_call.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <random>

namespace parley::sandbox {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr milliseconds before_ringing = 700ms;
constexpr milliseconds before_busy = 1500ms;
constexpr milliseconds before_not_in_service = 1200ms;
/// How long people wait for the line to open before they speak anyway.
constexpr milliseconds line_opens_max = 5s;
/// A gap in the middle of a word that a person hears past, in real time: it is
/// the network's or the machine's, not the speaker's.
constexpr milliseconds gap_max = 250ms;
constexpr milliseconds beep_length = 400ms;
constexpr milliseconds breath = 120ms; // between two things that a person says
/// How often a talking call is looked after, in real time.
constexpr milliseconds step_min = 4ms;
constexpr milliseconds step_max = 20ms;
/// A machine that stalls longer makes the call slower: people must not wait
/// through time in which nobody could speak to them.
constexpr milliseconds late_max = 40ms;

/// The tone of an answering machine: sound, but no words.
constexpr char tone_byte = 0x55;

} // namespace

std::string new_sid(std::string_view kind) {
  thread_local std::random_device device;
  std::string sid{kind};
  for (int i = 0; i < 32; ++i)
    sid += "0123456789abcdef"[device() % 16];
  return sid;
}

phone_call::phone_call(call_context context, std::string sid, call_request request)
  : context_{std::move(context)}, request_{std::move(request)}, strand_{boost::asio::make_strand(context_.around.io())},
    timer_{strand_}, webhooks_{std::make_shared<webhook_line>(context_.around, context_.faults, strand_,
                                                              request_.auth_token, context_.name)},
    created_at_{steady::now()}, playout_{std::max(gap_max, context_.around.media(gap_max))} {
  resource_.sid = std::move(sid);
  resource_.account_sid = request_.account_sid;
  resource_.to = request_.to;
  resource_.from = request_.from;
  resource_.created = resource_.updated = context_.around.time().now();
}

call_resource phone_call::resource() const {
  std::lock_guard lock{mutex_};
  return resource_;
}

// -- the life before the answer
// -------------------------------------------------

void phone_call::start(nanoseconds queue) {
  boost::asio::post(strand_, [self = shared_from_this(), queue] {
    self->timer_.expires_after(queue);
    self->timer_.async_wait([self](boost::system::error_code error) {
      if (!error && !self->over_)
        self->dial();
    });
  });
}

void phone_call::after(milliseconds media, void (phone_call::*then)()) {
  timer_.expires_after(context_.around.real(media));
  timer_.async_wait([self = shared_from_this(), then](boost::system::error_code error) {
    if (!error && !self->over_)
      (self.get()->*then)();
  });
}

void phone_call::dial() {
  if (!advance("queued", "ringing"))
    return;
  how_ = context_.everybody.dial(request_.to);
  {
    std::lock_guard lock{mutex_};
    resource_.started = context_.around.time().now();
    resource_.queue_time = context_.around.media(steady::now() - created_at_);
  }
  report("initiated");
  if (how_.is_busy())
    after(before_busy, &phone_call::line_busy);
  else if (!how_.is_in_service())
    after(before_not_in_service, &phone_call::not_in_service);
  else
    after(before_ringing, &phone_call::ring);
}

void phone_call::line_busy() {
  finish("busy");
}

void phone_call::not_in_service() {
  finish("failed");
}

void phone_call::ring() {
  context_.around.log().call_rings(resource_.sid);
  report("ringing");
  if (how_.answers() && how_.rings < request_.timeout)
    after(how_.rings, &phone_call::pick_up);
  else
    after(request_.timeout, &phone_call::give_up);
}

void phone_call::give_up() {
  finish("no-answer");
}

void phone_call::pick_up() {
  if (!advance("ringing", "in-progress"))
    return;
  person_ = context_.everybody.answer(request_.to, how_);
  context_.around.log().call_answered(resource_.sid, person_->is_machine() ? "machine" : "human");
  answered_at_ = next_step_ = picked_up_at_ = steady::now();
  report("answered");
  const bool detects = request_.machine_detection != call_request::detection::off;
  // People say hello and stop; machines go on, which takes longer to notice.
  if (detects)
    amd_at_ = person_->is_machine() ? 3200ms : 1600ms;
  if (!detects || request_.async_amd)
    instruct(request_.url, request_.method, request_.twiml);
  step();
}

// -- the conversation
// -----------------------------------------------------------

milliseconds phone_call::media_now() const {
  return context_.around.media(steady::now() - answered_at_);
}

void phone_call::step() {
  // Frame by frame, however late the machine is: what people do must not
  // depend on how many frames are due at once.
  const auto late = std::max(frame_time, context_.around.media(late_max));
  if (const auto behind = media_now() - passed_; behind > late)
    answered_at_ += context_.around.real(behind - late);
  const auto now = media_now();
  while (!over_ && passed_ + frame_time <= now) {
    auto news = play_frame();
    // While somebody else is rung up, the person only waits.
    if (line_is_opening() || activity_ == activity::dialling)
      held_ += frame_time;
    else
      live(std::move(news));
    if (!over_)
      detect_machine();
    if (!over_ && passed_ >= request_.time_limit)
      finish("completed");
    if (!over_)
      run();
  }
  if (over_)
    return;
  const auto wanted = std::chrono::duration_cast<milliseconds>(context_.around.real(frame_time));
  next_step_ = std::max(next_step_ + std::clamp(wanted, step_min, step_max), steady::now());
  timer_.expires_at(next_step_);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error && !self->over_)
      self->step();
  });
}

/// People say "hello" when they hear the line open. Their time stands still
/// until the stream is there, so that no word depends on how fast it came.
bool phone_call::line_is_opening() const {
  const bool waits
    = activity_ == activity::fetching || (activity_ == activity::streaming && !(stream_ && stream_->is_open()));
  return waits && !line_was_open_ && held_ < context_.around.patience(line_opens_max);
}

std::vector<heard> phone_call::play_frame() {
  auto news = playout_.play(ear_);
  const auto ready = std::min(mouth_.size() - mouth_at_, frame_bytes);
  static const std::string quiet(frame_bytes, silence_byte);
  const auto frame
    = ready == frame_bytes ? std::string_view{mouth_}.substr(mouth_at_, frame_bytes) : std::string_view{quiet};
  if (ready == frame_bytes)
    mouth_at_ += frame_bytes;
  if (mouth_at_ == mouth_.size()) {
    mouth_.clear();
    mouth_at_ = 0;
  }
  std::vector<heard> said;
  if (stream_ && stream_->is_open()) {
    stream_->send_audio(frame, passed_ - stream_opened_);
    // What is said before the stream is open reaches nobody.
    said = voice_.feed(frame);
  }
  passed_ += frame_time;
  {
    std::lock_guard lock{mutex_};
    if (recording_)
      recording_->take(frame, playout_.last_played());
  }
  hear_both("person", said);
  hear_both("agent", news);
  echo_marks();
  return news;
}

void phone_call::hear_both(std::string_view by, const std::vector<heard>& news) {
  if (by == "agent" && !news.empty() && !first_audio_)
    first_audio_ = std::chrono::duration_cast<milliseconds>(steady::now() - picked_up_at_);
  for (const auto& one : news)
    if (one.kind == heard::speech_ended && !one.text.empty())
      transcript_.push_back({{"by", by}, {"text", one.text}, {"ms", passed_.count()}, {"complete", one.complete}});
}

void phone_call::live(std::vector<heard> news) {
  for (auto& one : news) {
    one.at -= held_;
    one.start -= held_;
  }
  for (const auto& one : person_->live(lived(), news, !mouth_.empty())) {
    switch (one.kind) {
      case deed::say:
        if (!mouth_.empty())
          mouth_ += silence(breath);
        mouth_ += encode_utterance(one.text);
        break;
      case deed::beep:
        mouth_ += silence(breath) + std::string(bytes_of(beep_length), tone_byte);
        beeped_ = true;
        break;
      case deed::fall_silent:
        mouth_.clear();
        mouth_at_ = 0;
        break;
      case deed::press:
        if (stream_)
          stream_->send_dtmf(one.text);
        transcript_.push_back({{"by", "person"}, {"key", one.text}, {"ms", passed_.count()}});
        break;
      case deed::hang_up: return finish("completed");
    }
  }
}

void phone_call::detect_machine() {
  if (!amd_at_ || lived() < *amd_at_)
    return;
  std::string result = person_->is_machine() ? "machine_start" : "human";
  if (request_.machine_detection == call_request::detection::message_end && person_->is_machine()) {
    if (!(beeped_ && mouth_.empty()) && lived() < request_.amd_timeout)
      return; // the greeting is not over yet
    result = beeped_ ? "machine_end_beep" : "machine_end_silence";
  }
  if (lived() >= request_.amd_timeout)
    result = "unknown";
  amd_at_.reset();
  {
    std::lock_guard lock{mutex_};
    resource_.answered_by = result;
  }
  if (!request_.async_amd)
    return instruct(request_.url, request_.method, request_.twiml);
  if (request_.amd_callback.empty())
    return;
  webhook hook{request_.amd_callback, request_.amd_callback_method, {}, "amd"};
  hook.parameters = {{"CallSid", resource_.sid},
                     {"AccountSid", request_.account_sid},
                     {"AnsweredBy", result},
                     {"MachineDetectionDuration", std::to_string(lived().count())}};
  webhooks_->send(std::move(hook));
}

// -- the end
// --------------------------------------------------------------------

bool phone_call::advance(std::string_view from, std::string_view to) {
  std::lock_guard lock{mutex_};
  if (resource_.status != from)
    return false;
  resource_.status = to;
  resource_.updated = context_.around.time().now();
  return true;
}

bool phone_call::stop(bool cancel_only) {
  {
    std::lock_guard lock{mutex_};
    if (resource_.is_final() || (cancel_only && resource_.status == "in-progress"))
      return false;
    resource_.status = resource_.status == "in-progress" ? "completed" : "canceled";
    resource_.updated = context_.around.time().now();
    resource_.ended = resource_.updated;
  }
  boost::asio::post(strand_, [self = shared_from_this()] { self->wrap_up(); });
  return true;
}

void phone_call::finish(std::string_view status) {
  {
    std::lock_guard lock{mutex_};
    if (resource_.is_final())
      return; // stopped from outside; wrap_up is on its way
    resource_.status = status;
    resource_.updated = context_.around.time().now();
    resource_.ended = resource_.updated;
  }
  wrap_up();
}

void phone_call::wrap_up() {
  if (std::exchange(over_, true))
    return;
  timer_.cancel();
  ++instructions_;
  if (person_) {
    std::lock_guard lock{mutex_};
    resource_.duration = passed_;
  }
  leave_stream();
  forget_human();
  // A word that the end cut short was not heard by anybody.
  hear_both("agent", ear_.skip(1s));
  hear_both("person", voice_.skip(1s));
  const auto call = resource();
  if (person_) {
    nlohmann::json what{{"sid", call.sid}, {"to", call.to}, {"turns", std::move(transcript_)}};
    what["first_audio_ms"] = first_audio_ ? nlohmann::json(first_audio_->count()) : nlohmann::json{};
    context_.around.log().record("transcript", std::move(what));
  }
  context_.around.log().call_ended(call.sid, call.status);
  report("completed");
  end_recording();
  person_.reset();
  mouth_ = {};
}

// -- webhooks
// -------------------------------------------------------------------

fields phone_call::identity_fields() const {
  const auto call = resource();
  return {{"CallSid", call.sid},       {"AccountSid", call.account_sid},
          {"From", call.from},         {"To", call.to},
          {"Caller", call.from},       {"Called", call.to},
          {"CallStatus", call.status}, {"Direction", "outbound-api"},
          {"ApiVersion", "2010-04-01"}};
}

void phone_call::report(const std::string& event) {
  if (request_.status_callback.empty() || !request_.status_events.contains(event))
    return;
  webhook hook{request_.status_callback, request_.status_callback_method, identity_fields(), "status"};
  const auto call = resource();
  auto& all = hook.parameters;
  // The resource has no state for the moment before it rings.
  if (event == "initiated")
    std::find_if(all.begin(), all.end(), [](const auto& x) { return x.first == "CallStatus"; })->second = "initiated";
  all.emplace_back("Timestamp", rfc2822(context_.around.time().now()));
  all.emplace_back("CallbackSource", "call-progress-events");
  all.emplace_back("SequenceNumber", std::to_string(events_reported_++));
  if (event == "completed") {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(call.duration.value_or(0ms));
    all.emplace_back("CallDuration", std::to_string(seconds.count()));
    all.emplace_back("Duration", std::to_string(std::chrono::ceil<std::chrono::minutes>(seconds).count()));
    all.emplace_back("SipResponseCode", call.status == "completed"                                ? "200"
                                        : call.status == "busy"                                   ? "486"
                                        : call.status == "no-answer" || call.status == "canceled" ? "487"
                                        : !how_.is_in_service()                                   ? "404"
                                                                                                  : "500");
  }
  if (!call.answered_by.empty() && !request_.async_amd)
    all.emplace_back("AnsweredBy", call.answered_by);
  webhooks_->send(std::move(hook));
}

} // namespace parley::sandbox
