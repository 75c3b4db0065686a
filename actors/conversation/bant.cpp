#include "actors/conversation/bant.hpp"

#include <algorithm>
#include <stdexcept>

namespace parley::mind {

static bool replaces(const bant_item& seen, const bant_item& known) {
  if (seen.value == bant_value::unknown)
    return false;
  if (known.value == bant_value::unknown)
    return true;
  if (seen.turn > known.turn) {
    if (seen.value == known.value)
      return false; // how long a "no" has stood counts from the first
    if (seen.value == bant_value::weak && known.value == bant_value::strong)
      return false;
    return seen.confidence >= 0.5;
  }
  if (seen.turn < known.turn) // late evidence about older words only adds what was missed
    return seen.value == bant_value::strong && known.value == bant_value::weak && seen.confidence >= 0.5;
  // About the same words: a "no" by one reader beats a wishful other one.
  if ((seen.value == bant_value::no) != (known.value == bant_value::no) && seen.source != reader::analysis
      && known.source != reader::analysis)
    return seen.value == bant_value::no;
  if (seen.confidence != known.confidence)
    return seen.confidence > known.confidence;
  return seen.source > known.source;
}

bool merge(bant& known, const evidence& seen) {
  auto& item = known[seen.key];
  if (!replaces(seen.item, item))
    return false;
  const bool changed = item.value != seen.item.value;
  item = seen.item;
  return changed;
}

int score(const bant& known) {
  static constexpr std::array<int, 4> twice_points{2 * 15, 2 * 25, 2 * 35, 2 * 25}; // in the order of bant_key
  int doubled = 0;
  for (size_t i = 0; i < known.items.size(); ++i) {
    if (known.items[i].value == bant_value::strong)
      doubled += twice_points[i];
    else if (known.items[i].value == bant_value::weak)
      doubled += twice_points[i] / 2;
  }
  return doubled / 2;
}

bool any_no(const bant& known) {
  return std::ranges::any_of(known.items, [](const bant_item& x) { return x.value == bant_value::no; });
}

bool qualified(const bant& known) {
  const auto strong
    = std::ranges::count_if(known.items, [](const bant_item& x) { return x.value == bant_value::strong; });
  return known[bant_key::need].value == bant_value::strong && strong >= 2 && !any_no(known);
}

void to_json(nlohmann::json& out, const bant_item& x) {
  out = {{"value", to_string(x.value)},
         {"quote", x.quote},
         {"turn", x.turn},
         {"confidence", x.confidence},
         {"source", to_string(x.source)}};
}

void from_json(const nlohmann::json& in, bant_item& x) {
  const auto value = parse<bant_value>(in.at("value").get<std::string>());
  const auto source = parse<reader>(in.at("source").get<std::string>());
  if (!value || !source)
    throw std::invalid_argument("unknown BANT value or source");
  x = {*value, in.at("quote"), in.at("turn"), in.at("confidence"), *source};
}

void to_json(nlohmann::json& out, const bant& x) {
  out = nlohmann::json::object();
  for (size_t i = 0; i < x.items.size(); ++i)
    out[std::string{bant_key_names[i]}] = x.items[i];
}

void from_json(const nlohmann::json& in, bant& x) {
  for (size_t i = 0; i < x.items.size(); ++i)
    in.at(std::string{bant_key_names[i]}).get_to(x.items[i]);
}

} // namespace parley::mind
