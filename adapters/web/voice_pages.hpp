#pragma once

#include "adapters/http/http_message.hpp"
#include "adapters/twilio/settings.hpp"
#include "adapters/web/ports.hpp"
#include "adapters/web/serving.hpp"

namespace parley::web {

/// What the carrier calls: /voice/status, /voice/amd and /voice/recording tell
/// events; /voice/twiml, /voice/resume and /voice/transferred tell one and fetch
/// instructions with the same request; /voice/handover and /voice/handover/key only
/// fetch instructions, for the leg of the human whom a call is handed over to;
/// /voice/stream is the media socket; /voice/proof proves to `parley doctor` whose
/// node this is. Each request must carry the carrier's signature over the
/// configured `public_url`.
///
/// Nothing that is told is acknowledged before it is stored. An event alone is
/// answered 503 then. Whoever fetches instructions too has a person on the line, and
/// a 503 would end the call: the carrier is sent to pause and to ask the same page
/// again, `resume_rounds_max` times at most, which tells the event once more. (Only
/// the question of /voice/resume is answered with a stream all the same where the
/// call's session lives: it is no fact that anybody could miss.)
///
/// 400: not one of the carrier's requests; 403: not signed by the carrier;
/// 404, 405: unknown path or method; 503: the journal cannot store the event
/// now, so that the carrier repeats it.
class voice_pages {
public:
  voice_pages(twilio_settings carrier, const web_ports& ports, std::chrono::milliseconds journal_timeout);

  boost::asio::awaitable<response> answer(request asked) const;
  std::optional<response> refuse_upgrade(const request& asked) const;

private:
  /// A request of the carrier's, read and verified.
  struct verified {
    std::string path;
    http_fields query;
    http_fields parameters; ///< of the body, or of the query of a GET
    call_id call;
  };
  using reading = std::variant<verified, response>;

  reading read(const request& asked) const;
  response prove(const request& asked, const std::string& target) const;
  boost::asio::awaitable<response> serve(verified page, request asked) const;
  boost::asio::awaitable<response> store(verified asked, std::string raw) const;
  boost::asio::awaitable<response> begin(verified asked, std::string raw) const;
  boost::asio::awaitable<response> resume(verified asked, std::string raw) const;
  boost::asio::awaitable<response> transferred(verified asked, std::string raw) const;
  boost::asio::awaitable<bool> is_over(call_id call) const;
  boost::asio::awaitable<caf::error>
  record(carrier_event event, std::string raw, std::chrono::milliseconds within) const;
  void note_unstored(const verified& asked, const caf::error& why) const;
  response refused(http::status status, const char* reason) const;

  const twilio_settings carrier_;
  const web_ports& ports_;
  const std::chrono::milliseconds journal_timeout_;
};

} // namespace parley::web
