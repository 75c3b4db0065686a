#include "adapters/openai/openai_llm.hpp"

#include "adapters/http/retry.hpp"
#include "runtime/registry.hpp"

namespace parley {

static http_sender sender_of(const openai_settings& settings, http_client& client, const port_book_ptr& book) {
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

void openai_llm_state::start(context_ptr c, const openai_settings& x) {
  context = std::move(c);
  settings = x;
  book = std::make_shared<port_book>(context->telemetry, "llm", "openai");
  client = std::make_unique<http_client>(http_client_options{x.requests_max, x.waiting_max, x.ca_file});
  http = std::make_unique<actor_http>(self, sender_of(x, *client, book));
  line = std::make_unique<dialogue_line>(dialogue_line{*http, book, "openai", total_time(*context, x.total_timeout)});
}

caf::result<completion> openai_llm_state::complete(const completion_request& request) {
  const port_reply<completion> done{self, book, request.purpose};
  hold<completion>(*line, openai::complete(settings, request), line->deadline(),
                   [this, done, purpose = request.purpose](caf::expected<completion> answer) {
                     if (answer)
                       count_tokens(purpose, *answer);
                     done(std::move(answer));
                   });
  return done.later();
}

inspected_state openai_llm_state::inspect() const {
  auto out = book->shown();
  out["exchanges_open"] = http->open();
  out["model"] = settings.model;
  return shown(out);
}

void openai_llm_state::count_tokens(const std::string& purpose, const completion& x) {
  const auto add = [&](const char* direction, uint32_t tokens) {
    context->telemetry
      .counter("parley_llm_tokens_total", "Tokens read and written by the language model.",
               {{"purpose", purpose}, {"direction", direction}})
      .Increment(tokens);
  };
  add("in", x.tokens_in);
  add("out", x.tokens_out);
}

openai_llm_actor::behavior_type
openai_llm(openai_llm_actor::stateful_pointer<openai_llm_state> self, context_ptr context, openai_settings settings) {
  begin(self, context, context->root, "llm", "openai");
  self->state.start(std::move(context), settings);
  return {
    [self](const completion_request& request) { return self->state.complete(request); },
    [self](const inspect_state&) { return self->state.inspect(); },
    [self](http_answered, uint64_t ticket) { self->state.http->answered(ticket); },
  };
}

} // namespace parley
