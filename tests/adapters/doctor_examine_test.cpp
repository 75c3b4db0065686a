// Goal: the doctor as a whole tells from the shipped configuration for real
// calls whether they can be made, and whatever it warns of comes with a remedy.
// Method: config/real-calls.toml; the test plays the vendors, the node and all
// else behind the probes, in a good world and in worlds with one fault each.
#include "adapters/twilio/node_proof.hpp"
#include "cluster/doctor/doctor.hpp"
#include "tests/adapters/fake_node.hpp"

#include <catch2/catch.hpp>

#include <map>

namespace doctor_examine_test {

using namespace parley;
using namespace parley::doctor;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

const wall_time now = *parse_iso("2026-11-26T12:00:00Z");
const std::string config = PARLEY_SOURCE_DIR "/config/real-calls.toml";
constexpr const char* token = "t0ken";

http_response answered(int status, const json& body = json::object()) {
  http_response out;
  out.status = status;
  out.body = body.dump();
  return out;
}

node_settings configured() {
  ::setenv("TWILIO_AUTH_TOKEN", token, 1);
  ::setenv("OPENAI_API_KEY", "sk-test", 1);
  return node_settings::load(config);
}

/// All is as docs/real-calls.md leads to, and the node runs.
struct examined_world {
  examined_world() {
    s.journal.data_dir = node.folder;
    s.mail_files.directory = node.folder / "mails";
    s.web.control_socket = node.socket();
    s.web.webhook_port = s.web.local_port = 0; // other programs have ports, too
    node.answers("node status", {{"mode", "LIVE"}});
    const auto account = "https://api.twilio.com/2010-04-01/Accounts/" + s.telephony.account_sid;
    answers[account + ".json"] = answered(200, {{"status", "active"}, {"type", "Full"}});
    answers[account + "/IncomingPhoneNumbers.json"]
      = answered(200, {{"incoming_phone_numbers",
                        json::array({{{"phone_number", "+15005550006"}, {"capabilities", {{"voice", true}}}}})}});
    answers[account + "/OutgoingCallerIds.json"] = answered(200, {{"outgoing_caller_ids", json::array()}});
    answers["https://voice.twilio.com/v1/DialingPermissions/Countries/US"]
      = answered(200, {{"iso_code", "US"}, {"low_risk_numbers_enabled", true}});
    answers["https://api.openai.com/v1/models/gpt-realtime"] = answered(200, {{"id", "gpt-realtime"}});
    answers["https://voice.example.com/voice/stream"] = answered(101);
    shown = {"voice.example.com", true, true, "", std::chrono::floor<std::chrono::seconds>(now) + 24h * 60, "Example"};
  }

  http_response answer(const http_request& asked) const {
    constexpr std::string_view proof = "https://voice.example.com/voice/proof?nonce=";
    if (all)
      return *all;
    if (is_ours && asked.url.starts_with(proof)) {
      http_response out;
      out.status = 200;
      out.body = twilio::node_proof(token, asked.url.substr(proof.size())) + "\n";
      return out;
    }
    for (const auto& [beginning, response] : answers)
      if (asked.url.starts_with(beginning))
        return response;
    return answered(404, {{"message", "not found"}});
  }

  findings examine() const {
    const probes ask{[this](const std::string&) { return [this](const http_request& x) { return answer(x); }; },
                     [this](const smtp_settings&) { return mail; }, [this](const std::string&) { return shown; },
                     [this](const cluster_address&) { return unconnected; }};
    return doctor::examine(config, s, ask, now);
  }

  test::fake_node node;
  node_settings s = configured();
  std::map<std::string, http_response> answers; ///< by the beginning of the URL
  std::optional<http_response> all;             ///< of whoever is asked
  bool is_ours = true;
  mail_answer mail{false, false, false, "refused"};
  certificate_facts shown;
  std::string unconnected = "Connection refused";
};

/// Whatever is not well says what to do, and nothing else does.
void check_remedies(const findings& all) {
  for (const auto& x : all) {
    CAPTURE(x.check, x.sentence, x.remedy);
    const bool is_trouble = x.state == health::warning || x.state == health::failure;
    CHECK(x.remedy.empty() != is_trouble);
    CHECK_FALSE(x.sentence.empty());
  }
}

const finding& found(const findings& all, const std::string& check) {
  for (const auto& x : all)
    if (x.check == check)
      return x;
  FAIL("nothing was found about " << check << " in " << to_text(all, "LIVE", false));
  throw std::logic_error{"unreachable"};
}

http_response no_connection() {
  http_response out;
  out.failure = http_failure::connect;
  out.detail = "Could not resolve host";
  return out;
}

} // namespace

TEST_CASE("the shipped configuration for real calls is found fit where all is in place", "[doctor]") {
  const examined_world w;
  const auto all = w.examine();
  INFO(to_text(all, "LIVE", false));
  CHECK(is_fit(all));
  check_remedies(all);
  for (const auto* check :
       {"config", "mode", "account managers", "journal.data_dir", "mailer.directory", "calling rules", "node",
        "telephony", "number +15005550006", "calls to US", "voice_model", "llm", "crm", "embedder", "calendar",
        "mailer", "certificate", "public_url", "media socket"}) {
    CAPTURE(check);
    CHECK(found(all, check).state == health::ok);
  }
  CHECK_FALSE(found(all, "tzdata").sentence.empty());
  CHECK_FALSE(found(all, "master key").sentence.empty());
  CHECK_THAT(found(all, "mode").sentence, Contains("only the 1 number of node.allow_numbers"));
  CHECK(found(all, "national list").state == health::warning); // the own number is called without it
  CHECK(found(all, "cluster").state == health::skipped);
}

TEST_CASE("whatever the doctor warns of in the whole comes with a remedy", "[doctor]") {
  struct fault {
    const char* name;
    std::function<void(examined_world&)> make;
    const char* check;
    health state;
  };
  const auto account = "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000000.json";
  const fault faults[]{
    {"nobody is reached", [](auto& w) { w.all = no_connection(); }, "telephony", health::failure},
    {"every key is refused", [](auto& w) { w.all = answered(401); }, "voice_model", health::failure},
    {"every vendor is busy", [](auto& w) { w.all = answered(429); }, "voice_model", health::warning},
    {"every vendor fails", [](auto& w) { w.all = answered(500); }, "telephony", health::warning},
    {"a suspended account",
     [&](auto& w) {
       w.answers[account] = answered(200, {{"status", "suspended"}});
     },
     "telephony", health::failure},
    {"a trial account",
     [&](auto& w) {
       w.answers[account] = answered(200, {{"status", "active"}, {"type", "Trial"}});
     },
     "telephony", health::warning},
    {"a clock that is wrong",
     [](auto& w) {
       for (auto& [url, response] : w.answers)
         response.headers.emplace_back("date", "Sun, 06 Nov 1994 08:49:37 GMT");
     },
     "clock", health::failure},
    {"no number", [](auto& w) { w.s.telephony.numbers.clear(); }, "number", health::failure},
    {"somebody else's number", [](auto& w) { w.s.telephony.numbers = {"+15005550007"}; }, "number +15005550007",
     health::failure},
    {"no model", [](auto& w) { w.s.voice_model.model = "gpt-none"; }, "voice_model", health::failure},
    {"another node answers", [](auto& w) { w.is_ours = false; }, "public_url", health::failure},
    {"a proxy without upgrade", [](auto& w) { w.answers["https://voice.example.com/voice/stream"] = answered(400); },
     "media socket", health::failure},
    {"a certificate that ends", [](auto& w) { w.shown.expires = std::chrono::floor<std::chrono::seconds>(now) + 24h; },
     "certificate", health::warning},
    {"a certificate of nobody", [](auto& w) { w.shown.trusted = false; }, "certificate", health::failure},
    {"no host for it", [](auto& w) { w.shown.reached = false; }, "certificate", health::failure},
    {"no account manager", [](auto& w) { w.s.managers.clear(); }, "account managers", health::warning},
    {"everybody may be called, without the national list", [](auto& w) { w.s.live = true; }, "national list",
     health::failure},
    {"no folder", [](auto& w) { w.s.journal.data_dir = "/proc/none/data"; }, "journal.data_dir", health::failure},
    {"no rules", [](auto& w) { w.s.compliance.rules_file = "/none"; }, "calling rules", health::failure},
    {"a taken port", [](auto& w) { w.s.web.webhook_address = "198.51.100.1", w.s.web.webhook_port = 8080; },
     "port 8080", health::failure},
    {"no database",
     [](auto& w) {
       w.s.journal_provider = "postgres";
       w.s.postgres.url = "postgresql://parley@127.0.0.1:1/parley";
     },
     "journal.url", health::failure},
    {"no cluster certificates", [](auto& w) { w.s.cluster.listen = "127.0.0.1:0"; }, "cluster certificate",
     health::failure},
    {"no node to join", [](auto& w) { w.s.cluster.join = "198.51.100.1:7400"; }, "cluster", health::failure},
    {"HubSpot knows no token",
     [](auto& w) {
       w.s.crm_provider = "hubspot";
       w.s.crm.access_token = "pat";
     },
     "crm", health::failure},
    {"Google knows no account", [](auto& w) { w.s.calendar_provider = "google"; }, "calendar", health::failure},
    {"a mail server that is away", [](auto& w) { w.s.mailer_provider = "smtp"; }, "mailer", health::failure},
    {"a mail server that refuses",
     [](auto& w) {
       w.s.mailer_provider = "smtp";
       w.mail = {true, false, true, "535 no"};
     },
     "mailer", health::failure},
    {"Apollo knows no key", [](auto& w) { w.s.enrichment_provider = "apollo"; }, "enrichment", health::failure},
    {"no language model", [](auto& w) { w.s.llm_provider = "openai"; }, "llm", health::failure},
    {"no embedder", [](auto& w) { w.s.embedder_provider = "openai"; }, "embedder", health::failure},
  };
  for (const auto& fault : faults) {
    CAPTURE(fault.name);
    examined_world w;
    fault.make(w);
    const auto all = w.examine();
    CAPTURE(to_text(all, "LIVE", false));
    CHECK(found(all, fault.check).state == fault.state);
    check_remedies(all);
  }
}

TEST_CASE("a node that does not run is not blamed for its silence", "[doctor]") {
  examined_world w;
  w.s.web.control_socket = w.node.folder / "none.sock";
  const auto all = w.examine();
  CHECK(is_fit(all));
  check_remedies(all);
  CHECK(found(all, "node").state == health::warning);
  CHECK_THAT(found(all, "node").remedy, Contains("parleyd --config " + config));
  CHECK(found(all, "public_url").state == health::skipped);
}

TEST_CASE("each problem of a configuration is a failure with a remedy", "[doctor]") {
  const auto all = examine_broken("node.toml", {"[node] speed: is too high", "[web]: is missing"});
  check_remedies(all);
  CHECK_FALSE(is_fit(all));
  CHECK(all.at(0).sentence == "[node] speed: is too high");
  CHECK(all.at(1).sentence == "[web]: is missing");
  CHECK_THAT(all.at(1).remedy, Contains("node.toml"));
}

} // namespace doctor_examine_test
