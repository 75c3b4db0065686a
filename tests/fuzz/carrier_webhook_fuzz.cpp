// The carrier's webhooks, as anybody on the internet may send them: query and
// form, signature, and the events that a signed form becomes.
//
// An input is the request's target, a line with the signature, and the body.
#include "adapters/http/http_message.hpp"
#include "adapters/twilio/node_proof.hpp"
#include "adapters/twilio/signature.hpp"
#include "adapters/twilio/webhooks.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace carrier_webhook_fuzz {

using namespace parley;
using fuzz::holds;

namespace {

const std::vector<std::string> tokens{"0123456789abcdef0123456789abcdef", ""};

void read_events(const call_id& call, const http_fields& form, const http_fields& query) {
  const wall_time now{std::chrono::hours{24 * 20'000}};
  for (const auto read :
       {twilio::status_event, twilio::machine_detection, twilio::recording_told, twilio::transfer_ended}) {
    const auto event = read(call, form, now);
    if (!event)
      continue;
    holds(!event->sid.empty() && event->sid.size() <= 64, "an event names its call by a short SID");
    if (const auto* status = std::get_if<call_status_event>(&event->what))
      holds(status->duration >= std::chrono::seconds{0} && status->sip_code >= 0, "nothing of a call is negative");
  }
  holds(twilio::answer_told(call, form, now).size() <= 2, "an answer tells a status and a verdict at most");
  // What an address carries of a hand-over is read from it as it was read from the form.
  const auto told = twilio::hand_over_told(form);
  holds(twilio::hand_over_told(told) == told, "what tells of a hand-over is kept as it is");
  const auto rounds = twilio::field(query, "round").value_or("").size();
  twilio::resume_requested(call, form, static_cast<uint32_t>(rounds), now);
}

} // namespace

static void read_one(std::string_view input) {
  const auto target = fuzz::take_line(input);
  const auto header = fuzz::take_line(input);
  const auto query = form_decode(target.substr(std::min(target.find('?'), target.size() - 1) + 1));
  const auto form = form_decode(input);
  if (!target.starts_with('/') || !query || !form)
    return;
  holds(form->size() <= 200, "a form has no more fields than we take");
  holds(form_decode(form_encode(*form)) == form, "what was read of a form is written and read again as it is");
  const std::string url = "https://parley.example.com" + std::string{target};
  const auto right = twilio::signature(tokens[0], url, *form);
  const auto with_port = twilio::signature(tokens[0], "https://parley.example.com:443" + std::string{target}, *form);
  holds(twilio::verify(tokens, url, *form, header) == (header == right || header == with_port),
        "only the right signature fits");
  holds(twilio::verify(tokens, url, *form, right), "the right signature fits");
  holds(!twilio::verify({"another token"}, url, *form, right), "another token's signature does not");
  twilio::body_fits(url, input);
  const auto call = parse_uuid(twilio::field(*query, "call").value_or(""));
  read_events(call ? call_id{*call} : call_id{}, *form, *query);
  twilio::node_proof(tokens[0], twilio::field(*query, "nonce").value_or(""));
}

static const fuzz::target registered{"carrier_webhook", read_one};

} // namespace carrier_webhook_fuzz
