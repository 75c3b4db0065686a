#include "adapters/media/bridge.hpp"

#include "runtime/nonce.hpp"
#include "runtime/registry.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace parley::media {

namespace net = boost::asio;

// How often a call looks at its deadlines.
static constexpr std::chrono::milliseconds tick_interval{250};

// RFC 6455, 7.4.1.
static constexpr uint16_t normal_closure = 1000;
static constexpr uint16_t protocol_error = 1002;
static constexpr uint16_t policy_violation = 1008;

// --- call_bridge --------------------------------------------------------------

call_bridge::call_bridge(media_hub& hub, open_voice_session session, opened_callback opened)
  : hub_{hub}, strand_{net::make_strand(*hub.io)}, timer_{strand_}, core_{hub.settings, std::move(session)},
    opened_{std::move(opened)} {
  hub_.metrics.sessions.Increment();
}

call_bridge::~call_bridge() {
  hub_.metrics.sessions.Decrement();
  if (carrier_)
    hub_.metrics.streams.Decrement();
}

/// The actions of one input, shared by all calls of a thread: nothing that
/// `perform` does calls back into a bridge before it is done with them.
static bridge_actions& actions() {
  static thread_local bridge_actions one;
  return one;
}

template <class F>
void call_bridge::step(F what) {
  auto& out = actions();
  out.clear();
  const auto now = std::chrono::steady_clock::now();
  what(core_, now, out);
  perform(out, now);
}

void call_bridge::perform(bridge_actions& out, time_point now) {
  bool carrier_slow = false;
  bool model_slow = false;
  bool too_long = false; // rather than slow
  if (carrier_) {
    if (out.drop_carrier_backlog)
      carrier_->drop_backlog();
    for (size_t i = 0; i < out.to_carrier.size() && !carrier_slow; ++i)
      carrier_slow = !carrier_->send(out.to_carrier[i]);
    if (carrier_slow) {
      hub_.metrics.carrier_overflows.Increment();
      carrier_->abort(); // what is queued would never go out
    }
    if (!out.to_carrier.empty())
      hub_.metrics.frames_down.Increment(static_cast<double>(out.to_carrier.size()));
    if (out.barge_in)
      barge_in_since_ = now;
  }
  if (model_) {
    for (size_t i = 0; i < out.to_model.size() && !model_slow; ++i) {
      model_slow = !model_->send(out.to_model[i]);
      too_long = model_slow && out.to_model[i].size() > sent_message_max;
    }
    if (model_slow) {
      if (!too_long)
        hub_.metrics.model_overflows.Increment();
      model_->abort();
    }
    if (!out.to_model.empty())
      hub_.metrics.frames_up.Increment(static_cast<double>(out.to_model.size()));
  }
  if (out.opened) {
    hub_.metrics.open_seconds.Observe(std::chrono::duration<double>{now - opening_.since()}.count());
    answer({});
  }
  for (auto& report : out.reports)
    tell(report);
  for (const auto& code : out.complaints) {
    hub_.metrics.failed("the model complained: " + code);
    spdlog::warn("call {}: the voice model complains: {}", to_string(core_.session().call), code);
  }
  if (out.failure != ec::none) {
    hub_.metrics.failed(out.end_model);
    answer(caf::make_error(out.failure, out.end_model));
    end_model(normal_closure, out.end_model);
    if (!ever_joined_)
      close(); // the phone will not ring, or nobody will be heard
  }
  if (!out.end_carrier.empty())
    end_carrier(normal_closure, out.end_carrier);
  // From here on `out` is used for what follows, and either socket may be gone.
  if (carrier_slow) {
    end_carrier(policy_violation, "the carrier reads too slowly");
    step([](bridge_core& core, time_point at, bridge_actions& next) {
      core.carrier_lost("the carrier reads too slowly", at, next);
    });
  }
  if (model_slow)
    step([too_long](bridge_core& core, time_point at, bridge_actions& next) {
      if (too_long)
        core.model_lost(ec::invalid_input, "a message too long for the model", at, next);
      else
        core.model_lost(ec::vendor_unavailable, "the model reads too slowly", at, next);
    });
}

void call_bridge::tell(media_report& report) {
  if (const auto* audio = std::get_if<first_audio>(&report))
    hub_.metrics.first_audio_seconds.Observe(std::chrono::duration<double>{audio->after}.count());
  std::visit([this](auto& x) { caf::anon_send(core_.session().events, std::move(x)); }, report);
}

void call_bridge::answer(caf::error result) {
  if (auto opened = std::exchange(opened_, nullptr))
    opened(std::move(result));
}

void call_bridge::end_model(uint16_t code, const std::string& reason) {
  opening_.end();
  if (!model_)
    return;
  spdlog::info("call {}: voice session ends: {}", to_string(core_.session().call), reason);
  std::exchange(model_, nullptr)->finish(code, reason);
}

void call_bridge::end_carrier(uint16_t code, const std::string& reason) {
  if (!carrier_)
    return;
  spdlog::info("call {}: media stream ends: {}", to_string(core_.session().call), reason);
  if (code != normal_closure || reason.starts_with("garbage"))
    hub_.metrics.failed(reason);
  hub_.metrics.streams.Decrement();
  barge_in_since_.reset(); // its `clear` went nowhere
  alone_since_ = std::chrono::steady_clock::now();
  std::exchange(carrier_, nullptr)->finish(code, reason);
}

void call_bridge::open() {
  net::post(strand_, [self = shared_from_this()] {
    self->alone_since_ = std::chrono::steady_clock::now();
    self->opening_.begin(self->alone_since_, self->hub_.settings.open_timeout);
    self->connect();
    self->arm();
  });
}

void call_bridge::connect() {
  const link_limits limits{hub_.settings.model_message_max, hub_.settings.model_buffer_max,
                           hub_.settings.close_timeout};
  model_ = connect_link(strand_, weak_from_this(), limits, hub_.address, hub_.tls, hub_.settings.api_key);
}

bool call_bridge::connect_later(const link& failed, const std::string& reason) {
  if (closing_ || !failed.failed_upgrade())
    return false;
  const auto wait = opening_.try_again(*failed.failed_upgrade(), std::chrono::steady_clock::now());
  if (!wait)
    return false;
  spdlog::warn("call {}: no voice session yet: {}; tried again in {} ms", to_string(core_.session().call), reason,
               wait->count());
  hub_.book->retried("open_session");
  model_.reset();
  arm();
  return true;
}

void call_bridge::reopen(open_voice_session session, opened_callback opened) {
  net::post(strand_, [self = shared_from_this(), session = std::move(session), opened = std::move(opened)]() mutable {
    if (self->closing_)
      return opened(caf::make_error(ec::conflict, "the call's session was just closed"));
    self->answer(caf::make_error(ec::conflict, "opened again"));
    self->end_model(normal_closure, "opened again");
    self->opened_ = std::move(opened);
    self->step(
      [&](bridge_core& core, time_point now, bridge_actions& out) { core.reopen(std::move(session), now, out); });
    self->opening_.begin(std::chrono::steady_clock::now(), self->hub_.settings.open_timeout);
    self->connect();
  });
}

void call_bridge::join(std::shared_ptr<link> carrier, std::string stream_sid, std::string nonce,
                       std::optional<uint32_t> generation) {
  net::post(strand_, [self = shared_from_this(), carrier = std::move(carrier), sid = std::move(stream_sid),
                      nonce = std::move(nonce),
                      generation]() mutable { self->let_in(std::move(carrier), sid, nonce, generation); });
}

// A nonce is worth something only while the call's session is open, and only
// once: a carrier that lost its connection fetches new TwiML, and so comes back
// with a new one, often before we notice the loss.
void call_bridge::let_in(std::shared_ptr<link> carrier, const std::string& stream_sid, const std::string& nonce,
                         std::optional<uint32_t> generation) {
  std::string refusal;
  if (closing_)
    refusal = "stream of a call that is over";
  else if (!is_stream_nonce(core_.session().stream_key, nonce))
    refusal = "stream with a wrong nonce";
  else if (generation && ever_joined_ && *generation <= core_.generation())
    refusal = "stream older than the present one";
  else if (!hub_.nonces.spend(nonce))
    refusal = "stream with a used nonce";
  carrier->resume(weak_from_this(), strand_);
  if (!refusal.empty()) {
    hub_.metrics.failed(refusal);
    spdlog::warn("call {}: refused: {}", to_string(core_.session().call), refusal);
    return carrier->finish(policy_violation, refusal);
  }
  end_carrier(normal_closure, "replaced by a newer stream");
  carrier_ = std::move(carrier);
  ever_joined_ = true;
  hub_.metrics.streams.Increment();
  step([&](bridge_core& core, time_point now, bridge_actions& out) {
    core.carrier_joined(stream_sid, generation.value_or(core.generation() + 1), now, out);
  });
}

void call_bridge::command(std::function<void(bridge_core&, time_point, bridge_actions&)> what) {
  net::post(strand_, [self = shared_from_this(), what = std::move(what)] {
    if (!self->closing_)
      self->step(what);
  });
}

void call_bridge::close() {
  if (closing_.exchange(true))
    return;
  net::post(strand_, [self = shared_from_this()] {
    self->close_at_ = std::chrono::steady_clock::now() + self->hub_.settings.close_timeout;
    self->answer(caf::make_error(ec::media_lost, "closed while opening"));
    self->step([](bridge_core& core, time_point now, bridge_actions& out) { core.carrier_lost("closed", now, out); });
    self->end_carrier(normal_closure, "closed");
    self->close_if_done(std::chrono::steady_clock::now());
  });
}

void call_bridge::close_if_done(time_point now) {
  if (!close_at_ || closed_ || (model_ && core_.awaits_words() && now < *close_at_))
    return;
  closed_ = true;
  end_model(normal_closure, "closed");
  timer_.cancel();
  hub_.forget(core_.session().call, this);
}

void call_bridge::link_opened(link& from) {
  if (&from == model_.get())
    step([](bridge_core& core, time_point now, bridge_actions& out) { core.model_connected(now, out); });
}

void call_bridge::link_received(link& from, frame_view frame) {
  if (&from == carrier_.get())
    step([&](bridge_core& core, time_point now, bridge_actions& out) { core.carrier_message(frame, now, out); });
  else if (&from == model_.get())
    step([&](bridge_core& core, time_point now, bridge_actions& out) { core.model_message(frame, now, out); });
  if (close_at_)
    close_if_done(std::chrono::steady_clock::now());
}

void call_bridge::link_drained(link& from) {
  if (&from != carrier_.get() || !barge_in_since_)
    return;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - *barge_in_since_;
  hub_.metrics.barge_in_seconds.Observe(took.count());
  barge_in_since_.reset();
}

void call_bridge::link_gone(link& from, ec code, const std::string& reason) {
  if (&from == carrier_.get()) {
    if (code != ec::none)
      hub_.metrics.failed("carrier: " + reason);
    end_carrier(normal_closure, reason);
    step([&](bridge_core& core, time_point now, bridge_actions& out) { core.carrier_lost(reason, now, out); });
  } else if (&from == model_.get() && !connect_later(from, reason)) {
    const auto why = code == ec::none ? ec::vendor_unavailable : code;
    step([&](bridge_core& core, time_point now, bridge_actions& out) {
      core.model_lost(why, "the model's connection ended: " + reason, now, out);
    });
  }
  close_if_done(std::chrono::steady_clock::now());
}

// Called while it waits, it begins anew: the wait before is cancelled.
void call_bridge::arm() {
  const auto next_tick = std::chrono::steady_clock::now() + tick_interval;
  timer_.expires_at(std::min(next_tick, opening_.next_try().value_or(next_tick)));
  timer_.async_wait(net::bind_executor(strand_, [weak = weak_from_this()](boost::system::error_code e) {
    if (const auto self = weak.lock(); self && !e && !self->closed_)
      self->tick();
  }));
}

void call_bridge::tick() {
  const auto& limits = hub_.settings;
  step([&](bridge_core& core, time_point now, bridge_actions& out) {
    core.tick(now, out);
    if (!core.configured() && opening_.too_late(now))
      core.model_lost(ec::vendor_unavailable, "the model did not open the session in time", now, out);
  });
  const auto now = std::chrono::steady_clock::now();
  if (!closing_ && opening_.due(now))
    connect();
  for (const auto& peer : {carrier_, model_})
    if (peer)
      peer->keep_alive(now, limits.keepalive);
  if (!closing_ && !carrier_ && now - alone_since_ > (ever_joined_ ? limits.rejoin_timeout : limits.join_timeout)) {
    step([](bridge_core& core, time_point at, bridge_actions& out) {
      core.model_lost(ec::media_lost, "no media stream came", at, out);
    });
    close();
  }
  close_if_done(now);
  if (!closed_)
    arm();
}

// --- waiting_stream -----------------------------------------------------------

waiting_stream::waiting_stream(media_hub& hub) : hub_{hub}, strand_{net::make_strand(*hub.io)}, deadline_{strand_} {
  ++hub_.waiting_streams;
}

waiting_stream::~waiting_stream() {
  --hub_.waiting_streams;
}

void waiting_stream::accept(net::ip::tcp protocol, int socket, upgrade_request upgrade) {
  // All of it on the strand: the caller has another thread, and the carrier's
  // first message may be there before `accept_link` has returned to it.
  net::post(strand_, [self = shared_from_this(), protocol, socket, upgrade = std::move(upgrade)]() mutable {
    const auto& settings = self->hub_.settings;
    const link_limits limits{settings.carrier_message_max, settings.carrier_buffer_max, settings.close_timeout};
    self->link_ = accept_link(self->strand_, self, limits, protocol, socket, std::move(upgrade));
    self->deadline_.expires_after(settings.start_timeout);
    // The wait keeps this object; it ends with the timer's cancellation.
    self->deadline_.async_wait(net::bind_executor(self->strand_, [self](boost::system::error_code e) {
      if (!e)
        self->refuse(policy_violation, "stream that never started");
    }));
  });
}

void waiting_stream::link_received(link&, frame_view frame) {
  carrier_event event;
  if (!parse_carrier_event(frame, event))
    return refuse(protocol_error, "garbage from a new stream");
  if (event.kind == carrier_event::connected || event.kind == carrier_event::other)
    return;
  if (event.kind != carrier_event::start)
    return refuse(protocol_error, "stream that did not start with `start`");
  if (!event.is_mulaw_8k_mono())
    return refuse(policy_violation, "stream with another audio format");
  const auto call = parse_uuid(event.call);
  const auto bridge = call ? hub_.find(call_id{*call}) : nullptr;
  if (!bridge)
    return refuse(policy_violation, "stream of an unknown call");
  std::optional<uint32_t> generation;
  if (event.generation && *event.generation >= 0 && *event.generation <= UINT32_MAX)
    generation = static_cast<uint32_t>(*event.generation);
  deadline_.cancel();
  link_->pause();
  // Posted, so that the link is done with this message before it changes hands.
  net::post(strand_, [self = shared_from_this(), bridge, sid = std::string{event.stream_sid},
                      nonce = std::string{event.nonce}, generation]() mutable {
    if (self->link_)
      bridge->join(std::exchange(self->link_, nullptr), std::move(sid), std::move(nonce), generation);
  });
}

void waiting_stream::link_gone(link&, ec, const std::string& reason) {
  hub_.metrics.failed("stream that ended before it started: " + reason);
  link_.reset();
  deadline_.cancel();
}

void waiting_stream::refuse(uint16_t code, const std::string& reason) {
  if (!link_)
    return;
  hub_.metrics.failed(reason);
  spdlog::warn("media: refused: {}", reason);
  deadline_.cancel();
  std::exchange(link_, nullptr)->finish(code, reason);
}

} // namespace parley::media
