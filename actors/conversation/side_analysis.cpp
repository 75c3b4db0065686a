#include "actors/conversation/side_analysis.hpp"

#include "actors/conversation/words.hpp"
#include "runtime/foreign_json.hpp"

#include <cassert>

#include "analysis_prompt.inc" // made by CMake from config/prompts/analysis.md

namespace parley::mind {
namespace {

using nlohmann::json;

constexpr size_t turns_shown_max = 8;

json closed(json properties) {
  auto names = json::array();
  for (const auto& [name, schema] : properties.items())
    names.push_back(name);
  return {
    {"type", "object"}, {"properties", std::move(properties)}, {"required", names}, {"additionalProperties", false}};
}

std::string last_turns(const conversation_state& x) {
  std::vector<std::string> lines;
  const size_t begin = x.turns.size() > turns_shown_max ? x.turns.size() - turns_shown_max : 0;
  for (size_t i = begin; i < x.turns.size(); ++i)
    lines.push_back(
      (x.turns[i].who == party::agent ? "Caller: " : "Person (turn " + std::to_string(x.turns[i].number) + "): ")
      + x.turns[i].text);
  return bullets(lines, 1000);
}

class checker {
public:
  explicit checker(analysis_errors& errors) : errors_{errors} {}

  void fail(const std::string& field, const char* what) { errors_.push_back("`" + field + "` " + what); }

  std::string text(const json& in, const std::string& field) {
    const auto found = in.find(field);
    if (found != in.end() && found->is_string())
      return found->get<std::string>();
    fail(field, "must be a text");
    return {};
  }

  double number(const json& in, const std::string& field, double min, double max) {
    const auto found = in.find(field);
    if (found != in.end() && found->is_number() && found->get<double>() >= min && found->get<double>() <= max)
      return found->get<double>();
    fail(field, "must be a number in its range");
    return 0;
  }

  bool truth(const json& in, const std::string& field) {
    const auto found = in.find(field);
    if (found != in.end() && found->is_boolean())
      return found->get<bool>();
    fail(field, "must be true or false");
    return false;
  }

  const json* list(const json& in, const std::string& field) {
    const auto found = in.find(field);
    if (found != in.end() && found->is_array() && found->size() <= 10)
      return &*found;
    fail(field, "must be a list of at most ten");
    return nullptr;
  }

private:
  analysis_errors& errors_;
};

void read_bant(checker& check, const json& in, side_analysis& out) {
  const auto found = in.find("bant");
  if (found == in.end() || !found->is_object())
    return check.fail("bant", "must be an object");
  for (size_t i = 0; i < bant_key_names.size(); ++i) {
    const auto name = std::string{bant_key_names[i]};
    const auto item = found->find(name);
    if (item == found->end() || !item->is_object()) {
      check.fail("bant." + name, "must be an object");
      continue;
    }
    const auto value = parse<bant_value>(check.text(*item, "value"));
    const auto quote = check.text(*item, "quote");
    const auto confidence = check.number(*item, "confidence", 0, 1);
    if (!value)
      check.fail("bant." + name + ".value", "must be unknown, no, weak or strong");
    else if (*value != bant_value::unknown && quote.empty())
      check.fail("bant." + name + ".quote", "must hold the person's words");
    else if (*value != bant_value::unknown)
      out.bant.push_back({static_cast<bant_key>(i), {*value, shortened(quote, 300), 0, confidence, reader::analysis}});
  }
}

} // namespace

std::string_view analysis_template() {
  return analysis_prompt_text;
}

directive::ask_side_analysis
analysis_question(const conversation_state& x, const conversation_policy& policy, const briefing& about) {
  placeholders values{{"agent", one_line(policy.agent_name, 80)},
                      {"company", one_line(policy.company_name, 120)},
                      {"offer", one_line(policy.offer, 600)},
                      {"person", about.person.name.empty() ? "the person called" : one_line(about.person.name, 120)},
                      {"stage", std::string{to_string(x.stage)}},
                      {"turns", last_turns(x)},
                      {"turn", std::to_string(x.callee_turns)}};
  for (size_t i = 0; i < x.bant.items.size(); ++i)
    values[std::string{bant_key_names[i]}] = std::string{to_string(x.bant.items[i].value)};
  auto text = render(analysis_template(), values);
  // The template is built in and its placeholders are covered by a test.
  assert(std::holds_alternative<std::string>(text));
  return {x.callee_turns, std::get<std::string>(std::move(text)), "turn_analysis", analysis_schema().dump()};
}

json analysis_schema() {
  const json text{{"type", "string"}};
  const json value{{"type", "string"}, {"enum", bant_value_names}};
  const json share{{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
  const auto item = closed({{"value", value}, {"quote", text}, {"confidence", share}});
  json items = json::object();
  for (const auto name : bant_key_names)
    items[std::string{name}] = item;
  const json kind{{"type", "string"}, {"enum", objection_kind_names}};
  return closed(
    {{"bant", closed(items)},
     {"objections", {{"type", "array"}, {"items", closed({{"kind", kind}, {"quote", text}})}, {"maxItems", 6}}},
     {"opt_out", {{"type", {"string", "null"}}}},
     {"wrong_person", {{"type", "boolean"}}},
     {"identity_confirmed", {{"type", "boolean"}}},
     {"sentiment", {{"type", "number"}, {"minimum", -1}, {"maximum", 1}}},
     {"key_points", {{"type", "array"}, {"items", text}, {"maxItems", 4}}},
     {"next_action", text}});
}

std::variant<side_analysis, analysis_errors> parse_analysis(const std::string& text) {
  const auto in = parse_foreign(text);
  if (in.is_discarded() || !in.is_object())
    return analysis_errors{"the answer is not a JSON object"};
  analysis_errors errors;
  checker check{errors};
  side_analysis out;
  read_bant(check, in, out);
  if (const auto* all = check.list(in, "objections"))
    for (const auto& one : *all) {
      if (!one.is_object()) {
        check.fail("objections", "must hold objects");
        continue;
      }
      const auto kind = parse<objection_kind>(check.text(one, "kind"));
      if (!kind)
        check.fail("objections.kind", "must be price, time, trust, competitor, not_needed or other");
      out.objections.push_back({kind.value_or(objection_kind::other), shortened(check.text(one, "quote"), 300)});
    }
  if (const auto words = in.find("opt_out");
      words != in.end() && words->is_string() && !words->get_ref<const std::string&>().empty())
    out.opt_out = shortened(words->get<std::string>(), 300);
  else if (words == in.end() || !(words->is_null() || words->is_string()))
    check.fail("opt_out", "must be the words or null");
  out.wrong_person = check.truth(in, "wrong_person");
  out.identity_confirmed = check.truth(in, "identity_confirmed");
  out.sentiment = check.number(in, "sentiment", -1, 1);
  if (const auto* all = check.list(in, "key_points"))
    for (const auto& one : *all) {
      if (one.is_string())
        out.key_points.push_back(shortened(one.get<std::string>(), 200));
      else
        check.fail("key_points", "must hold texts");
    }
  out.next_action = shortened(check.text(in, "next_action"), 200);
  if (!errors.empty())
    return errors;
  return out;
}

} // namespace parley::mind
