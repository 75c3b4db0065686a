#include "actors/memory/choice.hpp"

#include "runtime/text.hpp"

#include <nlohmann/json.hpp>

#include <set>
#include <unordered_map>

namespace parley::memories {

namespace {

/// A past conversation in a prompt: enough to remember it by, not to replay it.
constexpr size_t bytes_max = 1200;

/// What a row is about: a call, for its note and its transcript alike, or the
/// row itself.
std::string subject_of(const context_row& row) {
  const auto metadata = nlohmann::json::parse(row.metadata, nullptr, false);
  if (metadata.is_object() && metadata.contains("call"))
    return "call " + metadata["call"].dump();
  return to_string(row.id);
}

/// Collects paragraphs, each subject once.
class collection {
public:
  explicit collection(size_t limit) : limit_{limit} {}
  bool full() const { return chosen_.size() >= limit_; }
  void add(const context_row& row) {
    if (!full() && subjects_.insert(subject_of(row)).second)
      chosen_.push_back(shortened(row.content, bytes_max));
  }
  std::vector<std::string> chosen() && { return std::move(chosen_); }

private:
  size_t limit_;
  std::set<std::string> subjects_;
  std::vector<std::string> chosen_;
};

} // namespace

std::vector<std::string> nearest_first(const std::vector<neighbour>& nearest, const std::vector<context_row>& newest,
                                       const std::vector<context_row>& others, size_t limit) {
  std::unordered_map<uuid, const context_row*> rows;
  std::unordered_map<std::string, const context_row*> notes;
  for (const auto* source : {&newest, &others})
    for (const auto& row : *source) {
      rows.emplace(row.id, &row);
      if (row.context_type == "note")
        notes.emplace(subject_of(row), &row);
    }
  collection out{limit};
  for (const auto& one : nearest)
    if (const auto found = rows.find(one.id); found != rows.end()) {
      const auto note = notes.find(subject_of(*found->second));
      out.add(note == notes.end() ? *found->second : *note->second);
    }
  for (const auto& row : newest)
    out.add(row);
  return std::move(out).chosen();
}

std::vector<std::string> newest_first(const std::vector<context_row>& newest, size_t limit) {
  return nearest_first({}, newest, {}, limit);
}

} // namespace parley::memories
