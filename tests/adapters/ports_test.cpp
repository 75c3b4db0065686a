// Goal: whoever runs a node sees every port in the same way: in the tree, in
// its state and in its metrics. Method: one row per adapter; each is asked one
// thing that it can answer without anybody else.
#include "adapters/apollo/apollo_enrichment.hpp"
#include "adapters/embedded/embedded_calendar.hpp"
#include "adapters/embedded/embedded_crm.hpp"
#include "adapters/embedded/file_mailer.hpp"
#include "adapters/embedded/hashing_embedder.hpp"
#include "adapters/embedded/hnsw_index.hpp"
#include "adapters/embedded/none_enrichment.hpp"
#include "adapters/google_calendar/google_calendar.hpp"
#include "adapters/hubspot/hubspot_crm.hpp"
#include "adapters/media/voice_model.hpp"
#include "adapters/openai/none_llm.hpp"
#include "adapters/openai/openai_embedder.hpp"
#include "adapters/openai/openai_llm.hpp"
#include "adapters/smtp/smtp_mailer.hpp"
#include "adapters/sqlite/sqlite_journal.hpp"
#include "adapters/twilio/twilio_telephony.hpp"
#include "runtime/ports/inspector.hpp"
#include "tests/support/port_fixture.hpp"

#include <chrono>
#include <filesystem>
#include <stdlib.h>
#include <system_error>
#include <thread>

namespace ports_test {

using namespace parley;
using nlohmann::json;

namespace {

/// An address of this machine at which nobody listens.
const std::string nobody = "127.0.0.1:1";

struct ports_fixture : test::port_fixture {
  std::filesystem::path folder;

  ports_fixture() {
    std::string name = (std::filesystem::temp_directory_path() / "parley-ports-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    folder = name;
    context->root = 4711;
  }
  /// The last actor of a store closes it in its own time, and its files may go while they are removed.
  ~ports_fixture() {
    std::error_code gone;
    for (int i = 0; i < 100; ++i) {
      std::filesystem::remove_all(folder, gone);
      if (!gone)
        return;
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    FAIL_CHECK(folder << " stays: " << gone.message());
  }

  /// What a port's adapter must show after one request of this kind.
  struct expectation {
    std::string port;
    std::string provider;
    std::string operation;
    std::string outcome;
  };

  /// @param reply Of the request; an error is an answer as well.
  template <class Reply, class Handle, class Request>
  void check(const Handle& adapter, Request request, const expectation& x) {
    INFO(x.port << " " << x.provider);
    const auto before = metric("parley_port_requests_total");
    ask<Reply>(adapter, std::move(request));
    CHECK(metric("parley_port_requests_total") == before + 1);
    const auto labels = "operation=\"" + x.operation + "\",outcome=\"" + x.outcome + "\",port=\"" + x.port + "\"";
    CHECK(metric("parley_port_requests_total", labels) >= 1);
    CHECK(metric("parley_port_request_seconds_count", "operation=\"" + x.operation + "\",port=\"" + x.port + "\"")
          >= 1);

    const json state = shown_by(caf::actor_cast<inspectable>(adapter));
    CHECK(state.at("provider") == x.provider);
    CHECK(state.at("requests") == 1);
    CHECK(state.at("requests_in_flight") == 0);
    const bool well = x.outcome == "ok" || x.outcome == "not_created";
    CHECK(state.at("failed") == (well ? 0 : 1));
    CHECK(state.at("last_error").is_null() == well);
    if (!well) {
      CHECK(state["last_error"]["operation"] == x.operation);
      CHECK(state["last_error"]["error"].get<std::string>().starts_with(x.outcome));
    }

    const auto entry = tree.find(adapter->id());
    REQUIRE(entry);
    CHECK(entry->kind == x.port);
    CHECK(entry->key == x.provider);
    CHECK(entry->parent == 4711);
  }
};

} // namespace

TEST_CASE_METHOD(ports_fixture, "every CRM is seen alike", "[ports]") {
  check<crm_contact>(sys.spawn(embedded_crm, ctx()), find_contact{}, {"crm", "embedded", "find_contact", "ok"});
  check<crm_written>(sys.spawn(embedded_crm, ctx()), crm_activity{},
                     {"crm", "embedded", "write_call", "invalid_input"});
  hubspot_settings x;
  x.base_url = "http://" + nobody;
  x.access_token = "pat";
  x.attempts_max = 1;
  check<crm_contact>(sys.spawn(hubspot_crm, ctx(), x), find_contact{}, {"crm", "hubspot", "find_contact", "ok"});
  check<crm_written>(sys.spawn(hubspot_crm, ctx(), x), crm_activity{},
                     {"crm", "hubspot", "write_call", "invalid_input"});
  find_contact ada;
  ada.email = "ada@example.org";
  check<crm_contact>(sys.spawn(hubspot_crm, ctx(), x), ada, {"crm", "hubspot", "find_contact", "vendor_unavailable"});
  CHECK(metric("parley_port_exchanges_total", R"(operation="search_contact",outcome="vendor_unavailable",port="crm")")
        == 1);
  x.waiting_max = 0;
  check<crm_written>(sys.spawn(hubspot_crm, ctx(), x), crm_activity{}, {"crm", "hubspot", "write_call", "queue_full"});
}

TEST_CASE_METHOD(ports_fixture, "every enrichment, embedder and vector index is seen alike", "[ports]") {
  enrich ada;
  ada.email = "ada@acme.example";
  check<enriched>(sys.spawn(none_enrichment, ctx()), ada, {"enrichment", "none", "enrich", "ok"});
  apollo_settings apollo;
  apollo.base_url = "http://" + nobody;
  apollo.api_key = "key";
  apollo.attempts_max = 1;
  check<enriched>(sys.spawn(apollo_enrichment, ctx(), apollo), ada,
                  {"enrichment", "apollo", "enrich", "vendor_unavailable"});
  check<embedded>(sys.spawn(hashing_embedder, ctx(), hashing_settings{}), embed{{"word"}},
                  {"embedder", "hashing", "embed", "ok"});
  openai_embedder_settings openai;
  openai.base_url = "http://" + nobody;
  openai.attempts_max = 1;
  check<embedded>(sys.spawn(openai_embedder, ctx(), openai), embed{{"word"}},
                  {"embedder", "openai", "embed", "vendor_unavailable"});
  check<vector_indexed>(sys.spawn(hnsw_index, ctx(), hnsw_settings{}), index_vector{},
                        {"vector_index", "hnsw", "index_vector", "invalid_input"});
  check<neighbours>(sys.spawn(hnsw_index, ctx(), hnsw_settings{}), find_nearest{},
                    {"vector_index", "hnsw", "find_nearest", "ok"});
}

TEST_CASE_METHOD(ports_fixture, "every calendar is seen alike", "[ports]") {
  check<busy_times>(sys.spawn(embedded_calendar, ctx()), free_busy_query{},
                    {"calendar", "embedded", "free_busy", "invalid_input"});
  check<event_written>(sys.spawn(embedded_calendar, ctx()), put_event{},
                       {"calendar", "embedded", "put_event", "invalid_input"});
  check<event_cancelled>(sys.spawn(embedded_calendar, ctx()), cancel_event{},
                         {"calendar", "embedded", "cancel_event", "ok"});
  google_calendar_settings x;
  x.base_url = x.token_url = "http://" + nobody;
  check<busy_times>(sys.spawn(google_calendar_adapter, ctx(), x), free_busy_query{},
                    {"calendar", "google", "free_busy", "invalid_input"});
  check<event_written>(sys.spawn(google_calendar_adapter, ctx(), x), put_event{},
                       {"calendar", "google", "put_event", "invalid_input"});
  check<event_cancelled>(sys.spawn(google_calendar_adapter, ctx(), x), cancel_event{},
                         {"calendar", "google", "cancel_event", "invalid_input"});
}

TEST_CASE_METHOD(ports_fixture, "every language model is seen alike", "[ports]") {
  completion_request question;
  question.purpose = "research";
  check<completion>(sys.spawn(none_llm, ctx()), question, {"llm", "none", "research", "not_found"});
  openai_settings x;
  x.base_url = "http://" + nobody;
  check<completion>(sys.spawn(openai_llm, ctx(), x), question, {"llm", "openai", "research", "invalid_input"});
}

TEST_CASE_METHOD(ports_fixture, "every mailer is seen alike", "[ports]") {
  outgoing_mail mail;
  mail.message_id = "mail-7@example.org";
  mail.to = "ada@example.org";
  mail.subject = "Demo";
  file_mailer_settings files;
  files.directory = (folder / "mail").string();
  check<mail_sent>(sys.spawn<caf::detached>(file_mailer, ctx(), files), mail, {"mailer", "file", "send_mail", "ok"});
  check<mail_sent>(sys.spawn<caf::detached>(file_mailer, ctx(), files), outgoing_mail{},
                   {"mailer", "file", "send_mail", "invalid_input"});
  smtp_settings x;
  x.base_url = "smtp://" + nobody;
  x.security = "none";
  x.from_address = "calls@example.org";
  x.attempts_max = 1;
  check<mail_sent>(sys.spawn(smtp_mailer, ctx(), x), mail, {"mailer", "smtp", "send_mail", "vendor_unavailable"});
  check<mail_sent>(sys.spawn(smtp_mailer, ctx(), x), outgoing_mail{}, {"mailer", "smtp", "send_mail", "invalid_input"});
  x.waiting_max = x.connections_max = 0;
  check<mail_sent>(sys.spawn(smtp_mailer, ctx(), x), mail, {"mailer", "smtp", "send_mail", "queue_full"});
}

TEST_CASE_METHOD(ports_fixture, "the carrier is seen like the others", "[ports]") {
  twilio_settings x;
  x.account_sid = "AC00000000000000000000000000000001";
  x.auth_token = "token";
  x.base_url = "http://" + nobody;
  x.total_timeout = std::chrono::milliseconds{100};
  originate order;
  order.not_after = wall.now() + std::chrono::seconds{10};
  check<originated>(sys.spawn(twilio_telephony, ctx(), x), order, {"telephony", "twilio", "originate", "not_created"});
  check<carrier_call>(sys.spawn(twilio_telephony, ctx(), x), fetch_call{{}, "CA1"},
                      {"telephony", "twilio", "fetch_call", "vendor_unavailable"});
  check<carrier_calls>(sys.spawn(twilio_telephony, ctx(), x), find_calls{"+1", "+2"},
                       {"telephony", "twilio", "find_calls", "vendor_unavailable"});
  check<carrier_call>(sys.spawn(twilio_telephony, ctx(), x), end_carrier_call{{}, "CA1"},
                      {"telephony", "twilio", "end_call", "vendor_unavailable"});
  check<carrier_call>(sys.spawn(twilio_telephony, ctx(), x), redirect_call{{}, "CA1", "/x"},
                      {"telephony", "twilio", "redirect_call", "vendor_unavailable"});
}

TEST_CASE_METHOD(ports_fixture, "the voice model is seen like the others", "[ports]") {
  media_settings x;
  x.base_url = "ws://" + nobody;
  x.api_key = "sk-test";
  media_plane plane{x, metrics};
  plane.start();
  open_voice_session session;
  session.call = call_id{uuid{1, 2}};
  session.stream_key = "key";
  check<voice_session_opened>(sys.spawn(voice_model, ctx(), &plane), session,
                              {"voice_model", "openai", "open_session", "vendor_unavailable"});
  plane.stop();
}

TEST_CASE_METHOD(ports_fixture, "the journal is seen like the others", "[ports]") {
  sqlite_settings x;
  x.data_dir = (folder / "data").string();
  std::filesystem::create_directories(x.data_dir);
  auto store = open_store(x, {});
  const auto spawned = [&] { return sys.spawn(sqlite_journal, ctx(), store); };
  check<loaded_stream>(spawned(), load_stream{}, {"journal", "sqlite", "load_stream", "ok"});
  check<prospect_row>(spawned(), load_prospect{}, {"journal", "sqlite", "load_prospect", "not_found"});
  append stale;
  stale.epoch = store->identity().epoch + 1;
  check<committed>(spawned(), stale, {"journal", "sqlite", "append", "append_refused"});
  store.reset();
}

} // namespace ports_test
