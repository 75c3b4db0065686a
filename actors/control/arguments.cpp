#include "actors/control/arguments.hpp"

#include "actors/control/import/csv_rows.hpp"

namespace parley::commands {

static const args* find(const args& a, const char* name) {
  const auto found = a.find(name);
  return found == a.end() ? nullptr : &*found;
}

[[noreturn]] static void wrong(const char* name, const std::string& what_and_remedy) {
  throw std::invalid_argument{std::string{name} + ": " + what_and_remedy};
}

std::string needed_text(const args& a, const char* name, const char* remedy) {
  auto text = text_or(a, name, {});
  if (text.empty())
    wrong(name, std::string{"is missing; "} + remedy);
  return text;
}

std::string text_or(const args& a, const char* name, const std::string& otherwise) {
  const auto* found = find(a, name);
  if (!found)
    return otherwise;
  if (!found->is_string())
    wrong(name, "must be a text, in quotes");
  return *found;
}

bool flag_or(const args& a, const char* name, bool otherwise) {
  const auto* found = find(a, name);
  if (!found)
    return otherwise;
  if (!found->is_boolean())
    wrong(name, "must be true or false, without quotes");
  return *found;
}

int64_t number_or(const args& a, const char* name, int64_t otherwise, int64_t min, int64_t max) {
  const auto* found = find(a, name);
  if (!found)
    return otherwise;
  if (!found->is_number_integer())
    wrong(name, "must be a whole number, without quotes");
  // An unsigned one beyond int64_t reads as negative, so it is looked at first.
  const bool huge = found->is_number_unsigned() && found->get<uint64_t>() > static_cast<uint64_t>(max);
  const auto number = huge ? max : found->get<int64_t>();
  if (huge || number < min || number > max)
    wrong(name, found->dump() + " is outside " + std::to_string(min) + " to " + std::to_string(max));
  return number;
}

std::map<std::string, std::string> texts_of(const args& a, const char* name) {
  std::map<std::string, std::string> out;
  const auto* found = find(a, name);
  if (!found)
    return out;
  if (!found->is_object())
    wrong(name, "must be an object of texts");
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string())
      wrong(name, "\"" + key + "\" must have a text");
    out.emplace(key, value);
  }
  return out;
}

std::optional<std::string> problem_of(const std::function<void()>& step) {
  try {
    step();
    return std::nullopt;
  } catch (const args::exception& e) {
    return std::string{"arguments: "} + e.what();
  } catch (const unusable_file& e) {
    return "file: " + std::string{e.what()};
  } catch (const std::invalid_argument& e) {
    return std::string{e.what()};
  }
}

} // namespace parley::commands
