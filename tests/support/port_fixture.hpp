#pragma once

#include "runtime/registry.hpp"
#include "runtime/system_config.hpp"
#include "runtime/telemetry/telemetry.hpp"

#include <caf/actor_system.hpp>
#include <caf/expected.hpp>
#include <caf/scoped_actor.hpp>
#include <catch2/catch.hpp>

#include <chrono>

namespace parley::test {

/// An actor system in real time, for adapters that talk over real sockets.
struct port_fixture {
  system_config config;
  caf::actor_system sys{config};
  telemetry metrics;
  caf::scoped_actor self{sys};

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
};

} // namespace parley::test
