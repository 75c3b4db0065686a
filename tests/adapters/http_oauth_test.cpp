// Goal: every request carries a valid token, the token endpoint is asked as
// seldom as possible, and refusals end in one clear answer.
#include "adapters/http/oauth.hpp"
#include "adapters/http/retry.hpp"
#include "tests/support/ask_http.hpp"
#include "tests/support/service_account.hpp"
#include "tests/support/stub_server.hpp"

#include <catch2/catch.hpp>

namespace http_oauth_test {

using namespace parley;
using namespace std::chrono_literals;
using parley::test::answer_of;
using parley::test::stub_answer;
using parley::test::stub_server;

namespace {

/// A vendor whose tokens are numbered; it accepts the newest only.
struct vendor {
  std::atomic<int> tokens = 0;
  std::atomic<int> calls = 0;
  std::atomic<int> lifetime = 3600;
  std::atomic<int> token_status = 200;
  std::atomic<bool> accepts = true;
  stub_server server{[this](const auto& asked) { return answer(asked); }};
  http_client client;
  oauth_session session{{server.url() + "/token", "id", "se&cret", "refresh"}, direct(), direct()};
  http_sender sender = session.sender();

  http_sender direct() {
    return [this](http_request r, http_callback done) { client.send(std::move(r), std::move(done)); };
  }

  stub_answer answer(const stub_server::request& asked) {
    if (asked.target() == "/token") {
      if (token_status != 200)
        return {token_status, R"({"error":"invalid_grant"})"};
      const auto number = std::to_string(++tokens);
      return {200, R"({"access_token":"t)" + number + R"(","expires_in":)" + std::to_string(lifetime) + "}"};
    }
    ++calls;
    const bool right = asked["Authorization"] == "Bearer t" + std::to_string(tokens);
    return {accepts && right ? 200 : 401};
  }
};

} // namespace

TEST_CASE_METHOD(vendor, "one token serves many requests", "[http][oauth]") {
  CHECK(answer_of(sender, get(server.url())).ok());
  CHECK(answer_of(sender, get(server.url())).ok());
  CHECK(tokens == 1);
  CHECK(server.seen().at(0).body()
        == "grant_type=refresh_token&client_id=id&client_secret=se%26cret&refresh_token=refresh");
}

TEST_CASE_METHOD(vendor, "requests that wait for a token share one refresh", "[http][oauth]") {
  std::vector<std::future<http_response>> pending;
  for (int i = 0; i < 8; ++i)
    pending.push_back(test::send(sender, get(server.url())));
  for (auto& one : pending)
    CHECK(one.get().ok());
  CHECK(tokens == 1);
}

TEST_CASE_METHOD(vendor, "a token that was revoked is replaced and the request repeated", "[http][oauth]") {
  REQUIRE(answer_of(sender, get(server.url())).ok());
  ++tokens; // the vendor forgets the first one
  CHECK(answer_of(sender, get(server.url())).ok());
  CHECK(tokens == 3);
  CHECK(calls == 3);
}

TEST_CASE_METHOD(vendor, "a vendor that refuses every token is asked twice, not for ever", "[http][oauth]") {
  accepts = false;
  CHECK(answer_of(sender, get(server.url())).status == 401);
  CHECK(calls == 2);
  CHECK(tokens == 2);
}

TEST_CASE_METHOD(vendor, "a token is replaced before it expires", "[http][oauth]") {
  lifetime = 1; // kept for half a second
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (tokens < 2 && std::chrono::steady_clock::now() < deadline)
    CHECK(answer_of(sender, get(server.url())).ok());
  CHECK(tokens == 2);
}

TEST_CASE_METHOD(vendor, "refused credentials are told as such and asked anew next time", "[http][oauth]") {
  token_status = 400;
  const auto refused = answer_of(sender, get(server.url()));
  CHECK(refused.failure == http_failure::unauthorised);
  CHECK(error_code(refused) == ec::vendor_unauthorised);
  CHECK(refused.body.empty());
  CHECK(calls == 0);
  token_status = 200;
  CHECK(answer_of(sender, get(server.url())).ok());
}

TEST_CASE_METHOD(vendor, "a token endpoint that is down is an outage, not a refusal", "[http][oauth]") {
  token_status = 503;
  const auto response = answer_of(sender, get(server.url()));
  CHECK(response.failure == http_failure::none);
  CHECK(error_code(response) == ec::vendor_unavailable);
}

TEST_CASE_METHOD(vendor, "a service account signs for each token, and the signature holds", "[http][oauth]") {
  const auto account = test::practice_account(server.url() + "/token");
  const auto send = oauth_session::of_account(account, direct(), direct()).sender();
  CHECK(answer_of(send, get(server.url())).ok());
  CHECK(answer_of(send, get(server.url())).ok());
  CHECK(tokens == 1);
  const auto form = form_decode(server.seen().front().body());
  REQUIRE(form);
  REQUIRE(form->size() == 2);
  CHECK(form->at(0).second == "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const auto claims = test::verified_claims(form->at(1).second);
  CHECK(claims["iss"] == account.client_email);
  CHECK(claims["aud"] == account.token_url);
  CHECK_FALSE(claims.contains("sub"));
}

TEST_CASE("an assertion is good from a moment ago, for an hour, and says for whom", "[http][oauth]") {
  auto account = test::practice_account("https://oauth2.example.com/token");
  account.subject = "grace@example.com";
  const std::chrono::system_clock::time_point now{std::chrono::seconds{1'800'000'000}};
  const auto text = assertion_of(account, now);
  const auto claims = test::verified_claims(text);
  CHECK(claims["iat"].get<int64_t>() <= 1'800'000'000);
  CHECK(claims["exp"].get<int64_t>() > 1'800'000'000);
  CHECK(claims["exp"].get<int64_t>() - claims["iat"].get<int64_t>() <= 3600);
  CHECK(claims["sub"] == "grace@example.com");
  CHECK(test::header_of(text)["kid"] == account.key_id);
  // What the check itself is worth: another text under the same signature.
  auto forged = text;
  auto& letter = forged[text.find('.') + 5];
  letter = letter == 'A' ? 'B' : 'A';
  CHECK_FALSE(test::is_signed(forged));
}

TEST_CASE("a service account's file that cannot be used is refused with a reason", "[http][oauth]") {
  const auto why = [](const std::string& file) -> std::string {
    try {
      read_service_account(file);
      return "";
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
  };
  CHECK(why(test::key_file()).empty());
  CHECK_THAT(why(""), Catch::Contains("no JSON object"));
  CHECK_THAT(why(R"({"type":"authorized_user"})"), Catch::Contains("service_account"));
  CHECK_THAT(why(R"({"type":"service_account","client_email":"a@b"})"), Catch::Contains("private_key"));
  CHECK_THAT(why(R"({"type":"service_account","client_email":"a@b","private_key":"-----BEGIN"})"),
             Catch::Contains("no RSA key"));
}

} // namespace http_oauth_test
