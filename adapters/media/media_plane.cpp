#include "adapters/media/media_plane.hpp"

#include "adapters/media/bridge.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <shared_mutex>
#include <thread>
#include <unistd.h>
#include <vector>

namespace parley {

using namespace media;
namespace net = boost::asio;

struct media_plane::impl {
  impl(const media_settings& settings, telemetry& t) : hub{settings, t} {}

  void run() {
    hub.io->run();
    std::lock_guard guard{threads_mutex};
    --threads_running;
    thread_ended.notify_all();
  }

  media_hub hub;
  std::optional<net::executor_work_guard<net::io_context::executor_type>> work;
  std::vector<std::thread> threads;
  std::mutex threads_mutex;
  std::condition_variable thread_ended;
  size_t threads_running = 0;
  // Held shared while something is handed to an I/O thread, alone by `stop`.
  std::shared_mutex running_mutex;
  bool running = false;
};

media_plane::media_plane(const media_settings& settings, telemetry& t) : impl_{std::make_unique<impl>(settings, t)} {}

media_plane::~media_plane() {
  stop();
}

void media_plane::start() {
  std::unique_lock guard{impl_->running_mutex};
  if (std::exchange(impl_->running, true))
    return;
  auto& hub = impl_->hub;
  hub.io = std::make_unique<net::io_context>(static_cast<int>(hub.settings.threads));
  impl_->work.emplace(hub.io->get_executor());
  impl_->threads_running = hub.settings.threads;
  for (uint32_t i = 0; i < hub.settings.threads; ++i)
    impl_->threads.emplace_back([this] { impl_->run(); });
}

void media_plane::stop() {
  {
    std::unique_lock guard{impl_->running_mutex};
    if (!std::exchange(impl_->running, false))
      return;
  }
  auto& hub = impl_->hub;
  for (const auto& bridge : hub.open_bridges())
    bridge->close();
  // Each call ends by itself within two close timeouts, first the words, then
  // the sockets; without work left the threads end, too.
  impl_->work.reset();
  {
    std::unique_lock guard{impl_->threads_mutex};
    impl_->thread_ended.wait_for(guard, 2 * hub.settings.close_timeout, [this] { return impl_->threads_running == 0; });
  }
  hub.io->stop();
  for (auto& thread : impl_->threads)
    thread.join();
  impl_->threads.clear();
  if (const auto left = hub.forget_all(); left > 0)
    spdlog::warn("media: {} voice sessions were cut off at shutdown", left);
  hub.io.reset(); // with what waits in it: handles of actors must go while their system lives
}

void media_plane::accept_media(boost::beast::tcp_stream stream,
                               boost::beast::http::request<boost::beast::http::string_body> upgrade) {
  std::shared_lock guard{impl_->running_mutex};
  auto& hub = impl_->hub;
  if (!impl_->running)
    return; // the socket closes with `stream`
  if (hub.waiting_streams >= hub.settings.waiting_streams_max)
    return hub.metrics.failed("too many streams that have not started");
  auto socket = stream.release_socket();
  boost::system::error_code error;
  const auto local = socket.local_endpoint(error);
  const auto descriptor = error ? -1 : socket.release(error);
  if (error)
    return hub.metrics.failed("stream that was gone at once");
  std::make_shared<waiting_stream>(hub)->accept(local.protocol(), descriptor, std::move(upgrade));
}

void media_plane::open(open_voice_session session, opened_callback opened) {
  std::shared_lock guard{impl_->running_mutex};
  if (!impl_->running) {
    guard.unlock();
    return opened(caf::make_error(ec::shutting_down, "media plane"));
  }
  auto& hub = impl_->hub;
  const auto call = session.call;
  if (const auto known = hub.find(call); known && !known->closing())
    return known->reopen(std::move(session), std::move(opened));
  auto bridge = std::make_shared<call_bridge>(hub, std::move(session), std::move(opened));
  hub.enter(call, bridge);
  bridge->open();
}

void media_plane::update(update_instructions x) {
  std::shared_lock guard{impl_->running_mutex};
  if (const auto bridge = impl_->running ? impl_->hub.find(x.call) : nullptr)
    bridge->command([x = std::move(x)](bridge_core& core, auto, bridge_actions& out) {
      core.update_instructions(x.instructions, out);
    });
}

void media_plane::answer(answer_tool x) {
  std::shared_lock guard{impl_->running_mutex};
  if (const auto bridge = impl_->running ? impl_->hub.find(x.call) : nullptr)
    bridge->command(
      [x = std::move(x)](bridge_core& core, auto now, bridge_actions& out) { core.answer_tool(x, now, out); });
}

void media_plane::prompt(prompt_agent x) {
  std::shared_lock guard{impl_->running_mutex};
  if (const auto bridge = impl_->running ? impl_->hub.find(x.call) : nullptr)
    bridge->command(
      [x = std::move(x)](bridge_core& core, auto now, bridge_actions& out) { core.prompt(x.instructions, now, out); });
}

void media_plane::await_playback(const call_id& call) {
  std::shared_lock guard{impl_->running_mutex};
  if (const auto bridge = impl_->running ? impl_->hub.find(call) : nullptr)
    bridge->command([](bridge_core& core, auto, bridge_actions& out) { core.await_playback(out); });
}

void media_plane::measure_silence(const call_id& call) {
  std::shared_lock guard{impl_->running_mutex};
  if (const auto bridge = impl_->running ? impl_->hub.find(call) : nullptr)
    bridge->command([](bridge_core& core, auto now, bridge_actions& out) { core.measure_silence(now, out); });
}

void media_plane::close(const call_id& call) {
  std::shared_lock guard{impl_->running_mutex};
  if (const auto bridge = impl_->running ? impl_->hub.find(call) : nullptr)
    bridge->close();
}

const port_book_ptr& media_plane::book() const {
  return impl_->hub.book;
}

const std::string& media_plane::model() const {
  return impl_->hub.settings.model;
}

bool media_plane::expects(const call_id& call) const {
  std::shared_lock guard{impl_->running_mutex};
  const auto bridge = impl_->running ? impl_->hub.find(call) : nullptr;
  return bridge && !bridge->closing();
}

size_t media_plane::live() const {
  return impl_->hub.live();
}

} // namespace parley
