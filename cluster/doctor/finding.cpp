#include "cluster/doctor/finding.hpp"

#include <algorithm>

namespace parley::doctor {

bool is_fit(const findings& all) {
  return std::none_of(all.begin(), all.end(), [](const finding& x) { return x.state == health::failure; });
}

nlohmann::ordered_json to_json(const findings& all, const std::string& mode) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& x : all)
    list.push_back({{"check", x.check}, {"state", to_string(x.state)}, {"finding", x.sentence}, {"remedy", x.remedy}});
  return {{"fit", is_fit(all)}, {"mode", mode}, {"findings", std::move(list)}};
}

static const char* colour_of(health x) {
  switch (x) {
    case health::ok: return "\033[32m";
    case health::warning: return "\033[33m";
    case health::failure: return "\033[31m";
    default: return "\033[2m";
  }
}

static std::string counted(const findings& all, health state, const char* one, const char* many) {
  const auto n = std::count_if(all.begin(), all.end(), [&](const finding& x) { return x.state == state; });
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

std::string to_text(const findings& all, const std::string& mode, bool colours) {
  constexpr size_t state_width = 8; // "skipped" and a blank
  size_t check_width = 0;
  for (const auto& x : all)
    check_width = std::max(check_width, x.check.size() + 2);
  std::string out;
  for (const auto& x : all) {
    std::string state{to_string(x.state)};
    state.resize(state_width, ' ');
    std::string check = x.check;
    check.resize(check_width, ' ');
    out += (colours ? colour_of(x.state) + state + "\033[0m" : state) + check + x.sentence + '\n';
    if (!x.remedy.empty())
      out += std::string(state_width + check_width, ' ') + "-> " + x.remedy + '\n';
  }
  return out + mode + ": " + counted(all, health::failure, "failure", "failures") + ", "
         + counted(all, health::warning, "warning", "warnings") + ", "
         + counted(all, health::skipped, "check skipped", "checks skipped") + '\n';
}

} // namespace parley::doctor
