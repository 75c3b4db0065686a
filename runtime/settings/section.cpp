#include "runtime/settings/section.hpp"

#include "runtime/settings/recording.hpp"
#include "runtime/settings/toml.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <numeric>
#include <sstream>

namespace parley::settings {

using std::chrono::milliseconds;

struct section::node {
  toml::table owned; // the root keeps the whole file alive
  const toml::table* table = nullptr;
  std::shared_ptr<node> parent;
  std::string file;
  std::shared_ptr<std::vector<std::string>> problems;
};

std::vector<described_key> described_keys(const std::function<void()>& read) {
  key_recorder recorder;
  for (; recorder.round < recorder.rounds; ++recorder.round)
    try {
      read();
    } catch (const invalid&) { // an empty file lacks much
    }
  return std::move(recorder.keys);
}

static std::string in_quotes(const std::string& text) {
  std::ostringstream out;
  out << std::quoted(text);
  return out.str();
}

static std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines)
    out += (out.empty() ? "" : "\n") + line;
  return out;
}

invalid::invalid(std::vector<std::string> problems)
  : std::runtime_error{joined(problems)}, problems_{std::move(problems)} {}

section::section(std::shared_ptr<node> source, std::string path) : source_{std::move(source)}, path_{std::move(path)} {}

std::string section::where(const char* key) const {
  return source_->file + ": " + (path_.empty() ? "" : "[" + path_ + "] ") + key;
}

void section::problem(const char* key, const std::string& what_and_remedy) {
  source_->problems->push_back(where(key) + ": " + what_and_remedy);
}

static std::string plain(double x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

static std::string unit_of(const std::string& unit) {
  return unit.empty() ? "" : " " + unit;
}

void section::integer(const char* key, int64_t& value, int64_t min, int64_t max, const char* unit, const char* help) {
  known_.insert(key);
  key_recorder::take(path_, key, std::to_string(value),
                     std::to_string(min) + " to " + std::to_string(max) + unit_of(unit), help);
  const auto* found = source_->table->get(key);
  if (!found)
    return;
  const auto number = found->value_exact<int64_t>();
  if (!number)
    return problem(key, std::string{"must be a whole number ("} + unit + ")");
  if (*number < min || *number > max)
    return problem(key, std::to_string(*number) + " is outside " + std::to_string(min) + " to " + std::to_string(max)
                          + " " + unit);
  value = *number;
}

void section::number(const char* key, double& value, double min, double max, const char* unit, const char* help) {
  known_.insert(key);
  key_recorder::take(path_, key, plain(value), plain(min) + " to " + plain(max) + unit_of(unit), help);
  const auto* found = source_->table->get(key);
  if (!found)
    return;
  const auto number = found->value<double>();
  if (!number || !found->is_number())
    return problem(key, std::string{"must be a number ("} + unit + ")");
  if (!(*number >= min && *number <= max))
    return problem(key, plain(*number) + " is outside " + plain(min) + " to " + plain(max) + " " + unit);
  value = *number;
}

void section::flag(const char* key, bool& value, const char* help) {
  known_.insert(key);
  key_recorder::take(path_, key, value ? "true" : "false", "", help);
  const auto* found = source_->table->get(key);
  if (!found)
    return;
  if (const auto flag = found->value_exact<bool>())
    value = *flag;
  else
    problem(key, "must be true or false, without quotes");
}

void section::text(const char* key, std::string& value, const char* help) {
  known_.insert(key);
  key_recorder::take(path_, key, in_quotes(value), "", help);
  const auto* found = source_->table->get(key);
  if (!found)
    return;
  if (auto text = found->value_exact<std::string>())
    value = std::move(*text);
  else
    problem(key, "must be text in quotes");
}

void section::file(const char* key, std::string& value, const char* help) {
  text(key, value, help);
  if (!value.empty())
    value = (std::filesystem::absolute(source_->file).parent_path() / value).lexically_normal().string();
}

void section::required(const char* key, std::string& value, const char* help) {
  key_recorder::take(path_, key, in_quotes(value), "must be set", help);
  text(key, value, help);
  if (value.empty())
    problem(key, std::string{"is missing; "} + help);
}

void section::texts(const char* key, std::vector<std::string>& value, const char* help) {
  known_.insert(key);
  std::string list;
  for (const auto& element : value)
    list += (list.empty() ? "" : ", ") + in_quotes(element);
  key_recorder::take(path_, key, "[" + list + "]", "", help);
  const auto* found = source_->table->get(key);
  if (!found)
    return;
  const auto* array = found->as_array();
  if (!array || !std::all_of(array->begin(), array->end(), [](const toml::node& x) { return x.is_string(); }))
    return problem(key, "must be a list of texts, as in [\"a\", \"b\"]");
  value.clear();
  for (const auto& element : *array)
    value.push_back(**element.as_string());
}

void section::choice(const char* key, std::string& value, std::vector<std::string> words, const char* help) {
  std::string list;
  for (const auto& word : words)
    list += (list.empty() ? "" : ", ") + word;
  key_recorder::take(path_, key, in_quotes(value), "one of " + list, help);
  text(key, value, help);
  if (auto* x = key_recorder::active; x && std::string_view{key} == "provider") {
    x->rounds = std::max(x->rounds, words.size());
    x->provider = value = words[std::min(x->round, words.size() - 1)];
  }
  if (std::find(words.begin(), words.end(), value) != words.end())
    return;
  const auto near = nearest(value, words);
  problem(key, "\"" + value + "\" is not one of: " + list + (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
}

void section::url(const char* key, std::string& value, const char* help) {
  text(key, value, help);
  if (value.empty())
    return;
  const auto scheme = value.find("://");
  static const std::set<std::string> schemes{"http", "https", "ws", "wss", "smtp", "smtps"};
  if (scheme == std::string::npos || !schemes.contains(value.substr(0, scheme)) || value.size() <= scheme + 3)
    return problem(key, "\"" + value + "\" is no address; write it as https://host[:port][/path]");
  while (value.ends_with('/'))
    value.pop_back();
}

void section::span(const char* key, milliseconds& value, milliseconds min, milliseconds max, const char* help) {
  known_.insert(key);
  key_recorder::take(path_, key, in_quotes(to_text(value)), to_text(min) + " to " + to_text(max), help);
  const auto* found = source_->table->get(key);
  if (!found)
    return;
  const auto text = found->value_exact<std::string>();
  const auto span = text ? parse_duration(*text) : std::nullopt;
  if (!span)
    return problem(key, "must be a duration in quotes, such as \"500ms\", \"15s\", \"10m\", \"24h\" or \"31d\"");
  if (*span < min || *span > max)
    return problem(key, *text + " is outside " + to_text(min) + " to " + to_text(max));
  value = *span;
}

void section::secret(const char* key, std::string& value, const char* help) {
  const auto env_key = std::string{key} + "_env";
  const auto file_key = std::string{key} + "_file";
  key_recorder::take(path_, env_key, R"("")", "an environment variable; or " + file_key + ", a file", help);
  known_.insert(env_key);
  known_.insert(file_key);
  if (source_->table->contains(key)) {
    known_.insert(key); // this message is better than "unknown key"
    return problem(key, "a secret does not belong in this file; name an environment variable in " + env_key
                          + " or a file in " + file_key);
  }
  const auto* env = source_->table->get(env_key);
  const auto* path = source_->table->get(file_key);
  if (env && path)
    return problem(key, "there are both " + env_key + " and " + file_key + "; remove one of them");
  if (const auto* either = env ? env : path; either && !either->is_string())
    return problem((env ? env_key : file_key).c_str(), "must be text in quotes");
  if (env) {
    const auto& name = **env->as_string();
    const char* content = std::getenv(name.c_str());
    if (!content || !*content)
      return problem(env_key.c_str(), "the environment variable " + name + " is not set");
    value = content;
  } else if (path) {
    const auto& name = **path->as_string();
    // A relative file stands beside the configuration.
    std::ifstream in{std::filesystem::path{source_->file}.parent_path() / name};
    std::string line;
    std::getline(in, line);
    line.erase(line.find_last_not_of(" \t\r") + 1); // what editors and Windows leave behind
    if (line.empty())
      return problem(file_key.c_str(), "the file " + name + " cannot be read or is empty");
    value = std::move(line);
  }
}

static std::shared_ptr<section::node> child(const std::shared_ptr<section::node>& parent, const toml::table* table) {
  auto result = std::make_shared<section::node>();
  result->table = table;
  result->parent = parent;
  result->file = parent->file;
  result->problems = parent->problems;
  return result;
}

void section::table(const char* key, const std::function<void(section&)>& read) {
  known_.insert(key);
  static const toml::table empty;
  const auto* found = source_->table->get(key);
  if (found && !found->is_table())
    return problem(key, std::string{"must be a table, as in ["} + key + "]");
  section inner{child(source_, found ? found->as_table() : &empty), path_.empty() ? key : path_ + "." + key};
  read(inner);
  inner.refuse_unknown();
}

void section::tables(const char* key, const std::function<void(section&)>& read) {
  known_.insert(key);
  const auto* found = source_->table->get(key);
  if (!found && key_recorder::active) { // one to describe
    key_recorder::active->arrays.insert(path_.empty() ? key : path_ + "." + key);
    return table(key, read);
  }
  if (!found)
    return;
  if (!found->is_array_of_tables())
    return problem(key, std::string{"must be a list of tables, each as in [["} + key + "]]");
  for (const auto& element : *found->as_array()) {
    section inner{child(source_, element.as_table()), path_.empty() ? key : path_ + "." + key};
    read(inner);
    inner.refuse_unknown();
  }
}

void section::refuse_unknown() {
  const std::vector<std::string> keys{known_.begin(), known_.end()};
  for (const auto& [key, value] : *source_->table) {
    const std::string name{key.str()};
    if (known_.contains(name))
      continue;
    const auto near = nearest(name, keys);
    problem(name.c_str(), "unknown key; " + (near.empty() ? "remove it" : "did you mean " + near + "?"));
  }
}

document document::parse(const std::string& text, const std::string& name) {
  document result;
  result.root_ = std::make_shared<section::node>();
  result.root_->file = name;
  try {
    result.root_->owned = toml::parse(text);
  } catch (const toml::parse_error& e) {
    throw invalid{{name + ":" + std::to_string(e.source().begin.line) + ": " + std::string{e.description()}}};
  }
  result.root_->table = &result.root_->owned;
  return result;
}

document document::load(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    throw invalid{{file + ": is a folder; name a file in it"}};
  std::ifstream in{file};
  if (!in)
    throw invalid{{file + ": cannot be read; name an existing file that this user may read"}};
  std::stringstream text;
  text << in.rdbuf();
  if (in.bad())
    throw invalid{{file + ": cannot be read to its end"}};
  return parse(text.str(), file);
}

void document::read(const std::function<void(section&)>& describe) const {
  root_->problems = std::make_shared<std::vector<std::string>>();
  section top{root_, ""};
  describe(top);
  top.refuse_unknown();
  if (!root_->problems->empty())
    throw invalid{*root_->problems};
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  std::string number{text};
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (end == number.c_str() || !(value >= 0))
    return std::nullopt;
  while (*end == ' ')
    ++end;
  const std::string_view unit{end};
  const double factor = unit == "ms"  ? 1
                        : unit == "s" ? 1e3
                        : unit == "m" ? 6e4
                        : unit == "h" ? 36e5
                        : unit == "d" ? 864e5
                                      : 0;
  if (factor == 0 || value * factor > 1e15)
    return std::nullopt;
  return milliseconds{static_cast<int64_t>(value * factor)};
}

std::string to_text(milliseconds value) {
  const auto ms = value.count();
  for (const auto& [size, unit] : {std::pair{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1000, "s"}})
    if (ms != 0 && ms % size == 0)
      return std::to_string(ms / size) + unit;
  return std::to_string(ms) + "ms";
}

static size_t distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const auto above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

static size_t common_start(const std::string& a, const std::string& b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

// Of two that are equally near, the one that begins alike for longer: who
// writes "sped" means speed rather than seed.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    // At least so many letters differ. Spares whoever sends a name of a million
    // letters the table of all of them.
    if (std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size()) > best_distance)
      continue;
    const auto d = distance(word, candidate);
    if (d < best_distance
        || (d == best_distance && !best.empty() && common_start(word, candidate) > common_start(word, best))) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

} // namespace parley::settings
