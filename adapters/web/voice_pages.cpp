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
    co_return co_await begin(std::move(page), std::move(asked.body()));
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

net::awaitable<caf::error>
voice_pages::record(carrier_event event, std::string raw, std::chrono::milliseconds within) const {
  record_inbox entry;
  entry.event = event;
  entry.raw = std::move(raw);
  const auto stored = co_await ask<inbox_recorded>(ports_.system, ports_.journal, within, entry);
  if (!stored)
    co_return stored.error();
  // A double is told again: it does no harm, and the first may have been lost
  // with the node that took it.
  caf::anon_send(ports_.inbox(event.call), std::move(event));
  co_return caf::error{};
}

static constexpr const char* unstored = "event cannot be stored now";

/// Counted with the refusals also where the carrier is asked to ask again: what it
/// told was not taken.
void voice_pages::note_unstored(const verified& asked, const caf::error& why) const {
  spdlog::error("call {}: {}: what it tells cannot be stored: {}", to_string(asked.call), asked.path,
                ports_.system.render(why));
  refused(http::status::service_unavailable, unstored);
}

net::awaitable<response> voice_pages::store(verified asked, std::string raw) const {
  const auto read_event = asked.path == "/voice/amd"         ? twilio::machine_detection
                          : asked.path == "/voice/recording" ? twilio::recording_told
                                                             : twilio::status_event;
  auto event = read_event(asked.call, asked.parameters, ports_.clock.now());
  if (!event)
    co_return refused(http::status::bad_request, "form is none of the carrier's");
  const auto failure = co_await record(std::move(*event), std::move(raw), journal_timeout_);
  if (!failure)
    co_return reply(http::status::no_content, "");
  note_unstored(asked, failure);
  co_return reply(http::status::service_unavailable, std::string{unstored} + '\n');
}

static uint32_t round_of(const http_fields& query) {
  const auto written = twilio::field(query, "round").value_or("1");
  uint32_t round = 1;
  std::from_chars(written.data(), written.data() + written.size(), round);
  return round;
}

/// Somebody, or something, has answered. That is told by a callback as well, which
/// may be late or lost; here it proves to a call whose dial was never answered that
/// the carrier has it. The talk begins once that is stored: without the store the
/// call could decide nothing.
net::awaitable<response> voice_pages::begin(verified asked, std::string raw) const {
  // The carrier waits 15 s for both.
  const auto within = journal_timeout_ / 2;
  auto told = twilio::answer_told(asked.call, asked.parameters, ports_.clock.now());
  for (auto& event : told) {
    const auto failure = co_await record(std::move(event), raw, within);
    if (!failure)
      continue;
    note_unstored(asked, failure);
    const auto round = round_of(asked.query);
    co_return reply(http::status::ok,
                    twilio::ask_again_twiml(carrier_, twilio::twiml_path(asked.call, round + 1), round), xml);
  }
  const auto nonce = fresh_stream_nonce(stream_key(ports_.stream_secret, asked.call));
  co_return reply(http::status::ok, twilio::connect_twiml(carrier_, asked.call, nonce), xml);
}

net::awaitable<response> voice_pages::resume(verified asked, std::string raw) const {
  const auto round = round_of(asked.query);
  if (co_await is_over(asked.call))
    co_return reply(http::status::ok, twilio::hang_up_twiml(), xml);
  // Tells the call's owner, who opens a new session with the voice model. Of all that
  // the carrier tells this alone is no fact that outlives its answer: whoever needs
  // it is asked again with the next round. So while it cannot be stored the person
  // waits, and is told nothing of an owner; but a session that lives here has its
  // owner, and the talk goes on as talks do while the store is away.
  auto event = twilio::resume_requested(asked.call, asked.parameters, round, ports_.clock.now());
  if (!event)
    co_return refused(http::status::bad_request, "form is none of the carrier's");
  if (const auto failure = co_await record(std::move(*event), std::move(raw), journal_timeout_ / 2))
    note_unstored(asked, failure);
  const bool last = round >= static_cast<uint32_t>(carrier_.resume_rounds_max);
  if (!last && ports_.media_ready && ports_.media_ready(asked.call)) {
    const auto nonce = fresh_stream_nonce(stream_key(ports_.stream_secret, asked.call));
    co_return reply(http::status::ok, twilio::connect_twiml(carrier_, asked.call, nonce, round + 1), xml);
  }
  co_return reply(http::status::ok, twilio::wait_twiml(carrier_, asked.call, round), xml);
}

/// The human has hung up, or nobody was there: then the person is not left
/// without a word, whether or not the event can be stored. The carrier says how it
/// went only here, so it is asked again, with its own words in the address (which
/// it signs like any other), until they are stored: else how it went would have to
/// be guessed from how long the call lasted.
net::awaitable<response> voice_pages::transferred(verified asked, std::string raw) const {
  auto told = twilio::hand_over_told(asked.parameters);
  if (told.empty()) {
    told = twilio::hand_over_told(asked.query);
    asked.parameters.insert(asked.parameters.end(), told.begin(), told.end());
    raw += (raw.empty() ? "" : "&") + form_encode(told);
  }
  auto event = twilio::transfer_ended(asked.call, asked.parameters, ports_.clock.now());
  if (!event)
    co_return refused(http::status::bad_request, "form is none of the carrier's");
  const bool connected = std::get<transfer_ended_event>(event->what).connected;
  const auto apology = connected ? "" : twilio::field(asked.query, "apology").value_or("");
  const auto language = twilio::field(asked.query, "language").value_or("");
  if (const auto failure = co_await record(std::move(*event), std::move(raw), journal_timeout_)) {
    note_unstored(asked, failure);
    const auto round = round_of(asked.query);
    const auto again = twilio::transferred_again_path(asked.call, told, round + 1);
    co_return reply(http::status::ok, twilio::ask_again_twiml(carrier_, again, round, apology, language), xml);
  }
  if (apology.empty())
    co_return reply(http::status::ok, twilio::hang_up_twiml(), xml);
  co_return reply(http::status::ok, twilio::say_twiml(apology, language), xml);
}

net::awaitable<bool> voice_pages::is_over(call_id call) const {
  read_inbox query;
  query.call = call;
  const auto told = co_await ask<inbox_events>(ports_.system, ports_.journal, journal_timeout_ / 2, query);
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
