#pragma once

#include "runtime/journal/aggregate.hpp"

#include <stdexcept>
#include <utility>
#include <variant>

/// From the events of a stream back to its state: what a journal is kept for.
namespace parley {

/// The event that was stored, by its type's name.
/// @throws std::invalid_argument if the core has no event of this name or a
/// field has a value that is not known, nlohmann::json::exception if the event
/// is no JSON of its fields.
template <class Core>
typename Core::event event_of(const stored_event& x) {
  using event = typename Core::event;
  std::optional<event> out;
  const auto try_one = [&]<class Event>(std::type_identity<Event>) {
    if (x.type != Event::type)
      return;
    auto data = nlohmann::json::parse(x.data);
    if (!x.personal.empty())
      data["personal"] = nlohmann::json::parse(x.personal);
    out = data.template get<Event>();
  };
  [&]<size_t... Is>(std::index_sequence<Is...>) {
    (try_one(std::type_identity<std::variant_alternative_t<Is, event>>{}), ...);
  }
  (std::make_index_sequence<std::variant_size_v<event>>{});
  if (!out)
    throw std::invalid_argument{"no event of this stream: " + x.type};
  return *out;
}

/// Applies the events of a stream, from its first state on.
template <class Core>
typename Core::state replayed(typename Core::state fresh, const std::vector<stored_event>& events) {
  for (const auto& event : events)
    Core::apply(fresh, event_of<Core>(event));
  return fresh;
}

/// All that a state says, as it would be stored.
template <class Core>
nlohmann::json whole(const typename Core::state& s) {
  auto personal = Core::personal_part(s);
  return {{"public", Core::public_part(s)},
          {"personal", personal.empty() ? nlohmann::json::object() : std::move(personal)}};
}

} // namespace parley
