// Goal: an asker gets the model's text or an error that tells it what to do.
// Method: a stub plays chat completions over real HTTP.
#include "adapters/openai/none_llm.hpp"
#include "adapters/openai/openai_llm.hpp"
#include "tests/support/port_fixture.hpp"
#include "tests/support/stub_server.hpp"

namespace openai_test {

using namespace parley;
using nlohmann::json;
using parley::test::stub_answer;

namespace {

stub_answer said(const std::string& text, const char* finish = "stop") {
  return {200,
          json{{"id", "chatcmpl-1"},
               {"model", "gpt-4o-mini-2024"},
               {"choices", json::array({{{"index", 0},
                                         {"message", {{"role", "assistant"}, {"content", text}, {"refusal", nullptr}}},
                                         {"finish_reason", finish}}})},
               {"usage", {{"prompt_tokens", 19}, {"completion_tokens", 10}}}}
            .dump()};
}

struct stub_llm : test::port_fixture {
  test::scripted_answer script{[](const auto&) { return said(R"({"probability":70})"); }};
  test::stub_server server{[this](const auto& asked) { return script(asked); }};
  openai_settings settings;
  llm_port port;

  stub_llm() {
    settings.base_url = server.url() + "/v1";
    settings.api_key = "sk-test";
    settings.attempts_max = 2;
    settings.request_timeout = std::chrono::seconds{2};
  }
  ~stub_llm() { self->send_exit(port, caf::exit_reason::user_shutdown); }

  void start() { port = sys.spawn(openai_llm, ctx(), settings); }
  static completion_request question() {
    completion_request x;
    x.purpose = "research";
    x.system = "You judge prospects.";
    x.prompt = "How likely is it?";
    x.schema_name = "research result";
    x.schema = R"({"type":"object","properties":{"probability":{"type":"integer"}}})";
    x.tokens_max = 300;
    return x;
  }
  caf::error failure() { return error_of<completion>(port, question()); }
};

} // namespace

TEST_CASE_METHOD(stub_llm, "openai: a question becomes a chat completion with a schema", "[openai]") {
  start();
  const auto answer = get<completion>(port, question());
  CHECK(answer.text == R"({"probability":70})");
  CHECK(answer.model == "gpt-4o-mini-2024");
  CHECK(answer.tokens_in == 19);
  CHECK(answer.tokens_out == 10);
  const auto seen = server.seen();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].target() == "/v1/chat/completions");
  CHECK(seen[0]["Authorization"] == "Bearer sk-test");
  const auto body = json::parse(seen[0].body());
  CHECK(body["model"] == "gpt-4o-mini");
  CHECK(body["messages"][0]["role"] == "system");
  CHECK(body["messages"][1]["content"] == "How likely is it?");
  CHECK(body["max_completion_tokens"] == 300);
  CHECK(body["response_format"]["type"] == "json_schema");
  CHECK(body["response_format"]["json_schema"]["name"] == "research_result");
  CHECK(body["response_format"]["json_schema"]["schema"]["type"] == "object");
  CHECK(metrics.exposition().find(R"(parley_llm_tokens_total{direction="out",purpose="research"} 10)")
        != std::string::npos);
  CHECK(metrics.exposition().find(R"(operation="research")") != std::string::npos);
}

TEST_CASE_METHOD(stub_llm, "openai: a compatible server may have no key, no path and another limit", "[openai]") {
  settings.base_url = server.url();
  settings.api_key.clear();
  settings.token_limit_field = "max_tokens";
  start();
  get<completion>(port, question());
  const auto seen = server.seen();
  CHECK(seen[0].target() == "/v1/chat/completions");
  CHECK(seen[0].find("Authorization") == seen[0].end());
  CHECK(json::parse(seen[0].body())["max_tokens"] == 300);
}

TEST_CASE_METHOD(stub_llm, "openai: what passes is tried again, within bounds", "[openai]") {
  start();
  std::atomic<int> tries{0};
  script = [&](const auto&) { return ++tries == 1 ? stub_answer{503, "{}"} : said("{}"); };
  CHECK(get<completion>(port, question()).text == "{}");
  CHECK(tries == 2);
  CHECK(metric("parley_port_retries_total", R"(port="llm")") == 1);
  script = [&](const auto&) {
    ++tries;
    return stub_answer{500, "{}"};
  };
  tries = 0;
  CHECK(failure() == ec::vendor_unavailable);
  CHECK(tries == 2);
}

TEST_CASE_METHOD(stub_llm, "openai: retries wait as long as it asks, or do not wait at all", "[openai]") {
  start();
  std::atomic<int> tries{0};
  const auto throttled = [](const char* seconds) { return stub_answer{429, "{}", {{"Retry-After", seconds}}}; };
  script = [&](const auto&) { return ++tries == 1 ? throttled("1") : said("{}"); };
  const auto begun = std::chrono::steady_clock::now();
  CHECK(get<completion>(port, question()).text == "{}");
  CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::seconds{1});
  CHECK(tries == 2);
  tries = 0;
  script = [&](const auto&) {
    ++tries;
    return throttled("3600");
  };
  CHECK(failure() == ec::vendor_unavailable);
  CHECK(tries == 1);
}

TEST_CASE_METHOD(stub_llm, "openai: errors say whether it helps to ask again", "[openai]") {
  start();
  const auto answering = [&](int status, const std::string& body) {
    script = [=](const auto&) { return stub_answer{status, body}; };
    return failure();
  };
  CHECK(answering(401, R"({"error":{"code":"invalid_api_key"}})") == ec::vendor_unauthorised);
  CHECK(answering(400, R"({"error":{"code":"invalid_schema"}})") == ec::vendor_refused);
  CHECK(answering(200, "no json") == ec::vendor_answered_rubbish);
  CHECK(answering(200, R"({"choices":[]})") == ec::vendor_answered_rubbish);
  CHECK(answering(200, R"({"choices":[{"message":{"content":null}}]})") == ec::vendor_answered_rubbish);
  CHECK(answering(200, R"({"choices":[{"message":{"content":"","refusal":"I will not."}}]})") == ec::vendor_refused);
  script = [](const auto&) { return said("{", "content_filter"); };
  CHECK(failure() == ec::vendor_refused);
}

TEST_CASE_METHOD(stub_llm, "openai: an answer that was cut short is the asker's to judge", "[openai]") {
  start();
  script = [](const auto&) { return said("{\"probab", "length"); };
  CHECK(get<completion>(port, question()).text == "{\"probab");
}

TEST_CASE_METHOD(stub_llm, "openai: a server that never answers is unavailable", "[openai]") {
  settings.request_timeout = std::chrono::milliseconds{300};
  settings.attempts_max = 1;
  start();
  script = [](const auto&) {
    stub_answer x;
    x.hold = true;
    return x;
  };
  CHECK(failure() == ec::vendor_unavailable);
}

TEST_CASE_METHOD(stub_llm, "openai: all tries together end by the total time", "[openai]") {
  settings.total_timeout = std::chrono::milliseconds{400};
  settings.request_timeout = std::chrono::seconds{20};
  settings.attempts_max = 10;
  start();
  const bool holds = GENERATE(true, false);
  script = [holds](const auto&) { return stub_answer{503, "{}", {}, false, holds}; };
  const auto begun = std::chrono::steady_clock::now();
  CHECK(failure() == ec::vendor_unavailable);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds{10});
}

TEST_CASE_METHOD(stub_llm, "openai: a broken schema of our own is not sent", "[openai]") {
  start();
  auto x = question();
  x.schema = "{";
  CHECK(error_of<completion>(port, x) == ec::invalid_input);
  CHECK(server.seen().empty());
}

TEST_CASE_METHOD(test::port_fixture, "no language model: askers use their rules", "[openai]") {
  auto port = sys.spawn(none_llm, ctx());
  CHECK(error_of<completion>(port, completion_request{}) == ec::not_found);
}

TEST_CASE("openai: the key does not travel in the clear", "[openai]") {
  const auto problems_of = [](const std::string& text) {
    setenv("PARLEY_TEST_KEY", "sk-test", 1);
    try {
      settings::document::parse(text, "test.toml").read([](settings::section& s) {
        openai_settings x;
        x.describe(s);
      });
    } catch (const settings::invalid& e) {
      return e.problems().size();
    }
    return size_t{0};
  };
  CHECK(problems_of("base_url = \"http://llm.example.com/v1\"\napi_key_env = \"PARLEY_TEST_KEY\"") == 1);
  CHECK(problems_of("base_url = \"http://llm.example.com/v1\"") == 0);
  CHECK(problems_of("base_url = \"http://127.0.0.1:9/v1\"\napi_key_env = \"PARLEY_TEST_KEY\"") == 0);
  CHECK(problems_of("api_key_env = \"PARLEY_TEST_KEY\"") == 0);
}

} // namespace openai_test
