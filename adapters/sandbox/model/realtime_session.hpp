#pragma once

#include "adapters/sandbox/faults.hpp"
#include "adapters/sandbox/http_server.hpp"
#include "adapters/sandbox/model/brain.hpp"
#include "adapters/sandbox/model/session_config.hpp"
#include "adapters/sandbox/model/turn_detector.hpp"
#include "adapters/sandbox/world.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <nlohmann/json.hpp>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parley::sandbox::model {

/// What goes wrong with the voice model, by the scenario.
struct realtime_faults {
  explicit realtime_faults(const world& around)
    : gate{around, "model", around.script().faults.model}, disconnects{around, "model disconnect",
                                                                       around.script().faults.model.disconnects} {}

  vendor_gate gate;
  fault_gate disconnects;
};

/// One conversation over the OpenAI Realtime API (GA event names, or the beta's). Lives on
/// the strand of its socket, as long as the socket does.
class realtime_session : public std::enable_shared_from_this<realtime_session> {
public:
  /// @param name Makes ids of this session differ from those of others.
  /// @param beta Speaks the API's older shape.
  realtime_session(world& around, upgrade_socket socket, std::string name, std::string model, disobedience mode,
                   std::shared_ptr<realtime_faults> faults, bool beta = false);

  void start(const beast::http::request<beast::http::string_body>& upgrade);

private:
  using json = nlohmann::json;

  /// An item of the conversation: as the client sees it and as the brain does.
  struct item {
    std::string id;
    json wire;
    turn memory;
    std::string words; // of an assistant's message, all of them
    size_t sent = 0;   // audio bytes of it that went out
  };
  /// The response that is being made.
  struct response {
    std::string id;
    json settings; // `response` of response.create
    json wire;
    reply plan;
    item message;
    std::string audio;
    size_t told = 0; // letters of the transcript that went out
    bool speaking = false;
    bool aloud = true;
    bool kept = true; // false: out of band, not part of the conversation
  };

  void read();
  void take(const json& event);
  void send(json event);
  void write();
  void fail(const problem& what);
  void close();
  std::string new_id(const char* kind);

  // Input
  void append_audio(const json& event);
  void commit_audio();
  void hear(const std::vector<turn_event>& events);
  void end_turn(const std::string& words, milliseconds at);
  void wait_for_quiet();
  void wait_for_idle(milliseconds audio);

  // Items
  void update_session(const json& session);
  void create_item(const json& event);
  void truncate_item(const json& event);
  std::vector<item>::iterator find_item(const std::string& id);
  item read_item(const json& wire);
  void add_item(item one, std::vector<item>::iterator before);
  json after(const std::string& id) const;

  // Responses
  void create_response(json settings);
  nanoseconds time_to_think() const;
  void think();
  void plan_response();
  /// Ends the response as the vendor ends one that it could not make.
  void fail_response(const char* type, const char* code);
  void begin_message();
  void speak_on();
  void tell_transcript(bool all);
  void end_message(bool complete);
  void call_tool(const tool_call& call);
  void finish_response(const char* status, json details);
  void cancel_response(const char* reason);
  static json content_of(const item& message, bool aloud);
  static json part_of(const item& message, bool aloud);
  json place(const char* type, const item& message) const;

  world& world_;
  beast::websocket::stream<upgrade_socket> socket_;
  asio::steady_timer pace_;
  asio::steady_timer quiet_;
  asio::steady_timer idle_;
  std::string name_;
  disobedience mode_;
  bool beta_;
  std::shared_ptr<realtime_faults> faults_;
  session_config config_;
  turn_detector detector_;
  beast::flat_buffer buffer_;
  std::deque<std::string> outbox_;
  std::string client_event_; // the event_id of what is being handled
  std::vector<item> items_;
  std::unique_ptr<response> active_;
  std::string speech_item_; // the id of the item that the person speaks into
  uint64_t last_id_ = 0;
  size_t buffered_ = 0; // audio bytes since the last commit
  bool voice_used_ = false;
  bool answer_later_ = false; // a turn ended while a response was running
  bool closed_ = false;
};

} // namespace parley::sandbox::model
