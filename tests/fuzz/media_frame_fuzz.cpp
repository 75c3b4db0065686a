// The carrier's messages on a media socket, and what we make of them: anybody
// who guesses a stream's address may send some before the nonce is checked.
#include "adapters/media/carrier_frames.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

namespace media_frame_fuzz {

using namespace parley;
using fuzz::holds;

static void read_one(std::string_view input) {
  const media::padded_frame frame{input};
  media::carrier_event event;
  if (!media::parse_carrier_event(frame, event))
    return;
  holds(!event.at_ms || *event.at_ms >= 0, "a time in a stream is not before its start");
  if (event.kind == media::carrier_event::media) {
    holds(event.payload_bytes <= event.payload.size(), "audio is no longer than its base64");
    // What passed is spliced into a message to the other side, unescaped.
    media::frame_list out;
    media::carrier_writer{"MZ1"}.media(out, event.payload);
    holds(nlohmann::json::accept(out[0]), "audio that was taken can be sent on");
  }
  if (event.kind == media::carrier_event::start)
    holds(!event.stream_sid.empty(), "a stream has a name");
  holds(media::head_of(event.name, 5).size() <= 5, "the head of a text is as short as asked for");
}

static const fuzz::target registered{"media_frame", read_one};

} // namespace media_frame_fuzz
