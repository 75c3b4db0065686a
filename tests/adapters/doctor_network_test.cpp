// Goal: the doctor's questions over the network are understood by those who are
// asked, and it tells who answers. Method: stub servers and a node's own web
// server on loopback.
#include "tests/support/web_fixture.hpp"

#include "adapters/twilio/node_proof.hpp"
#include "cluster/doctor/host_facts.hpp"
#include "cluster/doctor/prober.hpp"
#include "tests/adapters/stub_smtp.hpp"
#include "tests/support/stub_server.hpp"

#include <catch2/catch.hpp>

namespace doctor_network_test {

using namespace parley;
using namespace parley::doctor;
using namespace std::chrono_literals;
using parley::test::stub_answer;
using parley::test::stub_server;
using parley::test::stub_smtp;
using parley::test::web_fixture;

namespace {

std::string listening(const web_fixture& node) {
  return "http://127.0.0.1:" + std::to_string(node.server->webhook_port());
}

} // namespace

TEST_CASE("a question over HTTP comes back with status, headers and body", "[doctor]") {
  stub_server vendor{[](const auto& asked) {
    stub_answer answer;
    answer.status = asked["Authorization"] == "Bearer key" ? 200 : 401;
    answer.body = std::string{asked.method_string()} + " " + std::string{asked.target()} + " " + asked.body();
    answer.headers = {{"X-Seen", "yes"}};
    return answer;
  }};
  auto question = post_form(vendor.url() + "/token", {{"a", "1"}});
  question.headers.push_back(bearer_auth("key"));
  const auto answer = http_over_network({})(question);
  CHECK(answer.ok());
  CHECK(answer.body == "POST /token a=1");
  CHECK(answer.header("x-seen") == "yes");
  CHECK(http_over_network({})(get(vendor.url() + "/x")).status == 401);
}

TEST_CASE("who is not there or says nothing is told apart", "[doctor]") {
  uint16_t closed = 0;
  {
    stub_server gone{[](const auto&) { return stub_answer{}; }};
    closed = gone.port();
  }
  CHECK(http_over_network({})(get("http://127.0.0.1:" + std::to_string(closed))).failure == http_failure::connect);
  stub_server silent{[](const auto&) {
    stub_answer answer;
    answer.hold = true;
    return answer;
  }};
  auto question = get(silent.url());
  question.timeout = 200ms;
  CHECK(http_over_network({})(question).failure == http_failure::timeout);
}

TEST_CASE("a port that another program has is not free", "[doctor]") {
  stub_server other{[](const auto&) { return stub_answer{}; }};
  const auto taken = read_port("web.webhook_port", "127.0.0.1", other.port(), false);
  CHECK_FALSE(taken.free);
  CHECK_FALSE(taken.error.empty());
  CHECK(check_port(taken).state == health::failure);
}

TEST_CASE("a mail server is greeted and logged in to, and gets no mail", "[doctor]") {
  stub_smtp server;
  smtp_settings s;
  s.base_url = server.url();
  s.security = "none";
  s.user = "parley";
  s.password = "secret";
  CHECK(mail_over_network(s).taken);
  bool noop = false;
  for (const auto& command : server.commands()) {
    noop |= command.starts_with("NOOP");
    CHECK_FALSE(command.starts_with("MAIL"));
  }
  CHECK(noop);
  CHECK(server.mails().empty());
}

TEST_CASE("a refused login and a missing server are told apart", "[doctor]") {
  stub_smtp server;
  server.meddle = [](const std::string& command) {
    return command.starts_with("AUTH") ? std::optional<std::string>{"535 5.7.8 no"} : std::nullopt;
  };
  smtp_settings s;
  s.base_url = server.url();
  s.security = "none";
  s.user = "parley";
  s.password = "wrong";
  const auto refused = mail_over_network(s);
  CHECK_FALSE(refused.taken);
  CHECK(refused.login_bad);
  s.base_url = "smtp://127.0.0.1:1";
  const auto missing = mail_over_network(s);
  CHECK_FALSE(missing.taken);
  CHECK_FALSE(missing.reached);
}

TEST_CASE("a server without encryption is not given a password", "[doctor]") {
  stub_smtp server;
  smtp_settings s;
  s.base_url = server.url();
  s.security = "starttls";
  s.user = "parley";
  s.password = "secret";
  CHECK_FALSE(mail_over_network(s).taken);
  for (const auto& command : server.commands())
    CHECK_FALSE(command.starts_with("AUTH"));
}

TEST_CASE_METHOD(web_fixture, "our node proves that it is ours", "[doctor][web]") {
  ports.media = [](boost::beast::tcp_stream stream, web::request asked) {
    boost::beast::websocket::stream<boost::beast::tcp_stream> socket{std::move(stream)};
    socket.accept(asked);
  };
  start();
  const auto x = ask_webhook(carrier, listening(*this), true, http_over_network({}));
  CHECK(x.reached);
  CHECK(x.is_ours);
  CHECK(x.stream_status == 101);
  CHECK(is_fit(check_webhook(x, true)));
}

TEST_CASE_METHOD(web_fixture, "a node with another token or public_url is found out", "[doctor][web]") {
  start();
  auto other = carrier;
  other.auth_token = "another";
  CHECK(ask_webhook(other, listening(*this), true, http_over_network({})).status == 403);
  other = carrier;
  other.public_url = "https://elsewhere.example.com";
  const auto x = ask_webhook(other, listening(*this), true, http_over_network({}));
  CHECK(x.status == 403);
  CHECK_FALSE(x.is_ours);
}

TEST_CASE_METHOD(web_fixture, "the token that is to come will do while tokens are rotated", "[doctor][web]") {
  carrier.auth_token_next = "next";
  start();
  auto asker = carrier;
  asker.auth_token = "next";
  asker.auth_token_next = token;
  CHECK(ask_webhook(asker, listening(*this), true, http_over_network({})).is_ours);
}

TEST_CASE("whoever else answers at the address is not taken for our node", "[doctor]") {
  stub_server other{[](const auto&) {
    stub_answer answer;
    answer.body = "welcome to nginx";
    return answer;
  }};
  twilio_settings carrier;
  carrier.auth_token = "t0ken";
  carrier.public_url = other.url();
  const auto x = ask_webhook(carrier, other.url(), true, http_over_network({}));
  CHECK(x.reached);
  CHECK_FALSE(x.is_ours);
  CHECK_FALSE(is_fit(check_webhook(x, false)));
}

TEST_CASE_METHOD(web_fixture, "the proof is given to nobody who cannot sign, and stores nothing", "[web]") {
  start();
  const std::string path = "/voice/proof?nonce=0123456789abcdef";
  CHECK(send(signed_get(path)).body == twilio::node_proof(token, "0123456789abcdef") + "\n");
  CHECK(send(get(webhook(path))).status == 403);
  auto forged = get(webhook(path));
  forged.headers.emplace_back("X-Twilio-Signature", twilio::signature("other", public_url + path, {}));
  CHECK(send(forged).status == 403);
  CHECK(send(signed_get("/voice/proof")).status == 400);
  CHECK(send(signed_get("/voice/proof?nonce=short")).status == 400);
  CHECK(send(signed_get("/voice/proof?nonce=" + std::string(65, 'a'))).status == 400);
  CHECK(send(signed_post(path, {})).status == 405);
  CHECK(shared->recorded.all().empty());
}

} // namespace doctor_network_test
