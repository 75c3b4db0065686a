#include "adapters/twilio/twilio_telephony.hpp"

#include "adapters/twilio/outcome.hpp"
#include "adapters/twilio/rest.hpp"

#include <spdlog/spdlog.h>

namespace parley {

void twilio_telephony_state::begin(context_ptr x, twilio_settings y) {
  context = std::move(x);
  settings = std::move(y);
  client = std::make_unique<http_client>();
  book = std::make_shared<port_book>(context->telemetry, "telephony", "twilio");
  once = [c = client.get()](http_request request, http_callback done) { c->send(std::move(request), std::move(done)); };
  // Fetching, listing, ending and redirecting may all be done twice; what may
  // not says so itself.
  retry_policy policy;
  policy.attempts_max = 3;
  policy.delay_max = std::chrono::seconds{10};
  policy.retried = [b = book](const http_request& request) { b->retried(request.operation); };
  http.emplace(self, with_retries(*client, policy));
  line.emplace(dialogue_line{*http, book, "twilio", total_time(*context, settings.total_timeout)});
}

caf::result<originated> twilio_telephony_state::dial(const originate& order) {
  const port_reply<originated> done{self, book, "originate"};
  auto request = twilio::create_call(settings, order);
  // Asked when the connection stands, so that a slow handshake cannot carry
  // the request past its time. The context outlives the client's thread by
  // being held here.
  request.proceed
    = [context = context, not_after = order.not_after] { return may_dial(context->clock.now(), not_after); };
  http->send(once, std::move(request), [this, done, call = order.call](const http_response& response) {
    auto result = twilio::classify(call, twilio::read_reply(response));
    const auto outcome = to_string(result.outcome);
    book->exchanged("originate", outcome, response.took);
    if (result.outcome != submission::created)
      spdlog::warn("call {}: dial {}: {}", to_string(call), to_string(result.outcome), result.reason);
    done.deliver(std::move(result), outcome);
  });
  return done.later();
}

inspected_state twilio_telephony_state::inspect() const {
  auto out = book->shown();
  out["exchanges_open"] = http->open();
  return shown(out);
}

twilio_telephony_actor::behavior_type
twilio_telephony(twilio_telephony_actor::stateful_pointer<twilio_telephony_state> self, context_ptr context,
                 twilio_settings settings) {
  begin(self, context, context->root, "telephony", "twilio");
  self->state.begin(std::move(context), std::move(settings));
  return {
    [self](const originate& x) { return self->state.dial(x); },
    [self](const fetch_call& x) {
      auto& s = self->state;
      return s.ask<carrier_call>("fetch_call", twilio::fetch(s.settings, x.sid, s.now()));
    },
    [self](const find_calls& x) {
      auto& s = self->state;
      return s.ask<carrier_calls>("find_calls", twilio::list(s.settings, x));
    },
    [self](const end_carrier_call& x) {
      auto& s = self->state;
      return s.ask<carrier_call>("end_call", twilio::end(s.settings, x, s.now()));
    },
    [self](const redirect_call& x) {
      auto& s = self->state;
      return s.ask<carrier_call>("redirect_call", twilio::redirect(s.settings, x, s.now()));
    },
    [self](const transfer_call& x) {
      auto& s = self->state;
      return s.ask<carrier_call>("transfer_call", twilio::transfer(s.settings, x, s.now()));
    },
    [self](const leave_message& x) {
      auto& s = self->state;
      return s.ask<carrier_call>("leave_message", twilio::leave_message(s.settings, x, s.now()));
    },
    [self](const start_recording& x) {
      auto& s = self->state;
      return s.ask<recording_started>("start_recording", twilio::record(s.settings, x));
    },
    [self](const stop_recording& x) {
      auto& s = self->state;
      return s.ask<recording_stopped>("stop_recording", twilio::stop_recording(s.settings, x));
    },
    [self](const fetch_recording& x) {
      auto& s = self->state;
      return s.ask<recording_audio>("fetch_recording", twilio::fetch_recording(s.settings, x));
    },
    [self](const delete_recording& x) {
      auto& s = self->state;
      return s.ask<recording_deleted>("delete_recording", twilio::delete_recording(s.settings, x));
    },
    [self](const inspect_state&) { return self->state.inspect(); },
    [self](http_answered, uint64_t ticket) { self->state.http->answered(ticket); },
  };
}

} // namespace parley
