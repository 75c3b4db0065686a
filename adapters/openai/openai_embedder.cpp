#include "adapters/openai/openai_embedder.hpp"

#include "adapters/http/retry.hpp"
#include "runtime/registry.hpp"

namespace parley {

static http_sender sender_of(const openai_embedder_settings& settings, http_client& client, const port_book_ptr& book) {
  retry_policy policy;
  policy.attempts_max = settings.attempts_max;
  policy.retried = [book](const http_request& x) { book->retried(x.operation); };
  auto plain = with_retries(client, policy);
  if (settings.api_key.empty())
    return plain;
  return [plain, token = bearer_auth(settings.api_key)](http_request request, http_callback done) {
    request.headers.push_back(token);
    plain(std::move(request), std::move(done));
  };
}

void openai_embedder_state::start(const node_context& context, const openai_embedder_settings& x) {
  settings = x;
  book = std::make_shared<port_book>(context.telemetry, "embedder", "openai");
  client = std::make_unique<http_client>(http_client_options{x.requests_max, x.waiting_max, x.ca_file});
  http = std::make_unique<actor_http>(self, sender_of(x, *client, book));
  line = std::make_unique<dialogue_line>(dialogue_line{*http, book, "openai", total_time(context, x.total_timeout)});
}

caf::result<embedded> openai_embedder_state::embed_texts(const embed& x) {
  return answer(self, *line, "embed", openai::embed_texts(settings, x));
}

inspected_state openai_embedder_state::inspect() const {
  auto out = book->shown();
  out["exchanges_open"] = http->open();
  out["embedder"] = settings.name();
  return shown(out);
}

openai_embedder_actor::behavior_type
openai_embedder(openai_embedder_actor::stateful_pointer<openai_embedder_state> self, const context_ptr& context,
                openai_embedder_settings settings) {
  begin(self, context, context->root, "embedder", "openai");
  self->state.start(*context, settings);
  return {
    [self](const embed& x) { return self->state.embed_texts(x); },
    [self](const inspect_state&) { return self->state.inspect(); },
    [self](http_answered, uint64_t ticket) { self->state.http->answered(ticket); },
  };
}

} // namespace parley
