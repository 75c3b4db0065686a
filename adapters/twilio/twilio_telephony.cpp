#include "adapters/twilio/twilio_telephony.hpp"

#include "adapters/twilio/outcome.hpp"
#include "adapters/twilio/rest.hpp"

#include <spdlog/spdlog.h>

namespace parley {

void twilio_telephony_state::begin(context_ptr x, twilio_settings y) {
  context = std::move(x);
  settings = std::move(y);
  client = std::make_unique<http_client>();
  metrics.emplace(context->telemetry, "telephony");
  once = [c = client.get()](http_request request, http_callback done) { c->send(std::move(request), std::move(done)); };
  // Fetching, listing, ending and redirecting may all be done twice.
  retry_policy policy;
  policy.attempts_max = 3;
  policy.delay_max = std::chrono::seconds{10};
  http.emplace(self, with_retries(*client, policy));
  line.emplace(dialogue_line{*http, *metrics, "twilio"});
}

caf::result<originated> twilio_telephony_state::dial(const originate& order) {
  reply<originated> done{self};
  auto request = twilio::create_call(settings, order);
  // Asked when the connection stands, so that a slow handshake cannot carry
  // the request past its time. The context outlives the client's thread by
  // being held here.
  request.proceed = [context = context, not_after = order.not_after] { return context->clock.now() < not_after; };
  http->send(once, std::move(request), [this, done, call = order.call](const http_response& response) {
    auto result = twilio::classify(call, twilio::read_reply(response));
    metrics->count("originate", std::string{to_string(result.outcome)}, response.took);
    if (result.outcome != submission::created)
      spdlog::warn("call {}: dial {}: {}", to_string(call), to_string(result.outcome), result.reason);
    done(std::move(result));
  });
  return done.later();
}

template <class T>
static caf::result<T> answer(twilio_telephony_state& state, dialogue<T> question) {
  reply<T> done{state.self};
  hold<T>(*state.line, std::move(question), [done](caf::expected<T> result) {
    if (result)
      done(std::move(*result));
    else
      done(std::move(result.error()));
  });
  return done.later();
}

caf::result<carrier_call> twilio_telephony_state::ask(dialogue<carrier_call> question) {
  return answer(*this, std::move(question));
}

caf::result<carrier_calls> twilio_telephony_state::ask(dialogue<carrier_calls> question) {
  return answer(*this, std::move(question));
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
      return s.ask(twilio::fetch(s.settings, x.sid, s.now()));
    },
    [self](const find_calls& x) {
      auto& s = self->state;
      return s.ask(twilio::list(s.settings, x, s.now()));
    },
    [self](const end_carrier_call& x) {
      auto& s = self->state;
      return s.ask(twilio::end(s.settings, x, s.now()));
    },
    [self](const redirect_call& x) {
      auto& s = self->state;
      return s.ask(twilio::redirect(s.settings, x, s.now()));
    },
    [self](http_answered, uint64_t ticket) { self->state.http->answered(ticket); },
  };
}

} // namespace parley
