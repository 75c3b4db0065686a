#include "adapters/sandbox/vendors/vendor_faults.hpp"

#include "adapters/sandbox/model/text.hpp"

#include <regex>

namespace parley::sandbox::vendors {

void let_fail(http_server& server, std::shared_ptr<vendor_gate> gate, occasion_of occasion, mishap_answer answer) {
  server.slow_down(gate->latency());
  server.before([gate = std::move(gate), occasion = std::move(occasion),
                 answer = std::move(answer)](const http_request& request, const respond& reply) {
    const auto what = gate->next(gate->is_armed() ? occasion(request) : std::string{});
    if (what == mishap::none)
      return false;
    auto response = answer(what);
    if (what == mishap::rate_limit)
      response.headers.emplace_back("Retry-After", gate->retry_after());
    reply(std::move(response));
    return true;
  });
}

std::string operation_of(const http_request& request) {
  static const std::regex id{R"(/[0-9]+(?=/|$))"};
  return request.method + " " + std::regex_replace(request.path, id, "/#");
}

std::string person_in(std::string_view text) {
  static const std::regex form{R"([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|\+[1-9]\d{7,14}\b)"};
  std::match_results<std::string_view::const_iterator> found;
  return std::regex_search(text.begin(), text.end(), found, form) ? lower(found.str()) : std::string{};
}

} // namespace parley::sandbox::vendors
