#include "actors/control/import/dnc_list.hpp"

#include "actors/compliance/numbers.hpp"

#include <algorithm>
#include <limits>

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

/// What the federal change list says behind a number: added or deleted.
bool is_change(std::string_view field) {
  return field == "A" || field == "D" || field == "a" || field == "d";
}

} // namespace

bool dnc_list_reader::read(uint64_t lines_max, const std::function<void(std::string_view)>& use) {
  std::string line;
  for (uint64_t read = 0; read < lines_max; ++read) {
    if (!lines_.next(line))
      return false;
    read_line(line, use);
  }
  return true;
}

void dnc_list_reader::read_line(std::string_view line, const std::function<void(std::string_view)>& use) {
  const auto first = take_field(line);
  if (first.empty() || first.front() == '#')
    return;
  const auto accept = [&](std::string_view e164) {
    ++summary_.accepted;
    use(e164);
  };
  const auto second = take_field(line);
  const bool two_fields = first.size() == 3 && second.size() == 7 && is_digits(first) && is_digits(second);
  if (summary_.change_line == 0 && is_change(two_fields ? take_field(line) : second))
    summary_.change_line = lines_.number();
  const bool plain = two_fields || (first.size() == 10 && is_digits(first));
  if (plain && first.front() >= '2') {
    auto e164 = "+1" + std::string{first};
    if (two_fields)
      e164.append(second);
    return accept(e164);
  }
  auto parsed = parse_number(first, options_.home_region, rules_);
  if (const auto* known = std::get_if<phone_number>(&parsed))
    return accept(known->e164);
  if (lines_.number() == 1 && first.find_first_of("0123456789") == first.npos)
    return; // a header
  ++summary_.rejected;
  if (summary_.problems.size() < options_.problems_max)
    summary_.problems.push_back({lines_.number(), "number", std::get<number_problem>(parsed).sentence});
}

dnc_summary read_dnc_list(std::istream& in, const dnc_options& options, const calling_rules& rules,
                          const std::function<void(std::string_view e164)>& use) {
  dnc_list_reader reader{in, options, rules};
  while (reader.read(std::numeric_limits<uint64_t>::max(), use)) {
  }
  return reader.summary();
}

} // namespace parley
