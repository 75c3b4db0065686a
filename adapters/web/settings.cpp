#include "adapters/web/settings.hpp"

#include "adapters/http/endpoint.hpp"

namespace parley {

void web_settings::describe(settings::section& s) {
  using namespace std::chrono_literals;
  s.required("webhook_address", webhook_address,
             "Where the carrier's webhooks arrive, behind a proxy that speaks TLS.");
  s.number<uint16_t>("webhook_port", webhook_port, 0, 65535, "port", "0 lets the system choose.");
  s.required("local_address", local_address, "Where inspection, metrics and health are served; loopback only.");
  if (!is_loopback("http://"
                   + (local_address.find(':') == std::string::npos ? local_address : '[' + local_address + ']')))
    s.problem("local_address", "must be a loopback address such as 127.0.0.1: what it serves is not protected");
  s.number<uint16_t>("local_port", local_port, 0, 65535, "port", "0 lets the system choose.");
  s.duration("request_timeout", request_timeout, 100ms, 5min,
             "A request that is not here as a whole by then is dropped.");
  s.duration("idle_timeout", idle_timeout, 100ms, 1h, "A connection without a request for so long is closed.");
  s.duration("write_timeout", write_timeout, 100ms, 5min, "A client that has not taken its answer by then is dropped.");
  // Twilio waits 15 s for an answer.
  s.duration("journal_timeout", journal_timeout, 100ms, 12s,
             "A webhook that is not stored by then is not acknowledged.");
  s.duration("inspect_timeout", inspect_timeout, 250ms, 1min, "For the inspector's answer.");
  s.duration("command_timeout", command_timeout, 1s, 1h, "For the answer to a command.");
  s.number<uint32_t>("header_bytes_max", header_bytes_max, 1024, 1u << 20, "bytes", "Longest head of a request.");
  s.number<uint32_t>("body_bytes_max", body_bytes_max, 1024, 16u << 20, "bytes", "Longest body of a webhook.");
  s.number<uint32_t>("command_bytes_max", command_bytes_max, 1024, 1u << 30, "bytes",
                     "Longest command, imports included.");
  s.number<uint32_t>("connections_max", connections_max, 1, 100'000, "connections", "At a time, for each listener.");
  s.number<uint32_t>("threads", threads, 1, 64, "threads", "I/O threads of the web adapter.");
}

} // namespace parley
