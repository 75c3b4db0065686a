// How a call follows its TwiML: the second half of phone_call.
#include "adapters/sandbox/carrier/phone_call.hpp"

#include <boost/asio/post.hpp>

namespace parley::sandbox {

using namespace std::chrono_literals;

std::string absolute(const std::string& target, const std::string& document_url) {
  if (!target.starts_with('/'))
    return target.empty() ? document_url : target;
  const auto base = parse_url(document_url);
  return base ? base->scheme + "://" + base->authority + target : target;
}

bool phone_call::redirect(std::string url, std::string method, std::string twiml,
                          std::optional<milliseconds> time_limit) {
  {
    std::lock_guard lock{mutex_};
    if (resource_.status != "in-progress")
      return false;
    resource_.updated = context_.around.time().now();
  }
  boost::asio::post(strand_, [self = shared_from_this(), url, method, twiml, time_limit] {
    if (self->over_)
      return;
    if (time_limit)
      self->request_.time_limit = *time_limit;
    self->instruct(url, method, twiml);
  });
  return true;
}

void phone_call::instruct(std::string url, std::string method, std::string twiml) {
  ++instructions_;
  leave_stream();
  forget_human();
  playout_.clear();
  verbs_.clear();
  activity_ = activity::idle;
  if (!twiml.empty())
    return load(twiml);
  fetch(std::move(url), std::move(method), steady::now());
}

void phone_call::fetch(std::string url, std::string method, steady::time_point first_try, fields more) {
  activity_ = activity::fetching;
  document_url_ = url;
  webhook hook{url, method, identity_fields(), {}};
  hook.parameters.insert(hook.parameters.end(), more.begin(), more.end());
  if (const auto by = resource().answered_by; !by.empty() && !request_.async_amd)
    hook.parameters.emplace_back("AnsweredBy", by);
  auto request = signed_request(hook, request_.auth_token);
  http_send(strand_, std::move(request),
            [self = shared_from_this(), url, method, first_try, more, which = instructions_](http_reply reply) {
              if (self->over_ || which != self->instructions_)
                return;
              if (reply.ok())
                return self->load(reply.body);
              // The server may be starting again; what it refuses stays
              // refused.
              const bool unreached = !reply.error.empty() || reply.status >= 500;
              if (!unreached || steady::now() - first_try >= instructions_max)
                return self->finish("completed");
              auto timer = std::make_shared<boost::asio::steady_timer>(self->strand_, instructions_retry);
              timer->async_wait([timer, self, url, method, first_try, more, which](boost::system::error_code error) {
                if (!error && !self->over_ && which == self->instructions_)
                  self->fetch(url, method, first_try, more);
              });
            });
}

void phone_call::load(const std::string& document) {
  try {
    const auto verbs = twiml::parse(document);
    verbs_.assign(verbs.begin(), verbs.end());
  } catch (const twiml::invalid& error) {
    context_.around.log().record("twiml_error", {{"sid", resource_.sid}, {"error", error.what()}});
    return finish("completed");
  }
  activity_ = activity::idle;
  run();
}

void phone_call::run() {
  if (activity_ == activity::speaking && playout_.idle())
    activity_ = activity::idle;
  if (activity_ == activity::pausing && passed_ >= pause_until_)
    activity_ = activity::idle;
  if (activity_ == activity::dialling)
    go_on_dialling();
  // Nothing was fetched yet while the carrier listens for a machine.
  while (!over_ && activity_ == activity::idle && instructions_ > 0) {
    if (verbs_.empty())
      return finish("completed");
    const auto next = std::move(verbs_.front());
    verbs_.pop_front();
    begin(next);
  }
}

void phone_call::begin(const twiml::verb& next) {
  if (const auto* words = std::get_if<twiml::say>(&next)) {
    playout_.queue(encode_utterance(words->text));
    activity_ = activity::speaking;
  } else if (const auto* wait = std::get_if<twiml::pause>(&next)) {
    pause_until_ = passed_ + wait->length;
    activity_ = activity::pausing;
  } else if (const auto* elsewhere = std::get_if<twiml::redirect>(&next)) {
    verbs_.clear();
    fetch(absolute(elsewhere->url, document_url_), elsewhere->method, steady::now());
  } else if (const auto* stream = std::get_if<twiml::connect_stream>(&next)) {
    connect(*stream);
  } else if (const auto* number = std::get_if<twiml::dial>(&next)) {
    put_through(*number);
  } else {
    finish("completed"); // <Hangup>; nothing is asked of the person by <Gather>
  }
}

void phone_call::connect(const twiml::connect_stream& what) {
  activity_ = activity::streaming;
  media_stream::identity who{request_.account_sid, resource_.sid, new_sid("MZ"), request_.auth_token};
  const auto stream_sid = who.stream_sid;
  // The carrier keeps every call, so a stream never outlives its own.
  media_stream::events on;
  on.opened = [this, what, stream_sid] {
    stream_opened_ = passed_;
    line_was_open_ = true;
    stream_event(what, stream_sid, "stream-started");
  };
  on.media = [this](std::string audio) {
    if (const auto cut = std::exchange(cut_at_, std::nullopt))
      context_.around.log().record(
        "stream_resumed", {{"sid", resource_.sid}, {"to", resource_.to}, {"milliseconds", (passed_ - *cut).count()}});
    playout_.queue(audio);
  };
  on.mark = [this](std::string name) {
    playout_.mark(std::move(name));
    echo_marks();
  };
  on.clear = [this] {
    playout_.clear();
    echo_marks();
  };
  on.closed = [this](std::string error) { stream_closed(error); };
  stream_ = std::make_shared<media_stream>(std::move(who), what, context_.around.media_speed() > 1, std::move(on));
  stream_->open(strand_);
}

void phone_call::echo_marks() {
  for (const auto& name : playout_.due())
    if (stream_)
      stream_->send_mark(name);
}

void phone_call::stream_closed(const std::string& error) {
  const auto closed = std::move(stream_);
  if (!cut_at_) {
    cut_at_ = passed_;
    context_.around.log().record("stream_cut", {{"sid", resource_.sid}, {"to", resource_.to}});
  }
  hear_both("person", voice_.skip(1s)); // the rest goes to nobody
  playout_.clear();
  playout_.due(); // nobody is left who waits for them
  const auto& what = closed->instructions();
  stream_event(what, closed->sid(), error.empty() ? "stream-stopped" : "stream-error", error);
  if (!what.action.empty()) {
    verbs_.clear();
    return fetch(absolute(what.action, document_url_), "POST", steady::now());
  }
  activity_ = activity::idle;
  run();
}

void phone_call::leave_stream() {
  if (const auto stream = std::move(stream_)) {
    stream->close();
    hear_both("person", voice_.skip(1s));
    playout_.clear();
    playout_.due();
    stream_event(stream->instructions(), stream->sid(), "stream-stopped");
  }
}

void phone_call::stream_event(const twiml::connect_stream& what, const std::string& sid, const std::string& event,
                              const std::string& error) {
  if (what.status_callback.empty())
    return;
  webhook hook{absolute(what.status_callback, document_url_), "POST", {}, "stream"};
  hook.parameters = {{"AccountSid", request_.account_sid},
                     {"CallSid", resource_.sid},
                     {"StreamSid", sid},
                     {"StreamName", what.name},
                     {"StreamEvent", event},
                     {"Timestamp", to_iso(context_.around.time().now())}};
  if (!error.empty())
    hook.parameters.emplace_back("StreamError", error);
  webhooks_->send(std::move(hook));
}

} // namespace parley::sandbox
