#include "adapters/google_calendar/google_calendar.hpp"

namespace parley {

void google_calendar_state::start(const google_calendar_settings& x, telemetry& t) {
  core = std::make_unique<google_calendar::core>(x);
  metrics = std::make_unique<port_metrics>(t, "calendar");
  client = std::make_unique<http_client>(http_client_options{x.requests_max, x.waiting_max, {}});
  retry_policy policy;
  policy.attempts_max = x.attempts_max;
  policy.throttled = google_calendar::throttled;
  const auto plain = with_retries(*client, policy);
  const oauth_session session{{x.token_url, x.client_id, x.client_secret, x.refresh_token}, plain, plain};
  http = std::make_unique<actor_http>(self, session.sender());
  line = std::make_unique<dialogue_line>(dialogue_line{*http, *metrics, "google calendar"});
}

template <class T>
caf::result<T> google_calendar_state::answer(dialogue<T> x) {
  reply<T> done{self};
  hold<T>(*line, std::move(x),
          [done](caf::expected<T> result) { result ? done(std::move(*result)) : done(std::move(result.error())); });
  return done.later();
}

google_calendar_actor::behavior_type
google_calendar_adapter(google_calendar_actor::stateful_pointer<google_calendar_state> self,
                        google_calendar_settings settings, telemetry* t) {
  guard(self);
  self->state.start(settings, *t);
  return {
    [self](const free_busy_query& x) { return self->state.answer(self->state.core->free_busy(x)); },
    [self](const put_event& x) { return self->state.answer(self->state.core->put(x)); },
    [self](const cancel_event& x) { return self->state.answer(self->state.core->cancel(x)); },
    [self](http_answered, uint64_t ticket) { self->state.http->answered(ticket); },
  };
}

} // namespace parley
