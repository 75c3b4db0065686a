// Goal: operators see the node and command it, each through the socket meant
// for it, and errors are told in words. Method: a real server and real sockets.
#include "tests/support/web_fixture.hpp"

#include <boost/beast.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <sys/stat.h>

namespace web_node_test {

using namespace parley;
using namespace std::chrono_literals;
using nlohmann::json;
using parley::test::web_fixture;

namespace net = boost::asio;
namespace http = boost::beast::http;
using unix_protocol = net::local::stream_protocol;

static http::response<http::string_body>
over_unix(const std::string& path, http::verb method, const std::string& target, const std::string& body = {}) {
  net::io_context io;
  unix_protocol::socket socket{io};
  socket.connect(unix_protocol::endpoint{path});
  http::request<http::string_body> asked{method, target, 11, body};
  asked.set(http::field::host, "node");
  asked.prepare_payload();
  http::write(socket, asked);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> answer;
  http::read(socket, buffer, answer);
  return answer;
}

TEST_CASE_METHOD(web_fixture, "metrics and health are served on loopback", "[web]") {
  start();
  metrics.counter("parley_test_total", "A test.").Increment();
  const auto exposed = send(get(local("/metrics")));
  CHECK(exposed.status == 200);
  CHECK(exposed.body.find("parley_test_total 1") != std::string::npos);
  CHECK(send(get(local("/healthz"))).body == R"({"status":"ok"})");
  CHECK(send(get(local("/nothing"))).status == 404);
  CHECK(send(post_json(local("/metrics"), "{}")).status == 405);
  CHECK(send(get(webhook("/metrics"))).status == 404); // never where the world can see it
}

TEST_CASE_METHOD(web_fixture, "a node says why it is not ready", "[web]") {
  test::collected<std::string> reasons;
  ports.not_ready = [&] { return reasons.all(); };
  start();
  CHECK(send(get(local("/readyz"))).status == 200);
  reasons.add("journal");
  const auto answer = send(get(local("/readyz")));
  CHECK(answer.status == 503);
  CHECK(json::parse(answer.body) == json{{"ready", false}, {"reasons", {"journal"}}});
}

TEST_CASE_METHOD(web_fixture, "the tree and single actors are shown", "[web]") {
  settings.inspect_timeout = 300ms;
  start();
  CHECK(send(get(local("/inspect/tree"))).body == R"({"under":0,"depth":0,"kind":""})");
  CHECK(send(get(local("/inspect/tree?under=7&depth=2&kind=call"))).body == R"({"under":7,"depth":2,"kind":"call"})");
  CHECK(send(get(local("/inspect/tree?depth=-1"))).status == 400);
  CHECK(send(get(local("/inspect/tree?after=x"))).status == 400);
  CHECK(send(get(local("/inspect/tree?with=a%20b&sort=backlog&reversed=1"))).body
        == R"({"under":0,"depth":0,"kind":"","with":"a b","by":"backlog","reversed":true})");
  CHECK(send(get(local("/inspect/tree?sort=size"))).status == 400);
  CHECK(send(get(local("/inspect/tree?sort=backlog&after=3"))).status == 400); // the only page
  CHECK(send(get(local("/inspect/tree?reversed=1"))).status == 400);
  CHECK(send(get(local("/inspect/tree?sort=backlog&reversed=yes"))).status == 400);
  CHECK(send(get(local("/inspect/tree?sort=backlog&reversed=0"))).status == 200);
  const auto misspelt = send(get(local("/inspect/tree?limits=3&kind=call&Under=7")));
  CHECK(misspelt.status == 400);
  CHECK(misspelt.body.find("unknown parameters: limits, Under;") != std::string::npos);
  for (const auto* limit : {"0", "5001", "-1", "many"})
    CHECK(send(get(local(std::string{"/inspect/tree?limit="} + limit))).status == 400);
  CHECK(send(get(local("/inspect/actors/12"))).body == R"({"actor":12})");
  CHECK(send(get(local("/inspect/actors/twelve"))).status == 400);
  CHECK(send(get(local("/inspect/actors/"))).status == 400);
  const auto gone = send(get(local("/inspect/actors/404")));
  CHECK(gone.status == 404);
  CHECK(json::parse(gone.body) == json{{"error", "not_found"}, {"message", "actor 404"}});
  const auto silent = send(get(local("/inspect/actors/504")));
  CHECK(silent.status == 504);
  CHECK(json::parse(silent.body)["error"] == "timeout");
}

TEST_CASE_METHOD(web_fixture, "a web page cannot make a browser ask by a name of its own", "[web]") {
  start();
  const auto by_host = [this](const std::string& host) {
    auto asked = get(local("/metrics"));
    asked.headers.emplace_back("Host", host);
    return send(asked).status;
  };
  CHECK(by_host("evil.example") == 403);
  CHECK(by_host("127.0.0.1.evil.example:8081") == 403);
  CHECK(by_host("localhost:8081") == 200);
}

TEST_CASE_METHOD(web_fixture, "commands go through the control socket with their arguments", "[web]") {
  start();
  const auto answer = over_unix(settings.control_socket, http::verb::post, "/v1/command",
                                R"({"command":"campaign launch","campaign":"spring","limit":3})");
  CHECK(answer.result_int() == 200);
  CHECK(answer.body() == R"({"done":true})");
  const auto commands = shared->commands.all();
  REQUIRE(commands.size() == 1);
  CHECK(commands[0].name == "campaign launch");
  CHECK(json::parse(commands[0].arguments) == json{{"campaign", "spring"}, {"limit", 3}});
  CHECK(over_unix(settings.control_socket, http::verb::get, "/healthz").result_int() == 200);
  CHECK(over_unix(settings.control_socket, http::verb::get, "/v1/command").result_int() == 405);
  CHECK(send(post_json(local("/v1/command"), R"({"command":"campaign launch"})")).status == 405);
  CHECK(shared->commands.all().size() == 1);
}

TEST_CASE_METHOD(web_fixture, "a refused command says what is wrong in code and words", "[web]") {
  start();
  const auto told = [this](const std::string& body) {
    const auto answer = over_unix(settings.control_socket, http::verb::post, "/v1/command", body);
    const auto parsed = json::parse(answer.body());
    return std::to_string(answer.result_int()) + ' ' + parsed["error"].get<std::string>() + ": "
           + parsed["message"].get<std::string>();
  };
  CHECK(told(R"({"command":"bad"})") == "400 invalid_input: \"campaign\" is missing; name one");
  CHECK(told(R"({"command":"missing"})").starts_with("404 not_found: "));
  CHECK(told(R"({"command":"clash"})").starts_with("409 conflict: "));
  CHECK(told("garbage").starts_with("400 invalid_input: the body must be a JSON object"));
  CHECK(told("[]").starts_with("400 invalid_input: "));
  CHECK(told(R"({"command":7})").starts_with("400 invalid_input: "));
  CHECK(told(R"({"command":"crash"})").starts_with("503 unavailable: ")); // ends the control actor
  CHECK(told(R"({"command":"list"})").starts_with("503 unavailable: "));
}

TEST_CASE_METHOD(web_fixture, "only the owner may use the control socket, and it goes with the node", "[web]") {
  start();
  struct stat status {};
  REQUIRE(::stat(settings.control_socket.c_str(), &status) == 0);
  CHECK(S_ISSOCK(status.st_mode));
  CHECK((status.st_mode & 0777) == 0600);
  server->stop();
  CHECK_FALSE(std::filesystem::exists(settings.control_socket));
}

TEST_CASE_METHOD(web_fixture, "the control socket of a living node is left alone, a dead one's replaced", "[web]") {
  start();
  web_server second{settings, carrier, ports};
  try {
    second.start();
    FAIL("two nodes on one data_dir");
  } catch (const web::listen_error& e) {
    CHECK(std::string{e.what()}.find("another node uses it") != std::string::npos);
    CHECK(std::string{e.what()}.find(settings.control_socket) != std::string::npos);
  }
  CHECK(over_unix(settings.control_socket, http::verb::get, "/healthz").result_int() == 200);
  server->stop();
  { // a node that was killed leaves its file
    net::io_context io;
    unix_protocol::acceptor dead{io, unix_protocol::endpoint{settings.control_socket}};
  }
  REQUIRE(std::filesystem::exists(settings.control_socket));
  start();
  CHECK(over_unix(settings.control_socket, http::verb::get, "/healthz").result_int() == 200);
}

static std::string start_error(const web_settings& settings, web_fixture& x) {
  try {
    web_server server{settings, x.carrier, x.ports};
    server.start();
  } catch (const web::listen_error& e) {
    return e.what();
  }
  return "started";
}

TEST_CASE_METHOD(web_fixture, "a socket that cannot be opened is named with the remedy", "[web]") {
  net::io_context io;
  net::ip::tcp::acceptor taken{io, {net::ip::address_v4::loopback(), 0}};
  const auto port = taken.local_endpoint().port();
  auto changed = settings;
  changed.local_port = port;
  CHECK(start_error(changed, *this)
        == "the local listener cannot use 127.0.0.1 port " + std::to_string(port)
             + ": Address already in use; end the program that uses it, or set [web] local_port to another port");
  changed = settings;
  changed.webhook_address = "voice.example.com";
  CHECK(start_error(changed, *this).find("name an IP address of this machine") != std::string::npos);
  changed = settings;
  changed.control_socket = std::string(200, 'x');
  CHECK(start_error(changed, *this).find("choose a shorter data_dir") != std::string::npos);
  changed = settings;
  changed.control_socket = folder;
  CHECK(start_error(changed, *this).find("is no socket") != std::string::npos);
  changed.control_socket = "/nonexistent/control.sock";
  CHECK(start_error(changed, *this).find("data_dir must exist") != std::string::npos);
}

TEST_CASE_METHOD(web_fixture, "a server that stops finishes what actors still answer", "[web]") {
  settings.inspect_timeout = 300ms;
  start();
  auto asked = get(local("/inspect/actors/504")); // never answered by the actor
  auto pending = test::send(client, asked);
  while (metrics.exposition().find("listener=\"local\",status=\"200\"") == std::string::npos)
    CHECK(send(get(local("/healthz"))).status == 200);
  server->stop();
  server->stop();
  CHECK_FALSE(pending.get().ok());
  CHECK(send(get(local("/healthz"))).failure != http_failure::none);
}

TEST_CASE("the loopback listener stays on loopback", "[web][settings]") {
  const auto problems = [](const std::string& toml) -> std::string {
    web_settings settings;
    try {
      settings::document::parse(toml, "a.toml").read([&](settings::section& s) { settings.describe(s); });
    } catch (const settings::invalid& e) {
      return e.what();
    }
    return "";
  };
  CHECK(problems("") == "");
  CHECK(problems("local_address = \"::1\"") == "");
  CHECK(problems("local_address = \"0.0.0.0\"").find("must be a loopback address") != std::string::npos);
  CHECK(problems("webhook_port = 70000").find("webhook_port") != std::string::npos);
}

} // namespace web_node_test
