// Goal: every text gets its own vector, of the length that was asked for, or
// there is an error. Method: a stub plays the embeddings API over real HTTP.
#include "adapters/openai/openai_embedder.hpp"
#include "tests/support/port_fixture.hpp"
#include "tests/support/stub_server.hpp"

#include <algorithm>

namespace openai_embeddings_test {

using namespace parley;
using nlohmann::json;
using parley::test::stub_answer;

namespace {

/// A vector that tells texts apart: their length, and one.
json vector_of(const std::string& text, size_t dimensions) {
  auto out = json::array({static_cast<double>(text.size()), 1.0});
  while (out.size() < dimensions)
    out.push_back(0.0);
  return out;
}

stub_answer embedded_all(const test::stub_server::request& asked) {
  const auto body = json::parse(asked.body());
  auto data = json::array();
  size_t index = 0;
  for (const auto& text : body["input"])
    data.push_back({{"object", "embedding"},
                    {"index", index++},
                    {"embedding", vector_of(text.get<std::string>(), body.value("dimensions", size_t{4}))}});
  std::reverse(data.begin(), data.end()); // the order is told by the index
  return {200, json{{"object", "list"},
                    {"data", data},
                    {"model", body["model"]},
                    {"usage", {{"prompt_tokens", 5}, {"total_tokens", 5}}}}
                 .dump()};
}

struct stub_embedder : test::port_fixture {
  test::scripted_answer script{embedded_all};
  test::stub_server server{[this](const auto& asked) { return script(asked); }};
  openai_embedder_settings settings;

  stub_embedder() {
    settings.base_url = server.url() + "/v1";
    settings.api_key = "sk-test";
    settings.dimensions = 8;
    settings.attempts_max = 2;
    settings.request_timeout = std::chrono::seconds{2};
  }
  embedder_port start() { return sys.spawn(openai_embedder, ctx(), settings); }
};

} // namespace

TEST_CASE_METHOD(stub_embedder, "openai: texts become vectors of unit length, in their order", "[openai]") {
  const auto made = get<embedded>(start(), embed{{"abc", "a", ""}});
  CHECK(made.embedder == "openai/text-embedding-3-small/8");
  REQUIRE(made.vectors.size() == 3);
  for (const auto& vector : made.vectors) {
    REQUIRE(vector.size() == 8);
    CHECK(vector[0] * vector[0] + vector[1] * vector[1] == Approx(1));
  }
  CHECK(made.vectors[0][0] / made.vectors[0][1] == Approx(3));
  CHECK(made.vectors[1][0] / made.vectors[1][1] == Approx(1));
  const auto seen = server.seen();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].target() == "/v1/embeddings");
  CHECK(seen[0]["Authorization"] == "Bearer sk-test");
  const auto body = json::parse(seen[0].body());
  CHECK(body["model"] == "text-embedding-3-small");
  CHECK(body["dimensions"] == 8);
  CHECK(body["input"][2] == " "); // an empty text would be refused
}

TEST_CASE_METHOD(stub_embedder, "openai: many texts go in batches", "[openai]") {
  settings.batch_max = 3;
  embed ask;
  for (size_t i = 1; i <= 7; ++i)
    ask.texts.push_back(std::string(i, 'x'));
  const auto made = get<embedded>(start(), ask);
  CHECK(server.seen().size() == 3);
  REQUIRE(made.vectors.size() == 7);
  for (size_t i = 0; i < 7; ++i)
    CHECK(made.vectors[i][0] / made.vectors[i][1] == Approx(i + 1));
}

TEST_CASE_METHOD(stub_embedder, "openai: the embedder's name costs no request", "[openai]") {
  settings.model = "text-embedding-ada-002";
  settings.dimensions = 0;
  const auto made = get<embedded>(start(), embed{});
  CHECK(made.embedder == "openai/text-embedding-ada-002");
  CHECK(made.vectors.empty());
  CHECK(server.seen().empty());
  get<embedded>(start(), embed{{"a"}});
  CHECK_FALSE(json::parse(server.seen()[0].body()).contains("dimensions"));
}

TEST_CASE_METHOD(stub_embedder, "openai: vectors that cannot be used are no answer", "[openai]") {
  const auto port = start();
  const auto answering = [&](const std::string& body) {
    script = [=](const auto&) { return stub_answer{200, body}; };
    return error_of<embedded>(port, embed{{"a", "b"}});
  };
  const std::string one = R"({"index":0,"embedding":[1,0,0,0,0,0,0,0]})";
  CHECK(answering("no json") == ec::vendor_answered_rubbish);
  CHECK(answering(R"({"data":[]})") == ec::vendor_answered_rubbish);
  CHECK(answering("{\"data\":[" + one + "]}") == ec::vendor_answered_rubbish);             // one is missing
  CHECK(answering("{\"data\":[" + one + "," + one + "]}") == ec::vendor_answered_rubbish); // twice the same
  CHECK(answering("{\"data\":[" + one + R"(,{"index":1,"embedding":[1,0]}]})") == ec::vendor_answered_rubbish);
  CHECK(answering("{\"data\":[" + one + R"(,{"index":1,"embedding":[0,0,0,0,0,0,0,0]}]})")
        == ec::vendor_answered_rubbish);
  CHECK(answering("{\"data\":[" + one + R"(,{"index":9,"embedding":[1,0,0,0,0,0,0,0]}]})")
        == ec::vendor_answered_rubbish);
}

TEST_CASE_METHOD(stub_embedder, "openai: errors of the embeddings say whether it helps to ask again", "[openai]") {
  const auto port = start();
  const auto answering = [&](int status) {
    script = [=](const auto&) { return stub_answer{status, "{}"}; };
    return error_of<embedded>(port, embed{{"a"}});
  };
  CHECK(answering(401) == ec::vendor_unauthorised);
  CHECK(answering(400) == ec::vendor_refused);
  CHECK(answering(503) == ec::vendor_unavailable);
  CHECK(metric("parley_port_retries_total", R"(operation="embeddings")") == 1);
  std::atomic<int> tries{0};
  script = [&](const auto&) {
    ++tries;
    return stub_answer{429, "{}", {{"Retry-After", "3600"}}};
  };
  CHECK(error_of<embedded>(port, embed{{"a"}}) == ec::vendor_unavailable);
  CHECK(tries == 1); // that long nobody waits
}

} // namespace openai_embeddings_test
