#include "adapters/sql/store_writer.hpp"

#include <algorithm>

namespace parley::sql {

namespace {

template <class T>
size_t text_bytes(const T& field) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>)
    return std::string_view{field}.size();
  else if constexpr (requires { std::string_view{field.text}; }) // sealed
    return std::string_view{field.text}.size();
  else if constexpr (requires { std::string_view{field.value}; }) // nullable
    return std::string_view{field.value}.size();
  else
    return 0;
}

template <class Row>
size_t row_bytes(const Row& x) {
  return std::apply([](const auto&... field) { return (sizeof(Row) + ... + text_bytes(field)); },
                    tables::table<Row>::fields(x));
}
size_t row_bytes(const due_row& x) {
  return sizeof x;
}
size_t row_bytes(const outbox_row& x) {
  return sizeof x + x.payload.size() + x.object.size();
}

size_t stream_bytes(const stream_write& x) {
  auto out = sizeof x + x.state.size() + x.personal_state.size();
  for (const auto& event : x.events)
    out += sizeof event + event.data.size() + event.personal.size();
  return out;
}

} // namespace

size_t events_in(const change& x) {
  size_t out = 0;
  if (const auto* a = std::get_if<append>(&x))
    for (const auto& stream : a->streams)
      out += stream.events.size();
  return out;
}

bool is_intent(const change& x) {
  const auto* a = std::get_if<append>(&x);
  return a && std::any_of(a->streams.begin(), a->streams.end(), [](const stream_write& stream) {
           return stream.kind == stream_kind::call && stream.expected == 0;
         });
}

bool moves_stream(const change& x) {
  const auto* a = std::get_if<append>(&x);
  return a && !a->streams.empty();
}

size_t bytes_of(const change& x) {
  struct visitor {
    size_t operator()(const append& x) const {
      auto out = sizeof x;
      for (const auto& stream : x.streams)
        out += stream_bytes(stream);
      for (const auto& row : x.rows)
        out += std::visit([](const auto& r) { return row_bytes(r); }, row);
      return out;
    }
    size_t operator()(const record_inbox& x) const { return sizeof x + x.raw.size(); }
    size_t operator()(const outbox_result& x) const { return sizeof x + x.detail.size(); }
    size_t operator()(const outbox_order& x) const { return sizeof x + x.ids.size() * sizeof(uuid) + x.reason.size(); }
    size_t operator()(const enrol& x) const { return sizeof x; }
  };
  return std::visit(visitor{}, x);
}

size_t bytes_of(const import_prospects& x) {
  auto out = sizeof x;
  for (const auto& prospect : x.prospects)
    out += row_bytes(prospect);
  return out;
}

size_t bytes_of(const import_national_list& x) {
  return sizeof x + x.numbers.size() * sizeof(x.numbers[0]);
}

} // namespace parley::sql
