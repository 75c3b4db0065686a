#include "actors/audit/exported.hpp"

#include "runtime/json.hpp"

namespace parley::audit {

using nlohmann::ordered_json;

/// What cannot be read as JSON is shown as the text that it is.
static ordered_json parsed(const std::string& text) {
  auto out = ordered_json::parse(text, nullptr, false);
  return out.is_discarded() ? ordered_json(text) : out;
}

nlohmann::ordered_json to_json(const exported_event& x, bool personal) {
  ordered_json out{{"position", x.position},      {"stream", to_string(x.stream)}, {"kind", x.kind},
                   {"version", x.event.version},  {"type", x.event.type},          {"at", to_iso(x.event.at)},
                   {"data", parsed(x.event.data)}};
  switch (x.event.seal) {
    case seal_state::open: out["personal"] = personal ? parsed(x.event.personal) : ordered_json("sealed"); break;
    case seal_state::erased: out["personal"] = "erased"; break;
    case seal_state::damaged: out["personal"] = "damaged"; break;
    default: break;
  }
  return out;
}

} // namespace parley::audit
