#pragma once

#include <utility> // Boost 1.74 needs it before asio.hpp

#include <boost/asio.hpp>

#include <caf/all.hpp>

#include <chrono>
#include <memory>

namespace parley {

/// Asks an actor from a coroutine:
///
///     const auto r = co_await ask<inbox_recorded>(system, journal, 5s, entry);
///
/// Resumes on the coroutine's executor with the answer or an error, after
/// `timeout` at the latest; never throws. Until then it counts as work of the
/// executor's context, an io_context, which so must run to its end before it goes.
///
/// Name aggregates before the expression: g++ 12 destroys a temporary aggregate
/// inside `co_await` twice.
template <class R, class Handle, class Rep, class Period, class... Ts>
boost::asio::awaitable<caf::expected<R>>
ask(caf::actor_system& sys, Handle target, std::chrono::duration<Rep, Period> timeout, Ts... args) {
  namespace net = boost::asio;
  auto start = [&sys, target, timeout](auto handler, auto... xs) {
    const auto executor = net::get_associated_executor(handler);
    struct pending {
      // Goes last. A strand lives in its context, and a guard of a strand does
      // not keep Boost 1.74's context at work until this actor has let go of it.
      net::executor_work_guard<net::io_context::executor_type> context;
      net::associated_executor_t<decltype(handler)> executor;
      decltype(handler) resume;
    };
    auto& io = static_cast<net::io_context&>(executor.context());
    auto op = std::make_shared<pending>(pending{net::make_work_guard(io), executor, std::move(handler)});
    auto finish = [op](caf::expected<R> r) {
      net::post(op->executor, [op, r = std::move(r)]() mutable { std::move(op->resume)(std::move(r)); });
    };
    sys.spawn<caf::hidden>([=](caf::event_based_actor* self) {
      self->request(target, timeout, xs...)
        .then([=](R& value) { finish(std::move(value)); }, [=](caf::error& e) { finish(std::move(e)); });
    });
  };
  co_return co_await net::async_initiate<const net::use_awaitable_t<>&, void(caf::expected<R>)>(
    start, net::use_awaitable, std::move(args)...);
}

} // namespace parley
