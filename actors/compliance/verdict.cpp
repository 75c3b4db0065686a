#include "actors/compliance/verdict.hpp"

#include "runtime/clock.hpp"

#include <nlohmann/json.hpp>

namespace parley {

using nlohmann::json;

json rules_to_json(const gate_verdict& x) {
  auto out = json::array();
  for (const auto& check : x.rules) {
    json row{{"rule", check.rule}, {"result", to_string(check.result)}};
    if (check.reason != gate_reason::none)
      row["reason"] = to_string(check.reason);
    if (!check.sentence.empty())
      row["sentence"] = check.sentence;
    if (!check.source.empty())
      row["source"] = check.source;
    out.push_back(std::move(row));
  }
  return out;
}

std::string one_failed_rule(const std::string& rule, const std::string& reason, const std::string& sentence,
                            const std::string& source) {
  const json row{{"rule", rule},
                 {"result", to_string(check_result::failed)},
                 {"reason", reason},
                 {"sentence", sentence},
                 {"source", source}};
  return json::array({row}).dump();
}

void to_json(json& out, const gate_verdict& x) {
  const auto instant = [](const std::optional<wall_time>& at) { return at ? json(to_iso(*at)) : json(nullptr); };
  out = json{{"outcome", to_string(x.outcome)},
             {"reason", to_string(x.reason)},
             {"sentence", x.sentence},
             {"source", x.source},
             {"data_version", x.data_version},
             {"at", to_iso(x.at)},
             {"earliest", instant(x.earliest)},
             {"lawful_until", instant(x.lawful_until)},
             {"zones", x.zones},
             {"states", x.states},
             {"rules", rules_to_json(x)}};
}

} // namespace parley
