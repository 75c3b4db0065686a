// How a call is recorded: a part of phone_call.
#include "adapters/sandbox/carrier/phone_call.hpp"

#include <boost/asio/post.hpp>

namespace parley::sandbox {

using namespace std::chrono_literals;

std::shared_ptr<call_recording> phone_call::record(recording_request what) {
  std::lock_guard lock{mutex_};
  if (resource_.status != "in-progress" || (recording_ && recording_->is_running()))
    return nullptr;
  recording_
    = std::make_shared<call_recording>(new_sid("RE"), resource_, std::move(what), context_.around.time().now());
  context_.around.log().record("recording_begun", {{"sid", resource_.sid}, {"to", resource_.to}});
  return recording_;
}

void phone_call::stop_recording(std::shared_ptr<call_recording> which) {
  boost::asio::post(strand_, [self = shared_from_this(), which] {
    if (which->finish())
      self->report_recording(*which);
  });
}

void phone_call::end_recording() {
  std::shared_ptr<call_recording> which;
  {
    std::lock_guard lock{mutex_};
    which = recording_;
  }
  if (which && which->finish())
    report_recording(*which);
}

void phone_call::report_recording(const call_recording& which) {
  const auto& wanted = which.wanted();
  const std::string status = which.is_absent() ? "absent" : "completed";
  context_.around.log().record(
    "recording_ended", {{"sid", which.call_sid()}, {"status", status}, {"milliseconds", which.length().count()}});
  if (wanted.status_callback.empty() || !wanted.status_events.contains(status))
    return;
  webhook hook{wanted.status_callback, wanted.status_callback_method, {}, "recording"};
  hook.parameters = {{"AccountSid", which.account_sid()},
                     {"CallSid", which.call_sid()},
                     {"RecordingSid", which.sid()},
                     {"RecordingStatus", status},
                     {"RecordingChannels", wanted.dual ? "2" : "1"},
                     {"RecordingStartTime", rfc2822(which.started())},
                     {"RecordingSource", "StartCallRecordingAPI"},
                     {"RecordingTrack", "both"}};
  if (which.is_absent()) {
    hook.parameters.emplace_back("ErrorCode", "16101");
  } else {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(which.length());
    hook.parameters.emplace_back("RecordingDuration", std::to_string(seconds.count()));
    hook.parameters.emplace_back("RecordingUrl", "https://api.twilio.com/2010-04-01/Accounts/" + which.account_sid()
                                                   + "/Recordings/" + which.sid());
  }
  webhooks_->send(std::move(hook));
}

} // namespace parley::sandbox
