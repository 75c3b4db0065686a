#include "actors/research/strategy.hpp"

#include "runtime/foreign_json.hpp"

#include <algorithm>
#include <cmath>

namespace parley::mind {
namespace {

using nlohmann::json;

constexpr size_t points_max = 8;
constexpr size_t text_bytes_max = 600;

json points_to_json(const std::vector<reasoned>& points, const char* name) {
  auto out = json::array();
  for (const auto& one : points)
    out.push_back({{name, one.text}, {"reasoning", one.reasoning}});
  return out;
}

json closed_object(const json& properties) {
  auto names = json::array();
  for (const auto& [name, schema] : properties.items())
    names.push_back(name);
  return {{"type", "object"}, {"properties", properties}, {"required", names}, {"additionalProperties", false}};
}

/// Reads a JSON answer field by field and remembers what is wrong with it.
class strict_reader {
public:
  strategy read(const json& in) {
    strategy out;
    if (!in.is_object()) {
      fail("", "must be an object");
      return out;
    }
    out.talking_points = points(in, "talking_points", "point", 1);
    out.pain_points = points(in, "pain_points", "point", 0);
    if (const auto* part = object(in, "approach")) {
      const auto name = text(*part, "approach", "value");
      if (const auto known = parse<approach>(name))
        out.way = *known;
      else if (!name.empty())
        fail("approach.value", "must be consultative, direct or educational, not \"" + name + "\"");
      out.way_reasoning = text(*part, "approach", "reasoning");
    }
    objections(in, out);
    if (const auto* part = object(in, "success_probability")) {
      const auto value = part->find("value");
      if (value == part->end() || !value->is_number())
        fail("success_probability.value", "must be a number from 0 to 100");
      else if (const auto percent = value->get<double>(); !(percent >= 0 && percent <= 100))
        fail("success_probability.value", "must be from 0 to 100, not " + value->dump());
      else
        out.success_probability = static_cast<int>(std::lround(percent));
      out.success_reasoning = text(*part, "success_probability", "reasoning");
    }
    out.source = strategy_source::llm;
    if (const auto source = in.find("source"); source != in.end()) {
      const auto known = source->is_string() ? parse<strategy_source>(source->get<std::string>()) : std::nullopt;
      if (known)
        out.source = *known;
      else
        fail("source", "must be llm or rules");
    }
    return out;
  }

  strategy_errors errors;

private:
  void fail(const std::string& field, const std::string& what) {
    errors.push_back(field.empty() ? "the answer " + what : "`" + field + "` " + what);
  }

  std::string text(const json& in, const std::string& path, const char* name) {
    const auto value = in.find(name);
    const auto field = path + "." + name;
    if (value == in.end() || !value->is_string() || value->get_ref<const std::string&>().empty()) {
      fail(field, "must be a text that isn't empty");
      return {};
    }
    if (value->get_ref<const std::string&>().size() > text_bytes_max)
      fail(field, "must have at most " + std::to_string(text_bytes_max) + " characters");
    return value->get<std::string>();
  }

  const json* object(const json& in, const char* name) {
    const auto value = in.find(name);
    if (value != in.end() && value->is_object())
      return &*value;
    fail(name, "must be an object with its value and reasoning");
    return nullptr;
  }

  const json* list(const json& in, const char* name, size_t min) {
    const auto value = in.find(name);
    if (value == in.end() || !value->is_array()) {
      fail(name, "must be a list");
      return nullptr;
    }
    if (value->size() < min || value->size() > points_max)
      fail(name, "must have " + std::to_string(min) + " to " + std::to_string(points_max) + " entries, not "
                   + std::to_string(value->size()));
    return &*value;
  }

  std::vector<reasoned> points(const json& in, const char* name, const char* field, size_t min) {
    std::vector<reasoned> out;
    if (const auto* all = list(in, name, min))
      for (size_t i = 0; i < all->size(); ++i) {
        const auto path = std::string{name} + "[" + std::to_string(i) + "]";
        if ((*all)[i].is_object())
          out.push_back({text((*all)[i], path, field), text((*all)[i], path, "reasoning")});
        else
          fail(path, "must be an object with `point` and `reasoning`");
      }
    return out;
  }

  void objections(const json& in, strategy& out) {
    const auto* all = list(in, "objection_strategies", 1);
    if (!all)
      return;
    for (size_t i = 0; i < all->size(); ++i) {
      const auto path = "objection_strategies[" + std::to_string(i) + "]";
      const auto& entry = (*all)[i];
      if (!entry.is_object()) {
        fail(path, "must be an object with `objection`, `answer` and `reasoning`");
        continue;
      }
      const auto name = text(entry, path, "objection");
      const auto kind = parse<objection_kind>(name);
      if (!kind && !name.empty())
        fail(path + ".objection", "must be price, time, trust, competitor, not_needed or other, not \"" + name + "\"");
      if (kind && std::ranges::find(out.objections, *kind, &objection_strategy::kind) != out.objections.end())
        fail(path + ".objection", "repeats \"" + name + "\"");
      out.objections.push_back(
        {kind.value_or(objection_kind::other), text(entry, path, "answer"), text(entry, path, "reasoning")});
    }
  }
};

} // namespace

json to_json(const strategy& x) {
  auto objections = json::array();
  for (const auto& one : x.objections)
    objections.push_back({{"objection", to_string(one.kind)}, {"answer", one.answer}, {"reasoning", one.reasoning}});
  return {{"talking_points", points_to_json(x.talking_points, "point")},
          {"pain_points", points_to_json(x.pain_points, "point")},
          {"approach", {{"value", to_string(x.way)}, {"reasoning", x.way_reasoning}}},
          {"objection_strategies", objections},
          {"success_probability", {{"value", x.success_probability}, {"reasoning", x.success_reasoning}}},
          {"source", to_string(x.source)}};
}

std::variant<strategy, strategy_errors> parse_strategy(const std::string& text) {
  const auto in = parse_foreign(text);
  if (in.is_discarded())
    return strategy_errors{"the answer is not valid JSON"};
  strict_reader reader;
  auto out = reader.read(in);
  if (!reader.errors.empty())
    return std::move(reader.errors);
  return out;
}

json strategy_schema() {
  const json text{{"type", "string"}, {"minLength", 1}, {"maxLength", text_bytes_max}};
  const auto list = [](const json& items, size_t min) {
    return json{{"type", "array"}, {"items", items}, {"minItems", min}, {"maxItems", points_max}};
  };
  const auto point = closed_object({{"point", text}, {"reasoning", text}});
  const json way{{"type", "string"}, {"enum", approach_names}};
  const json kind{{"type", "string"}, {"enum", objection_kind_names}};
  const json percent{{"type", "integer"}, {"minimum", 0}, {"maximum", 100}};
  return closed_object(
    {{"talking_points", list(point, 1)},
     {"pain_points", list(point, 0)},
     {"approach", closed_object({{"value", way}, {"reasoning", text}})},
     {"objection_strategies", list(closed_object({{"objection", kind}, {"answer", text}, {"reasoning", text}}), 1)},
     {"success_probability", closed_object({{"value", percent}, {"reasoning", text}})}});
}

} // namespace parley::mind
