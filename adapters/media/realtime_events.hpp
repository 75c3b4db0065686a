#pragma once

#include "adapters/media/frame.hpp"
#include "adapters/media/settings.hpp"
#include "runtime/messages/media.hpp"

#include <vector>

namespace parley::media {

/// What the model says on its socket: OpenAI Realtime, GA names; the names of
/// the beta for the same events are understood, too. Views stay valid until
/// this thread parses again.
struct model_event {
  enum kind_type : uint8_t {
    session_created,
    session_updated,
    speech_started,       ///< item, at_ms
    speech_stopped,       ///< item, at_ms
    committed,            ///< item: the person's turn is in the conversation
    timeout_triggered,    ///< item: a turn of silence was put in
    transcript_completed, ///< item, text: the person's words
    transcript_failed,    ///< item
    response_created,     ///< response
    response_done,        ///< response, status, reason, tools
    item_added,           ///< item, item_type; of a tool call also name, tool_call
    audio_delta,          ///< response, item, content_index, payload
    audio_done,           ///< response, item
    text_delta,           ///< response, item, text: the agent's words
    text_done,            ///< response, item, text
    arguments_done,       ///< item, tool_call, name (may be absent), text
    error,                ///< code, reason, event_id: of ours that caused it
    other,
  };
  struct tool {
    std::string_view item;
    std::string_view tool_call;
    std::string_view name;
    std::string_view arguments;
    bool completed = false;
  };

  kind_type kind = other;
  std::string_view event_id; ///< of an error: the client event it answers
  std::string_view response;
  std::string_view item;
  std::string_view item_type;
  std::string_view tool_call;
  std::string_view name;
  std::string_view text;
  std::string_view payload; ///< base64, checked
  size_t payload_bytes = 0;
  int64_t content_index = 0;
  std::optional<int64_t> at_ms; ///< audio time in the model's input buffer
  std::string_view status;      ///< completed, cancelled, failed, incomplete
  std::string_view code;        ///< of an error or of a failed response
  std::string_view reason;      ///< type of an error, or why a response ended
  std::vector<tool> tools;      ///< function calls of a finished response
};

/// Reads one message. Unknown types are `other`. What is no JSON object, has
/// no `type`, is known but lacks what we need of it, or has an absurdly long id
/// gives false.
bool parse_model_event(frame_view frame, model_event& out);

/// Client events, in the shape of the API that the settings name; but for the
/// session's settings both shapes are alike. `event_id`s are our own: the vendor names them in errors.
namespace client {

/// The `event_id` of every truncation.
inline constexpr std::string_view truncation_id = "truncate";

/// Audio in both directions is G.711 μ-law, as the carrier has it.
void session_update(frame_list& out, const media_settings& settings, const open_voice_session& session);
void instructions_update(frame_list& out, std::string_view instructions, bool beta = false);
/// Splices the carrier's base64 in.
void append_audio(frame_list& out, std::string_view payload);
/// What the person has said so far is a turn, though nobody heard its end.
void commit_audio(frame_list& out);
void create_response(frame_list& out, std::string_view event_id);
/// Something for the model to know or do now, as a message of the system.
void system_message(frame_list& out, std::string_view text);
void cancel_response(frame_list& out, std::string_view response);
void truncate_item(frame_list& out, std::string_view item, int64_t content_index, std::chrono::milliseconds played);
void tool_output(frame_list& out, std::string_view tool_call, std::string_view output);

} // namespace client

/// Where to connect: scheme, host, port and target of the WebSocket.
struct realtime_address {
  bool tls = true;
  std::string host;
  std::string port;
  std::string target;
  bool beta = false; ///< asks for the beta's shape of events
};

/// Takes http, https, ws or wss; without a path it is /v1; /realtime is
/// appended unless the path ends with it. Nothing if it is no such address.
std::optional<realtime_address>
realtime_address_of(const std::string& base_url, const std::string& model, bool beta = false);

} // namespace parley::media
