#include "adapters/sandbox/model/instructions.hpp"

#include "adapters/sandbox/model/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace parley::sandbox::model {
namespace {

using section = std::vector<std::string>;

/// "- price: …" or "* price: …" without its bullet; nothing for other lines.
std::optional<std::string> bullet(std::string_view line) {
  if (line.size() < 2 || (line[0] != '-' && line[0] != '*') || line[1] != ' ')
    return std::nullopt;
  return std::string{trim(line.substr(2))};
}

/// "Say first: Hello" as its key in lower case and its value.
std::optional<std::pair<std::string, std::string>> key_and_value(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == line.npos || colon == 0 || colon > 40)
    return std::nullopt;
  return std::pair{lower(trim(line.substr(0, colon))), std::string{trim(line.substr(colon + 1))}};
}

std::map<std::string, section> sections_of(std::string_view text) {
  std::map<std::string, section> sections;
  section* current = nullptr;
  for (auto& line : split_lines(text)) {
    if (line.size() > 1 && line[0] == '#')
      current = &sections[lower(trim(std::string_view{line}.substr(line.find_first_not_of('#'))))];
    else if (current != nullptr && !line.empty())
      current->push_back(std::move(line));
  }
  return sections;
}

/// Lines of the form `Key: value`, each put where `places` says.
void read_lines(const section& lines, std::initializer_list<std::pair<std::string_view, std::string*>> places) {
  for (const auto& line : lines) {
    const auto entry = key_and_value(line);
    if (!entry)
      continue;
    for (const auto& [key, place] : places)
      if (entry->first == key)
        *place = entry->second;
  }
}

/// The items of the list under `Title:`; items on the title's own line, after
/// commas, count as well.
std::vector<std::string> list_under(const section& lines, std::string_view title) {
  std::vector<std::string> items;
  bool inside = false;
  for (const auto& line : lines) {
    if (auto item = bullet(line)) {
      if (inside)
        items.push_back(std::move(*item));
      continue;
    }
    const auto entry = key_and_value(line);
    inside = entry && entry->first == title;
    if (!inside)
      continue;
    std::string_view rest = entry->second;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      if (const auto item = trim(rest.substr(0, comma)); !item.empty())
        items.emplace_back(item);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return items;
}

std::vector<std::string> all_items(const section& lines) {
  std::vector<std::string> items;
  for (const auto& line : lines)
    items.push_back(bullet(line).value_or(line));
  return items;
}

instructions::company_part read_company(const section& lines) {
  instructions::company_part company;
  section about;
  for (const auto& line : lines) {
    const auto entry = key_and_value(line);
    if (entry && entry->first == "name")
      company.name = entry->second;
    else if (entry && entry->first == "telephone")
      company.telephone = entry->second;
    else
      about.push_back(line);
  }
  company.about = join(about, " ");
  return company;
}

instructions::strategy_part read_strategy(const section& lines) {
  instructions::strategy_part strategy;
  read_lines(lines, {{"approach", &strategy.approach}});
  strategy.approach = lower(strategy.approach);
  strategy.talking_points = list_under(lines, "talking points");
  strategy.pain_points = list_under(lines, "pain points");
  for (const auto& item : list_under(lines, "objections"))
    if (auto entry = key_and_value(item))
      strategy.objections.insert(std::move(*entry));
  return strategy;
}

std::map<std::string, std::string> read_known(const section& lines) {
  std::map<std::string, std::string> known;
  for (const auto& line : lines)
    if (const auto entry = key_and_value(bullet(line).value_or(line)))
      for (std::string_view value : {"unknown", "no", "weak", "strong"})
        if (as_words(entry->second).starts_with(" " + std::string{value} + " "))
          known[entry->first] = value;
  return known;
}

} // namespace

bool instructions::empty() const {
  return company.name.empty() && company.about.empty() && offer.empty() && objective.empty()
         && disclosure.say_first.empty() && stage.name.empty();
}

size_t instructions::sentences_max() const {
  static constexpr std::array<std::string_view, 6> numbers{"zero", "one", "two", "three", "four", "five"};
  for (const auto* list : {&correction, &rules})
    for (const auto& line : *list)
      for (size_t n = 1; n < numbers.size(); ++n)
        for (const auto& number : {std::string{numbers[n]}, std::to_string(n)})
          for (const auto* form : {" sentences ", " sentence "})
            if (as_words(line).find(" " + number + form) != std::string::npos)
              return n;
  return 3;
}

instructions read_instructions(std::string_view text) {
  auto sections = sections_of(text);
  instructions result;
  result.role = join(sections["role"], " ");
  result.company = read_company(sections["company"]);
  result.offer = join(sections["offer"], " ");
  result.objective = join(sections["objective"], " ");
  auto& person = result.person;
  read_lines(sections["person"], {{"name", &person.name},
                                  {"role", &person.role},
                                  {"company", &person.company},
                                  {"e-mail", &person.email},
                                  {"email", &person.email},
                                  {"local time", &person.local_time}});
  read_lines(sections["disclosure"], {{"say first", &result.disclosure.say_first},
                                      {"confirm", &result.disclosure.confirm},
                                      {"opt-out", &result.disclosure.opt_out}});
  result.strategy = read_strategy(sections["strategy"]);
  result.history = all_items(sections["history"]);
  read_lines(sections["stage"], {{"name", &result.stage.name}, {"goal", &result.stage.goal}});
  result.stage.name = lower(result.stage.name);
  result.stage.ask_about = list_under(sections["stage"], "ask about");
  result.known = read_known(sections["known so far"]);
  result.rules = all_items(sections["rules"]);
  result.correction = all_items(sections["correction"]);
  result.resume = join(sections["resume"], " ");
  return result;
}

} // namespace parley::sandbox::model
