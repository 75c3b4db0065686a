#include "adapters/apollo/settings.hpp"

#include "adapters/http/endpoint.hpp"

namespace parley {

using namespace std::chrono_literals;

void apollo_settings::describe(settings::section& s) {
  s.url("base_url", base_url, "Apollo's API; another one only for practice and tests.");
  s.secret("api_key", api_key, "Apollo's API key.");
  s.number<uint32_t>("news_max", news_max, 0, 25, "articles",
                     "News of the company that research gets to see; 0 asks for none and saves a credit.");
  s.number<uint32_t>("technologies_max", technologies_max, 0, 200, "names",
                     "Names of the company's technologies that research gets to see.");
  s.duration("connect_timeout", connect_timeout, 100ms, 60s, "Longest wait for a connection, TLS included.");
  s.duration("request_timeout", request_timeout, 500ms, 120s, "Longest wait for one answer.");
  s.duration("total_timeout", total_timeout, 1s, 10min,
             "Longest time for one person, tries and waits included; at most 5/6 of vendor_timeout of [actors].");
  s.number("attempts_max", attempts_max, 1, 10, "tries", "Tries per request, the first one included.");
  s.number<size_t>("requests_max", requests_max, 1, 100, "requests", "Requests at the same time.");
  s.number<size_t>("waiting_max", waiting_max, 1, 100'000, "requests", "Requests that may wait; more are refused.");
  if (api_key.empty())
    s.problem("api_key", "no key; name one in api_key_env or api_key_file, or set provider = \"none\"");
  if (!is_protected(base_url))
    s.problem("base_url", "the API key would travel in the clear; use https:// (http:// only to this machine)");
}

} // namespace parley
