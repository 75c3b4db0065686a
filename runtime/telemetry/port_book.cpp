#include "runtime/telemetry/port_book.hpp"

#include <caf/sec.hpp>

namespace parley {

port_book::port_book(telemetry& t, std::string port, std::string provider)
  : telemetry_{t}, port_{std::move(port)}, provider_{std::move(provider)},
    requests_{"parley_port_requests_total",
              "Requests to a port by operation and outcome.",
              "parley_port_request_seconds",
              "From a request to a port to its answer.",
              {}},
    exchanges_{"parley_port_exchanges_total",
               "Exchanges with an outside system by operation and outcome.",
               "parley_port_exchange_seconds",
               "How long an outside system took to answer, tries and waits included.",
               {}} {}

void port_book::arrived() {
  std::lock_guard guard{mutex_};
  ++in_flight_;
}

void port_book::answered(std::string_view operation, std::string_view outcome, duration took, std::string_view error) {
  std::lock_guard guard{mutex_};
  count(requests_, operation, outcome, took);
  ++answered_;
  in_flight_ -= in_flight_ > 0;
  if (error.empty())
    return;
  ++failed_;
  failed_operation_ = operation;
  last_error_ = error;
  failed_at_ = std::chrono::steady_clock::now();
}

void port_book::exchanged(std::string_view operation, std::string_view outcome, duration took) {
  std::lock_guard guard{mutex_};
  count(exchanges_, operation, outcome, took);
}

void port_book::retried(std::string_view operation) {
  std::lock_guard guard{mutex_};
  ++retried_;
  auto found = retries_.find(operation);
  if (found == retries_.end()) {
    const std::string name{operation};
    auto& counter = telemetry_.counter("parley_port_retries_total", "Exchanges with an outside system made once more.",
                                       {{"port", port_}, {"operation", name}});
    found = retries_.emplace(name, &counter).first;
  }
  found->second->Increment();
}

// Looks instruments up by view: what was counted before costs no allocation.
void port_book::count(family& where, std::string_view operation, std::string_view outcome, duration took) {
  auto at = where.operations.find(operation);
  if (at == where.operations.end()) {
    const std::string name{operation};
    figures fresh;
    fresh.seconds = &telemetry_.seconds(where.seconds, where.seconds_help, {{"port", port_}, {"operation", name}});
    at = where.operations.emplace(name, std::move(fresh)).first;
  }
  auto& outcomes = at->second.outcomes;
  auto counter = outcomes.find(outcome);
  if (counter == outcomes.end()) {
    const std::string name{outcome};
    auto& fresh = telemetry_.counter(where.count, where.count_help,
                                     {{"port", port_}, {"operation", at->first}, {"outcome", name}});
    counter = outcomes.emplace(name, &fresh).first;
  }
  counter->second->Increment();
  at->second.seconds->Observe(std::chrono::duration<double>{took}.count());
}

nlohmann::json port_book::shown() const {
  std::lock_guard guard{mutex_};
  nlohmann::json out{{"provider", provider_}, {"requests_in_flight", in_flight_},
                     {"requests", answered_}, {"failed", failed_},
                     {"retries", retried_},   {"last_error", nullptr}};
  if (failed_ > 0) {
    const auto ago = std::chrono::steady_clock::now() - failed_at_;
    out["last_error"] = {{"operation", failed_operation_},
                         {"error", last_error_},
                         {"ago_ms", std::chrono::duration_cast<std::chrono::milliseconds>(ago).count()}};
  }
  return out;
}

std::string outcome_of(const caf::error& e) {
  if (e.category() == caf::atom("parley"))
    return to_string(static_cast<ec>(e.code()));
  if (e == caf::sec::request_timeout)
    return "timeout";
  return "error_" + std::to_string(e.code());
}

std::string text_of(const caf::error& e) {
  auto text = outcome_of(e);
  for (size_t i = 0; i < e.context().size(); ++i)
    if (e.context().match_element<std::string>(i))
      text += ": " + e.context().get_as<std::string>(i);
  return text;
}

port_request::port_request(port_book_ptr book, std::string operation)
  : book_{std::move(book)}, operation_{std::move(operation)} {
  book_->arrived();
}

port_request::~port_request() {
  end(caf::make_error(ec::abandoned));
}

void port_request::end(std::string_view outcome) {
  if (const auto book = std::exchange(book_, nullptr))
    book->answered(operation_, outcome, std::chrono::steady_clock::now() - begun_);
}

void port_request::end(const caf::error& e) {
  if (const auto book = std::exchange(book_, nullptr))
    book->answered(operation_, outcome_of(e), std::chrono::steady_clock::now() - begun_, text_of(e));
}

inspected_state shown(const nlohmann::json& x) {
  // What a vendor said may be no UTF-8.
  return {x.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

} // namespace parley
