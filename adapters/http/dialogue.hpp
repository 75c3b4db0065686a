#pragma once

#include "adapters/http/actor_http.hpp"
#include "runtime/foreign_json.hpp"
#include "runtime/node_context.hpp"
#include "runtime/telemetry/port_book.hpp"

#include <caf/expected.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <variant>

namespace parley {

template <class T>
struct exchange;

/// Where a dialogue with a vendor stands: over with a result, over with an
/// error, or with one more request to make.
///
/// A vendor's core consists of functions that return dialogues: they build
/// requests and read answers, and know nothing of sockets, actors, retries or
/// access tokens, so that a test can play the vendor by hand.
template <class T>
using dialogue = std::variant<T, caf::error, exchange<T>>;

template <class T>
struct exchange {
  std::string operation; ///< its name in the metrics
  http_request request;
  /// Goes on with the answer, whatever its status. A `nlohmann` exception
  /// means that the answer does not follow the vendor's description.
  std::function<dialogue<T>(const http_response&)> then;
};

/// How an actor holds dialogues.
struct dialogue_line {
  using time_point = std::chrono::steady_clock::time_point;

  actor_http& http;
  port_book_ptr book;
  std::string vendor;              ///< for error contexts
  std::chrono::milliseconds total; ///< for one dialogue, all its exchanges, tries and waits included

  time_point deadline() const { return std::chrono::steady_clock::now() + total; }
};

/// The longest time for one request to a port: as configured, but always
/// shorter than what our actors wait for it, so that they get the adapter's
/// own error and no retry overtakes a request that is still under way.
inline std::chrono::milliseconds total_time(const node_context& context, std::chrono::milliseconds configured) {
  return std::min(configured, context.settings.vendor_timeout * 5 / 6);
}

/// The answer as JSON; throws a `nlohmann::json::exception` when it is none, or
/// nested too deeply to be one of a vendor's.
inline nlohmann::json json_of(const http_response& response) {
  auto answer = parse_foreign(response.body);
  if (answer.is_discarded())
    throw nlohmann::json::other_error::create(501, "no JSON", nullptr);
  return answer;
}

/// JSON for a request body. Bytes that are no UTF-8 (a carelessly exported
/// list holds them) become U+FFFD instead of an exception.
inline std::string to_body(const nlohmann::json& x) {
  return x.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

namespace detail {

template <class T>
dialogue<T> read_answer(const exchange<T>& asked, const http_response& response, const std::string& vendor) {
  try {
    return asked.then(response);
  } catch (const nlohmann::json::exception& e) {
    // The exception's text quotes the answer, which may hold personal data.
    return caf::make_error(ec::vendor_answered_rubbish,
                           vendor + " " + asked.operation + ", JSON error " + std::to_string(e.id));
  }
}

template <class T>
std::string exchange_outcome(const http_response& response, const dialogue<T>& next) {
  if (const auto* error = std::get_if<caf::error>(&next))
    return outcome_of(*error);
  return response.failure == http_failure::none ? std::to_string(response.status)
                                                : std::string{to_string(response.failure)};
}

} // namespace detail

/// Holds a dialogue to its end, request by request, in the actor's context.
/// `line` must live as long as the actor's state; when that goes, `done` is
/// dropped uncalled. At the deadline the vendor counts as unavailable.
template <class T>
void hold(dialogue_line& line, dialogue<T> x, dialogue_line::time_point deadline,
          std::function<void(caf::expected<T>)> done) {
  if (auto* result = std::get_if<T>(&x))
    return done(std::move(*result));
  if (auto* error = std::get_if<caf::error>(&x))
    return done(std::move(*error));
  auto asked = std::make_shared<exchange<T>>(std::move(std::get<exchange<T>>(x)));
  asked->request.operation = asked->operation;
  asked->request.deadline = deadline;
  const auto begun = std::chrono::steady_clock::now();
  auto answered = [&line, asked, begun, deadline, done = std::move(done)](http_response response) {
    auto next = detail::read_answer(*asked, response, line.vendor);
    line.book->exchanged(asked->operation, detail::exchange_outcome(response, next),
                         std::chrono::steady_clock::now() - begun);
    hold(line, std::move(next), deadline, done);
  };
  line.http.send(asked->request, std::move(answered));
}

/// Answers the actor's current request with the end of a dialogue.
template <class T>
caf::result<T> answer(auto* self, dialogue_line& line, const std::string& operation, dialogue<T> x) {
  const port_reply<T> done{self, line.book, operation};
  hold<T>(line, std::move(x), line.deadline(), [done](caf::expected<T> result) { done(std::move(result)); });
  return done.later();
}

} // namespace parley
