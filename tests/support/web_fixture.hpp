#pragma once

#include "adapters/http/http_client.hpp"
#include "adapters/twilio/signature.hpp"
#include "adapters/web/serving.hpp"
#include "adapters/web/web_server.hpp"
#include "runtime/system_config.hpp"
#include "tests/support/ask_http.hpp"

#include <boost/asio.hpp>
#include <caf/all.hpp>

#include <condition_variable>
#include <filesystem>
#include <mutex>

namespace parley::test {

/// Values that other threads put in and the test waits for.
template <class T>
class collected {
public:
  void add(T value) {
    std::lock_guard guard{mutex_};
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  std::vector<T> all() const {
    std::lock_guard guard{mutex_};
    return values_;
  }
  /// Waits until there are `count`, at most 10 s.
  std::vector<T> wait_for(size_t count) const {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return values_.size() >= count; });
    return values_;
  }

private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<T> values_;
};

/// A web server whose ports are played by the test.
struct web_fixture {
  struct still_clock final : clock {
    wall_time now() const override { return *parse_iso("2026-08-04T12:00:05Z"); }
    double speed() const override { return 1; }
  };
  enum class journal_mood { well, failing, silent };

  /// What the actors share with the test.
  struct world {
    std::atomic<journal_mood> journal{journal_mood::well};
    collected<record_inbox> recorded;
    collected<carrier_event> told;
    collected<control_command> commands;
    std::vector<carrier_event> inbox; // set before the server starts
  };

  const std::string token = "12345678901234567890123456789012";
  const std::string public_url = "https://voice.example.com";
  const call_id call{*parse_uuid("0199b2c4-1111-7222-8333-444455556666")};
  const std::string at_call = "?call=0199b2c4-1111-7222-8333-444455556666";

  still_clock clock;
  telemetry metrics;
  std::shared_ptr<world> shared = std::make_shared<world>();
  web_settings settings;
  twilio_settings carrier;
  system_config config;
  caf::actor_system sys{config};
  webhook_journal journal = sys.spawn(play_journal, shared);
  control_port control = sys.spawn(play_control, shared);
  inspector_port inspector = sys.spawn(play_inspector);
  inbox_port inbox = sys.spawn(play_inbox, shared);
  web_ports ports{sys, clock, metrics, journal, control, inspector, [this](const call_id&) { return inbox; }, "secret"};
  std::filesystem::path folder;
  std::unique_ptr<web_server> server;
  http_client client;

  web_fixture() {
    std::string name = std::filesystem::temp_directory_path() / "parley-web-XXXXXX";
    if (!::mkdtemp(name.data()))
      throw std::runtime_error{"no temporary folder"};
    folder = name;
    settings.webhook_port = settings.local_port = 0;
    settings.control_socket = folder / "control.sock";
    carrier.auth_token = token;
    carrier.public_url = public_url;
  }

  ~web_fixture() {
    server.reset();
    caf::scoped_actor self{sys};
    for (const auto& actor : {caf::actor_cast<caf::actor>(journal), caf::actor_cast<caf::actor>(control),
                              caf::actor_cast<caf::actor>(inspector), caf::actor_cast<caf::actor>(inbox)})
      self->send_exit(actor, caf::exit_reason::kill);
    std::filesystem::remove_all(folder);
  }

  void start() {
    server = std::make_unique<web_server>(settings, carrier, ports);
    server->start();
  }

  std::string webhook(const std::string& target) const {
    return "http://127.0.0.1:" + std::to_string(server->webhook_port()) + target;
  }
  std::string local(const std::string& target) const {
    return "http://127.0.0.1:" + std::to_string(server->local_port()) + target;
  }

  /// As Twilio sends it: a form, signed over the public address.
  http_request signed_post(const std::string& target, const http_fields& form) const {
    auto asked = post_form(webhook(target), form);
    asked.headers.emplace_back("X-Twilio-Signature", twilio::signature(token, public_url + target, form));
    return asked;
  }
  http_request signed_get(const std::string& target) const {
    auto asked = get(webhook(target));
    asked.headers.emplace_back("X-Twilio-Signature", twilio::signature(token, public_url + target, {}));
    return asked;
  }
  http_response send(http_request asked) { return answer_of(client, std::move(asked)); }

  static const http_fields& completed() {
    static const http_fields form{
      {"CallSid", "CA1"}, {"CallStatus", "completed"}, {"CallDuration", "42"}, {"SequenceNumber", "3"}};
    return form;
  }

  static webhook_journal::behavior_type play_journal(webhook_journal::pointer self, std::shared_ptr<world> w) {
    return {
      [=](const record_inbox& x) -> caf::result<inbox_recorded> {
        if (w->journal == journal_mood::failing)
          return caf::make_error(ec::journal_unavailable, "disk full");
        if (w->journal == journal_mood::silent)
          return self->make_response_promise<inbox_recorded>();
        w->recorded.add(x);
        return inbox_recorded{};
      },
      [=](const read_inbox&) {
        inbox_events answer;
        answer.events = w->inbox;
        return answer;
      },
    };
  }

  static control_port::behavior_type play_control(control_port::pointer, std::shared_ptr<world> w) {
    return {[=](const control_command& x) -> caf::result<control_answer> {
      w->commands.add(x);
      if (x.name == "bad")
        return caf::make_error(ec::invalid_input, "\"campaign\" is missing; name one");
      if (x.name == "missing")
        return ec::not_found;
      if (x.name == "clash")
        return ec::conflict;
      if (x.name == "crash")
        throw std::runtime_error{"crash"};
      control_answer answer;
      answer.json = R"({"done":true})";
      return answer;
    }};
  }

  /// Positions 100 to 102 exist, what came before 50 is forgotten. Behind a
  /// million there is no end of changes.
  static inspected_changes play_changes(const inspect_changes& x) {
    inspected_changes answer;
    const uint64_t last = x.since >= 1'000'000 ? x.since + x.limit : 102;
    answer.position = x.since == 0 ? 100 : last;
    answer.json = "[";
    if (x.since > 0 && x.since < 50)
      answer.json += R"({"position":99,"what":"reset"},)";
    for (auto at = x.since < 50 ? 100 : x.since + 1; x.since != 0 && at <= last; ++at)
      answer.json += "{\"position\":" + std::to_string(at) + ",\"what\":\"born\",\"id\":" + std::to_string(at)
                     + ",\"kind\":\"" + (at % 2 ? "call" : "line") + "\"},";
    if (answer.json.back() == ',')
      answer.json.pop_back();
    answer.json += "]";
    return answer;
  }

  static inspector_port::behavior_type play_inspector(inspector_port::pointer self) {
    return {
      [](const inspect_tree& x) {
        inspected_tree answer;
        answer.json = "{\"under\":" + std::to_string(x.under) + ",\"depth\":" + std::to_string(x.depth) + ",\"kind\":\""
                      + x.kind + "\"";
        if (!x.with.empty() || x.by != tree_order::born)
          answer.json += ",\"with\":\"" + x.with + "\",\"by\":\"" + std::string{to_string(x.by)}
                         + "\",\"reversed\":" + (x.reversed ? "true" : "false");
        answer.json += "}";
        return answer;
      },
      [self](const inspect_state& x) -> caf::result<inspected_state> {
        if (x.actor == 404)
          return caf::make_error(ec::not_found, "actor 404");
        if (x.actor == 504)
          return self->make_response_promise<inspected_state>();
        inspected_state answer;
        answer.json = "{\"actor\":" + std::to_string(x.actor) + "}";
        return answer;
      },
      [](const inspect_changes& x) { return play_changes(x); },
    };
  }

  static inbox_port::behavior_type play_inbox(inbox_port::pointer, std::shared_ptr<world> w) {
    return {[=](const carrier_event& x) { w->told.add(x); }};
  }
};

} // namespace parley::test
