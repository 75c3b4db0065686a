#include "adapters/google_calendar/google_calendar.hpp"

namespace parley {

void google_calendar_state::start(const node_context& context, const google_calendar_settings& x) {
  time = &context.clock;
  core = std::make_unique<google_calendar::core>(x);
  book = std::make_shared<port_book>(context.telemetry, "calendar", "google");
  client = std::make_unique<http_client>(http_client_options{x.requests_max, x.waiting_max, {}});
  retry_policy policy;
  policy.attempts_max = x.attempts_max;
  policy.throttled = google_calendar::throttled;
  policy.retried = [b = book](const http_request& request) { b->retried(request.operation); };
  const auto plain = with_retries(*client, policy);
  const auto session = x.account
                         ? oauth_session::of_account(*x.account, plain, plain)
                         : oauth_session{{x.token_url, x.client_id, x.client_secret, x.refresh_token}, plain, plain};
  http = std::make_unique<actor_http>(self, session.sender());
  line = std::make_unique<dialogue_line>(
    dialogue_line{*http, book, "google calendar", total_time(context, x.total_timeout)});
  writes = std::make_unique<write_lines>(x.waiting_max);
}

caf::result<busy_times> google_calendar_state::free_busy(const free_busy_query& query) {
  return answer(self, *line, "free_busy", core->free_busy(query));
}

template <class T, class Message>
caf::result<T> google_calendar_state::write(const std::string& operation, const Message& x,
                                            dialogue<T> (google_calendar::core::*how)(const Message&) const) {
  const port_reply<T> done{self, book, operation};
  // Without that order a slow write could undo a later one.
  const auto place = x.calendar + '/' + x.event_id;
  writes->add<T>(place, place, operation + bytes_of(self->system(), x), done,
                 [this, x, how, deadline = line->deadline()](const write_lines::finish<T>& end) {
                   hold<T>(*line, (core.get()->*how)(x), deadline, end);
                 });
  return done.later();
}

caf::result<event_written> google_calendar_state::put(const put_event& event) {
  return write<event_written>("put_event", event, &google_calendar::core::put);
}

caf::result<event_cancelled> google_calendar_state::cancel(const cancel_event& event) {
  return write<event_cancelled>("cancel_event", event, &google_calendar::core::cancel);
}

caf::result<event_changes> google_calendar_state::changes(const list_changes& query) {
  return answer(self, *line, "list_changes", core->changes(query, time->now()));
}

inspected_state google_calendar_state::inspect() const {
  auto out = book->shown();
  out["exchanges_open"] = http->open();
  out["writes_waiting"] = writes->waiting();
  return shown(out);
}

google_calendar_actor::behavior_type
google_calendar_adapter(google_calendar_actor::stateful_pointer<google_calendar_state> self, context_ptr context,
                        google_calendar_settings settings) {
  begin(self, context, context->root, "calendar", "google");
  self->state.start(*context, settings);
  return {
    [self](const free_busy_query& x) { return self->state.free_busy(x); },
    [self](const put_event& x) { return self->state.put(x); },
    [self](const cancel_event& x) { return self->state.cancel(x); },
    [self](const list_changes& x) { return self->state.changes(x); },
    [self](const inspect_state&) { return self->state.inspect(); },
    [self](http_answered, uint64_t ticket) { self->state.http->answered(ticket); },
  };
}

} // namespace parley
