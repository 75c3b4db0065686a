#pragma once

#include "runtime/registry.hpp"
#include "runtime/system_config.hpp"
#include "tests/support/port_context.hpp"

#include <caf/actor_system.hpp>
#include <caf/expected.hpp>
#include <caf/scoped_actor.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <sstream>

namespace parley::test {

/// An actor system in real time, for adapters that talk over real sockets.
struct port_fixture : port_context {
  system_config config;
  caf::actor_system sys{config};
  caf::scoped_actor self{sys};

  ~port_fixture() { end_actors(); }

  template <class Reply, class Handle, class Request>
  caf::expected<Reply> ask(const Handle& port, Request request) {
    caf::expected<Reply> result{caf::make_error(caf::sec::request_timeout)};
    self->request(port, std::chrono::seconds{30}, std::move(request))
      .receive([&](Reply& x) { result = std::move(x); }, [&](caf::error& e) { result = std::move(e); });
    return result;
  }

  /// The answer, or a failed test that says why there is none.
  template <class Reply, class Handle, class Request>
  Reply get(const Handle& port, Request request) {
    auto result = ask<Reply>(port, std::move(request));
    INFO((result ? std::string{} : sys.render(result.error())));
    REQUIRE(result);
    return std::move(*result);
  }

  /// The error, or a failed test.
  template <class Reply, class Handle, class Request>
  caf::error error_of(const Handle& port, Request request) {
    auto result = ask<Reply>(port, std::move(request));
    REQUIRE_FALSE(result);
    return std::move(result.error());
  }

  /// What the adapter shows to the inspector.
  template <class Handle>
  nlohmann::json shown_by(const Handle& port) {
    return nlohmann::json::parse(get<inspected_state>(port, inspect_state{port->id()}).json);
  }

  /// The sum of a metric over the label sets that contain `labels`.
  double metric(const std::string& name, const std::string& labels = "") const {
    std::istringstream lines{metrics.exposition()};
    double sum = 0;
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name) && (line[name.size()] == '{' || line[name.size()] == ' ')
          && line.find(labels) != std::string::npos)
        sum += std::stod(line.substr(line.rfind(' ')));
    return sum;
  }
};

} // namespace parley::test
