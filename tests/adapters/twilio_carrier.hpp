#pragma once

#include "adapters/twilio/twilio_telephony.hpp"
#include "adapters/twilio/webhooks.hpp"
#include "runtime/system_config.hpp"
#include "tests/support/stub_server.hpp"

#include <caf/scoped_actor.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <sstream>

/// The adapter as an actor against a stub carrier on loopback.
namespace parley::test {

using namespace std::chrono_literals;
using nlohmann::json;

struct carrier_clock final : clock {
  wall_time now() const override { return *parse_iso("2026-08-04T12:00:00Z"); }
  double speed() const override { return 1; }
};

inline const std::string calls_path = "/2010-04-01/Accounts/AC00000000000000000000000000000001/Calls";
inline const call_id call{*parse_uuid("0199b2c4-1111-7222-8333-444455556666")};

inline json call_json(const std::string& sid, const std::string& status = "queued") {
  return {{"sid", sid},
          {"to", "+15551230001"},
          {"from", "+15005550006"},
          {"status", status},
          {"direction", "outbound-api"},
          {"answered_by", nullptr},
          {"start_time", nullptr},
          {"end_time", nullptr},
          {"duration", nullptr},
          {"date_created", "Tue, 04 Aug 2026 11:59:58 +0000"}};
}

struct carrier {
  scripted_answer answer{[](const auto&) { return stub_answer{201, call_json("CA1").dump()}; }};
  stub_server server{[this](const auto& asked) { return answer(asked); }};
  carrier_clock clock;
  actor_tree tree;
  parley::telemetry telemetry;
  system_config config;
  caf::actor_system sys{config};
  caf::scoped_actor self{sys};
  twilio_settings settings;
  twilio_telephony_actor adapter;

  carrier() {
    settings.account_sid = "AC00000000000000000000000000000001";
    settings.auth_token = "token";
    settings.public_url = "https://voice.example.com";
    settings.request_timeout = 2s;
    start(server.url());
  }
  ~carrier() { stop(); }

  void start(const std::string& base_url) {
    stop();
    settings.base_url = base_url;
    auto context = std::make_shared<node_context>(node_context{clock, tree, telemetry, number_hasher{{}}});
    adapter = sys.spawn(twilio_telephony, context_ptr{context}, settings);
  }
  void stop() {
    if (adapter)
      self->send_exit(adapter, caf::exit_reason::user_shutdown);
    adapter = nullptr;
  }

  originate order() const {
    originate x;
    x.call = call;
    x.to = "+15551230001";
    x.from = "+15005550006";
    x.not_after = clock.now() + 10s;
    return x;
  }

  template <class R, class Message>
  caf::expected<R> ask(Message message) {
    caf::expected<R> result{caf::error{}};
    self->request(adapter, 20s, std::move(message))
      .receive([&](R& x) { result = std::move(x); }, [&](caf::error& e) { result = std::move(e); });
    return result;
  }
  /// The value of a counter with exactly these labels; 0 if nobody counted.
  double counted(const std::string& name_and_labels) const {
    std::istringstream lines{telemetry.exposition()};
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name_and_labels + " "))
        return std::stod(line.substr(name_and_labels.size()));
    return 0;
  }
  originated dial() { return *ask<originated>(order()); }
};

} // namespace parley::test
