// The voice model's events, and what we write to the model from them.
#include "adapters/media/realtime_events.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

namespace model_event_fuzz {

using namespace parley;
using fuzz::holds;
using media::model_event;

static void read_one(std::string_view input) {
  const media::padded_frame frame{input};
  model_event event;
  if (!media::parse_model_event(frame, event))
    return;
  holds(!event.at_ms || *event.at_ms >= 0, "a time in the audio is not before its start");
  holds(event.item.size() <= 256 && event.response.size() <= 256, "ids are kept short");
  media::frame_list out;
  if (event.kind == model_event::audio_delta) {
    holds(event.payload_bytes <= event.payload.size(), "audio is no longer than its base64");
    media::client::append_audio(out, event.payload);
  }
  media::client::truncate_item(out, event.item, event.content_index,
                               std::chrono::milliseconds{event.at_ms.value_or(0)});
  media::client::cancel_response(out, event.response);
  media::client::tool_output(out, event.tool_call, event.text);
  for (const auto& tool : event.tools)
    media::client::tool_output(out, tool.tool_call, tool.arguments);
  media::client::system_message(out, media::head_of(event.text, media::text_bytes_max));
  for (size_t i = 0; i < out.size(); ++i)
    holds(nlohmann::json::accept(out[i]), "what we write from it is JSON");
}

static const fuzz::target registered{"model_event", read_one};

} // namespace model_event_fuzz
