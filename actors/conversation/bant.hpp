#pragma once

#include "runtime/names.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <string>

/// BANT: whether there is Budget, Authority, Need and a Timeline, each with
/// the words that show it.
namespace parley::mind {

enum class bant_key : uint8_t { budget, authority, need, timeline, count_ };
PARLEY_NAMES(bant_key, "budget", "authority", "need", "timeline")

enum class bant_value : uint8_t { unknown, no, weak, strong, count_ };
PARLEY_NAMES(bant_value, "unknown", "no", "weak", "strong")

/// Who read the answer out of the person's words. A later one is believed
/// first when two that are equally sure disagree about the same words.
enum class reader : uint8_t { rules, model, analysis, count_ };
PARLEY_NAMES(reader, "rules", "model", "analysis")

/// What is established about one item.
struct bant_item {
  bant_value value = bant_value::unknown;
  std::string quote;     ///< the callee's own words
  uint32_t turn = 0;     ///< the callee's turn, counted from 1; 0: none yet
  double confidence = 0; ///< 0 to 1
  reader source = reader::rules;
};

/// One observation about one item.
struct evidence {
  bant_key key = bant_key::need;
  bant_item item;
};

struct bant {
  std::array<bant_item, 4> items;

  bant_item& operator[](bant_key key) { return items[static_cast<size_t>(key)]; }
  const bant_item& operator[](bant_key key) const { return items[static_cast<size_t>(key)]; }
};

/// Takes an observation in where it is newer, surer or stronger than what is
/// known. A "no" and a "strong" replace what was said before; a "weak" never
/// weakens a "strong", but takes back a "no". Returns true if a value changed.
bool merge(bant& known, const evidence& seen);

/// 0 to 100: need 35, authority 25, timeline 25, budget 15; a weak item counts
/// half. A house choice.
int score(const bant& known);

/// Need and one other are strong, and none is a "no".
bool qualified(const bant& known);

bool any_no(const bant& known);

void to_json(nlohmann::json& out, const bant_item& x);
void from_json(const nlohmann::json& in, bant_item& x);
void to_json(nlohmann::json& out, const bant& x);
void from_json(const nlohmann::json& in, bant& x);

} // namespace parley::mind
