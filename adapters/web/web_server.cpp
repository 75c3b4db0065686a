#include "adapters/web/web_server.hpp"

#include "adapters/web/node_pages.hpp"
#include "adapters/web/serving.hpp"
#include "adapters/web/voice_pages.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <spdlog/spdlog.h>

#include <thread>

namespace parley {

namespace net = boost::asio;

struct web_server::impl {
  impl(web_settings s, twilio_settings carrier, web_ports p)
    : settings{std::move(s)}, ports{std::move(p)}, voice{std::move(carrier), ports, settings.journal_timeout},
      node{settings, ports} {}

  web::serving_limits limits(uint64_t body_bytes_max) const {
    return {settings.request_timeout,  settings.idle_timeout, settings.write_timeout,
            settings.header_bytes_max, body_bytes_max,        settings.connections_max};
  }

  web::pages webhook_pages() {
    return {"webhook", [this](web::request asked) { return voice.answer(std::move(asked)); },
            [this](const web::request& asked) { return voice.refuse_upgrade(asked); },
            [this](boost::beast::tcp_stream stream, web::request asked) {
              ports.media(std::move(stream), std::move(asked));
            }};
  }

  const web_settings settings;
  const web_ports ports;
  const web::voice_pages voice;
  const web::node_pages node;
  net::io_context io;
  std::optional<net::executor_work_guard<net::io_context::executor_type>> work;
  std::unique_ptr<web::listener> webhook;
  std::unique_ptr<web::listener> local;
  std::unique_ptr<web::listener> control;
  std::vector<std::thread> threads;
};

web_server::web_server(web_settings settings, twilio_settings carrier, web_ports ports)
  : impl_{std::make_unique<impl>(std::move(settings), std::move(carrier), std::move(ports))} {}

web_server::~web_server() {
  stop();
}

void web_server::start() {
  auto& x = *impl_;
  const auto& s = x.settings;
  auto& telemetry = x.ports.telemetry;
  x.webhook = web::listen_tcp(x.io, s.webhook_address, s.webhook_port, "[web] webhook_port", x.limits(s.body_bytes_max),
                              x.webhook_pages(), telemetry);
  web::pages local_pages;
  local_pages.listener = "local";
  local_pages.answer = [&x](web::request asked) { return x.node.local(std::move(asked)); };
  local_pages.endless = [&x](const web::request& asked) { return x.node.local_stream(asked); };
  x.local = web::listen_tcp(x.io, s.local_address, s.local_port, "[web] local_port", x.limits(s.body_bytes_max),
                            std::move(local_pages), telemetry);
  if (!s.control_socket.empty()) {
    web::pages control_pages;
    control_pages.listener = "control";
    control_pages.answer = [&x](web::request asked) { return x.node.control(std::move(asked)); };
    control_pages.endless = [&x](const web::request& asked) { return x.node.stream(asked); };
    x.control
      = web::listen_unix(x.io, s.control_socket, x.limits(s.command_bytes_max), std::move(control_pages), telemetry);
  }
  x.work.emplace(net::make_work_guard(x.io));
  for (const auto* listener : {&x.webhook, &x.local, &x.control})
    if (*listener)
      (*listener)->start();
  for (uint32_t i = 0; i < s.threads; ++i)
    x.threads.emplace_back([&x] { x.io.run(); });
  spdlog::info("listening: webhooks on {} port {}, inspection on {} port {}", s.webhook_address, webhook_port(),
               s.local_address, local_port());
}

void web_server::stop() {
  auto& x = *impl_;
  for (const auto* listener : {&x.webhook, &x.local, &x.control})
    if (*listener)
      (*listener)->stop();
  x.work.reset();
  for (auto& thread : x.threads)
    thread.join();
  x.threads.clear();
  for (auto* listener : {&x.webhook, &x.local, &x.control})
    listener->reset();
}

uint16_t web_server::webhook_port() const {
  return impl_->webhook ? impl_->webhook->port() : 0;
}

uint16_t web_server::local_port() const {
  return impl_->local ? impl_->local->port() : 0;
}

} // namespace parley
