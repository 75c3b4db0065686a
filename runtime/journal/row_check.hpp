#pragma once

#include "runtime/journal/tables.hpp"

#include <nlohmann/json.hpp>

/// Whether a stored row is the one that a state makes: for those who check a
/// store, the same for every store.
namespace parley::tables {

namespace detail {

/// JSON is compared by what it says: a store may keep it in another spelling.
inline bool same_text(const std::string& a, const std::string& b) {
  if (a == b)
    return true;
  const auto structured = [](const std::string& x) { return x.starts_with('{') || x.starts_with('['); };
  if (!structured(a) || !structured(b))
    return false;
  const auto left = nlohmann::json::parse(a, nullptr, false);
  return !left.is_discarded() && left == nlohmann::json::parse(b, nullptr, false);
}

template <class T>
bool same(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, std::string>)
    return same_text(a, b);
  else
    return a == b;
}
template <class T>
bool same(const nullable<T>& a, const nullable<T>& b) {
  return same(a.value, b.value);
}
/// What was erased cannot differ; nothing is what NULL reads as.
template <class Text>
bool same(const sealed<Text>&, const sealed<Text>& stored, const std::string& wanted) {
  if (stored.text == erased_json)
    return true;
  return same_text(wanted, stored.text) || (stored.text.empty() && (wanted == "{}" || wanted == "[]"));
}
template <class Text>
bool same(const sealed<Text>& wanted, const sealed<Text>& stored) {
  return same(wanted, stored, wanted.text);
}
inline bool same(const home&, const home&) {
  return true;
}

} // namespace detail

/// The columns in which the stored row is another one.
template <class Row>
std::vector<std::string> differing(const Row& wanted, const Row& stored) {
  const auto a = table<Row>::fields(wanted);
  const auto b = table<Row>::fields(stored);
  std::vector<std::string> out;
  [&]<size_t... Is>(std::index_sequence<Is...>) {
    ((detail::same(std::get<Is>(a), std::get<Is>(b)) ? void() : out.push_back(table<Row>::columns[Is])), ...);
  }
  (std::make_index_sequence<std::tuple_size_v<decltype(a)>>{});
  return out;
}

/// A prospect that fails for good, or a test call that cannot be placed, is
/// blocked by whoever watches over it: that word is newer than the stream's
/// and final.
inline std::vector<std::string> differing_columns(const enrolment_row& wanted, const enrolment_row& stored) {
  if (stored.updated_at > wanted.updated_at && is_final(stored.state))
    return {};
  return differing(wanted, stored);
}

/// Whoever is listed keeps the first entry, and an operator's later word counts
/// more than the line's.
inline std::vector<std::string> differing_columns(const suppression_row& wanted, const suppression_row& stored) {
  if (stored.removed == wanted.removed || stored.at > wanted.at)
    return {};
  return {"removed"};
}

template <class Row>
std::vector<std::string> differing_columns(const Row& wanted, const Row& stored) {
  return differing(wanted, stored);
}

} // namespace parley::tables
