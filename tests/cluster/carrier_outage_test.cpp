// Goal: the outside world may stand still, be cut off, or lose all its calls in
// the middle of a campaign: afterwards the campaign completes, nobody was dialled
// twice and nothing is lost. Method: real processes; SIGSTOP to the practice
// world; ways that are cut in both directions; SIGKILL to a carrier.
#include "tests/cluster/cable.hpp"
#include "tests/cluster/evidence.hpp"
#include "tests/cluster/world.hpp"

#include <catch2/catch.hpp>

#include <iostream>
#include <signal.h>

namespace carrier_outage_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;

namespace {

/// Slow enough that calls are met in every phase. Ten minutes of grace for a call
/// that nobody knows of are ten seconds; after three times as long without the
/// carrier's list an operator would have to say, so an outage is shorter.
cli::demo_options slow() {
  auto o = campaign_world::options(31);
  o.media_speed = 5;
  o.speed = 60;
  return o;
}

std::string url_line(const char* section, const char* key, const std::string& url) {
  return std::string{"["} + section + "]\n" + key + " = \"" + url + "\"\n";
}

struct outage_world : campaign_world {
  explicit outage_world(cli::demo_options o = slow()) : campaign_world{std::move(o)} {}

  void launch() {
    std::vector<std::string> digits;
    for (int i = 0; i < 8; ++i)
      digits.insert(digits.end(), {"0100", "0102", "0110", "0103", "0108"});
    create(
      people(digits),
      {{"min_probability", 0}, {"attempts_max", 1}, {"breaker_share", 0}, {"best_times", each_hour(9, 20, 20min)}});
    ask("campaign launch");
    // Some are over, some ring, some talk, others are about to be dialled.
    REQUIRE(wait_for(
      [&] {
        size_t ringing = 0;
        size_t talking = 0;
        for (const auto& call : ask("call list", {{"open", true}})) {
          ringing += call["status"] == "ringing" || call["status"] == "submitted" || call["status"] == "intended";
          talking += call["status"] == "talking";
        }
        return ringing > 0 && talking > 3 && status()["dispositions"].size() > 1;
      },
      60s));
    CHECK(status()["status"] == "running");
  }
  void complete(const std::set<size_t>& deaths = {}, const vendors_apart* apart = nullptr) {
    const auto begun = std::chrono::steady_clock::now();
    REQUIRE(wait_for([this] { return finished(); }, 240s));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::cout << "outage: done " << took.count() << " s after its end; " << status()["dispositions"].dump()
              << std::endl;
    check_nothing_lost(*this, deaths, apart);
    CHECK(status()["dispositions"].contains("meeting_booked")); // it went on to work
    check_closed_once(*this);
  }
};

} // namespace

TEST_CASE("a practice world that stands still for 25 s costs no call and no outcome", "[cluster][violence]") {
  outage_world w;
  w.launch();
  const auto before = witness_log(w).size();
  ::kill(w.world.sandbox_pid(), SIGSTOP);
  std::this_thread::sleep_for(25s);
  CHECK(witness_log(w).size() == before); // it did stand still
  ::kill(w.world.sandbox_pid(), SIGCONT);
  w.complete();
}

TEST_CASE("a network that is cut for 20 s costs no call and no outcome", "[cluster][violence]") {
  cable carrier; // to each of the vendors, and back from the carrier to us
  cable openai;
  cable hubspot;
  cable apollo;
  cable google;
  cable webhooks;
  const auto http = [](const cable& x) { return "http://" + x.address(); };
  auto o = slow();
  o.settings = "[telephony]\nbase_url = \"" + http(carrier) + "\"\npublic_url = \"" + http(webhooks) + "\"\n"
               + url_line("voice_model", "base_url", http(openai) + "/v1")
               + url_line("llm", "base_url", http(openai) + "/v1")
               + url_line("embedder", "base_url", http(openai) + "/v1") + url_line("crm", "base_url", http(hubspot))
               + url_line("enrichment", "base_url", http(apollo)) + "[calendar]\nbase_url = \"" + http(google)
               + "\"\ntoken_url = \"" + http(google) + "/token\"\n";
  outage_world w{std::move(o)};
  carrier.lead_to(w.world.port_of("carrier"));
  openai.lead_to(w.world.port_of("openai"));
  hubspot.lead_to(w.world.port_of("hubspot"));
  apollo.lead_to(w.world.port_of("apollo"));
  google.lead_to(w.world.port_of("google"));
  const auto config = toml::parse_file((w.world.folder() / "practice.toml").string());
  webhooks.lead_to(static_cast<uint16_t>(config["web"]["webhook_port"].value<int64_t>().value()));
  w.launch();
  const std::array ways{&carrier, &openai, &hubspot, &apollo, &google, &webhooks};
  for (auto* way : ways)
    way->cut();
  const auto created = [&] { return w.world.witness()["calls"]["created"].get<size_t>(); };
  const auto before = created();
  std::this_thread::sleep_for(20s);
  CHECK(created() == before);
  for (auto* way : ways)
    way->mend();
  w.complete();
}

TEST_CASE("a carrier that dies with all its calls costs no outcome", "[cluster][violence]") {
  auto o = slow();
  const vendors_apart vendors{o};
  o.settings = vendors.settings();
  outage_world w{o};
  w.launch();
  const std::set<size_t> deaths{witness_log(w).size()};
  w.world.kill_sandbox();
  std::this_thread::sleep_for(3s);
  w.world.start_sandbox();
  w.complete(deaths, &vendors);
}

} // namespace carrier_outage_test
