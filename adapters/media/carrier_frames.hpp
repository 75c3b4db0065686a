#pragma once

#include "adapters/media/frame.hpp"

namespace parley::media {

/// What a carrier says on a media socket: Twilio Media Streams, version 1.0.0,
/// and the vendors that copy it (some write numbers where Twilio writes
/// strings of digits). Views stay valid until this thread parses again.
struct carrier_event {
  enum kind_type : uint8_t { connected, start, media, mark, dtmf, stop, other };

  kind_type kind = other;
  std::string_view stream_sid;

  // media
  std::string_view payload;     ///< base64 of G.711 μ-law, checked
  size_t payload_bytes = 0;     ///< of audio
  std::optional<int64_t> at_ms; ///< since the stream's start
  bool inbound = true;          ///< the person's own sound

  // mark, dtmf
  std::string_view name; ///< of the mark, or the key that was pressed

  // start
  std::string_view call;             ///< <Parameter name="call">
  std::string_view nonce;            ///< <Parameter name="nonce">
  std::optional<int64_t> generation; ///< <Parameter name="generation">
  std::string_view encoding;
  int64_t sample_rate = 0;
  int64_t channels = 0;

  /// The one format that both sides speak without conversion.
  bool is_mulaw_8k_mono() const { return encoding == "audio/x-mulaw" && sample_rate == 8000 && channels == 1; }
};

/// Reads one message. Unknown events and keys are no error (the vendor adds
/// some without notice); what is no JSON object, has no `event`, or is known
/// but lacks its content is: then it returns false.
bool parse_carrier_event(frame_view frame, carrier_event& out);

/// Writes messages for one stream. Everything but the payload is prepared, so
/// audio is spliced in between two constant texts.
class carrier_writer {
public:
  explicit carrier_writer(std::string_view stream_sid);
  void media(frame_list& out, std::string_view payload) const;
  /// The carrier returns the name when all audio before it was played.
  void mark(frame_list& out, uint64_t name) const;
  /// Throws away what the carrier has queued.
  void clear(frame_list& out) const;

private:
  std::string media_head_;
  std::string mark_head_;
  std::string clear_;
};

} // namespace parley::media
