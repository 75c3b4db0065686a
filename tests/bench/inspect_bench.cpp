// Measures what looking at a node costs: how long pages of the tree take with
// many actors, and by how much messages slow down while somebody looks.
//
//   inspect_bench [ACTORS=100000] [ROUNDS=40]
//
// Looking is: /inspect/tree?limit=2000 once a second (parley top), a reader of
// /inspect/stream, /metrics once a second, and 200 births and ends a second
// for the stream to tell. Messages are a ping-pong of two actors of ours.
// Quiet and open rounds of a second alternate, and each pair is compared, so
// that whatever else the machine does falls on both.
#include "actors/inspector/inspector.hpp"
#include "adapters/web/web_server.hpp"
#include "runtime/registry.hpp"
#include "runtime/system_config.hpp"
#include "runtime/telemetry/node_figures.hpp"
#include "tests/support/port_context.hpp"

#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <caf/all.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

using namespace parley;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;

namespace {

using idler_actor = caf::typed_actor<caf::reacts_to<tick_atom>, caf::replies_to<inspect_state>::with<inspected_state>>;

idler_actor::behavior_type idler(idler_actor::pointer self, context_ptr ctx, caf::actor_id parent, std::string kind) {
  begin(self, ctx, parent, std::move(kind), "0199b2c4-1111-7222-8333-444455556666");
  return {[](tick_atom) {}, [](const inspect_state&) { return inspected_state{"{}"}; }};
}

struct player_state {
  caf::actor other;
  static inline constexpr const char* name = "player";
};

/// Sends back what it gets, and counts that.
caf::behavior
player(caf::stateful_actor<player_state>* self, context_ptr ctx, std::shared_ptr<std::atomic<uint64_t>> n) {
  begin(self, ctx, 0, "player", "");
  return {
    [self](const caf::actor& other) { self->state.other = other; },
    [self, n](tick_atom) {
      n->fetch_add(1, std::memory_order_relaxed);
      self->send(self->state.other, tick_atom::value);
    },
  };
}

std::string get(uint16_t port, const std::string& target) {
  net::io_context io;
  tcp::socket socket{io};
  socket.connect({net::ip::address_v4::loopback(), port});
  http::request<http::empty_body> asked{http::verb::get, target, 11};
  asked.set(http::field::host, "127.0.0.1");
  asked.keep_alive(false);
  http::write(socket, asked);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  http::read(socket, buffer, parser);
  if (parser.get().result() != http::status::ok)
    std::fprintf(stderr, "%s: %u\n", target.c_str(), parser.get().result_int());
  return parser.get().body();
}

/// The nth part of some measurements.
double part(std::vector<double> some, double share) {
  std::sort(some.begin(), some.end());
  return some.empty() ? 0 : some[static_cast<size_t>(share * static_cast<double>(some.size() - 1))];
}

void measure_page(uint16_t port, const char* what, const std::string& target, int times) {
  std::vector<double> took;
  size_t bytes = 0;
  for (int i = 0; i < times; ++i) {
    const auto begun = steady::now();
    bytes = get(port, target).size();
    took.push_back(std::chrono::duration<double, std::milli>{steady::now() - begun}.count());
  }
  std::printf("%-34s %9zu %8.2f %8.2f %8.2f\n", what, bytes / 1'000, part(took, 0.5), part(took, 0.99), part(took, 1));
}

/// Somebody who looks, on threads of their own, while it lives.
class onlooker {
public:
  onlooker(caf::actor_system& sys, context_ptr ctx, caf::actor_id parent, uint16_t port) {
    const auto each = [this](auto pause, auto what) {
      threads_.emplace_back([this, pause, what] {
        while (!over_) {
          what();
          std::this_thread::sleep_for(pause);
        }
      });
    };
    each(1s, [port] { get(port, "/inspect/tree?limit=2000"); });
    each(1s, [port] { get(port, "/metrics"); });
    each(5ms, [&sys, ctx, parent] { sys.spawn(idler, ctx, parent, std::string{"newborn"}); });
    socket_.connect({net::ip::address_v4::loopback(), port});
    net::write(socket_, net::buffer(std::string{"GET /inspect/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"}));
    threads_.emplace_back([this] {
      std::array<char, 65'536> some;
      boost::system::error_code error;
      while (!error)
        heard_ += socket_.read_some(net::buffer(some), error);
    });
  }
  ~onlooker() {
    over_ = true;
    boost::system::error_code gone;
    socket_.shutdown(tcp::socket::shutdown_both, gone);
    for (auto& thread : threads_)
      thread.join();
    if (heard_ == 0)
      std::fprintf(stderr, "the stream told nothing\n");
  }

private:
  net::io_context io_;
  tcp::socket socket_{io_};
  std::atomic<bool> over_{false};
  size_t heard_ = 0;
  std::vector<std::thread> threads_;
};

double messages_a_second(const std::atomic<uint64_t>& n) {
  const auto before = n.load();
  const auto begun = steady::now();
  std::this_thread::sleep_for(1s);
  return static_cast<double>(n.load() - before) / std::chrono::duration<double>{steady::now() - begun}.count();
}

} // namespace

int main(int argc, char** argv) {
  const auto actors = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000;
  const auto rounds = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 40;
  test::port_context world;
  const context_ptr ctx = world.ctx();
  system_config config;
  {
    caf::actor_system sys{config};
    std::vector<idler_actor> living;
    for (unsigned long i = 0; i < actors; ++i) {
      const auto parent = i < 17 ? (i == 0 ? 0 : living[0].id()) : living[1 + i % 16].id();
      living.push_back(sys.spawn(idler, ctx, parent, std::string{i == 0 ? "node" : i < 17 ? "shard" : "line"}));
    }
    while (ctx->tree.size() < actors)
      std::this_thread::sleep_for(10ms);

    auto inspector = sys.spawn(parley::inspector, ctx);
    world.metrics.read_at_exposition([&](scrape& out) { read_actors(ctx->tree, out); });
    web_settings settings;
    settings.webhook_port = settings.local_port = 0;
    settings.threads = 1;
    web_server server{settings, twilio_settings{},
                      web_ports{sys, ctx->clock, world.metrics, {}, {}, inspector, {}, ""}};
    server.start();
    const auto port = server.local_port();
    const auto under = "under=" + std::to_string(living[1].id());

    std::printf("%lu actors\n%-34s %9s %8s %8s %8s\n", actors, "page", "kB", "p50 ms", "p99 ms", "max ms");
    measure_page(port, "first 500", "/inspect/tree", 100);
    measure_page(port, "500 in the middle", "/inspect/tree?after=" + std::to_string(living[actors / 2].id()), 100);
    measure_page(port, "500 of a kind", "/inspect/tree?kind=line", 100);
    measure_page(port, "500 of a kind under a shard", "/inspect/tree?kind=line&" + under, 100);
    measure_page(port, "500 under a shard", "/inspect/tree?" + under, 100);
    measure_page(port, "two levels", "/inspect/tree?depth=2", 100);
    measure_page(port, "5000, the most there is", "/inspect/tree?limit=5000", 30);
    measure_page(port, "one actor", "/inspect/actors/" + std::to_string(living[1].id()), 100);
    measure_page(port, "/metrics", "/metrics", 30);

    const auto count = std::make_shared<std::atomic<uint64_t>>(0);
    auto ping = sys.spawn(player, ctx, count);
    auto pong = sys.spawn(player, ctx, count);
    caf::anon_send(ping, pong);
    caf::anon_send(pong, ping);
    caf::anon_send(ping, tick_atom::value);
    messages_a_second(*count); // warms up
    std::vector<double> quiet;
    std::vector<double> open;
    std::vector<double> slower;
    for (unsigned long i = 0; i < rounds; ++i) {
      const bool first = i % 2 == 0; // whatever grows or wanes falls on both
      if (first)
        quiet.push_back(messages_a_second(*count));
      {
        const onlooker looks{sys, ctx, living[0].id(), port};
        open.push_back(messages_a_second(*count));
      }
      if (!first)
        quiet.push_back(messages_a_second(*count));
      slower.push_back(100 * (1 - open.back() / quiet.back()));
    }
    std::printf("\nping-pong, median of %lu rounds: %.0f messages/s quiet, %.0f while somebody looks\n", rounds,
                part(quiet, 0.5), part(open, 0.5));
    std::printf("slower by %.2f %% (median of pairs; quartiles %.2f %% and %.2f %%)\n", part(slower, 0.5),
                part(slower, 0.25), part(slower, 0.75));
    server.stop();
    caf::anon_send_exit(ping, caf::exit_reason::kill);
    caf::anon_send_exit(pong, caf::exit_reason::kill);
    caf::anon_send_exit(inspector, caf::exit_reason::kill);
  }
  return 0;
}
