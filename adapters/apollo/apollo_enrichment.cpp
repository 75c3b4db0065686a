#include "adapters/apollo/apollo_enrichment.hpp"

#include "adapters/http/retry.hpp"

namespace parley {

static http_sender sender_of(const apollo_settings& settings, http_client& client, const port_book_ptr& book) {
  retry_policy policy;
  policy.attempts_max = settings.attempts_max;
  policy.retried = [book](const http_request& x) { book->retried(x.operation); };
  auto plain = with_retries(client, policy);
  return [plain, key = settings.api_key](http_request request, http_callback done) {
    request.headers.emplace_back("X-Api-Key", key);
    plain(std::move(request), std::move(done));
  };
}

void apollo_enrichment_state::start(const node_context& context, const apollo_settings& x) {
  settings = x;
  book = std::make_shared<port_book>(context.telemetry, "enrichment", "apollo");
  client = std::make_unique<http_client>(http_client_options{x.requests_max, x.waiting_max, {}});
  http = std::make_unique<actor_http>(self, sender_of(x, *client, book));
  line = std::make_unique<dialogue_line>(dialogue_line{*http, book, "apollo", total_time(context, x.total_timeout)});
}

inspected_state apollo_enrichment_state::inspect() const {
  auto out = book->shown();
  out["exchanges_open"] = http->open();
  return shown(out);
}

apollo_enrichment_actor::behavior_type
apollo_enrichment(apollo_enrichment_actor::stateful_pointer<apollo_enrichment_state> self, const context_ptr& context,
                  apollo_settings settings) {
  begin(self, context, context->root, "enrichment", "apollo");
  self->state.start(*context, settings);
  return {
    [self](const enrich& x) {
      auto& s = self->state;
      return answer(self, *s.line, "enrich", apollo::find(s.settings, x));
    },
    [self](const inspect_state&) { return self->state.inspect(); },
    [self](http_answered, uint64_t ticket) { self->state.http->answered(ticket); },
  };
}

} // namespace parley
