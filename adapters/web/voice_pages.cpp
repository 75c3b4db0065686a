#include "adapters/web/voice_pages.hpp"

#include "adapters/twilio/node_proof.hpp"
#include "adapters/twilio/signature.hpp"
#include "adapters/twilio/twiml.hpp"
#include "adapters/twilio/webhooks.hpp"
#include "runtime/ask.hpp"
#include "runtime/nonce.hpp"

#include <spdlog/spdlog.h>

#include <charconv>

namespace parley::web {

namespace net = boost::asio;

static constexpr const char* xml = "text/xml; charset=utf-8";

static std::string text(boost::beast::string_view x) {
  return {x.data(), x.size()};
}

voice_pages::voice_pages(twilio_settings carrier, const web_ports& ports, std::chrono::milliseconds journal_timeout)
  : carrier_{std::move(carrier)}, ports_{ports}, journal_timeout_{journal_timeout} {}

response voice_pages::refused(http::status status, const char* reason) const {
  ports_.telemetry
    .counter("parley_webhooks_refused_total", "Requests to the webhook listener that were refused, by reason.",
             {{"reason", reason}})
    .Increment();
  return reply(status, std::string{reason} + '\n');
}

static bool is_known(std::string_view path) {
  return path == "/voice/status" || path == "/voice/amd" || path == "/voice/twiml" || path == "/voice/resume"
         || path == "/voice/recording" || path == "/voice/transferred" || path == "/voice/handover"
         || path == "/voice/handover/key";
}

voice_pages::reading voice_pages::read(const request& asked) const {
  const auto target = text(asked.target());
  const auto cut = std::min(target.find('?'), target.size());
  verified result;
  result.path = target.substr(0, cut);
  if (!is_known(result.path))
    return refused(http::status::not_found, "unknown path");
  const bool tells = result.path != "/voice/twiml" && result.path != "/voice/resume";
  const bool is_get = asked.method() == http::verb::get;
  if (asked.method() != http::verb::post && (tells || !is_get))
    return refused(http::status::method_not_allowed, "unknown method");
  auto query = form_decode(std::string_view{target}.substr(std::min(cut + 1, target.size())));
  if (!query)
    return refused(http::status::bad_request, "query cannot be read");
  http_fields form;
  if (!is_get) {
    if (!asked[http::field::content_type].starts_with("application/x-www-form-urlencoded"))
      return refused(http::status::bad_request, "body is no form");
    auto decoded = form_decode(asked.body());
    if (!decoded)
      return refused(http::status::bad_request, "form cannot be read");
    form = std::move(*decoded);
  }
  if (!twilio::verify(carrier_.webhook_tokens(), carrier_.public_address(target), form,
                      text(asked["X-Twilio-Signature"])))
    return refused(http::status::forbidden, "signature does not fit");
  const auto call = parse_uuid(twilio::field(*query, "call").value_or(""));
  if (!call)
    return refused(http::status::bad_request, "query names no call");
  result.call = call_id{*call};
  result.parameters = is_get ? *query : std::move(form);
  result.query = std::move(*query);
  return result;
}

/// Answers whoever signs like the carrier, which only the node's own operator
/// can do; it stores nothing and concerns no call.
response voice_pages::prove(const request& asked, const std::string& target) const {
  if (asked.method() != http::verb::get)
    return refused(http::status::method_not_allowed, "unknown method");
  if (!twilio::verify(carrier_.webhook_tokens(), carrier_.public_address(target), {},
                      text(asked["X-Twilio-Signature"])))
    return refused(http::status::forbidden, "signature does not fit");
  const auto query = form_decode(std::string_view{target}.substr(std::min(target.find('?') + 1, target.size())));
  const auto nonce = query ? twilio::field(*query, "nonce").value_or("") : "";
  if (nonce.size() < twilio::nonce_length_min || nonce.size() > twilio::nonce_length_max)
    return refused(http::status::bad_request, "query has no nonce");
  return reply(http::status::ok, twilio::node_proof(carrier_.auth_token, nonce) + '\n');
}

net::awaitable<response> voice_pages::answer(request asked) const {
  if (const auto target = text(asked.target()); target.substr(0, target.find('?')) == twilio::proof_path)
    co_return prove(asked, target);
  auto reading = read(asked);
  if (auto* refusal = std::get_if<response>(&reading))
    co_return std::move(*refusal);
  const auto begun = std::chrono::steady_clock::now();
  auto page = std::move(std::get<verified>(reading));
  const auto kind = page.path.substr(std::string_view{"/voice/"}.size());
  auto told = co_await serve(std::move(page), std::move(asked));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  ports_.telemetry
    .counter("parley_webhooks_total", "Verified requests of the carrier, by kind and the status of our answer.",
             {{"kind", kind}, {"status", std::to_string(told.result_int())}})
    .Increment();
  ports_.telemetry
    .seconds("parley_webhook_seconds", "From a verified request of the carrier to our answer.", {{"kind", kind}})
    .Observe(took.count());
  co_return told;
}

net::awaitable<response> voice_pages::serve(verified page, request asked) const {
  if (page.path == "/voice/twiml")
    co_return reply(
      http::status::ok,
      twilio::connect_twiml(carrier_, page.call, fresh_stream_nonce(stream_key(ports_.stream_secret, page.call))), xml);
  if (page.path == "/voice/resume")
    co_return co_await resume(std::move(page), std::move(asked.body()));
  if (page.path == "/voice/transferred")
    co_return co_await transferred(std::move(page), std::move(asked.body()));
  // Nothing is stored of the human's leg: whether they took the call is told
  // by /voice/transferred. So any node answers, one that has just started, too.
  if (page.path == "/voice/handover")
    co_return reply(http::status::ok, twilio::handover_twiml(carrier_, page.call), xml);
  if (page.path == "/voice/handover/key")
    co_return reply(http::status::ok, twilio::handover_key_twiml(twilio::field(page.parameters, "Digits").value_or("")),
                    xml);
  co_return co_await store(std::move(page), std::move(asked.body()));
}

net::awaitable<caf::error> voice_pages::record(carrier_event event, std::string raw) const {
  record_inbox entry;
  entry.event = event;
  entry.raw = std::move(raw);
  const auto stored = co_await ask<inbox_recorded>(ports_.system, ports_.journal, journal_timeout_, entry);
  if (!stored)
    co_return stored.error();
  // A double is told again: it does no harm, and the first may have been lost
  // with the node that took it.
  caf::anon_send(ports_.inbox(event.call), std::move(event));
  co_return caf::error{};
}

net::awaitable<response> voice_pages::store(verified asked, std::string raw) const {
  const auto read_event = asked.path == "/voice/amd"         ? twilio::machine_detection
                          : asked.path == "/voice/recording" ? twilio::recording_told
                                                             : twilio::status_event;
  auto event = read_event(asked.call, asked.parameters, ports_.clock.now());
  if (!event)
    co_return refused(http::status::bad_request, "form is none of the carrier's");
  const auto failure = co_await record(std::move(*event), std::move(raw));
  if (!failure)
    co_return reply(http::status::no_content, "");
  spdlog::error("call {}: a webhook cannot be stored: {}", to_string(asked.call), ports_.system.render(failure));
  co_return refused(http::status::service_unavailable, "event cannot be stored now");
}

static uint32_t round_of(const http_fields& query) {
  const auto written = twilio::field(query, "round").value_or("1");
  uint32_t round = 1;
  std::from_chars(written.data(), written.data() + written.size(), round);
  return round;
}

net::awaitable<response> voice_pages::resume(verified asked, std::string raw) const {
  const auto round = round_of(asked.query);
  if (co_await is_over(asked.call))
    co_return reply(http::status::ok, twilio::hang_up_twiml(), xml);
  // Tells the call's owner, who opens a new session with the voice model. The
  // answer doesn't depend on it: the caller is asked to wait in any case.
  auto event = twilio::resume_requested(asked.call, asked.parameters, round, ports_.clock.now());
  if (!event)
    co_return refused(http::status::bad_request, "form is none of the carrier's");
  if (const auto failure = co_await record(std::move(*event), std::move(raw)))
    spdlog::warn("call {}: a resume request cannot be stored: {}", to_string(asked.call),
                 ports_.system.render(failure));
  const bool last = round >= static_cast<uint32_t>(carrier_.resume_rounds_max);
  if (!last && ports_.media_ready && ports_.media_ready(asked.call)) {
    const auto nonce = fresh_stream_nonce(stream_key(ports_.stream_secret, asked.call));
    co_return reply(http::status::ok, twilio::connect_twiml(carrier_, asked.call, nonce, round + 1), xml);
  }
  co_return reply(http::status::ok, twilio::wait_twiml(carrier_, asked.call, round), xml);
}

/// The human has hung up, or nobody was there: then the person is not left
/// without a word, whether or not the event can be stored.
net::awaitable<response> voice_pages::transferred(verified asked, std::string raw) const {
  auto event = twilio::transfer_ended(asked.call, asked.parameters, ports_.clock.now());
  if (!event)
    co_return refused(http::status::bad_request, "form is none of the carrier's");
  const bool connected = std::get<transfer_ended_event>(event->what).connected;
  if (const auto failure = co_await record(std::move(*event), std::move(raw)))
    spdlog::error("call {}: the end of its hand-over cannot be stored: {}", to_string(asked.call),
                  ports_.system.render(failure));
  const auto apology = twilio::field(asked.query, "apology").value_or("");
  if (connected || apology.empty())
    co_return reply(http::status::ok, twilio::hang_up_twiml(), xml);
  const auto language = twilio::field(asked.query, "language").value_or("");
  co_return reply(http::status::ok, twilio::say_twiml(apology, language), xml);
}

net::awaitable<bool> voice_pages::is_over(call_id call) const {
  read_inbox query;
  query.call = call;
  const auto told = co_await ask<inbox_events>(ports_.system, ports_.journal, journal_timeout_, query);
  if (!told) {
    spdlog::warn("call {}: its inbox cannot be read: {}", to_string(call), ports_.system.render(told.error()));
    co_return false; // then it waits, within bounds
  }
  co_return std::any_of(told->events.begin(), told->events.end(), [](const carrier_event& event) {
    const auto* status = std::get_if<call_status_event>(&event.what);
    return status && is_final(status->status);
  });
}

std::optional<response> voice_pages::refuse_upgrade(const request& asked) const {
  const auto target = text(asked.target());
  if (target.substr(0, target.find('?')) != "/voice/stream")
    return refused(http::status::not_found, "unknown path");
  // Signed over the ws or wss address that stood in the TwiML.
  const auto base = carrier_.stream_address();
  const auto url = base.substr(0, base.size() - std::string_view{"/voice/stream"}.size()) + target;
  if (!twilio::verify(carrier_.webhook_tokens(), url, {}, text(asked["X-Twilio-Signature"])))
    return refused(http::status::forbidden, "signature does not fit");
  if (!ports_.media)
    return refused(http::status::service_unavailable, "no media bridge");
  return std::nullopt;
}

} // namespace parley::web
