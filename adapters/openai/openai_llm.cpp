#include "adapters/openai/openai_llm.hpp"

#include "adapters/http/retry.hpp"
#include "runtime/registry.hpp"

namespace parley {

static http_sender sender_of(const openai_settings& settings, http_client& client) {
  retry_policy policy;
  policy.attempts_max = settings.attempts_max;
  auto plain = with_retries(client, policy);
  if (settings.api_key.empty())
    return plain;
  return [plain, token = bearer_auth(settings.api_key)](http_request request, http_callback done) {
    request.headers.push_back(token);
    plain(std::move(request), std::move(done));
  };
}

void openai_llm_state::start(const openai_settings& x, telemetry& t) {
  settings = x;
  all_metrics = &t;
  metrics = std::make_unique<port_metrics>(t, "llm");
  client = std::make_unique<http_client>(http_client_options{x.requests_max, x.waiting_max, x.ca_file});
  http = std::make_unique<actor_http>(self, sender_of(x, *client));
  line = std::make_unique<dialogue_line>(dialogue_line{*http, *metrics, "openai"});
}

caf::result<completion> openai_llm_state::complete(const completion_request& request) {
  reply<completion> done{self};
  hold<completion>(*line, openai::complete(settings, request),
                   [this, done, purpose = request.purpose](caf::expected<completion> answer) {
                     if (!answer)
                       return done(std::move(answer.error()));
                     count_tokens(purpose, *answer);
                     done(std::move(*answer));
                   });
  return done.later();
}

void openai_llm_state::count_tokens(const std::string& purpose, const completion& x) {
  const auto add = [&](const char* direction, uint32_t tokens) {
    all_metrics
      ->counter("parley_llm_tokens_total", "Tokens read and written by the language model.",
                {{"purpose", purpose}, {"direction", direction}})
      .Increment(tokens);
  };
  add("in", x.tokens_in);
  add("out", x.tokens_out);
}

openai_llm_actor::behavior_type
openai_llm(openai_llm_actor::stateful_pointer<openai_llm_state> self, openai_settings settings, telemetry* t) {
  guard(self);
  self->state.start(settings, *t);
  return {
    [self](const completion_request& request) { return self->state.complete(request); },
    [self](http_answered, uint64_t ticket) { self->state.http->answered(ticket); },
  };
}

} // namespace parley
