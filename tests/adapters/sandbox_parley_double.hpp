#pragma once

#include "adapters/sandbox/audio.hpp"
#include "adapters/sandbox/carrier/carrier.hpp"
#include "adapters/sandbox/carrier/signature.hpp"
#include "adapters/sandbox/http_client.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>

/// What the practice carrier's tests put in Parley's place: a web server that
/// hands out TwiML, takes webhooks and media streams, checks every signature,
/// and speaks the lines it is given.
namespace parley::sandbox::test {

using nlohmann::json;

inline const std::string account = "AC00000000000000000000000000000001";
inline const std::string token = "12345678901234567890123456789012";

/// The server's end of one media stream. All on its connection's strand.
class agent_stream : public std::enable_shared_from_this<agent_stream> {
public:
  agent_stream(upgrade_socket socket) : socket_{std::move(socket)} {}

  void run(beast::http::request<beast::http::string_body> request) {
    request_ = std::move(request);
    socket_.async_accept(request_, [self = shared_from_this()](auto error) {
      if (!error)
        self->read();
    });
  }
  void say(const std::string& words) { play(encode_utterance(words)); }
  void play(const std::string& audio) {
    send({{"event", "media"}, {"streamSid", sid}, {"media", {{"payload", to_base64(audio)}}}});
  }
  void mark(const std::string& name) { send({{"event", "mark"}, {"streamSid", sid}, {"mark", {{"name", name}}}}); }
  void clear() { send({{"event", "clear"}, {"streamSid", sid}}); }
  void send(const json& message) {
    queue_.push_back(message.dump());
    if (queue_.size() == 1)
      write();
  }
  void close() {
    socket_.async_close(beast::websocket::close_code::normal, [self = shared_from_this()](auto) {});
  }

  std::string sid;
  json start;
  listener ear;
  std::function<void(agent_stream&, const json&)> on_message;
  std::function<void(agent_stream&, const heard&)> on_heard;

private:
  void read() {
    socket_.async_read(buffer_, [self = shared_from_this()](auto error, size_t) {
      if (error)
        return;
      self->take(json::parse(beast::buffers_to_string(self->buffer_.data())));
      self->buffer_.consume(self->buffer_.size());
      self->read();
    });
  }
  void take(const json& message) {
    if (message["event"] == "start") {
      start = message["start"];
      sid = message["streamSid"];
    }
    if (on_message)
      on_message(*this, message);
    if (message["event"] != "media")
      return;
    for (const auto& one : ear.feed(from_base64(message["media"]["payload"].get<std::string>()).value()))
      if (on_heard)
        on_heard(*this, one);
  }
  void write() {
    socket_.async_write(asio::buffer(queue_.front()), [self = shared_from_this()](auto error, size_t) {
      self->queue_.pop_front();
      if (!error && !self->queue_.empty())
        self->write();
    });
  }

  beast::websocket::stream<upgrade_socket> socket_;
  beast::http::request<beast::http::string_body> request_;
  beast::flat_buffer buffer_;
  std::deque<std::string> queue_;
};

/// A form that arrived, with the path and query it was sent to.
struct arrived {
  std::string target;
  fields form;
  std::string operator[](std::string_view name) const { return value_or(form, name); }
};

class parley_double {
public:
  explicit parley_double(uint16_t port = 0) : server_{io_, port}, work_{asio::make_work_guard(io_)} {
    twiml = [this](const fields&) { return connect_twiml(); };
    server_.before([this](const http_request& request, const respond&) {
      check_signature(request);
      return false;
    });
    server_.route("POST", "/voice/twiml", [this](const http_request& request, const respond& reply) {
      const auto form = parse_form(request.body);
      keep("twiml", request, form);
      reply({.status = 200, .body = twiml(form), .content_type = "text/xml"});
    });
    for (const std::string kind : {"status", "amd", "stream-status", "recording"})
      server_.route("POST", "/voice/" + kind, [this, kind](const http_request& request, const respond& reply) {
        keep(kind, request, parse_form(request.body));
        reply({.status = webhook_answer});
      });
    server_.route("POST", "/voice/transferred", [this](const http_request& request, const respond& reply) {
      const auto form = parse_form(request.body);
      keep("transferred", request, form);
      reply({.status = 200, .body = after_transfer(form), .content_type = "text/xml"});
    });
    server_.route("POST", "/voice/handover", [this](const http_request& request, const respond& reply) {
      keep("handover", request, parse_form(request.body));
      reply({.status = 200, .body = handover, .content_type = "text/xml"});
    });
    server_.route("POST", "/voice/handover/key", [this](const http_request& request, const respond& reply) {
      const auto form = parse_form(request.body);
      keep("handover-key", request, form);
      const bool taken = value_or(form, "Digits") == "1";
      reply({.status = 200,
             .body = taken ? "<Response></Response>" : "<Response><Hangup/></Response>",
             .content_type = "text/xml"});
    });
    server_.on_upgrade("/voice/stream", [this](upgrade_socket socket, auto request) {
      const auto wanted = twilio_signature(token, stream_url(), {});
      if (request["X-Twilio-Signature"] != wanted)
        ++bad_signatures;
      ++streams;
      auto stream = std::make_shared<agent_stream>(std::move(socket));
      stream->on_message = on_message;
      stream->on_heard = on_heard;
      stream->run(std::move(request));
    });
    server_.start();
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~parley_double() {
    io_.stop();
    thread_.join();
  }

  uint16_t port() const { return server_.port(); }
  std::string url(const std::string& path) const { return server_.base_url() + path; }
  std::string stream_url() const { return "ws://127.0.0.1:" + std::to_string(port()) + "/voice/stream"; }
  std::string connect_twiml(const std::string& after = {}) const {
    return R"(<?xml version="1.0" encoding="UTF-8"?><Response><Connect><Stream url=")" + stream_url()
           + R"(" statusCallback=")" + url("/voice/stream-status")
           + R"("><Parameter name="callId" value="c-42"/><Parameter name="tenant" value="acme &amp; co"/></Stream></Connect>)"
           + after + "</Response>";
  }

  std::vector<arrived> all(const std::string& kind) {
    std::lock_guard lock{mutex_};
    return arrived_[kind];
  }
  /// The values of one field, in the order in which the webhooks came.
  std::vector<std::string> values(const std::string& kind, const std::string& field) {
    std::vector<std::string> out;
    for (const auto& one : all(kind))
      out.push_back(one[field]);
    return out;
  }
  /// Waits until `done` holds; false after the deadline.
  bool wait(std::function<bool()> done, std::chrono::seconds deadline = std::chrono::seconds{20}) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (std::chrono::steady_clock::now() < end) {
      if (done())
        return true;
      std::unique_lock lock{mutex_};
      changed_.wait_for(lock, std::chrono::milliseconds{10});
    }
    return done();
  }
  bool wait_for(const std::string& kind, size_t count, std::chrono::seconds deadline = std::chrono::seconds{20}) {
    return wait([&] { return all(kind).size() >= count; }, deadline);
  }
  void note(const std::string& kind, const std::string& text) {
    std::lock_guard lock{mutex_};
    notes_[kind].push_back(text);
    changed_.notify_all();
  }
  std::vector<std::string> notes(const std::string& kind) {
    std::lock_guard lock{mutex_};
    return notes_[kind];
  }

  std::function<std::string(const fields&)> twiml;
  std::function<std::string(const fields&)> after_transfer
    = [](const fields&) { return "<Response><Hangup/></Response>"; };
  /// What is asked of whoever picks up a hand-over.
  std::string handover
    = "<Response><Gather numDigits=\"1\" timeout=\"6\" action=\"/voice/handover/key?call=attempt-1\">"
      "<Say>A call for you. Press 1 to take it.</Say></Gather><Hangup/></Response>";
  std::function<void(agent_stream&, const json&)> on_message;
  std::function<void(agent_stream&, const heard&)> on_heard;
  std::atomic<unsigned> webhook_answer = 204;
  std::atomic<int> bad_signatures = 0;
  std::atomic<int> streams = 0;

private:
  void check_signature(const http_request& request) {
    auto whole = url(request.path);
    if (!request.query.empty())
      whole += "?" + to_form(request.query);
    if (request.header("x-twilio-signature") != twilio_signature(token, whole, parse_form(request.body)))
      ++bad_signatures;
  }
  void keep(const std::string& kind, const http_request& request, fields form) {
    std::lock_guard lock{mutex_};
    arrived_[kind].push_back({request.path + "?" + to_form(request.query), std::move(form)});
    changed_.notify_all();
  }

  asio::io_context io_;
  http_server server_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<arrived>> arrived_;
  std::map<std::string, std::vector<std::string>> notes_;
};

/// One request to the carrier's REST API, as Parley's adapter sends it.
inline http_reply ask(uint16_t port, std::string method, std::string path, const fields& form = {},
                      std::string credentials = account + ":" + token) {
  asio::io_context io;
  http_outgoing request;
  request.method = std::move(method);
  request.url = "http://127.0.0.1:" + std::to_string(port) + path;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  if (!credentials.empty())
    request.headers.emplace_back("Authorization", "Basic " + to_base64(credentials));
  request.body = to_form(form);
  http_reply out;
  http_send(io.get_executor(), std::move(request), [&](http_reply reply) { out = std::move(reply); });
  io.run();
  return out;
}

inline const std::string calls_path = "/2010-04-01/Accounts/" + account + "/Calls.json";
inline std::string call_path(const std::string& sid) {
  return "/2010-04-01/Accounts/" + account + "/Calls/" + sid + ".json";
}

inline std::unique_ptr<world>
make_world(double media_speed, const std::string& extra = {}, const std::string& people = {}) {
  const std::string script = R"(
[[hours]]
numbers = ["*"]
zone = "UTC"
open = "00:00"
close = "24:00"
[people]
picks_up_later = 0
[people.weights]
eager = 1
[people.patterns]
"*0107" = "voicemail"
"*0108" = "busy"
"*0109" = "no_answer"
"*0105" = "opt_out_key"
"*0106" = "hangs_up_mid_sentence"
"*0110" = "talks_over"
"*0116" = "silent"
"*0117" = "not_in_service"
)" + people + R"(
[carrier]
calls_per_second = 1000
)" + extra;
  world_options options;
  options.media_speed = media_speed;
  options.seed = 3;
  return std::make_unique<world>(options, parse_scenario(script, "test"));
}

/// A carrier with its world, and Parley's double.
struct practice {
  explicit practice(double media_speed = 20, const std::string& extra = {}, size_t threads = 2)
    : around{make_world(media_speed, extra)}, twilio{*around, 0} {
    twilio.start();
    around->start(threads);
  }
  ~practice() {
    // The threads end before the parts that they use.
    around->stop();
  }

  fields form(const std::string& to, const std::string& attempt = "attempt-1") const {
    return {{"To", to},
            {"From", "+12125550000"},
            {"Url", node.url("/voice/twiml?call=" + attempt)},
            {"StatusCallback", node.url("/voice/status?call=" + attempt)},
            {"StatusCallbackEvent", "initiated"},
            {"StatusCallbackEvent", "ringing"},
            {"StatusCallbackEvent", "answered"},
            {"StatusCallbackEvent", "completed"}};
  }
  http_reply create(const fields& form) const { return ask(twilio.port(), "POST", calls_path, form); }
  std::string call(const fields& form) const { return json::parse(create(form).body).value("sid", ""); }
  json fetch(const std::string& sid) const { return json::parse(ask(twilio.port(), "GET", call_path(sid)).body); }
  http_reply update(const std::string& sid, const fields& form) const {
    return ask(twilio.port(), "POST", call_path(sid), form);
  }
  json list(const std::string& query = {}) const {
    return json::parse(ask(twilio.port(), "GET", calls_path + query).body);
  }

  std::unique_ptr<world> around;
  carrier twilio;
  parley_double node;
};

} // namespace parley::sandbox::test
