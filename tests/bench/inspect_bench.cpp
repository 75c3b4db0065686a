// Measures what looking at a node costs: how long pages of the tree take with
// many actors, and by how much messages slow down while somebody looks. Ends
// with 1 if a page's p99 is over 100 ms or messages slow down by over 2 %.
//
//   inspect_bench [ACTORS=100000] [ROUNDS=40]
//
// Looking is, each measured by itself: /inspect/tree?limit=2000&sort=rate once a second
// (parley top), a reader of /inspect/stream, and /metrics every 15 seconds
// (docs/metrics.md). Messages are a ping-pong of four pairs of actors, so that
// there is always one to run on each of two cores and whoever looks takes the time
// from them; 200 actors are born and end a second, looked at or not. Quiet and
// open rounds of a second alternate, and each pair is compared, so that
// whatever else the machine does falls on both. Who reads the pages is in this
// process, too: what reading costs him is in the figures.
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
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <sys/resource.h>

using namespace parley;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;

namespace {

constexpr double page_ms_max = 100;
constexpr double slower_percent_max = 2;
constexpr int pairs = 4;               ///< of players; one would leave a core to those who look
constexpr double rounds_a_scrape = 15; ///< a round takes a second

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

/// Prints a row; whether the page is quick enough.
bool measure_page(uint16_t port, const char* what, const std::string& target, int times) {
  std::vector<double> took;
  size_t bytes = 0;
  for (int i = 0; i < times; ++i) {
    const auto begun = steady::now();
    bytes = get(port, target).size();
    took.push_back(std::chrono::duration<double, std::milli>{steady::now() - begun}.count());
  }
  std::printf("%-34s %9zu %8.2f %8.2f %8.2f\n", what, bytes / 1'000, part(took, 0.5), part(took, 0.99), part(took, 1));
  return part(took, 0.99) <= page_ms_max;
}

/// Does something at once and then again and again, on a thread of its own,
/// while it lives.
class repeated {
public:
  repeated(std::chrono::milliseconds pause, std::function<void()> what)
    : thread_{[this, pause, what = std::move(what)] {
        std::unique_lock lock{mutex_};
        do {
          lock.unlock();
          what();
          lock.lock();
        } while (!ends_.wait_for(lock, pause, [this] { return over_; }));
      }} {}
  ~repeated() {
    {
      std::lock_guard lock{mutex_};
      over_ = true;
    }
    ends_.notify_one();
    thread_.join();
  }

private:
  std::mutex mutex_;
  std::condition_variable ends_;
  bool over_ = false;
  std::thread thread_; // the last one: it uses the others
};

/// Follows /inspect/stream while it lives.
class stream_reader {
public:
  explicit stream_reader(uint16_t port) {
    socket_.connect({net::ip::address_v4::loopback(), port});
    net::write(socket_, net::buffer(std::string{"GET /inspect/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"}));
    thread_ = std::thread{[this] {
      std::array<char, 65'536> some;
      boost::system::error_code error;
      while (!error)
        heard_ += socket_.read_some(net::buffer(some), error);
    }};
  }
  ~stream_reader() {
    boost::system::error_code gone;
    socket_.shutdown(tcp::socket::shutdown_both, gone);
    thread_.join();
    if (heard_ == 0)
      std::fprintf(stderr, "the stream told nothing\n");
  }

private:
  net::io_context io_;
  tcp::socket socket_{io_};
  size_t heard_ = 0;
  std::thread thread_;
};

double messages_a_second(const std::atomic<uint64_t>& n) {
  const auto before = n.load();
  const auto begun = steady::now();
  std::this_thread::sleep_for(1s);
  return static_cast<double>(n.load() - before) / std::chrono::duration<double>{steady::now() - begun}.count();
}

/// Processor time of this process over a second, in milliseconds.
double processor_ms() {
  const auto so_far = [] {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3
           + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
  };
  const auto before = so_far();
  std::this_thread::sleep_for(1s);
  return so_far() - before;
}

/// How much more of that it takes while `look()` lives and nobody sends messages.
template <class Look>
double cost_ms(double share, const Look& look) {
  std::vector<double> more;
  for (int i = 0; i < 5; ++i) {
    const auto quiet = processor_ms();
    const auto looks = look();
    more.push_back(share * (processor_ms() - quiet));
  }
  return part(more, 0.5);
}

/// By how many per cent messages are slower while `look()` lives. Prints a row.
/// @param share Of the looking that a second of a node's life really has.
template <class Look>
double
measure_look(const std::atomic<uint64_t>& n, unsigned long rounds, const char* what, double share, const Look& look) {
  std::vector<double> quiet;
  std::vector<double> slower;
  for (unsigned long i = 0; i < rounds; ++i) {
    const bool first = i % 2 == 0; // whatever grows or wanes falls on both
    if (first)
      quiet.push_back(messages_a_second(n));
    double open = 0;
    {
      const auto looks = look();
      open = messages_a_second(n);
    }
    if (!first)
      quiet.push_back(messages_a_second(n));
    slower.push_back(share * 100 * (1 - open / quiet.back()));
  }
  std::printf("%-34s %12.0f %9.2f %9.2f %9.2f\n", what, part(quiet, 0.5), part(slower, 0.5), part(slower, 0.25),
              part(slower, 0.75));
  std::fflush(stdout);
  return part(slower, 0.5);
}

/// Prints two tables; by how many per cent all who look slow messages down.
double measure_looks(caf::actor_system& sys, const context_ptr& ctx, caf::actor_id parent, uint16_t port,
                     unsigned long rounds) {
  const auto a_page
    = [port] { return std::make_unique<repeated>(1s, [port] { get(port, "/inspect/tree?limit=2000&sort=rate"); }); };
  const auto the_stream = [port] { return std::make_unique<stream_reader>(port); };
  // One scrape in each round, of which a node has one in fifteen.
  const auto a_scrape = [port] { return std::make_unique<repeated>(1h, [port] { get(port, "/metrics"); }); };
  const repeated births{5ms, [&] { sys.spawn(idler, ctx, parent, std::string{"newborn"}); }};
  std::printf("\n%-34s %12s\n", "who looks", "ms CPU a s");
  std::printf("%-34s %12.1f\n", "a page of 2000 once a second", cost_ms(1, a_page));
  std::printf("%-34s %12.1f\n", "a reader of the stream", cost_ms(1, the_stream));
  std::printf("%-34s %12.1f\n", "/metrics every 15 s", cost_ms(1 / rounds_a_scrape, a_scrape));

  const auto count = std::make_shared<std::atomic<uint64_t>>(0);
  std::vector<caf::actor> players;
  for (int i = 0; i < pairs; ++i) {
    auto ping = sys.spawn(player, ctx, count);
    auto pong = sys.spawn(player, ctx, count);
    caf::anon_send(ping, pong);
    caf::anon_send(pong, ping);
    caf::anon_send(ping, tick_atom::value);
    players.insert(players.end(), {ping, pong});
  }
  messages_a_second(*count); // warms up
  std::printf("\n%-34s %12s %9s %9s %9s\n", "who looks", "messages/s", "slower %", "quartile", "quartile");
  double sum = measure_look(*count, rounds, "a page of 2000 once a second", 1, a_page);
  sum += measure_look(*count, rounds, "a reader of the stream", 1, the_stream);
  sum += measure_look(*count, rounds, "/metrics every 15 s", 1 / rounds_a_scrape, a_scrape);
  std::printf("%-34s %12s %9.2f\n", "all of them", "", sum);
  for (const auto& one : players)
    caf::anon_send_exit(one, caf::exit_reason::kill);
  return sum;
}

} // namespace

int main(int argc, char** argv) {
  const auto actors = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000;
  const auto rounds = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 40;
  bool good = true;
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
    const auto middle = "after=" + std::to_string(living[actors / 2].id());
    bool quick = true;
    const auto page = [&](const char* what, const std::string& target, int times = 100) {
      quick = measure_page(port, what, target, times) && quick;
    };
    page("first 500", "/inspect/tree");
    page("500 in the middle", "/inspect/tree?" + middle);
    page("2000, the oldest", "/inspect/tree?limit=2000");
    page("2000 by rate, as parley top asks", "/inspect/tree?limit=2000&sort=rate");
    page("2000 by key with a text", "/inspect/tree?limit=2000&sort=key&with=0199b2c4");
    page("500 of a kind", "/inspect/tree?kind=line");
    page("500 of a kind under a shard", "/inspect/tree?kind=line&" + under);
    page("none of a kind under a shard", "/inspect/tree?kind=shard&" + under + "&" + middle);
    page("500 under a shard", "/inspect/tree?" + under);
    page("two levels", "/inspect/tree?depth=2");
    page("5000, the most there is", "/inspect/tree?limit=5000");
    page("one actor", "/inspect/actors/" + std::to_string(living[1].id()));
    page("/metrics", "/metrics");

    const auto slower = measure_looks(sys, ctx, living[0].id(), port, rounds);
    if (!quick)
      std::printf("a page takes over %.0f ms\n", page_ms_max);
    if (slower > slower_percent_max)
      std::printf("looking slows messages by over %.0f %%\n", slower_percent_max);
    good = quick && slower <= slower_percent_max;
    server.stop();
    caf::anon_send_exit(inspector, caf::exit_reason::kill);
  }
  return good ? 0 : 1;
}
