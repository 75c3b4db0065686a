#include "actors/control/import/dnc_list.hpp"

#include "actors/compliance/numbers.hpp"

#include <algorithm>
#include <array>

namespace parley {

namespace {

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The next field of a line, its quotation marks and blanks cut.
std::string_view take_field(std::string_view& line) {
  const auto cut = line.find(',');
  auto field = line.substr(0, cut);
  line.remove_prefix(cut == line.npos ? line.size() : cut + 1);
  constexpr std::string_view around = "\" \t\r";
  const auto first = field.find_first_not_of(around);
  if (first == field.npos)
    return {};
  return field.substr(first, field.find_last_not_of(around) - first + 1);
}

} // namespace

dnc_summary read_dnc_list(std::istream& in, const dnc_options& options, const calling_rules& rules,
                          const std::function<void(std::string_view e164)>& use) {
  dnc_summary out;
  const auto accept = [&](std::string_view e164) {
    ++out.accepted;
    use(e164);
  };
  std::string line;
  std::string e164;
  for (uint64_t number = 1; std::getline(in, line); ++number) {
    if (number == 1)
      check_text_file(line);
    std::string_view rest = line;
    const auto first = take_field(rest);
    if (first.empty() || first.front() == '#')
      continue;
    const auto second = take_field(rest);
    const bool two_fields = first.size() == 3 && second.size() == 7 && is_digits(first) && is_digits(second);
    const bool plain = two_fields || (first.size() == 10 && is_digits(first));
    if (plain && first.front() >= '2') {
      e164.assign("+1").append(first);
      if (two_fields)
        e164.append(second);
      accept(e164);
      continue;
    }
    auto parsed = parse_number(first, options.home_region, rules);
    if (const auto* known = std::get_if<phone_number>(&parsed)) {
      accept(known->e164);
      continue;
    }
    if (number == 1 && first.find_first_of("0123456789") == first.npos)
      continue; // a header
    ++out.rejected;
    if (out.problems.size() < options.problems_max)
      out.problems.push_back({number, "number", std::get<number_problem>(parsed).sentence});
  }
  return out;
}

} // namespace parley
