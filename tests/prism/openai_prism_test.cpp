// Goal: our chat completions follow OpenAI's description, and the mock would
// notice if they did not.
#include "adapters/openai/openai_embedder.hpp"
#include "adapters/openai/openai_llm.hpp"
#include "tests/prism/mock.hpp"
#include "tests/support/port_fixture.hpp"

namespace openai_prism_test {

using namespace parley;
using nlohmann::json;
using parley::test::asks;
using parley::test::prism_mock;
using parley::test::with_body;

namespace {

struct openai_mock : test::port_fixture, prism_mock {
  openai_settings settings;
  completion_request question;
  openai_mock() {
    settings.base_url = url + "/v1";
    settings.api_key = "sk-test";
    question = {"analysis", "You are brief.", "How did it go?", "verdict", R"({"type":"object"})", 100};
  }
};

} // namespace

TEST_CASE_METHOD(openai_mock, "chat completions follow OpenAI's description", "[prism][openai]") {
  const auto step = openai::complete(settings, question);
  const auto& asked = asks(step);
  accepted(asked.request);
  CHECK(refuses(asked.request, false));
  CHECK(refuses(with_body(asked.request, [](json& x) { x.erase("messages"); })));
  CHECK(refuses(with_body(asked.request, [](json& x) { x["messages"][0]["role"] = "narrator"; })));
  CHECK(refuses(with_body(asked.request, [](json& x) { x["max_completion_tokens"] = "many"; })));
}

TEST_CASE_METHOD(openai_mock, "the adapter reads the answers of OpenAI's description", "[prism][openai]") {
  auto port = sys.spawn(openai_llm, ctx(), settings);
  const auto answer = get<completion>(port, question);
  CHECK_FALSE(answer.text.empty());
  CHECK(answer.tokens_out > 0);
  self->send_exit(port, caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(openai_mock, "embeddings follow OpenAI's description", "[prism][openai]") {
  openai_embedder_settings embedder;
  embedder.base_url = url + "/v1";
  embedder.api_key = "sk-test";
  embedder.dimensions = 3; // as in the mock's answer
  const auto step = openai::embed_texts(embedder, embed{{"How did it go?"}});
  const auto& asked = asks(step);
  accepted(asked.request);
  CHECK(refuses(asked.request, false));
  CHECK(refuses(with_body(asked.request, [](json& x) { x.erase("input"); })));
  CHECK(refuses(with_body(asked.request, [](json& x) { x["input"] = json::array(); })));
  CHECK(refuses(with_body(asked.request, [](json& x) { x["dimensions"] = "many"; })));
  CHECK(refuses(with_body(asked.request, [](json& x) { x["encoding_format"] = "morse"; })));

  auto port = sys.spawn(openai_embedder, ctx(), embedder);
  const auto made = get<embedded>(port, embed{{"How did it go?"}});
  REQUIRE(made.vectors.size() == 1);
  CHECK(made.vectors[0].size() == 3);
  self->send_exit(port, caf::exit_reason::user_shutdown);
}

} // namespace openai_prism_test
