#pragma once

#include "runtime/errors.hpp"
#include "runtime/messages/inspection.hpp"
#include "runtime/telemetry/telemetry.hpp"

#include <caf/expected.hpp>
#include <caf/result.hpp>
#include <caf/typed_response_promise.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace parley {

/// What an adapter counts of its port, and what it shows of it.
///
/// - parley_port_requests_total, parley_port_request_seconds: requests of our
///   actors by operation and outcome ("ok" or the error's name), from their
///   arrival to their answer. Refused ones count too.
/// - parley_port_exchanges_total, parley_port_exchange_seconds: what that took
///   of exchanges with the vendor, by the vendor's operation and what came
///   back.
/// - parley_port_retries_total: exchanges that were made once more.
///
/// Thread-safe. Labels are few and fixed; none comes from outside.
class port_book {
public:
  using duration = std::chrono::nanoseconds;

  /// @param t Must outlive the book.
  /// @param port As in the tree of docs/architecture.md, e.g. "crm".
  /// @param provider As in the configuration, e.g. "hubspot".
  port_book(telemetry& t, std::string port, std::string provider);

  /// A request came in.
  void arrived();
  /// It was answered. `error` says why not well; empty otherwise.
  void answered(std::string_view operation, std::string_view outcome, duration took, std::string_view error = {});
  void exchanged(std::string_view operation, std::string_view outcome, duration took);
  void retried(std::string_view operation);

  /// For the inspector: provider, requests_in_flight, requests, failed,
  /// retries and last_error (operation, error, ago_ms; null if there was none).
  nlohmann::json shown() const;

private:
  struct figures {
    prometheus::Histogram* seconds = nullptr;
    std::map<std::string, prometheus::Counter*, std::less<>> outcomes;
  };
  struct family {
    const char* count;
    const char* count_help;
    const char* seconds;
    const char* seconds_help;
    std::map<std::string, figures, std::less<>> operations;
  };
  void count(family& where, std::string_view operation, std::string_view outcome, duration took);

  telemetry& telemetry_;
  const std::string port_;
  const std::string provider_;
  mutable std::mutex mutex_; // guards all below
  family requests_;
  family exchanges_;
  std::map<std::string, prometheus::Counter*, std::less<>> retries_;
  uint64_t in_flight_ = 0;
  uint64_t answered_ = 0;
  uint64_t failed_ = 0;
  uint64_t retried_ = 0;
  std::string failed_operation_;
  std::string last_error_;
  std::chrono::steady_clock::time_point failed_at_;
};

using port_book_ptr = std::shared_ptr<port_book>;

/// The name of an error as an outcome: a code of ours, "timeout", or the
/// number of CAF's.
std::string outcome_of(const caf::error& e);

/// The error with its context, as it is shown to operators.
std::string text_of(const caf::error& e);

/// One request to a port, from its arrival to `end`; without that it counts as
/// abandoned.
class port_request {
public:
  port_request(port_book_ptr book, std::string operation);
  ~port_request();
  port_request(const port_request&) = delete;
  port_request& operator=(const port_request&) = delete;

  /// Only the first end counts.
  void end(std::string_view outcome = "ok");
  void end(const caf::error& e);
  template <class T>
  void end(const caf::expected<T>& x) {
    x ? end() : end(x.error());
  }

private:
  port_book_ptr book_; // empty once it has ended
  std::string operation_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

/// `reply` (runtime/guard.hpp) for a port: its end is counted in the book.
template <class T>
class port_reply {
  struct box {
    box(port_book_ptr book, std::string operation) : request{std::move(book), std::move(operation)} {}
    ~box() {
      if (promise.pending())
        promise.deliver(caf::make_error(ec::abandoned));
    }
    caf::typed_response_promise<T> promise;
    port_request request;
  };
  std::shared_ptr<box> box_;

public:
  port_reply(auto* self, port_book_ptr book, std::string operation)
    : box_{std::make_shared<box>(std::move(book), std::move(operation))} {
    box_->promise = self->template make_response_promise<T>();
  }
  caf::result<T> later() const { return box_->promise; }
  bool pending() const { return box_->promise.pending(); }
  void operator()(T value) const { deliver(std::move(value)); }
  void operator()(caf::error e) const {
    if (pending()) {
      box_->request.end(e);
      box_->promise.deliver(std::move(e));
    }
  }
  void operator()(caf::expected<T> x) const { x ? deliver(std::move(*x)) : (*this)(std::move(x.error())); }
  /// Answers, and counts it under a name of the port's own.
  void deliver(T value, std::string_view outcome = "ok") const {
    if (pending()) {
      box_->request.end(outcome);
      box_->promise.deliver(std::move(value));
    }
  }
};

/// Counts what a function answers at once: `work()` gives a caf::expected.
template <class F>
auto counted(const port_book_ptr& book, std::string operation, F work) {
  port_request request{book, std::move(operation)};
  auto result = work();
  request.end(result);
  return result;
}

/// The answer to `inspect_state`.
inspected_state shown(const nlohmann::json& x);

} // namespace parley
