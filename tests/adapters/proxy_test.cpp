// Goal: config/examples/nginx.conf works as it stands: what the carrier signs
// over public_url arrives unchanged, the media socket passes frames both ways,
// and nothing else of the node is reachable. Method: a real nginx with the
// example, a certificate of its own, in front of a node's web server; only
// ports, names and paths are exchanged. Needs Debian's nginx.
#include "tests/support/web_fixture.hpp"

#include "adapters/cli/child_process.hpp"
#include "cluster/doctor/host_facts.hpp"
#include "cluster/doctor/prober.hpp"
#include "runtime/free_port.hpp"

#include <boost/asio/ssl.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <thread>

namespace proxy_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::answer_of;
using parley::test::web_fixture;
namespace fs = std::filesystem;
namespace net = boost::asio;
namespace beast = boost::beast;
using tcp = net::ip::tcp;

namespace {

/// Exchanges a part of the example, which must be there that often.
void exchange(std::string& text, const std::string& from, const std::string& to, size_t times) {
  CAPTURE(from);
  size_t found = 0;
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()), ++found)
    text.replace(at, from.size(), to);
  REQUIRE(found == times);
}

/// A node's web server on the right side of nginx.
struct proxied : web_fixture {
  const uint16_t https = free_port();
  const uint16_t http_port = free_port();
  const std::string outside = "https://localhost:" + std::to_string(https);
  std::unique_ptr<cli::child_process> nginx;
  std::unique_ptr<http_client> world; ///< trusts the certificate
  std::mutex mutex;
  std::vector<std::thread> echoes;

  proxied() {
    REQUIRE(fs::exists("/usr/sbin/nginx")); // cluster/setup --tests installs it
    carrier.public_url = outside;
    ports.media = [this](beast::tcp_stream stream, web::request asked) {
      std::lock_guard guard{mutex};
      echoes.emplace_back(
        [stream = std::move(stream), asked = std::move(asked)]() mutable { echo(std::move(stream), asked); });
    };
  }
  ~proxied() {
    if (nginx)
      nginx->stop(5s); // and with it all sockets
    std::lock_guard guard{mutex};
    for (auto& thread : echoes)
      thread.join();
  }

  /// Sends every message back, until the other side closes.
  static void echo(beast::tcp_stream stream, const web::request& asked) {
    beast::websocket::stream<beast::tcp_stream> socket{std::move(stream)};
    boost::system::error_code error;
    socket.accept(asked, error);
    while (!error) {
      beast::flat_buffer message;
      socket.read(message, error);
      if (!error)
        socket.write(message.data(), error);
    }
  }

  void start_all() {
    start();
    make_certificate();
    write_config();
    nginx = std::make_unique<cli::child_process>(std::vector<std::string>{"/usr/sbin/nginx", "-p", folder.string(),
                                                                          "-c", (folder / "nginx.conf").string(), "-e",
                                                                          (folder / "nginx.log").string()},
                                                 (folder / "nginx.errors").string());
    http_client_options options;
    options.ca_file = (folder / "cert.pem").string();
    world = std::make_unique<http_client>(options);
    for (int i = 0; i < 200; ++i) {
      if (answer_of(*world, get(outside + "/")).failure == http_failure::none)
        return;
      std::this_thread::sleep_for(25ms);
    }
    std::ostringstream log;
    log << std::ifstream{folder / "nginx.log"}.rdbuf() << std::ifstream{folder / "nginx.errors"}.rdbuf();
    FAIL("nginx does not answer: " << log.str());
  }

  void make_certificate() const {
    const auto command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "
                         "/CN=localhost -addext subjectAltName=DNS:localhost -keyout "
                         + (folder / "key.pem").string() + " -out " + (folder / "cert.pem").string() + " 2>/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
  }

  void write_config() const {
    std::ostringstream text;
    text << std::ifstream{std::string{PARLEY_SOURCE_DIR} + "/config/examples/nginx.conf"}.rdbuf();
    auto example = text.str();
    exchange(example, "listen 80;", "listen 127.0.0.1:" + std::to_string(http_port) + ";", 1);
    exchange(example, "listen 443 ssl;", "listen 127.0.0.1:" + std::to_string(https) + " ssl;", 1);
    exchange(example, "listen [::]:80;", "", 1);
    exchange(example, "listen [::]:443 ssl;", "", 1);
    exchange(example, "server 127.0.0.1:8080;", "server 127.0.0.1:" + std::to_string(server->webhook_port()) + ";", 1);
    exchange(example, "server_name voice.example.com;", "server_name localhost;", 2);
    exchange(example, "/etc/letsencrypt/live/voice.example.com/fullchain.pem", (folder / "cert.pem").string(), 1);
    exchange(example, "/etc/letsencrypt/live/voice.example.com/privkey.pem", (folder / "key.pem").string(), 1);
    exchange(example, "root /var/www/html;", "root " + folder.string() + ";", 1);
    std::ofstream out{folder / "nginx.conf"};
    out << "daemon off;\nmaster_process off;\nworker_processes 1;\npid nginx.pid;\nevents { worker_connections 128; }\n"
        << "http {\naccess_log off;\n";
    for (const auto* what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      out << what << "_temp_path " << (folder / what).string() << ";\n";
    out << example << "}\n";
  }

  http_response ask_outside(http_request asked) { return answer_of(*world, std::move(asked)); }

  http_request outside_post(const std::string& target, const http_fields& form) const {
    auto asked = post_form(outside + target, form);
    asked.headers.emplace_back("X-Twilio-Signature", twilio::signature(token, outside + target, form));
    return asked;
  }
};

/// A carrier's side of a media socket.
struct media_client {
  net::io_context io;
  net::ssl::context tls{net::ssl::context::tls_client};
  std::unique_ptr<beast::websocket::stream<beast::ssl_stream<tcp::socket>>> socket;

  void connect(const proxied& p, const std::string& signature) {
    tls.load_verify_file((p.folder / "cert.pem").string());
    tls.set_verify_mode(net::ssl::verify_peer);
    socket = std::make_unique<beast::websocket::stream<beast::ssl_stream<tcp::socket>>>(io, tls);
    beast::get_lowest_layer(*socket).connect({net::ip::address_v4::loopback(), p.https});
    REQUIRE(SSL_set_tlsext_host_name(socket->next_layer().native_handle(), "localhost") == 1);
    socket->next_layer().handshake(net::ssl::stream_base::client);
    socket->set_option(beast::websocket::stream_base::decorator(
      [signature](beast::websocket::request_type& x) { x.set("X-Twilio-Signature", signature); }));
    socket->handshake("localhost:" + std::to_string(p.https), "/voice/stream");
  }
  std::string exchange(const std::string& message) {
    socket->write(net::buffer(message));
    beast::flat_buffer answer;
    socket->read(answer);
    return beast::buffers_to_string(answer.data());
  }
};

} // namespace

TEST_CASE_METHOD(proxied, "a signed webhook passes the proxy and is stored", "[proxy]") {
  start_all();
  const auto told = ask_outside(outside_post("/voice/status" + at_call, completed()));
  CHECK(told.status == 204);
  CHECK(shared->recorded.wait_for(1).size() == 1);
}

TEST_CASE_METHOD(proxied, "path and query arrive as they were signed", "[proxy]") {
  start_all();
  // Escapes that a proxy likes to write anew.
  const auto target = "/voice/status" + at_call + "&note=a%20b%2Fc%7Ed&x=1%2B1";
  CHECK(ask_outside(outside_post(target, completed())).status == 204);
  auto unsigned_one = post_form(outside + target, completed());
  CHECK(ask_outside(unsigned_one).status == 403);
}

TEST_CASE_METHOD(proxied, "many webhooks in a row share connections and all arrive", "[proxy]") {
  start_all();
  for (int i = 0; i < 50; ++i) {
    auto form = completed();
    form.back().second = std::to_string(i + 1);
    REQUIRE(ask_outside(outside_post("/voice/status" + at_call, form)).status == 204);
  }
  CHECK(shared->recorded.wait_for(50).size() == 50);
}

TEST_CASE_METHOD(proxied, "the media socket passes frames both ways", "[proxy]") {
  start_all();
  media_client call;
  call.connect(*this, twilio::signature(token, carrier.stream_address(), {}));
  CHECK(call.exchange(R"({"event":"connected"})") == R"({"event":"connected"})");
  const std::string audio(60'000, 'A'); // longer than any buffer in between
  for (int i = 0; i < 20; ++i)
    REQUIRE(call.exchange(audio) == audio);
}

TEST_CASE_METHOD(proxied, "a media socket that is not signed does not pass", "[proxy]") {
  start_all();
  media_client call;
  CHECK_THROWS(call.connect(*this, "forged"));
}

TEST_CASE_METHOD(proxied, "nothing but the carrier's pages is open to the world", "[proxy]") {
  start_all();
  for (const auto* path : {"/", "/metrics", "/inspect/tree", "/v1/command", "/healthz", "/voicemail"})
    CHECK(ask_outside(get(outside + path)).status == 404);
  CHECK(shared->commands.all().empty());
  const auto plain = ask_outside(get("http://localhost:" + std::to_string(http_port) + "/voice/status"));
  CHECK(plain.status == 301);
}

TEST_CASE_METHOD(proxied, "a certificate is renewed over plain http", "[proxy]") {
  start_all();
  const auto challenges = folder / ".well-known" / "acme-challenge";
  fs::create_directories(challenges);
  std::ofstream{challenges / "token"} << "proof";
  const auto asked
    = ask_outside(get("http://localhost:" + std::to_string(http_port) + "/.well-known/acme-challenge/token"));
  CHECK(asked.status == 200);
  CHECK(asked.body == "proof");
}

TEST_CASE_METHOD(proxied, "a body beyond the bound is refused before the node reads it", "[proxy]") {
  start_all();
  CHECK(ask_outside(outside_post("/voice/status" + at_call, {{"x", std::string(100'000, 'y')}})).status == 413);
}

TEST_CASE_METHOD(proxied, "a node that is not there is answered for, and its webhook is not lost in silence",
                 "[proxy]") {
  start_all();
  server.reset();
  CHECK(ask_outside(outside_post("/voice/status" + at_call, completed())).status == 502);
}

TEST_CASE_METHOD(proxied, "the doctor finds our node behind the proxy", "[proxy][doctor]") {
  start_all();
  const auto ask = doctor::http_over_network((folder / "cert.pem").string());
  const auto x = doctor::ask_webhook(carrier, outside, true, ask);
  CHECK(x.is_ours);
  CHECK(x.stream_status == 101);
  CHECK_FALSE(x.standard_port); // as it is told of a test's port
}

TEST_CASE_METHOD(proxied, "a certificate that nobody vouches for is found out", "[proxy][doctor]") {
  start_all();
  const auto shown = doctor::certificate_over_network(outside);
  CHECK(shown.reached);
  CHECK_FALSE(shown.trusted);
  REQUIRE(shown.expires);
  const auto left = *shown.expires - std::chrono::system_clock::now();
  CHECK(left > 29 * 24h);
  CHECK(left < 31 * 24h);
  CHECK_FALSE(doctor::certificate_over_network("https://localhost:1").reached);
}

} // namespace proxy_test
